"""A partner's link: one referral, for one organisation, for some days, without an account.

The token is random and signed; its keyed hash is all that is kept. Whoever holds it acts as
``link:<id>`` with the rights of that organisation's focal point, on that referral alone.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.referral import ENDED, Referral
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.staff import PartnerLink
from feedback_hub.services.rules import Rules

_LONGEST = 100
_SIGNATURE = 32
_SAME_VISIT = timedelta(hours=1)


@dataclass(frozen=True)
class Opened:
    """What a token opens, and as whom."""

    link: PartnerLink
    referral: Referral
    case: Case
    actor: Actor


def make(uow: UnitOfWork, rules: Rules, referral: Referral, now: datetime) -> tuple[str, datetime]:
    """A new link: its token, readable only now, and until when it works (UTC)."""
    part = secrets.token_urlsafe(24)
    token = f"{part}.{_signature(uow, part)}"
    expires_at = now + timedelta(days=rules.link_days)
    index = uow.vault.index(token, "partner link")
    uow.add(PartnerLink(new_id(), referral.id, referral.organisation, index, now, expires_at))
    return token, expires_at


def open_link(uow: UnitOfWork, token: str, now: datetime) -> Opened:
    """What ``token`` opens now. Raises ``NotFound``, the same for whatever is wrong with it.

    It stops with its days, when it is revoked, when the referral has ended, when its organisation
    left or is accused, and when the case becomes highly sensitive.
    """
    part, _, signature = token.partition(".")
    if len(token) > _LONGEST or not token.isascii():
        raise NotFound
    if not hmac.compare_digest(signature, _signature(uow, part)):
        raise NotFound
    link = uow.partner_link(uow.vault.index(token, "partner link"))
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        raise NotFound
    actor = actor_of(link)
    found = usable(uow, link.referral_id, link.organisation, actor)
    if found is None:
        raise NotFound
    return Opened(link, *found, actor)


def usable(
    uow: UnitOfWork, referral_id: str, organisation: str, actor: Actor
) -> tuple[Referral, Case] | None:
    """The referral and its case, if a link of ``organisation`` may open it."""
    found = uow.visible_referral(actor, Action.ANSWER_REFERRAL, referral_id)
    if found is None or found[0].state in ENDED or found[0].organisation != organisation:
        return None
    return found if uow.organisation_exists(organisation) else None


def actor_of(link: PartnerLink) -> Actor:
    """Who acts through ``link``."""
    return partner(f"link:{link.id}", link.organisation)


def partner(actor_id: str, organisation: str) -> Actor:
    """Somebody of ``organisation`` without an account."""
    return Actor(actor_id, ActorKind.LINK, (Membership(Role.FOCAL_POINT, organisation),))


def is_same_visit(opened: Opened, now: datetime) -> bool:
    """Whether the case's history knows of this visit: one line an hour is enough."""
    before = opened.link.used_at
    return before is not None and now - before < _SAME_VISIT


def note_visit(opened: Opened, now: datetime) -> None:
    """Put the visit in the case's history."""
    opened.link.used_at = now
    words = {"referral": opened.referral.id, "organisation": opened.referral.organisation}
    event = Event(
        EventKind.LINK_OPENED, opened.case.id, opened.actor.id, now, opened.referral.id, words
    )
    opened.referral.record(event)


def revoke(uow: UnitOfWork, actor: Actor, referral_id: str, now: datetime) -> int:
    """Stop every link to a referral; how many worked. Raises ``NotFound``."""
    found = uow.visible_referral(actor, Action.WORK_CASE, referral_id)
    if found is None:
        raise NotFound
    live = [one for one in uow.partner_links_of(referral_id) if one.revoked_at is None]
    for link in live:
        link.revoked_at = now
    if live:
        referral = found[0]
        words = {"referral": referral.id, "organisation": referral.organisation}
        referral.record(
            Event(EventKind.LINKS_REVOKED, referral.case_id, actor.id, now, referral.id, words)
        )
    return sum(link.expires_at > now for link in live)


def _signature(uow: UnitOfWork, part: str) -> str:
    return uow.vault.index(part, "partner link signature")[:_SIGNATURE]

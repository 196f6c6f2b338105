"""Handing over: a colleague's cases, a partner's referrals, a site's open cases to whoever goes on.

The mechanism must not stop when somebody leaves (DOMAIN.md, What people complain about). Consent
is looked at case by case: nobody's name goes to an organisation it was not meant for, and what may
not be shared stays, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.access import Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseVerb
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.referral import MOVES as REFERRAL_MOVES
from feedback_hub.domain.referral import Referral, ReferralState, ReferralVerb
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, referrals, remarks
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.rules import Rules

MOST = 500
"""Cases in one go; pressed again it goes on with the rest."""


class WhyLeft(StrEnum):
    """Why a case stays where it is."""

    NO_CONSENT = "no_consent"
    NOT_TRIAGED = "not_triaged"
    SENSITIVE = "sensitive"
    NO_ACCESS = "no_access"
    CONFLICT = "conflict"
    WAITS = "waits"


@dataclass(frozen=True)
class Wanted:
    """Which open cases, by owner, partner or site (at least one), and to whom: one of the two.

    ``to_organisation`` may be another mechanism. ``named``: references of the cases whose person
    was asked and agreed that their name goes along.
    """

    reason: str
    site: str = ""
    from_owner: str = ""
    from_organisation: str = ""
    to_owner: str = ""
    to_organisation: str = ""
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """One case: handed over with ``share``, or left and ``why``."""

    ref: str
    asked_share: Share
    share: Share | None = None
    why: WhyLeft | None = None


@dataclass(frozen=True)
class Handover:
    """What became, or would become, of each case. ``more``: there are others, press again."""

    lines: Sequence[Line]
    more: bool

    @property
    def moved(self) -> int:
        """How many go."""
        return sum(line.why is None for line in self.lines)


def hand_over(
    uow: UnitOfWork, rules: Rules, actor: Actor, wanted: Wanted, now: datetime
) -> Handover:
    """Hand over the open cases that exist for the actor; uncommitted, it is the preview.

    Raises ``Invalid``, ``NotFound`` for an account that there is not.
    """
    _check(uow, rules, wanted)
    owner = _account(uow, wanted.from_owner)
    to_owner = _account(uow, wanted.to_owner)
    found = uow.open_cases(
        actor, site=wanted.site, owner=owner, organisation=wanted.from_organisation, most=MOST + 1
    )
    lines = []
    for case in found[:MOST]:
        if wanted.to_owner:
            lines.append(_to_colleague(uow, actor, case, to_owner, now))
        elif wanted.from_organisation:
            lines.append(_referral_goes_on(uow, rules, actor, case, wanted, now))
        else:
            lines.append(_to_organisation(uow, rules, actor, case, wanted, now))
        if lines[-1].why is None:
            noted = remarks.write(uow, RemarkKind.NOTE, case.id, wanted.reason, actor.id, now)
            case.note(EventKind.NOTED, noted, actor.id, now)
    made = Handover(lines, len(found) > MOST)
    to = to_owner or wanted.to_organisation
    uow.audit(
        AuditAction.HANDED_OVER,
        actor.id,
        now,
        kind="handover",
        object_id=to,
        reason=f"{made.moved}",
    )
    return made


def _check(uow: UnitOfWork, rules: Rules, wanted: Wanted) -> None:
    if bool(wanted.to_owner) is bool(wanted.to_organisation):
        raise Invalid("to", "must be a colleague or an organisation")
    if not (wanted.site or wanted.from_owner or wanted.from_organisation):
        raise Invalid("from", "must be a colleague, an organisation or a site")
    if not wanted.reason.strip():
        raise Invalid("reason", "say why in a few words")
    if wanted.site and not uow.site_exists(wanted.site):
        raise Invalid("site", "is no site we know")
    if wanted.from_organisation and wanted.to_owner:
        raise Invalid("to", "a partner's referrals go to another partner")
    if wanted.to_organisation:
        if not uow.organisation_exists(wanted.to_organisation):
            raise Invalid("organisation", "is not an active organisation of this hub")
        if wanted.to_organisation in {wanted.from_organisation, rules.organisation}:
            raise Invalid("organisation", "has these cases already")


def _account(uow: UnitOfWork, named: str) -> str:
    """The id of an account, that may have left; empty stays empty. Raises ``NotFound``."""
    if not named:
        return ""
    box = uow.mailbox(named)
    if box is None:
        raise NotFound
    return box.account_id


def _to_colleague(uow: UnitOfWork, actor: Actor, case: Case, to_owner: str, now: datetime) -> Line:
    asked = case.consent.share
    if case.owner == to_owner:
        return Line(case.ref, asked, why=WhyLeft.WAITS)
    try:
        casework.assign(uow, actor, case.ref, to_owner, now)
    except Invalid:
        return Line(case.ref, asked, why=WhyLeft.NO_ACCESS)
    return Line(case.ref, asked, share=asked)


def _to_organisation(
    uow: UnitOfWork, rules: Rules, actor: Actor, case: Case, wanted: Wanted, now: datetime
) -> Line:
    """The matter itself goes: to a partner that runs the site now, or to another mechanism."""
    share, asked = _share(case, wanted), case.consent.share
    if case.state not in MOVES[CaseVerb.REFER]:
        early = case.triaged_at is None or case.state in MOVES[CaseVerb.TRIAGE]
        return Line(case.ref, asked, why=WhyLeft.NOT_TRIAGED if early else WhyLeft.WAITS)
    if any(
        one.organisation == wanted.to_organisation and one.state not in _OVER
        for one in uow.referrals_of(case.id)
    ):
        return Line(case.ref, asked, why=WhyLeft.WAITS)
    return _try(
        case,
        share,
        lambda agreed: referrals.refer(
            uow, rules, actor, case.ref, wanted.to_organisation, now, share=agreed
        ),
    )


_OVER = frozenset({ReferralState.DECLINED, ReferralState.VERIFIED, ReferralState.EXPIRED})


def _referral_goes_on(
    uow: UnitOfWork, rules: Rules, actor: Actor, case: Case, wanted: Wanted, now: datetime
) -> Line:
    """What a partner had goes to the next one; its answer comes up the same way."""
    theirs = [
        one
        for one in uow.referrals_of(case.id)
        if one.organisation == wanted.from_organisation and _waits(one)
    ]
    if not theirs:
        return Line(case.ref, case.consent.share, why=WhyLeft.WAITS)

    def give(agreed: Share) -> object:
        for one in theirs:
            if one.state is ReferralState.RETURNED:
                # Nobody answers the question of a partner who leaves: the next one may ask again.
                one.resume("", actor.id, now)
            referrals.pass_on(uow, rules, actor, one, case, wanted.to_organisation, agreed, now)
        return None

    return _try(case, _share(case, wanted), give)


def _waits(referral: Referral) -> bool:
    return (
        referral.state in REFERRAL_MOVES[ReferralVerb.REFER_ON]
        or referral.state is ReferralState.RETURNED
    )


def _share(case: Case, wanted: Wanted) -> Share | None:
    """What may go along: the name only where it was asked for this; None: nothing may."""
    if case.consent.share is Share.NO:
        return None
    named = case.ref in wanted.named and case.consent.allows_share(Share.NAME)
    return Share.NAME if named else Share.ANONYMOUS


def _try(case: Case, share: Share | None, give: Callable[[Share], object]) -> Line:
    asked = case.consent.share
    if share is None:
        return Line(case.ref, asked, why=WhyLeft.NO_CONSENT)
    try:
        give(share)
    except Invalid:
        sensitive = case.sensitivity is Sensitivity.L3
        return Line(case.ref, asked, why=WhyLeft.SENSITIVE if sensitive else WhyLeft.CONFLICT)
    return Line(case.ref, asked, share=share)

"""What handlers do of two separate duties: report conduct, and refer a survivor to a service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid, NotAllowed
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.safeguarding import (
    SPECIALIST,
    ConductReport,
    ConsentWay,
    ServiceReferral,
    concerns_child,
)
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import remarks
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.messages import RemarkKind


@dataclass(frozen=True)
class Explained:
    """What the person was told of a referral before they agreed. ``at`` (UTC): now, if None."""

    text: str
    how: ConsentWay
    at: datetime | None = None


LONGEST_CHANNEL = 200
LONGEST_REFERENCE = 100


def report_conduct(
    uow: UnitOfWork,
    actor: Actor,
    ref: str,
    channel: str,
    now: datetime,
    *,
    with_name: bool = False,
    reference: str = "",
    version: int | None = None,
) -> Case:
    """Note that the PSEA channel was told; the survivor's name goes only where they agreed.

    Raises ``NotFound``, ``NotAllowed`` below L3 or while it is only suspected, ``Invalid``.
    """
    case = _reach(uow, actor, ref, version)
    channel = channel.strip()
    if not channel or len(channel) > LONGEST_CHANNEL:
        raise Invalid("channel", f"say who was told, in at most {LONGEST_CHANNEL} characters")
    if len(reference) > LONGEST_REFERENCE:
        raise Invalid("reference", f"at most {LONGEST_REFERENCE} characters")
    if with_name and not case.consent.allows_share(Share.NAME):
        raise Invalid("with_name", "the person did not agree to that")
    report = ConductReport(new_id(), case.id, channel, with_name, reference.strip(), actor.id, now)
    uow.add(report)
    named = {"named": "yes" if with_name else "no"}
    case.note(EventKind.CONDUCT_REPORTED, report.id, actor.id, now, named)
    return case


def refer_to_service(
    uow: UnitOfWork,
    actor: Actor,
    ref: str,
    organisation: str,
    sector: str,
    explained: Explained,
    now: datetime,
    *,
    version: int | None = None,
) -> Case:
    """Note that the survivor chose a service and was brought to it, with their informed consent.

    A child goes to an organisation that serves child protection there. Raises as
    ``report_conduct``; ``Invalid`` also without what was explained.
    """
    case = _reach(uow, actor, ref, version)
    if sector not in set(Sector):
        raise Invalid("sector", f"must be one of {', '.join(Sector)}")
    if not uow.organisation_exists(organisation):
        raise Invalid("organisation", "is not an active organisation of this hub")
    if organisation == case.accused_organisation:
        raise Invalid("organisation", "cannot be asked about this case")
    if concerns_child(case) and not _is_specialist(uow, case, organisation, sector, now):
        raise Invalid("organisation", "a child is referred to a child protection specialist")
    at = explained.at or now
    if at > now:
        raise Invalid("explained_at", "is still to come")
    explained_id = remarks.write(
        uow, RemarkKind.CONSENT, case.id, explained.text, actor.id, now, field="explained"
    )
    referral = ServiceReferral(
        id=new_id(),
        case_id=case.id,
        organisation=organisation,
        sector=sector,
        explained_id=explained_id,
        explained_how=explained.how,
        explained_by=actor.id,
        explained_at=at,
        made_by=actor.id,
        made_at=now,
    )
    uow.add(referral)
    words = {"organisation": organisation}
    case.note(EventKind.SERVICE_REFERRED, referral.id, actor.id, now, words)
    return case


def specialists(uow: UnitOfWork, case: Case, now: datetime) -> frozenset[str]:
    """The organisations that serve child protection where the case is."""
    day = now.date()
    return frozenset(
        one.organisation
        for one in uow.services_on(SPECIALIST, day)
        if one.serves(case.site, SPECIALIST, day)
    )


def _is_specialist(
    uow: UnitOfWork, case: Case, organisation: str, sector: str, now: datetime
) -> bool:
    return sector == SPECIALIST and organisation in specialists(uow, case, now)


def _reach(uow: UnitOfWork, actor: Actor, ref: str, version: int | None) -> Case:
    case = reach(uow, actor, Action.WORK_CASE, ref, version)
    if case.sensitivity is not Sensitivity.L3:
        raise NotAllowed("only for a highly sensitive case; another is referred to a partner")
    if case.suspected:
        raise NotAllowed("first a handler says whether it is one")
    return case

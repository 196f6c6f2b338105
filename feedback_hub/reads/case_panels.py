"""What stands beside the conversation of a case: person, clocks, duties, what would be told."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.custom_field import CustomField, FieldKind
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.domain.masking import mask
from feedback_hub.domain.safeguarding import concerns_child, owes_report, report_due
from feedback_hub.domain.whereabouts import NOWHERE, Whereabouts
from feedback_hub.reads.beside import Beside
from feedback_hub.reads.case_moves import KnownCase
from feedback_hub.reads.rows import clock_to
from feedback_hub.reads.views.case import (
    LoopBackView,
    PersonView,
    SafeguardView,
    ServiceView,
)
from feedback_hub.reads.views.conversation import SuggestionView
from feedback_hub.reads.views.queue import ClockLevel, ClockView
from feedback_hub.services import confided, custom_fields, loopback, safeguarding, seals
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.rules import Rules


def where(uow: SqlUnitOfWork, case: Case, there: Beside) -> Whereabouts:
    """The district and the places it may be about."""
    if not case.site and not there.places:
        return NOWHERE
    return uow.whereabouts_of([case]).get(case.id, NOWHERE)


def own_answers(
    uow: SqlUnitOfWork, rules: Rules, case: Case, *, team: bool
) -> tuple[tuple[CustomField, str], ...]:
    """The answers to the hub's own questions; whoever is not of the team sees none of L2."""
    kept = custom_fields.answers_of(uow, [case.id]).get(case.id, {})
    return tuple(
        (field, said if team or field.kind is not FieldKind.TEXT else mask(said))
        for field, said in custom_fields.visible(rules, kept, team=team)
    )


def person(uow: SqlUnitOfWork, case: Case) -> PersonView:
    """Who it is of, as the team may see them."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    address = name = ""
    if contact is not None:
        opened = uow.vault.open(
            contact.key_id, contact.address_sealed, seals.address_bound_to(contact.id)
        )
        address = f"··· {opened[-3:]}"
        name = confided.name_of(uow, contact)
    known = (
        {}
        if contact is None
        else {
            "private_phone": contact.private_phone,
            "may_leave_message": contact.may_leave_message,
        }
    )
    return PersonView(
        address=address,
        name=name,
        sex=case.person.sex,
        age_band=case.person.age_band,
        disability=case.person.disability,
        group=case.person.group,
        speaks_for=case.person.speaks_for,
        content_in_text=case.consent.content_in_text,
        share=case.consent.share,
        stopped=contact is not None and contact.stopped_at is not None,
        **known,
    )


def suggestion(known: KnownCase, sure_from: float) -> SuggestionView | None:
    """What the machine took it for."""
    readings = [known.read[m.id] for m in known.messages if m.id in known.read]
    if not readings:
        return None
    # The first message says what it is about; a later "still waiting" does not.
    row, reasons = readings[0].row, readings[0].reasons
    return SuggestionView(
        codes=row.codes,
        sector=row.sector,
        sensitivity=row.sensitivity,
        priority=row.priority,
        words=tuple(dict.fromkeys(words for words, _ in reasons if words)),
        site=row.site,
        sure=row.confidence >= sure_from,
    )


def clocks(case: Case, rules: Rules, now: datetime) -> tuple[ClockView, ...]:
    """Every duty's latest clock, the most pressing first: running, waiting, or met in time."""
    latest = {clock.duty: clock for clock in case.clocks}
    shown = []
    calendar = rules.calendar_of(site=case.site)
    for clock in latest.values():
        due = clock.deadline(calendar)
        if due is not None:
            shown.append(clock_to(clock.duty, due, now))
        elif clock.ended_at is None:
            shown.append(ClockView(clock.duty, ClockLevel.PAUSED))
        elif clock.was_met(calendar):
            shown.append(ClockView(clock.duty, ClockLevel.MET, clock.ended_at))
    return tuple(sorted(shown, key=_pressing))


def _pressing(clock: ClockView) -> tuple[int, float]:
    ranks = {ClockLevel.PAUSED: 1, ClockLevel.MET: 2}
    return ranks.get(clock.level, 0), clock.at.timestamp() if clock.at else 0.0


def safeguards(uow: SqlUnitOfWork, rules: Rules, known: KnownCase, now: datetime) -> SafeguardView:
    """The two duties of an L3, and what was done for them."""
    case = known.case
    reports = tuple(uow.conduct_reports(case.id))
    return SafeguardView(
        owed=owes_report(case) and not reports,
        due_at=report_due(case, rules.conduct_within),
        reports=reports,
        services=tuple(
            ServiceView(
                known.names.organisation(made.organisation),
                made,
                known.said.text(made.explained_id),
                known.names.person(made.explained_by),
            )
            for made in uow.service_referrals(case.id)
        ),
        specialists=safeguarding.specialists(uow, case, now) if concerns_child(case) else None,
        may_name=case.consent.allows_share(Share.NAME),
    )


def loop_back(uow: SqlUnitOfWork, rules: Rules, case: Case, now: datetime) -> LoopBackView | None:
    """The text that would tell the person now, if any may."""
    way = loopback.preview(uow, rules, case, now)
    if way is None:
        return None
    length = sms_length(way.text)
    goes_at = rules.quiet.over(now) if rules.quiet else now
    return LoopBackView(
        channel=way.channel,
        text=way.text,
        carries_content=way.purpose is Purpose.ANSWER,
        length=length.units,
        segments=length.segments,
        withheld=way.withheld,
        cost=length.segments * rules.price[0],
        currency=rules.price[1],
        goes_at=goes_at if goes_at != now else None,
    )


def closing_reason(known: KnownCase) -> str:
    """Why it was closed, in the words of who closed it."""
    reasons = [r.id for r in known.said.rows if r.kind is RemarkKind.REASON]
    return known.said.text(reasons[-1]) if reasons else ""

"""Telling those who owe something, and those above them, that time is short or up.

The ladder (DOMAIN.md, Clocks): partner focal point, its back-up, the case team, the coordinator,
the AAP and PSEA coordination. Whoever may not see the case is not on it, so that the accused, those
of their organisation and whoever entered the case drop out by the one access policy. Of an L3 only
its handlers are told, at every step.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clock import Clock, Duty, WorkingCalendar
from feedback_hub.domain.clocks import keep_case, keep_referral
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import notices, passages
from feedback_hub.services.notices import partner_of, team_of
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.rules import Rules


def sound_case(uow: UnitOfWork, rules: Rules, case_id: str, now: datetime) -> int:
    """Take the steps that are due on a case's clocks, one a clock; how many people were told."""
    case = uow.case(case_id)
    if case is None:
        return 0
    told = 0
    clocks = []
    calendar = rules.calendar_of(site=case.site)
    for clock in case.clocks:
        if not _is_due(clock, rules, calendar, now):
            clocks.append(clock)
            continue
        stepped = clock.step(now, calendar)
        clocks.append(stepped)
        told += _tell(uow, rules, case, None, stepped, team_of(uow, case, stepped.steps), now)
    case.clocks = tuple(clocks)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    return told


def sound_referral(uow: UnitOfWork, rules: Rules, referral_id: str, now: datetime) -> int:
    """The same for a partner's clocks on a referral."""
    referral = uow.referral(referral_id)
    case = uow.case(referral.case_id) if referral else None
    if referral is None or case is None:
        return 0
    if not _is_awaited(uow, referral, case):
        calendar = rules.calendar_of(organisation=referral.organisation, site=case.site)
        keep_referral(referral, case.priority, rules.targets, calendar, now, over=True)
        return 0
    told = 0
    clocks = []
    calendar = rules.calendar_of(organisation=referral.organisation, site=case.site)
    for clock in referral.clocks:
        if not _is_due(clock, rules, calendar, now):
            clocks.append(clock)
            continue
        stepped = clock.step(now, calendar)
        clocks.append(stepped)
        # The first two rungs are the partner's own; from there on it is the case team's ladder.
        # Another mechanism is nobody's to remind by mail: the case team is told from the first.
        elsewhere = passages.is_peer(rules, referral)
        climbs = stepped.steps > 2 or elsewhere
        above = team_of(uow, case, max(1, stepped.steps - 1)) if climbs else []
        people = (
            above if elsewhere else above or partner_of(uow, case, referral, stepped.steps, now)
        )
        told += _tell(uow, rules, case, referral, stepped, people, now)
    referral.clocks = tuple(clocks)
    keep_referral(referral, case.priority, rules.targets, calendar, now)
    return told


def _is_awaited(uow: UnitOfWork, referral: Referral, case: Case) -> bool:
    """Whether anybody still waits for this partner.

    Nobody once the case is closed, or once an expired referral was sent to somebody else instead
    or the person's answer is there.
    """
    if not case.is_open:
        return False
    if referral.state is not ReferralState.EXPIRED:
        return True
    sent_at = referral.sent_at or referral.created_at
    asked_since = any(
        other.id != referral.id and (other.sent_at or other.created_at) > sent_at
        for other in uow.referrals_of(case.id)
    )
    return not asked_since and case.state is CaseState.REFERRED


def tell_expired(
    uow: UnitOfWork, rules: Rules, case: Case, referral: Referral, now: datetime
) -> None:
    """A partner was silent to the end: the case team must ask another one."""
    team = team_of(uow, case, 1)
    notices.tell(uow, rules, case, referral, NoticeKind.EXPIRED, team, now, Duty.ACCEPT)


def _is_above(uow: UnitOfWork, rules: Rules, case: Case) -> bool:
    """Whether there is a last address, and it is nobody's of the accused organisation."""
    if not rules.last_rung:
        return False
    box = uow.mailbox(rules.last_rung)
    person = uow.actor(box.account_id) if box else None
    if person is None:
        return True
    return case.accused_organisation not in person.conflicted and not notices.is_party(case, person)


def _is_due(clock: Clock, rules: Rules, calendar: WorkingCalendar, now: datetime) -> bool:
    at = clock.next_step(calendar, rules.targets.ladder)
    return at is not None and at <= now


def _tell(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    referral: Referral | None,
    clock: Clock,
    people: Iterable[Actor | str],
    now: datetime,
) -> int:
    reminder = clock.steps == 1
    kind = NoticeKind.REMINDER if reminder else NoticeKind.OVERDUE
    told = list(people)
    is_last = clock.steps > rules.targets.ladder.rungs
    if is_last and case.sensitivity is not Sensitivity.L3 and _is_above(uow, rules, case):
        told.append(rules.last_rung)
    subject = referral or case
    words = {"duty": clock.duty.value, "step": str(clock.steps)}
    event = EventKind.REMINDED if reminder else EventKind.ESCALATED
    subject.record(Event(event, case.id, "machine", now, subject.id, words))
    return len(notices.tell(uow, rules, case, referral, kind, told, now, clock.duty))

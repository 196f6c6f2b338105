"""Telling those who owe something, and those above them, that time is short or up.

The ladder (DOMAIN.md, Clocks): partner focal point, its back-up, the case team, the coordinator,
the AAP and PSEA coordination. Whoever may not see the case is not on it, so that the accused, those
of their organisation and whoever entered the case drop out by the one access policy. Of an L3 only
its handlers are told, at every step.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Clock, Duty
from feedback_hub.domain.clocks import keep_case, keep_referral
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import Rules, UnitOfWork
from feedback_hub.services.records import Notice, NoticeKind


def sound_case(uow: UnitOfWork, rules: Rules, case_id: str, now: datetime) -> int:
    """Take the steps that are due on a case's clocks, one a clock; how many people were told."""
    case = uow.case(case_id)
    if case is None:
        return 0
    told = 0
    clocks = []
    for clock in case.clocks:
        if not _is_due(clock, rules, now):
            clocks.append(clock)
            continue
        stepped = clock.step(now, rules.calendar)
        clocks.append(stepped)
        told += _tell(uow, rules, case, None, stepped, _team(uow, case, stepped.steps), now)
    case.clocks = tuple(clocks)
    keep_case(case, rules.targets, rules.calendar, now)
    return told


def sound_referral(uow: UnitOfWork, rules: Rules, referral_id: str, now: datetime) -> int:
    """The same for a partner's clocks on a referral."""
    referral = uow.referral(referral_id)
    case = uow.case(referral.case_id) if referral else None
    if referral is None or case is None:
        return 0
    told = 0
    clocks = []
    for clock in referral.clocks:
        if not _is_due(clock, rules, now):
            clocks.append(clock)
            continue
        stepped = clock.step(now, rules.calendar)
        clocks.append(stepped)
        # The first two rungs are the partner's own; from there on it is the case team's ladder.
        above = _team(uow, case, stepped.steps - 1) if stepped.steps > 2 else []
        people = above or _partner(uow, referral, stepped.steps)
        told += _tell(uow, rules, case, referral, stepped, people, now)
    referral.clocks = tuple(clocks)
    keep_referral(referral, case.priority, rules.targets, rules.calendar, now)
    return told


def tell_expired(uow: UnitOfWork, case: Case, referral: Referral, now: datetime) -> int:
    """A partner was silent to the end: the case team must ask another one."""
    return _notify(uow, case, referral, Duty.ACCEPT, NoticeKind.EXPIRED, _team(uow, case, 1), now)


def _is_due(clock: Clock, rules: Rules, now: datetime) -> bool:
    at = clock.next_step(rules.calendar, rules.targets.ladder)
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
    if is_last and rules.last_rung and case.sensitivity is not Sensitivity.L3:
        told.append(rules.last_rung)
    subject = referral or case
    words = {"duty": clock.duty.value, "step": str(clock.steps)}
    event = EventKind.REMINDED if reminder else EventKind.ESCALATED
    subject.record(Event(event, case.id, "machine", now, subject.id, words))
    return _notify(uow, case, referral, clock.duty, kind, told, now)


def _notify(
    uow: UnitOfWork,
    case: Case,
    referral: Referral | None,
    duty: Duty,
    kind: NoticeKind,
    people: Iterable[Actor | str],
    now: datetime,
) -> int:
    count = 0
    for person in people:
        notice = Notice(uuid.uuid4().hex, kind, now, case.id, duty)
        notice.referral_id = referral.id if referral else None
        if isinstance(person, Actor):
            notice.account_id = person.id
        else:
            notice.email = person
        uow.add(notice)
        count += 1
    return count


def _team(uow: UnitOfWork, case: Case, step: int) -> list[Actor | str]:
    """Who of the mechanism is told at ``step``: owner, then the team, then the coordinators."""
    if case.sensitivity is Sensitivity.L3:
        return _seeing(uow, case, uow.accounts(Role.PROTECTION))
    owner = uow.actor(case.owner) if case.owner else None
    if owner is not None and step <= 1 and (seeing := _seeing(uow, case, [owner])):
        return seeing
    team = _seeing(uow, case, uow.accounts(Role.CASE_MANAGER))
    if step <= 2:
        return team
    # A coordinator sees no case: the notice says that one waits, not which.
    accused = case.accused_organisation
    coordinators = [
        one
        for one in uow.accounts(Role.COORDINATOR)
        if not accused or all(held.organisation != accused for held in one.memberships)
    ]
    return [*coordinators] or team


def _seeing(uow: UnitOfWork, case: Case, people: Iterable[Actor]) -> list[Actor | str]:
    return [one for one in people if uow.visible_case(one, Action.WORK_CASE, case.ref) is not None]


def _partner(uow: UnitOfWork, referral: Referral, step: int) -> list[Actor | str]:
    """The focal point, from the deadline on its back-up too; everybody there where none is named.

    An address without an account is told by e-mail.
    """
    named = [referral.focal_point] if step <= 1 else [referral.focal_point, referral.backup]
    people: list[Actor | str] = []
    for address in filter(None, named):
        actor = uow.actor(address)
        if actor is None:
            people.append(address)
        elif uow.visible_referral(actor, Action.ANSWER_REFERRAL, referral.id) is not None:
            people.append(actor)
    return people or [*uow.accounts(Role.FOCAL_POINT, referral.organisation)]

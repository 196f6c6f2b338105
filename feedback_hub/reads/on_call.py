"""The roster as a screen shows it, and what rings now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters import rings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.on_call import HandlerGroup, Shift, in_turn
from feedback_hub.reads.names import names_for
from feedback_hub.services.on_call import RingAddress, address_of


@dataclass(frozen=True)
class ShiftLine:
    """One line of the roster. ``phone`` and ``telegram``: whether they can be rung so."""

    shift: Shift
    name: str
    phone: bool
    telegram: bool
    now: bool


@dataclass(frozen=True)
class RingLine:
    """What rings now about a case that exists for the reader."""

    ref: str
    group: HandlerGroup
    since: datetime
    turns: int


@dataclass(frozen=True)
class Roster:
    """``first``: who is rung first, by group; a group with nobody is missing."""

    lines: Sequence[ShiftLine]
    first: Mapping[HandlerGroup, str]
    rings: Sequence[RingLine]
    own: RingAddress


def roster(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> Roster:
    """The roster; rings only of cases that the reader may see."""
    shifts = rings.shifts(uow.session)
    names = names_for(uow, [one.account_id for one in shifts])
    lines = []
    for one in shifts:
        address = address_of(uow, one.account_id)
        lines.append(
            ShiftLine(
                one,
                names.person(one.account_id),
                bool(address.phone),
                bool(address.telegram),
                one.holds(now),
            )
        )
    first = {}
    for group in HandlerGroup:
        turn = in_turn(shifts, group, now)
        if turn:
            first[group] = names.person(turn[0])
    return Roster(lines, first, ringing(uow, actor), address_of(uow, actor.id))


def ringing(uow: SqlUnitOfWork, actor: Actor) -> Sequence[RingLine]:
    """What rings now, the oldest first."""
    found, scope = [], scope_of(actor, Action.WORK_CASE)
    for ring in rings.going_on(uow.session):
        case = uow.case(ring.case_id)
        # Asked of the policy, not opened: a line of a list is no reading of the case.
        if case is not None and scope.admits(uow.facts(case)):
            found.append(RingLine(case.ref, ring.group, ring.started_at, ring.turns))
    return found

"""The cases that figures are of: those received in a period, narrowed, as packed rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, false, or_

from feedback_hub.adapters import measure_facts, measure_pages
from feedback_hub.adapters.columns import Columns
from feedback_hub.adapters.measure_facts import Was
from feedback_hub.adapters.measure_pages import Packed
from feedback_hub.adapters.tables import case
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import shut_out
from feedback_hub.domain.access import GRANTED, Action, Actor, Membership, scope_of
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import suppression
from feedback_hub.services.rules import Rules

Json = dict[str, object]
Mask = NDArray[np.bool_]

UNKNOWN = "unknown"
USUAL = timedelta(days=30)
LONGEST = timedelta(days=3660)
WORDED = ("type", "sector", "site", "channel")
"""What a case is told apart by, in words that a hub brings."""
ENUMERATED: Mapping[str, Sequence[StrEnum]] = {
    "sex": measure_facts.SEXES,
    "age_band": measure_facts.AGE_BANDS,
    "disability": measure_facts.DISABILITIES,
}
"""What a person is told apart by."""


@dataclass(frozen=True)
class Asked:
    """The period, from ``start`` until before ``end`` (aware, whole days); empty means any."""

    start: datetime
    end: datetime
    site: str = ""
    sector: str = ""
    type: str = ""
    channel: str = ""

    @property
    def first(self) -> date:
        """The first day, part of it."""
        return self.start.date()

    @property
    def last(self) -> date:
        """The last day, part of it."""
        return (self.end - timedelta(days=1)).date()

    @property
    def narrowed(self) -> dict[str, str]:
        """What it is narrowed to."""
        return {name: getattr(self, name) for name in WORDED if getattr(self, name)}


def asked(
    first: date | None,
    last: date | None,
    site: str,
    now: datetime,
    zone: tzinfo,
    **narrowed: str,
) -> Asked:
    """The days from ``first`` to ``last``, both part of it; the last 30 days unless said.

    Raises ``Invalid``.
    """
    last = last or now.astimezone(zone).date()
    first = first or last - USUAL + timedelta(days=1)
    if first > last:
        raise Invalid("from", "lies after to")
    if last - first > LONGEST:
        raise Invalid("from", f"lies more than {LONGEST.days} days before to")
    return Asked(
        start=datetime.combine(first, time(), zone),
        end=datetime.combine(last + timedelta(days=1), time(), zone),
        site=site,
        **narrowed,
    )


@dataclass(frozen=True)
class Counted:
    """Packed cases, none of them highly sensitive, and the ways to count them."""

    packed: Packed
    threshold: int
    _counts: dict[str, dict[str, int]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @property
    def cases(self) -> Columns:
        """Their columns."""
        return self.packed.cases

    def __len__(self) -> int:
        return len(self.packed.cases)

    def where(self, mask: Mask) -> Counted:
        """Those of the mask."""
        if mask.all():
            return self
        return replace(self, packed=self.packed.chosen(mask))

    def within(self, start: datetime, end: datetime) -> Counted:
        """Those received then."""
        at = self.cases["received"]
        return self.where((at >= start.timestamp()) & (at < end.timestamp()))

    def was(self, flag: Was) -> Mask:
        """To which of them it happened."""
        mask: Mask = (self.cases["was"] & int(flag)) != 0
        return mask

    @property
    def handled(self) -> Counted:
        """Those that ran through the hub: for imported history no clock ran."""
        return self.where(~self.was(Was.HISTORY))

    def counts(self, name: str) -> dict[str, int]:
        """How many there are of each value of one field; without those that are not there."""
        if name not in self._counts:
            self._counts[name] = self._counted(name)
        return self._counts[name]

    def _counted(self, name: str) -> dict[str, int]:
        if name in ENUMERATED:
            found = np.bincount(self.cases[name], minlength=len(ENUMERATED[name]))
            words = ENUMERATED[name]
            return {words[int(n)].value: int(found[n]) for n in np.flatnonzero(found)}
        found = np.bincount(self.cases[name])
        numbers = self.packed.numbers
        return {numbers.word(int(n)) or UNKNOWN: int(found[n]) for n in np.flatnonzero(found)}

    def by(self, name: str) -> dict[str, int | None]:
        """The same as it may be said, beside the number of them all."""
        return suppression.said(self.counts(name), self.threshold)

    def is_word(self, name: str, word: str) -> Mask:
        """Which of them have this word."""
        number = self.packed.numbers.number_of.get(word)
        if number is None:
            return np.zeros(len(self), bool)
        mask: Mask = self.cases[name] == number
        return mask

    # --- What may be said.

    def count(self, number: int) -> int | None:
        """A number, or that it is too small to be said."""
        return number if number >= self.threshold else None

    def share(self, number: int, of: int, *, private: bool = False) -> Json:
        """``number`` of ``of``; ``private``: nor may the others be counted, if they are too few."""
        said = self.count(number)
        if private and 0 < of - number < self.threshold:
            said = None
        rate = round(number / of, 4) if said is not None and of else None
        return {"count": said, "of": self.count(of), "rate": rate}

    def hours(self, seconds: NDArray[Any], *, tail: bool = True) -> Json:
        """Median and, with ``tail``, 90th percentile (nearest rank) of spans, in hours."""
        said = self.count(len(seconds))
        enough = said is not None and len(seconds) > 0
        body: Json = {"count": said, "median_hours": None}
        if tail:
            body["p90_hours"] = None
        if not enough:
            return body
        size = len(seconds)
        low, high, last = (size - 1) // 2, size // 2, math.ceil(0.9 * size) - 1
        ranked = np.partition(seconds.astype(np.int64), sorted({low, high, last}))
        body["median_hours"] = round(float(ranked[low] + ranked[high]) / 2 / 3600, 2)
        if tail:
            body["p90_hours"] = round(float(ranked[last]) / 3600, 2)
        return body


def counted(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, period: Asked, threshold: int
) -> tuple[Counted, Counted]:
    """What the actor may count in a period: narrowed as asked, and not narrowed.

    What a conflict of interest closes to them is in no figure of theirs, as it is in no list.
    Where a narrowed number is one that must not be said beside the others, so that a small one
    cannot be reckoned back, nothing is counted at all.
    """
    closed = shut_out(scope_of(actor, Action.READ_MEASURES))
    packed = measure_pages.read(uow.session, rules, period.start, period.end, closed)
    everything = Counted(packed, threshold)
    l3 = measure_facts.LEVELS.index(Sensitivity.L3)
    mine = everything.where((everything.cases["level"] != l3) & _held(everything, actor))
    narrowed = mine
    for name, word in period.narrowed.items():
        if narrowed.by(name).get(word, 0) is None:
            narrowed = narrowed.where(np.zeros(len(narrowed), bool))
            break
        narrowed = narrowed.where(narrowed.is_word(name, word))
    return narrowed, mine


def _memberships(actor: Actor, actions: Collection[Action]) -> list[Membership]:
    return [m for m in actor.memberships if not GRANTED[m.role].isdisjoint(actions)]


def _held(counted: Counted, actor: Actor) -> Mask:
    mask = np.zeros(len(counted), bool)
    for held in _memberships(actor, (Action.READ_MEASURES,)):
        there = np.ones(len(counted), bool)
        if held.site:
            there &= counted.is_word("site", held.site)
        if held.sector:
            there &= counted.is_word("sector", held.sector)
        mask |= there
    return mask


def bounds(
    actor: Actor, actions: Collection[Action] = (Action.READ_MEASURES,)
) -> list[ColumnElement[bool]]:
    """What narrows cases to where the actor's roles hold; nothing for one that holds everywhere."""
    ways = []
    for membership in _memberships(actor, actions):
        places = [
            column == place
            for column, place in (
                (case.c.site, membership.site),
                (case.c.sector, membership.sector),
            )
            if place
        ]
        if not places:
            return []
        ways.append(and_(*places))
    return [or_(false(), *ways)]


def sites_of(actor: Actor) -> frozenset[str] | None:
    """The sites that the actor's figures are of; None: every one."""
    held = _memberships(actor, (Action.READ_MEASURES,))
    return None if any(not m.site for m in held) else frozenset(m.site for m in held)

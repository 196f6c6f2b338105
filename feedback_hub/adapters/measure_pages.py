"""What the measures are reckoned from: every case as one packed row, a page for each day (UTC).

A million cases are 50 MB that numpy counts in a fraction of a second, by any filter, medians too,
where the tables themselves would take half a minute. The pages are a copy, and are never trusted
alone: triggers write each case that changed into ``measure_due`` in the transaction that changed
it, and whoever reads takes those from the tables (``read``). So the figures are always what
counting from scratch gives; ``fold`` only keeps them fast by packing what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CompoundSelect, Engine, and_, delete, event, insert, select, update
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Session

from feedback_hub.adapters import columns
from feedback_hub.adapters.columns import Columns, Mask, Octets
from feedback_hub.adapters.measure_facts import (
    CASE,
    KEY,
    REFERRAL,
    Facts,
    Numbers,
    Rows,
    facts,
    keys_of,
    made_for,
)
from feedback_hub.adapters.tables import case, measure_due, measure_page, measure_word
from feedback_hub.services.rules import Rules

AT_ONCE = 5000
"""Cases packed in one transaction."""
FEW = 16
_AS_IT_LIES = {"as_it_lies": True}
_BINARY = 1
"""psycopg's number for it."""


class Packed:
    """Cases, their referrals, and what the numbers of words stand for.

    ``of`` of a referral is the place of its case.
    """

    def __init__(self, cases: Columns, referrals: Callable[[], Columns], numbers: Numbers) -> None:
        self.cases = cases
        self.numbers = numbers
        self._referrals = referrals

    @cached_property
    def referrals(self) -> Columns:
        """The referrals of the cases."""
        return self._referrals()

    def chosen(self, mask: Mask) -> Packed:
        """The cases of the mask, and their referrals."""

        def referrals() -> Columns:
            before = self.referrals
            of = before["of"]
            stay = before.chosen(mask[of])
            place = np.cumsum(mask) - 1
            return Columns(
                len(stay), lambda name: place[stay["of"]] if name == "of" else stay[name]
            )

        return Packed(self.cases.chosen(mask), referrals, self.numbers)


@dataclass(frozen=True)
class _Part:
    """Cases of a page, or those that were due, and their referrals: both as ``columns.packed``."""

    cases: Octets
    referrals: Octets

    @property
    def size(self) -> int:
        """How many cases."""
        return len(self.cases) // CASE.itemsize

    def without(self, gone: NDArray[np.bool_]) -> _Part:
        """The others of them, and theirs."""
        rows = columns.unpacked(self.cases.tobytes(), CASE)
        with_case = columns.unpacked(self.referrals.tobytes(), REFERRAL)
        return _part(*_kept(rows, with_case, ~gone))


def _part(cases: Rows, referrals: Rows) -> _Part:
    return _Part(_octets(columns.packed(cases)), _octets(columns.packed(referrals)))


def _octets(held: bytes) -> Octets:
    return np.frombuffer(held, np.uint8)


@dataclass(frozen=True)
class Due:
    """A case that changed: the row of ``measure_due``, its id, and the day it was received."""

    row: int
    case_id: str
    received_at: datetime


def read(
    session: Session,
    rules: Rules,
    start: datetime,
    end: datetime,
    without: CompoundSelect[tuple[str]],
) -> Packed:
    """Every case received from ``start`` until before ``end``, as it stands now.

    ``without``: ids of cases that are left out, packed or not; they are few. A fixed number of
    statements, which all see the same moment.
    """
    with _one_moment(session) as still:
        return _read(still, rules, start, end, without)


@contextmanager
def _one_moment(session: Session) -> Iterator[Session]:
    """Where nothing changes between two statements.

    What is packed between two would fit no page that was read before, and be counted twice or
    never. A transaction on SQLite sees one moment; on PostgreSQL each statement has its own.
    """
    bind = session.get_bind()
    readonly = isinstance(bind, Engine) and bind.get_execution_options().get("readonly")
    if bind.dialect.name != "postgresql" or not readonly:
        yield session
        return
    with Session(bind, info=session.info) as still:
        # Of the connection: of the engine, what is asked of it for reading would come after.
        still.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield still


def _read(
    session: Session,
    rules: Rules,
    start: datetime,
    end: datetime,
    without: CompoundSelect[tuple[str]],
) -> Packed:
    stamp = made_for(rules)
    within = (measure_due.c.received_at >= start, measure_due.c.received_at < end)
    due = session.execute(select(measure_due.c.case_id, measure_due.c.received_at).where(*within))
    changed: dict[date, set[str]] = {}
    for case_id, received_at in due:
        changed.setdefault(received_at.date(), set()).add(case_id)
    left_out = session.execute(
        select(case.c.id, case.c.received_at).where(case.c.id.in_(without))
    ).all()
    for case_id, received_at in left_out:
        if start <= received_at < end:
            changed.setdefault(received_at.date(), set()).add(case_id)
    numbers = _numbers(session)
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    pages = _pages(session, first, last)
    held = session.execute(
        select(measure_page.c.day, measure_page.c.case_keys).where(
            measure_page.c.day.in_(sorted(changed))
        )
    )
    keys: dict[date, bytes] = {row.day: row.case_keys for row in held}
    outdated = any(page.made_for != stamp for page in pages)
    wanted = [case.c.received_at >= start, case.c.received_at < end]
    if left_out:
        wanted.append(case.c.id.not_in(without))
    if not outdated:
        wanted.append(case.c.id.in_(select(measure_due.c.case_id).where(*within)))
    fresh = facts(session, rules, numbers, and_(*wanted))
    parts = [_part(fresh.cases, fresh.referrals)]
    for page in pages if not outdated else ():
        part = _Part(_octets(page.cases), _octets(page.referrals))
        if page.day in changed:
            gone = _among(np.frombuffer(keys[page.day], KEY), keys_of(changed[page.day]))
            part = part.without(gone)
        parts.append(part)
    everything = _joined_parts(parts, numbers)
    since, until = int(start.timestamp()), int(end.timestamp())
    at = everything.cases["received"]
    inside = (at >= since) & (at < until)
    return everything if inside.all() else everything.chosen(inside)


@dataclass(frozen=True)
class _Page:
    day: date
    made_for: str
    cases: bytes
    referrals: bytes


def _pages(session: Session, first: date, last: date) -> list[_Page]:
    page = measure_page.c
    wanted = (
        select(page.day, page.made_for, page.cases, page.referrals)
        .where(page.day >= first, page.day <= last)
        .order_by(page.day)
    )
    if session.get_bind().dialect.name == "postgresql":
        event.listen(session.connection(), "before_cursor_execute", _as_it_lies)
    return [_Page(*row) for row in session.execute(wanted, execution_options=_AS_IT_LIES)]


class _Cursor(Protocol):
    format: int


def _as_it_lies(
    _connection: object,
    cursor: _Cursor,
    _statement: str,
    _values: object,
    context: ExecutionContext,
    *_more: object,
) -> None:
    # As text the server writes each octet as two characters, and both ends take three times as
    # long over 50 MB. SQLAlchemy has no word for it; psycopg's cursor has.
    if context.execution_options.keys() >= _AS_IT_LIES.keys():
        cursor.format = _BINARY


def _among(held: NDArray[np.uint64], some: NDArray[np.uint64]) -> Mask:
    """Which are. Few go of most days: then one look at each is a tenth of sorting them."""
    if len(some) > FEW:
        # Not ``np.isin``: what that loads for arrays with gaps costs each process 8 MB.
        ordered = np.sort(some)
        at = np.searchsorted(ordered, held)
        at[at == len(ordered)] = 0
        those: Mask = ordered[at] == held
        return those
    found = np.zeros(len(held), bool)
    for key in some:
        found |= held == key
    return found


def _joined_parts(parts: Sequence[_Part], numbers: Numbers) -> Packed:
    before = [0, *accumulate(part.size for part in parts)]
    cases = [part.cases for part in parts]
    theirs = [part.referrals for part in parts]

    def referrals() -> Columns:
        counts = [len(one) // REFERRAL.itemsize for one in theirs]
        of = columns.joined(theirs, REFERRAL, "of") + np.repeat(before[:-1], counts)
        return Columns(
            len(of),
            lambda name: of if name == "of" else columns.joined(theirs, REFERRAL, name),
        )

    return Packed(
        Columns(before[-1], lambda name: columns.joined(cases, CASE, name)), referrals, numbers
    )


def due(session: Session, most: int = AT_ONCE) -> list[Due]:
    """What changed since it was packed, the oldest cases first, so that a day comes together."""
    those = measure_due.c
    rows = session.execute(
        select(those.row, those.case_id, those.received_at)
        .order_by(those.received_at, those.row)
        .limit(most)
    )
    return [Due(*row) for row in rows]


def prepare(session: Session, rules: Rules, some: Sequence[Due]) -> tuple[Facts, Numbers]:
    """What is to be packed of these cases; no page and no word is written."""
    numbers = _numbers(session)
    columns = measure_due.c
    within = (
        columns.received_at >= some[0].received_at,
        columns.received_at <= some[-1].received_at,
    )
    which = case.c.id.in_(select(columns.case_id).where(*within))
    return facts(session, rules, numbers, which), numbers


def keep(
    session: Session, rules: Rules, some: Sequence[Due], found: Facts, numbers: Numbers
) -> int:
    """Pack what ``prepare`` found; how many rows were struck off.

    Only cases whose row is still there: else another process packed a newer state meanwhile.
    """
    mine: set[int] = set()
    rows = [one.row for one in some]
    for start in range(0, len(rows), 500):
        struck = delete(measure_due).where(measure_due.c.row.in_(rows[start : start + 500]))
        mine.update(session.scalars(struck.returning(measure_due.c.row)))
    taken = [one for one in some if one.row in mine]
    days: dict[date, set[str]] = {}
    for one in taken:
        days.setdefault(one.received_at.date(), set()).add(one.case_id)
    if numbers.new:
        session.execute(
            insert(measure_word),
            [{"number": number, "word": word} for number, word in numbers.new.items()],
        )
    place = {case_id: position for position, case_id in enumerate(found.ids)}
    stamp = made_for(rules)
    for day, ids in days.items():
        fresh = np.zeros(len(found.ids), bool)
        fresh[[place[case_id] for case_id in ids if case_id in place]] = True
        added = _kept(found.cases, found.referrals, fresh)
        kept_ids = [case_id for case_id in found.ids if fresh[place[case_id]]]
        _write(session, stamp, day, ids, (keys_of(kept_ids), *added))
    return len(taken)


def outdate(session: Session, rules: Rules) -> int:
    """Pages made for other rules are dropped and their cases due; how many pages."""
    pages = measure_page.c
    other = session.scalars(select(pages.day).where(pages.made_for != made_for(rules))).all()
    for day in other:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        of_day = (case.c.received_at >= start, case.c.received_at < start + timedelta(days=1))
        again = select(case.c.id, case.c.received_at).where(*of_day)
        session.execute(insert(measure_due).from_select(["case_id", "received_at"], again))
        session.execute(delete(measure_page).where(pages.day == day))
    return len(other)


def is_outdated(session: Session, rules: Rules) -> bool:
    """Whether any page was made for other rules."""
    other = select(measure_page.c.day).where(measure_page.c.made_for != made_for(rules)).limit(1)
    return session.scalar(other) is not None


def _write(
    session: Session, stamp: str, day: date, gone: Iterable[str], added: tuple[Rows, Rows, Rows]
) -> None:
    is_day = measure_page.c.day == day
    page = session.execute(select(measure_page).where(is_day)).first()
    keys, cases, referrals = added
    if page is not None:
        held = np.frombuffer(page.case_keys, KEY)
        stays = ~_among(held, keys_of(gone))
        before = _kept(
            columns.unpacked(page.cases, CASE), columns.unpacked(page.referrals, REFERRAL), stays
        )
        keys = np.concatenate([held[stays], keys])
        cases, referrals = _joined([before, (cases, referrals)])
    values = {
        "made_for": stamp,
        "case_keys": keys.tobytes(),
        "cases": columns.packed(cases),
        "referrals": columns.packed(referrals),
    }
    if page is None:
        session.execute(insert(measure_page).values(day=day, **values))
    else:
        session.execute(update(measure_page).where(is_day).values(**values))


def _kept(cases: Rows, referrals: Rows, stays: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    place = np.cumsum(stays) - 1
    with_case = referrals[stays[referrals["of"]]] if len(referrals) else referrals
    with_case = with_case.copy()
    with_case["of"] = place[with_case["of"]]
    return cases[stays], with_case


def _joined(parts: Sequence[tuple[Rows, Rows]]) -> tuple[Rows, Rows]:
    moved = []
    before = 0
    for cases, referrals in parts:
        if len(referrals):
            shifted = referrals.copy()
            shifted["of"] += before
            moved.append(shifted)
        before += len(cases)
    referrals = np.concatenate(moved) if moved else np.zeros(0, REFERRAL)
    return np.concatenate([cases for cases, _ in parts]), referrals


def _numbers(session: Session) -> Numbers:
    known = session.execute(select(measure_word.c.number, measure_word.c.word))
    return Numbers((number, word) for number, word in known)

"""What the reader was told, a line for each case, with a way there only where they may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible, referral_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_list import own_scope
from feedback_hub.services.records.staff import OF_CLOSED_TOO, NoticeKind

LIMIT = 300
"""Notices that are looked at, those that nobody read first."""
MOST = 50
"""Lines of a kind on one page: what is read makes room for the next."""


@dataclass(frozen=True)
class NoticeLine:
    """All notices of one case to one reader that are read, or that are not.

    ``kinds`` with how often each, the latest first. ``ref`` or ``referral_id`` only where the
    reader may open it; ``sensitive``: not even the kind is said; ``over``: the case is closed.
    """

    at: datetime
    kinds: tuple[tuple[NoticeKind, int], ...]
    ids: tuple[str, ...]
    ref: str = ""
    referral_id: str = ""
    sensitive: bool = False
    over: bool = False


@dataclass(frozen=True)
class KindLine:
    """What is new of one kind, for whoever works through them by kind; None: none is said."""

    kind: NoticeKind | None
    lines: tuple[NoticeLine, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The notices behind it."""
        return tuple(one for line in self.lines for one in line.ids)


@dataclass(frozen=True)
class NoticePage:
    """What is ``new`` and what is not, by case, the latest first; ``more``: not all fit.

    What nobody read about a case that was closed meanwhile is not new: it asks for nothing.
    """

    new: tuple[NoticeLine, ...]
    read: tuple[NoticeLine, ...]
    more: bool

    def by_kind(self) -> tuple[KindLine, ...]:
        """The new ones once more, by kind; a case may stand under several."""
        unsaid = tuple(line for line in self.new if line.sensitive)
        said = [line for line in self.new if not line.sensitive]
        kinds = {kind for line in said for kind, _ in line.kinds}
        return (
            *((KindLine(None, unsaid),) if unsaid else ()),
            *(
                KindLine(kind, tuple(line for line in said if kind in dict(line.kinds)))
                for kind in NoticeKind
                if kind in kinds
            ),
        )


def page(uow: SqlUnitOfWork, actor: Actor) -> NoticePage:
    """The notices of an account. Two questions to the database, however many there are."""
    notice, case = tables.notice.c, tables.case.c
    found = uow.session.execute(
        select(
            notice.id,
            notice.kind,
            notice.at,
            notice.read_at,
            notice.case_id,
            notice.referral_id,
            case.ref,
            case.state,
            case.sensitivity,
            case_visible(own_scope(actor)).label("opens"),
        )
        .join(tables.case, case.id == notice.case_id)
        .where(notice.account_id == actor.id)
        .order_by(notice.read_at.is_not(None), notice.at.desc(), notice.id)
        .limit(LIMIT + 1)
    ).all()
    shown, partners = found[:LIMIT], _visible_referrals(uow, actor, found)
    grouped: dict[tuple[bool, NoticeKind | None, str], list[Row[Any]]] = {}
    for row in shown:
        where = row.ref if row.opens else row.referral_id or row.case_id
        apart = row.kind if row.kind in OF_CLOSED_TOO else None
        grouped.setdefault((row.read_at is not None, apart, where), []).append(row)
    new: list[NoticeLine] = []
    read: list[NoticeLine] = []
    for (is_read, apart, _), rows in grouped.items():
        # That a case was opened in an emergency is said as it is: it tells nothing of the case.
        line = _line(rows, partners, sayable=apart is NoticeKind.GLASS_BROKEN)
        (read if is_read or (line.over and apart is None) else new).append(line)
    return NoticePage(
        tuple(new[:MOST]),
        tuple(read[:MOST]),
        more=len(found) > LIMIT or max(len(new), len(read)) > MOST,
    )


def _line(rows: Sequence[Row[Any]], partners: Container[str], *, sayable: bool) -> NoticeLine:
    latest = rows[0]
    kinds = Counter[NoticeKind](row.kind for row in rows)
    referral = latest.referral_id or ""
    return NoticeLine(
        at=latest.at,
        kinds=tuple(kinds.items()),
        ids=tuple(row.id for row in rows),
        ref=latest.ref if latest.opens else "",
        referral_id=referral if not latest.opens and referral in partners else "",
        sensitive=latest.sensitivity is Sensitivity.L3 and not sayable,
        over=latest.state is CaseState.CLOSED,
    )


def _visible_referrals(
    uow: SqlUnitOfWork, actor: Actor, rows: Sequence[Row[Any]]
) -> frozenset[str]:
    """Those that the reader opens as a partner, of what their notices are about."""
    asked = {row.referral_id for row in rows if row.referral_id and not row.opens}
    if not asked:
        return frozenset()
    referral = tables.referral.c
    return frozenset(
        uow.session.scalars(
            select(referral.id)
            .join(tables.case, tables.case.c.id == referral.case_id)
            .where(
                referral.id.in_(sorted(asked)),
                referral_visible(scope_of(actor, Action.ANSWER_REFERRAL)),
            )
        )
    )

"""What arrived, in the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import case, func, select, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.engine import change
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.services.records.work import InboxKind, InboxRow


class SqlInboxRows(Transaction):
    """Fulfils ``services.kept.inbox.InboxRows``."""

    def add_inbox(self, row: InboxRow) -> bool:
        """Keep an inbox row; False if this delivery is known already."""
        values = {column.name: getattr(row, column.name) for column in tables.inbox.columns}
        statement = self._insert(tables.inbox).values(**values)
        return change(self.session, statement.on_conflict_do_nothing()) == 1

    def add_inbox_all(self, rows: Sequence[InboxRow]) -> set[str]:
        """Keep many in one statement; the ids (ours) of those that were not known already."""
        if not rows:
            return set()
        names = [column.name for column in tables.inbox.columns]
        values = [{name: getattr(row, name) for name in names} for row in rows]
        statement = self._insert(tables.inbox).on_conflict_do_nothing()
        return set(self.session.scalars(statement.returning(tables.inbox.c.id), values))

    def inbox_row(self, inbox_id: str) -> InboxRow | None:
        """An inbox row by id."""
        return self.session.get(InboxRow, inbox_id)

    def waiting_messages(self, now: datetime) -> Mapping[str, tuple[int, int]]:
        """What waits in the inbox, by channel: how many are ready now, and how many in all."""
        inbox = tables.inbox.c
        ready = func.sum(case((inbox.available_at <= now, 1), else_=0))
        counted = (
            select(inbox.channel, ready, func.count())
            .where(inbox.handled_at.is_(None), inbox.set_aside_at.is_(None))
            .group_by(inbox.channel)
        )
        return {name: (int(at), int(all_)) for name, at, all_ in self.session.execute(counted)}

    def put_off(self, channel: str, keep: int, now: datetime, until: datetime) -> int:
        """Let all but the oldest ``keep`` ready messages of a channel wait; how many do."""
        inbox = tables.inbox.c
        late = (
            select(inbox.id)
            .where(
                inbox.channel == channel,
                inbox.handled_at.is_(None),
                inbox.set_aside_at.is_(None),
                inbox.leased_until.is_(None),
                inbox.available_at <= now,
            )
            .order_by(inbox.available_at, inbox.id)
            # SQLite takes an offset only behind a limit.
            .limit(2**31)
            .offset(keep)
        )
        return change(
            self.session,
            update(tables.inbox)
            # Said again, so that a row claimed meanwhile is left alone.
            .where(inbox.id.in_(late), inbox.handled_at.is_(None), inbox.leased_until.is_(None))
            .values(available_at=until),
        )

    def set_inbox_case(self, inbox_id: str, case_id: str) -> None:
        """Note which case a submission became."""
        self.session.execute(
            update(tables.inbox).where(tables.inbox.c.id == inbox_id).values(case_id=case_id)
        )

    def accepted(self, channel: str, kind: InboxKind, external_id: str) -> InboxRow | None:
        """The inbox row of something that was accepted before."""
        return self._one(
            select(InboxRow).where(
                tables.inbox.c.channel == channel,
                tables.inbox.c.kind == kind,
                tables.inbox.c.external_id == external_id,
            )
        )

    def accepted_among(
        self, channel: str, kind: InboxKind, external_ids: Sequence[str]
    ) -> dict[str, InboxRow]:
        """Those of ``external_ids`` that were accepted before, with their rows."""
        of_these = select(InboxRow).where(
            tables.inbox.c.channel == channel,
            tables.inbox.c.kind == kind,
            tables.inbox.c.external_id.in_(external_ids),
        )
        return {row.external_id: row for row in self.session.scalars(of_these)}

    def accepted_between(self, channel: str, kind: InboxKind, first: str, last: str) -> bool:
        """Whether something was accepted whose id sorts from ``first`` to ``last``."""
        some = select(tables.inbox.c.id).where(
            tables.inbox.c.channel == channel,
            tables.inbox.c.kind == kind,
            tables.inbox.c.external_id.between(first, last),
        )
        return self.session.scalar(some.limit(1)) is not None

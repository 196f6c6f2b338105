"""One transaction: state, history and outbox commit together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import Select, Table, event, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from feedback_hub.adapters import audit_log, sealing, tables, tracing
from feedback_hub.adapters.engine import insert_into
from feedback_hub.adapters.exchange import SqlExchange
from feedback_hub.adapters.vault import Keyring, SqlVault
from feedback_hub.domain.access import Actor
from feedback_hub.domain.audit import AuditAction, AuditHead, AuditLine, Seen, lines_of
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.events import EventKind, Recorder
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.kept.transaction import Kept
from feedback_hub.services.records.work import Queue, Task

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert


T = TypeVar("T")

QUEUE_OF = {
    Task.CLASSIFY: Queue.TRIAGE,
    Task.SEND: Queue.DELIVERY,
    Task.MAIL: Queue.HOUSEKEEPING,
    Task.CHAT: Queue.HOUSEKEEPING,
    Task.TELL_AGAIN: Queue.HOUSEKEEPING,
    Task.FOLLOW_UP: Queue.HOUSEKEEPING,
    Task.FETCH: Queue.FILES,
    Task.TAKE_OVER: Queue.HOUSEKEEPING,
    Task.EXCHANGE: Queue.EXCHANGE,
    Task.RING: Queue.DELIVERY,
    Task.REREAD: Queue.REREAD,
}


def row_of(task: Task, subject_id: str, available_at: datetime) -> dict[str, object]:
    """A row of the outbox, with the trace of what is being worked on."""
    return {
        # A text is put there once, under its own id: its receipt finds it by that.
        "id": subject_id if task is Task.SEND else new_id(),
        "queue": QUEUE_OF[task],
        "task": task,
        "subject_id": subject_id,
        "available_at": available_at,
        "trace": tracing.current(),
    }


_LOWERS = frozenset({EventKind.SENSITIVITY_CHANGED, EventKind.TRIAGED, EventKind.TRIAGE_UNDONE})
"""After these a case may be less sensitive than before."""


class Transaction:
    """What every part of the unit of work shares: the session, the history, the audit log."""

    def __init__(
        self,
        session: Session,
        keyring: Keyring,
        *,
        device: Callable[[], str] = str,
        keep_head: Callable[[AuditHead], None] | None = None,
        reads_only: bool = False,
    ) -> None:
        self.session = session
        self.vault: SqlVault = SqlVault(session, keyring)
        self._keyring = keyring
        self.exchange = SqlExchange(session)
        self.seen: dict[Seen, None] = {}
        """Sensitive cases that were opened here, and by whom."""
        self._device = device
        self._keep_head = keep_head
        self._audited: list[AuditLine] = []
        # The session lets go of what was not changed, and its history would go with it.
        self._recorders: dict[int, Recorder] = {}
        for moment in () if reads_only else ("loaded_as_persistent", "pending_to_persistent"):
            event.listen(session, moment, self._hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.session.close()

    def commit(self) -> None:
        """Keep everything. Raises ``StaleVersion`` when somebody changed the same object first."""
        try:
            self._write_history()
            # Last of all: whoever else writes the audit log waits from here to the commit.
            head = audit_log.append(self.session, self._audited) if self._audited else None
            self.session.commit()
        except StaleDataError as error:
            self.session.rollback()
            raise StaleVersion("changed by somebody else meanwhile") from error
        self._audited.clear()
        if head is not None and self._keep_head is not None:
            self._keep_head(head)

    def settle(self) -> None:
        """Write what happened so far, so that what is read next sees it; kept only by a commit."""
        self._write_history()

    def expect(
        self,
        kept: Case | Referral | Issue | BoardEntry | BankAnswer | Broadcast,
        version: int | None,
    ) -> None:
        """Raises ``StaleVersion`` if the caller read another version."""
        if version is not None and kept.version != version:
            raise StaleVersion("changed by somebody else meanwhile")

    def add(self, kept: Kept) -> None:
        """A new object."""
        self.session.add(kept)

    def work(self, task: Task, subject_id: str, available_at: datetime) -> None:
        """Put a piece of work in the outbox."""
        self.session.execute(insert(tables.outbox).values(row_of(task, subject_id, available_at)))

    def go_on_from(self, delivery_id: str) -> None:
        """What is done from here on belongs to what the text ``delivery_id`` belonged to."""
        sent = select(tables.outbox.c.trace).where(tables.outbox.c.id == delivery_id)
        if trace := self.session.scalar(sent):
            tracing.go_on_with(trace)

    def audit(
        self,
        action: AuditAction,
        actor: str,
        now: datetime,
        *,
        kind: str = "",
        object_id: str = "",
        reason: str = "",
    ) -> None:
        """Note an act in the audit log; it is kept with what this transaction keeps, or not."""
        line = AuditLine(action, actor, now, kind, object_id, reason, self._device())
        self._audited.append(line)

    def audit_seen(self, now: datetime) -> None:
        """Note who was shown what of sensitive cases, each once a transaction."""
        for one in self.seen:
            count = str(one.count) if one.count else ""
            self.audit(
                one.action, one.actor, now, kind=one.kind, object_id=one.object_id, reason=count
            )
        self.seen.clear()

    def saw(self, actor: Actor, case: Case) -> None:
        """``actor`` is shown a case: noted if it is sensitive."""
        if case.sensitivity is not Sensitivity.L1:
            self.seen[Seen(AuditAction.CASE_READ, actor.id, "case", case.id)] = None

    def saw_file(self, actor: Actor, case: Case, attachment_id: str) -> None:
        """``actor`` is given a file of a case: noted if the case is sensitive."""
        if case.sensitivity is not Sensitivity.L1:
            self.seen[Seen(AuditAction.FILE_READ, actor.id, "attachment", attachment_id)] = None

    def saw_list(self, actor: Actor, cases: Iterable[Case]) -> None:
        """``actor`` is shown words or names of cases in a list: one line, and how many."""
        count = sum(case.sensitivity is not Sensitivity.L1 for case in cases)
        if count:
            self.seen[Seen(AuditAction.LIST_READ, actor.id, "cases", count=count)] = None

    def _hold(self, _session: Session, kept: object) -> None:
        if isinstance(kept, Recorder):
            self._recorders[id(kept)] = kept

    def _write_history(self) -> None:
        self.session.flush()
        happened = [line for kept in self._recorders.values() for line in kept.take_events()]
        lowered = {one.case_id for one in happened if one.kind in _LOWERS}
        for kept in self._recorders.values():
            if isinstance(kept, Case) and (
                kept.sensitivity is Sensitivity.L3 or kept.id in lowered
            ):
                sealing.settle(self.session, self._keyring, kept.id, kept.sensitivity)
        for line in happened:
            self._audited.extend(lines_of(line, self._device()))
        if happened:
            for line in happened:
                self.exchange.tell(line)
            self.session.execute(
                insert(tables.case_event),
                [
                    {
                        "id": new_id(),
                        "case_id": line.case_id,
                        "position": position,
                        "kind": line.kind,
                        "actor": line.actor,
                        "at": line.at,
                        "about": line.about,
                        "detail": dict(line.detail),
                    }
                    for position, line in enumerate(happened)
                ],
            )

    def _one(self, statement: Select[T]) -> T | None:
        return self.session.scalars(statement).one_or_none()

    def _insert(self, table: Table) -> sqlite.Insert | PostgresInsert:
        return insert_into(self.session, table)

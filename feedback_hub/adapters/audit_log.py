"""The audit log in the database: appended to in one order, checked line by line.

Writers queue for the single row of ``audit_head``, which they take just before their commit: on
PostgreSQL by its row lock, on SQLite they hold the database's own anyway. Triggers refuse to change
or delete a line; whoever may drop those is found out by the chain, and whoever rewrites the whole
chain by the head that is kept outside (see ``audit_head``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import audit, audit_head
from feedback_hub.domain.audit import FIRST, AuditHead, AuditLine, hash_of

_AT_ONCE = 1000


@dataclass(frozen=True)
class BadLine:
    """The first line that is not as it was written, and what is wrong with it."""

    sequence: int
    why: str


@dataclass(frozen=True)
class Verified:
    """What checking brought: how many lines hold, and the first that does not."""

    lines: int
    head: AuditHead
    bad: BadLine | None = None


def append(session: Session, lines: Sequence[AuditLine]) -> AuditHead:
    """Chain ``lines`` (at least one) to the log; the new head. Others wait until the commit."""
    head = session.execute(
        update(audit_head)
        .values(sequence=audit_head.c.sequence + len(lines))
        .returning(audit_head.c.sequence, audit_head.c.hash)
    ).one()
    previous, sequence = head.hash, head.sequence - len(lines)
    rows = []
    for line in lines:
        sequence += 1
        hashed = hash_of(sequence, line, previous)
        rows.append(
            {
                "sequence": sequence,
                "at": line.at,
                "actor": line.actor,
                "action": line.action,
                "kind": line.kind,
                "object_id": line.object_id,
                "reason": line.reason,
                "device": line.device,
                "previous": previous,
                "hash": hashed,
            }
        )
        previous = hashed
    session.execute(insert(audit), rows)
    session.execute(update(audit_head).values(hash=previous))
    return AuditHead(sequence, previous)


def head_of(session: Session) -> AuditHead:
    """Where the chain ends, as the database says."""
    row = session.execute(select(audit_head.c.sequence, audit_head.c.hash)).one_or_none()
    return AuditHead(row.sequence, row.hash) if row else AuditHead()


def verify(session: Session, kept: Iterable[AuditHead] = ()) -> Verified:
    """Check every line, the head and the heads that were ``kept`` outside the database."""
    expected = {head.sequence: head.hash for head in kept if head.sequence}
    reached = AuditHead()
    in_order = select(audit).order_by(audit.c.sequence)
    with session.execute(in_order.execution_options(yield_per=_AT_ONCE)) as rows:
        for row in rows:
            why = _fault(row, reached)
            if not why and expected.pop(row.sequence, row.hash) != row.hash:
                why = "is not the line whose hash was kept outside"
            if why:
                return Verified(reached.sequence, reached, BadLine(reached.sequence + 1, why))
            reached = AuditHead(row.sequence, row.hash)
    missing = BadLine(reached.sequence + 1, "is missing: the log was cut off before its end")
    if expected:
        return Verified(reached.sequence, reached, missing)
    said = head_of(session)
    if said.sequence > reached.sequence:
        return Verified(reached.sequence, reached, missing)
    if said != reached:
        why = "is the last line, but the head of the log says another"
        return Verified(reached.sequence, reached, BadLine(reached.sequence, why))
    return Verified(reached.sequence, reached)


def _fault(row: Row[tuple[object, ...]], before: AuditHead) -> str:
    if row.sequence != before.sequence + 1:
        return "is missing"
    if row.previous != (before.hash if before.sequence else FIRST):
        return "does not follow from the line before it"
    line = AuditLine(row.action, row.actor, row.at, row.kind, row.object_id, row.reason, row.device)
    if hash_of(row.sequence, line, row.previous) != row.hash:
        return "was changed after it was written"
    return ""

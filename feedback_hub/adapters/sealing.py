"""Highly sensitive cases are closed to the handlers' public key, once no work waits for them.

From the commit that raised them on (see ``unit_of_work``) where nothing waits, else at the
scheduler's next look: a text that the machine has yet to read, a file to be fetched, a letter to
another mechanism need the key a little longer. Lowered by a handler, a case opens to its new team.
The person's number and name keep the hub's own key: whoever writes again must be recognised.
"""

from __future__ import annotations

from sqlalchemy import Select, Table, exists, or_, select, union, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.handlers_pair import MARK
from feedback_hub.adapters.tables import (
    attachment,
    case,
    case_typed,
    data_key,
    inbox,
    letter,
    message,
    metadata,
    outbox,
    passage,
)
from feedback_hub.adapters.vault import Keyring
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.records import LetterState

AT_ONCE = 200
"""Cases a look, which is a transaction."""


def settle(session: Session, keyring: Keyring, case_id: str, level: Sensitivity) -> int:
    """Give a case's data keys the wrapping of its level; how many were changed.

    Raises ``VaultSealed`` for one that is lowered where the private key is not.
    """
    if not keyring.handlers.closes_with():
        return 0
    if level is Sensitivity.L3 and not _is_leaving(session, case_id):
        rows = session.execute(
            select(data_key).where(
                data_key.c.id.in_(_keys_of(case_id)),
                data_key.c.id.not_in(_awaited(case_id)),
                data_key.c.wrapped_by != keyring.handlers.closes_with(),
            )
        ).all()
        wrap = keyring.handlers.close
    else:
        rows = session.execute(
            select(data_key).where(
                data_key.c.id.in_(_keys_of(case_id)),
                data_key.c.wrapped_by.startswith(MARK),
            )
        ).all()
        wrap = keyring.wrap
    for row in rows:
        wrapped, by = wrap(row.id, keyring.unwrap(row.id, row.wrapped, row.wrapped_by))
        # Only as it was read: a key that was destroyed or wrapped anew meanwhile stays so.
        session.execute(
            update(data_key)
            .where(data_key.c.id == row.id, data_key.c.wrapped_by == row.wrapped_by)
            .values(wrapped=wrapped, wrapped_by=by)
        )
    return len(rows)


def open_ones(session: Session, keyring: Keyring, after: str = "") -> list[str]:
    """Ids of highly sensitive cases after ``after`` of which something is not closed yet.

    What was closed to another pair is left to ``keys handlers``.
    """
    if not keyring.handlers.closes_with():
        return []
    with_key = [
        exists(
            select(data_key.c.id).where(
                data_key.c.id == table.c.key_id,
                table.c.case_id == case.c.id,
                data_key.c.wrapped_by.not_like(f"{MARK}%"),
            )
        )
        for table in _sealed_tables()
    ]
    files = exists(
        select(data_key.c.id)
        .join(attachment, attachment.c.key_id == data_key.c.id)
        .join(message, message.c.id == attachment.c.message_id)
        .where(message.c.case_id == case.c.id, data_key.c.wrapped_by.not_like(f"{MARK}%"))
    )
    any_open = or_(*with_key, files)
    found = (
        select(case.c.id)
        .where(case.c.sensitivity == Sensitivity.L3, case.c.id > after, any_open)
        .order_by(case.c.id)
        .limit(AT_ONCE)
    )
    return list(session.scalars(found))


def closed_otherwise(session: Session, keyring: Keyring) -> list[str]:
    """Ids of data keys that are closed to a pair of before."""
    return list(
        session.scalars(
            select(data_key.c.id).where(
                data_key.c.wrapped_by.startswith(MARK),
                data_key.c.wrapped_by != keyring.handlers.closes_with(),
            )
        )
    )


def close_anew(session: Session, keyring: Keyring, before: Keyring, key_id: str) -> None:
    """Close one data key, closed to ``before``'s pair, to the pair of now."""
    row = session.execute(select(data_key).where(data_key.c.id == key_id)).one_or_none()
    if row is None:
        return
    key = before.unwrap(row.id, row.wrapped, row.wrapped_by)
    wrapped, by = keyring.handlers.close(row.id, key)
    session.execute(
        update(data_key)
        .where(data_key.c.id == row.id, data_key.c.wrapped_by == row.wrapped_by)
        .values(wrapped=wrapped, wrapped_by=by)
    )


def _sealed_tables() -> list[Table]:
    """Whatever is sealed and a case's: a table added tomorrow too."""
    # The inbox's key is its message's, and it is not looked up by case.
    return [
        table
        for table in metadata.sorted_tables
        if {"case_id", "key_id"} <= set(table.c.keys()) and table is not inbox
    ]


def _keys_of(case_id: str) -> Select[tuple[str]]:
    parts = [select(table.c.key_id).where(table.c.case_id == case_id) for table in _sealed_tables()]
    files = (
        select(attachment.c.key_id)
        .join(message, message.c.id == attachment.c.message_id)
        .where(message.c.case_id == case_id)
    )
    # A text that was moved to a case of its own is that one's, though it came in as this one's.
    elsewhere = select(message.c.key_id).where(message.c.case_id != case_id)
    every = union(*parts, files).subquery()
    return select(every.c.key_id).where(every.c.key_id.not_in(elsewhere))


def _awaited(case_id: str) -> Select[tuple[str]]:
    """Keys that work which waits will need."""
    waits = select(outbox.c.subject_id).where(
        outbox.c.handled_at.is_(None), outbox.c.set_aside_at.is_(None)
    )
    parts = [
        select(table.c.key_id).where(table.c.case_id == case_id, table.c.id.in_(waits))
        for table in _sealed_tables()
        if "id" in table.c
    ]
    # A file that is to be fetched: where it lies is written in its message.
    fetched = (
        select(attachment.c.key_id, message.c.key_id.label("message_key"))
        .join(message, message.c.id == attachment.c.message_id)
        .where(message.c.case_id == case_id, attachment.c.state == AttachmentState.WAITING)
        .subquery()
    )
    some = union(*parts, select(fetched.c.key_id), select(fetched.c.message_key)).subquery()
    # What was typed of the place helps to read, and goes along in a letter.
    typed = select(case_typed.c.key_id).where(
        case_typed.c.case_id == case_id, exists(select(some.c.key_id))
    )
    every = union(select(some.c.key_id), typed).subquery()
    return select(every.c.key_id)


def _is_leaving(session: Session, case_id: str) -> bool:
    """Whether a letter about it waits to be handed to another mechanism."""
    waiting = (
        select(letter.c.id)
        .join(passage, passage.c.id == letter.c.passage_id)
        .where(passage.c.case_id == case_id, letter.c.state == LetterState.WAITING)
    )
    return session.scalar(waiting.limit(1)) is not None

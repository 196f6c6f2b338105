"""Highly sensitive cases are closed to the handlers' public key, once no work waits for them.

From the commit that raised them on (see ``unit_of_work``) where nothing waits, else at the
scheduler's next look: a text that the machine has yet to read, a file to be fetched, a letter to
another mechanism need the key a little longer. Lowered by a handler, a case opens to its new team.
So are name and safe time of a person all of whose cases are highly sensitive. The number keeps the
hub's own key: whoever writes again must be recognised, and whoever has that key could try every
number there is against the look-up anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    exists,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session

from feedback_hub.adapters.handlers_pair import MARK
from feedback_hub.adapters.tables import (
    attachment,
    case,
    case_typed,
    contact,
    data_key,
    inbox,
    letter,
    message,
    metadata,
    outbox,
    passage,
)
from feedback_hub.adapters.vault import Keyring, SqlVault
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.records.exchange import LetterState
from feedback_hub.services.seals import name_bound_to, safe_time_bound_to

AT_ONCE = 200
"""Cases a look, which is a transaction."""


def settle(session: Session, keyring: Keyring, case_id: str, level: Sensitivity) -> int:
    """Give a case's data keys the wrapping of its level; how many were changed.

    Raises ``VaultSealed`` for one that is lowered where the private key is not.
    """
    if not keyring.handlers.closes_with():
        return 0
    if level is Sensitivity.L3 and not _is_leaving(session, case_id):
        rows = list(
            session.execute(
                select(data_key).where(
                    data_key.c.id.in_(_keys_of(case_id)),
                    data_key.c.id.not_in(_awaited(case_id)),
                    data_key.c.wrapped_by != keyring.handlers.closes_with(),
                )
            )
        )
        wrap = keyring.handlers.close
        if session.scalar(_awaited(case_id).limit(1)) is None:
            _give_names_keys(session, keyring, case_id)
            rows += _keys_of_names(session, case_id, keyring.handlers.closes_with())
    else:
        rows = list(
            session.execute(
                select(data_key).where(
                    data_key.c.id.in_(_keys_of(case_id)),
                    data_key.c.wrapped_by.startswith(MARK),
                )
            )
        )
        wrap = keyring.wrap
        if keyring.handlers.holds_private():
            rows += _keys_of_names(session, case_id)
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
    names = exists(
        select(contact.c.id).where(
            contact.c.id == case.c.contact_id,
            ~_has_other_cases(),
            or_(*(_is_open(*one) for one in _NAMES)),
        )
    )
    any_open = or_(*with_key, files, names)
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


_NAMES = (
    (contact.c.name_sealed, contact.c.name_key_id, name_bound_to),
    (contact.c.safe_time_sealed, contact.c.safe_time_key_id, safe_time_bound_to),
)
"""What is told of a person in confidence, its key where it has one, and what it is tied to."""


def _has_other_cases() -> ColumnElement[bool]:
    """Whether the contact has a case that is not for handlers alone."""
    other = case.alias("other")
    return exists(
        select(other.c.id).where(
            other.c.contact_id == contact.c.id, other.c.sensitivity != Sensitivity.L3
        )
    )


def _is_open(
    sealed: Column[bytes], key_id: Column[str], _bound_to: Callable[[str], str]
) -> ColumnElement[bool]:
    closed = exists(
        select(data_key.c.id).where(data_key.c.id == key_id, data_key.c.wrapped_by.startswith(MARK))
    )
    # What was erased has no key at all.
    known = exists(select(data_key.c.id).where(data_key.c.id == contact.c.key_id))
    return and_(sealed.is_not(None), known, or_(key_id.is_(None), ~closed))


def _give_names_keys(session: Session, keyring: Keyring, case_id: str) -> None:
    """Keys of their own for name and safe time, where handlers alone may know them from now on."""
    row = session.execute(_names(case_id).where(~_has_other_cases())).one_or_none()
    if row is None:
        return
    vault = SqlVault(session, keyring)
    for sealed, key, bound_to in _NAMES:
        value, key_id = getattr(row, sealed.name), getattr(row, key.name)
        if not value or key_id is not None:
            continue
        opened = vault.open(row.key_id, value, bound_to(row.id))
        (own,) = vault.new_keys(1)
        session.execute(
            update(contact)
            .where(contact.c.id == row.id)
            .values({sealed: vault.seal(own, opened, bound_to(row.id)), key: own})
        )


def _keys_of_names(
    session: Session, case_id: str, closes_with: str = ""
) -> Sequence[Row[tuple[str, bytes, str]]]:
    """The keys to be closed with ``closes_with``, or to be opened to the hub again."""
    wanted = _names(case_id)
    if closes_with:
        wanted = wanted.where(~_has_other_cases())
    row = session.execute(wanted).one_or_none()
    if row is None:
        return ()
    by = data_key.c.wrapped_by
    which = by != closes_with if closes_with else by.startswith(MARK)
    keys = [one for one in (row.name_key_id, row.safe_time_key_id) if one]
    return session.execute(select(data_key).where(data_key.c.id.in_(keys), which)).all()


def _names(case_id: str) -> Select[Any]:
    return select(contact).where(
        contact.c.id == select(case.c.contact_id).where(case.c.id == case_id).scalar_subquery()
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

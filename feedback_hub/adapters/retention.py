"""What is past its time goes: who it was, then what was said, then what leads back to the case.

Counted from the day a case was closed, by its sensitivity (``[retention]``). What is left has no
words, names or numbers and keeps the measures true. A case under a legal hold is left alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import case_words, erasing, likenesses, search_index
from feedback_hub.adapters.tables import (
    attachment,
    call_back,
    case,
    case_answer,
    case_fields,
    case_place,
    case_tag,
    case_typed,
    conduct_report,
    contact,
    delivery,
    inbox,
    meeting_case,
    message,
    metadata,
    notice,
    partner_link,
    passage,
    referral,
    retention,
    triage_lease,
    upload_part,
)
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.sensitivity import Sensitivity


class Stage(StrEnum):
    """What is erased of a case, in this order."""

    IDENTITY = "identity"
    TEXT = "text"
    WHOLE = "whole"


_DONE = {
    Stage.IDENTITY: retention.c.identity_at,
    Stage.TEXT: retention.c.text_at,
    Stage.WHOLE: retention.c.whole_at,
}


@dataclass(frozen=True)
class Erased:
    """What one erasure did: the case, the data keys that are gone, and files to remove.

    ``files`` are stored names, for the caller to remove from the store after the commit: without
    its key nobody reads one any more.
    """

    case_id: str
    keys: frozenset[str]
    files: tuple[str, ...] = ()


def due(
    session: Session, stage: Stage, days: dict[Sensitivity, int], now: datetime, most: int
) -> list[str]:
    """Ids of closed cases whose time for ``stage`` is over; the longest closed first."""
    wanted = _due(select(case.c.id), stage, days, now)
    return list(session.scalars(wanted.order_by(case.c.closed_at).limit(most)))


def count_due(session: Session, stage: Stage, days: dict[Sensitivity, int], now: datetime) -> int:
    """How many cases ``due`` would find in all."""
    return session.scalar(_due(select(func.count(case.c.id)), stage, days, now)) or 0


def erase(session: Session, case_id: str, stage: Stage, now: datetime) -> Erased:
    """Erase one stage of one case, whatever its age. Safe to repeat."""
    words = stage is not Stage.IDENTITY
    keys = _forget_words(session, case_id) if words else _forget_person(session, case_id)
    files = _files_of(session, case_id) if words else ()
    gone = erasing.destroy(session, keys, now)
    likenesses.forget(session, case_id)
    if words:
        search_index.forget(session, case_id)
        # Tags are somebody's own words; a guessed place was read out of the person's.
        for table in (case_tag, case_place, triage_lease):
            session.execute(delete(table).where(table.c.case_id == case_id))
        gone |= erasing.destroy(session, case_words.forget_unused(session), now)
    if stage is Stage.WHOLE:
        _forget_traces(session, case_id)
        # Whoever kept the number finds nothing under it.
        session.execute(
            update(case)
            .where(case.c.id == case_id)
            .values(
                ref=new_reference(),
                contact_id=None,
                place="",
                accused_organisation="",
                accused_class=None,
            )
        )
        for table in (passage, conduct_report):
            session.execute(update(table).where(table.c.case_id == case_id).values(reference=""))
    _note(session, case_id, **{_DONE[stage].name: now})
    return Erased(case_id, frozenset(gone), files)


def hold(session: Session, case_id: str, *, held: bool) -> None:
    """Begin or end a legal hold."""
    _note(session, case_id, held=held)


def is_held(session: Session, case_ids: Collection[str]) -> bool:
    """Whether any of these cases is under a legal hold."""
    asked = select(retention.c.case_id).where(retention.c.case_id.in_(case_ids), retention.c.held)
    return session.scalar(asked.limit(1)) is not None


def cases_of_person(session: Session, case_id: str) -> list[str]:
    """Every case of the same contact point as ``case_id``, that one too."""
    whose = select(case.c.contact_id).where(case.c.id == case_id).scalar_subquery()
    found = select(case.c.id).where(or_(case.c.id == case_id, case.c.contact_id == whose))
    return list(session.scalars(found))


def _due(
    wanted: Select[Any], stage: Stage, days: dict[Sensitivity, int], now: datetime
) -> Select[Any]:
    old: list[ColumnElement[bool]] = [
        and_(case.c.sensitivity == level, case.c.closed_at < now - timedelta(days=kept))
        for level, kept in days.items()
        if kept
    ]
    return (
        wanted.select_from(case)
        .outerjoin(retention, retention.c.case_id == case.c.id)
        .where(
            case.c.state == CaseState.CLOSED,
            or_(*old) if old else case.c.id.is_(None),
            _DONE[stage].is_(None),
            or_(retention.c.held.is_(None), retention.c.held.is_(False)),
        )
    )


def _forget_person(session: Session, case_id: str) -> set[str]:
    """The keys of the case's contact, unless another case of the same person still needs it."""
    typed = _forget_typed(session, case_id)
    contact_id = session.scalar(select(case.c.contact_id).where(case.c.id == case_id))
    if contact_id is None:
        return typed
    needed = (
        select(case.c.id)
        .outerjoin(retention, retention.c.case_id == case.c.id)
        .where(
            case.c.contact_id == contact_id,
            case.c.id != case_id,
            retention.c.identity_at.is_(None),
        )
    )
    if session.scalar(needed.limit(1)) is not None:
        # This case lets go of the person; the others still have to answer them.
        session.execute(update(case).where(case.c.id == case_id).values(contact_id=None))
        session.execute(update(message).where(message.c.case_id == case_id).values(contact_id=None))
        session.execute(
            update(delivery).where(delivery.c.case_id == case_id).values(contact_id=None)
        )
        return typed
    # The look-up no longer finds it: the same number writing again is somebody new.
    session.execute(
        update(contact)
        .where(contact.c.id == contact_id)
        .values(address_index=f"erased:{contact_id}", language="und")
    )
    theirs = (contact.c.key_id, contact.c.name_key_id, contact.c.safe_time_key_id)
    keys = session.execute(select(*theirs).where(contact.c.id == contact_id)).one()
    return typed | {key for key in keys if key}


def _forget_typed(session: Session, case_id: str) -> set[str]:
    """The key of what was typed of the place and the accused: either may name somebody."""
    session.execute(update(case).where(case.c.id == case_id).values(place=""))
    typed = delete(case_typed).where(case_typed.c.case_id == case_id)
    return set(session.scalars(typed.returning(case_typed.c.key_id)))


def _forget_words(session: Session, case_id: str) -> set[str]:
    """The keys of whatever is sealed and a case's: of a table added tomorrow too."""
    keys: set[str] = set()
    for table in metadata.sorted_tables:
        if {"case_id", "key_id"} <= set(table.c.keys()):
            keys.update(session.scalars(select(table.c.key_id).where(table.c.case_id == case_id)))
    # What was moved to another case is that one's to keep, though it came in as this one's.
    elsewhere = select(message.c.key_id).where(
        message.c.key_id.in_(keys), message.c.case_id != case_id
    )
    keys -= set(session.scalars(elsewhere))
    # So its form's key may live on: the answers go by themselves.
    for table in (case_answer, case_fields):
        session.execute(delete(table).where(table.c.case_id == case_id))
    # What was sent along lies in a file: without its key nobody reads it.
    keys.update(session.scalars(select(attachment.c.key_id).where(_of_case(case_id))))
    return keys


def _files_of(session: Session, case_id: str) -> tuple[str, ...]:
    """Stored names of a case's files, which from now on are erased ones."""
    whole = select(attachment.c.id).where(_of_case(case_id))
    session.execute(delete(upload_part).where(upload_part.c.attachment_id.in_(whole)))
    names = session.scalars(
        update(attachment)
        .where(_of_case(case_id), attachment.c.state != AttachmentState.ERASED)
        .values(state=AttachmentState.ERASED, fault=None)
        .returning(attachment.c.stored_name)
    )
    return tuple(names)


def _of_case(case_id: str) -> ColumnElement[bool]:
    return attachment.c.message_id.in_(select(message.c.id).where(message.c.case_id == case_id))


def _forget_traces(session: Session, case_id: str) -> None:
    """What leads from the case to a person, a provider's or partner's record, a meeting."""
    for table in (call_back, meeting_case, notice):
        session.execute(delete(table).where(table.c.case_id == case_id))
    theirs = select(referral.c.id).where(referral.c.case_id == case_id)
    session.execute(delete(partner_link).where(partner_link.c.referral_id.in_(theirs)))
    traces = (
        (message, {"external_id": "", "contact_id": None}),
        (delivery, {"provider_id": None, "contact_id": None}),
        # Unique beside the channel: each its own, of nobody.
        (inbox, {"external_id": "erased:" + inbox.c.id}),
    )
    for table, values in traces:
        session.execute(update(table).where(table.c.case_id == case_id).values(**values))


def _note(session: Session, case_id: str, **values: object) -> None:
    known = session.scalar(select(retention.c.case_id).where(retention.c.case_id == case_id))
    if known is None:
        session.execute(insert(retention).values(case_id=case_id, **({"held": False} | values)))
    else:
        session.execute(update(retention).where(retention.c.case_id == case_id).values(**values))

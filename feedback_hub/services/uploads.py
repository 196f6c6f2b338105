"""Files that come piece by piece with a record that was handed in, over a link that breaks.

The record says beforehand how many files follow and how large each is. A piece that comes again
changes nothing, one that leaves a gap is refused with where to go on; once a file is whole it goes
the road of every other one: looked through, cleaned, sealed (``attachments``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.access import Actor
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.message import Attachment
from feedback_hub.services import intake, seals
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import AttachmentRow
from feedback_hub.services.records.work import InboxKind, Task

LARGEST_PART = 1024 * 1024
"""Bytes of one piece."""


@dataclass(frozen=True)
class Upload:
    """How far a file has come, in bytes. That it was ``received`` says nothing of its case."""

    received: int
    size: int

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come."""
        return self.received >= self.size


def state(uow: UnitOfWork, actor: Actor, submission_id: str, position: int) -> Upload:
    """How far a file has come. Only for whoever handed the record in. Raises ``NotFound``."""
    row, source = _reach(uow, actor, submission_id, position)
    return _upload(uow, row, source)


def take(
    uow: UnitOfWork,
    actor: Actor,
    submission_id: str,
    position: int,
    start: int,
    content: bytes,
    now: datetime,
) -> Upload:
    """Keep a piece that begins at byte ``start``. Raises ``NotFound``, ``Invalid``."""
    row, source = _reach(uow, actor, submission_id, position)
    before = _upload(uow, row, source)
    if before.complete or start + len(content) <= before.received:
        return before
    if start != before.received:
        raise Invalid("start", f"must be {before.received}: go on where the last piece ended")
    if not content or len(content) > LARGEST_PART:
        raise Invalid("body", f"must have 1 to {LARGEST_PART} bytes")
    if start + len(content) > source.size:
        raise Invalid("body", f"is longer than the {source.size} bytes that were told")
    sealed = uow.vault.seal(row.key_id, content, seals.part_bound_to(row.id, start))
    uow.keep_part(row.id, start, len(content), sealed)
    after = Upload(before.received + len(content), source.size)
    if after.complete:
        uow.work(Task.FETCH, row.id, now)
    return after


def _upload(uow: UnitOfWork, row: AttachmentRow, source: Attachment) -> Upload:
    if row.state is not AttachmentState.WAITING:
        # Looked through already: whatever became of it, the sender has done their part.
        return Upload(source.size, source.size)
    return Upload(uow.uploaded(row.id), source.size)


def _reach(
    uow: UnitOfWork, actor: Actor, submission_id: str, position: int
) -> tuple[AttachmentRow, Attachment]:
    """The file as its sender may reach it: to send it, never to read it.

    Also of a case that they can no longer open: what they handed in has to come whole.
    """
    kept = uow.accepted(intake.API, InboxKind.SUBMISSION, submission_id)
    case = uow.case(kept.case_id) if kept and kept.case_id else None
    if case is None or case.entered_by != actor.id:
        raise NotFound
    for message in uow.messages_of(case.id):
        if message.external_id != submission_id or message.attachments_sealed is None:
            continue
        bound_to = seals.sources_bound_to(message.id)
        listed = uow.vault.open(message.key_id, message.attachments_sealed, bound_to)
        sources = [Attachment(**one) for one in json.loads(listed or "[]")]
        row = next(
            (
                one
                for one in uow.attachments_of(case.id)
                if one.message_id == message.id and one.position == position
            ),
            None,
        )
        if row is not None and position < len(sources) and sources[position].is_uploaded:
            return row, sources[position]
    raise NotFound

"""Files that people send: fetched in three steps like a send, cleaned, looked through and sealed.

No provider is called and no file is written while a transaction is open. Fetched twice is one
file: its name was drawn at registration, and the second writes over the first.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.attachment import AttachmentFault, AttachmentState, may_be_tried_again
from feedback_hub.domain.errors import IllegalMove, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import Attachment, DeliveryError, SendFault
from feedback_hub.services import seals
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import (
    Channels,
    Examined,
    Examiner,
    FileStore,
    Scanner,
    ScannerAway,
    TooLarge,
    UnitOfWork,
    Unreadable,
    VaultClosed,
)
from feedback_hub.services.records.messages import AttachmentRow
from feedback_hub.services.records.work import Task

BACK_OFF = (10, 60, 300, 1800, 7200, 21600, 43200)
"""Seconds before each further try: a provider's bad day is waited out."""
MOST_ATTEMPTS = len(BACK_OFF) + 1
SCANNER_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Shelf:
    """Where files come from, who looks at them and where they are kept.

    ``most``: bytes that one may have. ``seconds``: how long one may take to come.
    """

    channels: Channels
    examiner: Examiner
    store: FileStore
    scanner: Scanner | None
    most: int
    seconds: float


def expect(uow: UnitOfWork, message_id: str, sources: Sequence[Attachment], now: datetime) -> None:
    """Note that a message's files are to be fetched, or will be sent here (``uploads``)."""
    for position, key_id in enumerate(uow.vault.new_keys(len(sources))):
        row = AttachmentRow(
            id=new_id(),
            message_id=message_id,
            position=position,
            key_id=key_id,
            stored_name=uuid.uuid4().hex,
        )
        uow.add(row)
        if not sources[position].is_uploaded:
            uow.work(Task.FETCH, row.id, now)


def fetch(
    open_uow: Callable[[], UnitOfWork],
    shelf: Shelf,
    attachment_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Bring one file here; ``Again`` when it needs another turn, None when it does not.

    The caller holds the work's lease. Raises ``OSError`` when it cannot be written.
    """
    now = clock()
    try:
        if shelf.scanner is not None:
            # Before anything is fetched that could not be released.
            shelf.scanner.check()
        begun = _begin(open_uow, attachment_id)
        if begun is None:
            return None
        channel, source = begun
        if source.is_uploaded:
            content = _put_together(open_uow, attachment_id, source.size)
        else:
            content = shelf.channels.fetch(channel, source, shelf.most, shelf.seconds)
        examined = _look_at(shelf, content)
    except ScannerAway:
        # Not released, and not counted against the file.
        return _wait_for_scanner(open_uow, attachment_id, clock())
    except _Refused as refused:
        _end(open_uow, attachment_id, refused.fault)
        return None
    except DeliveryError as error:
        return _failed(open_uow, attachment_id, error, clock())
    except VaultClosed:
        return None
    _keep(open_uow, shelf, attachment_id, examined, now)
    return None


class _Refused(Exception):
    """The file is here and may not stay."""

    def __init__(self, fault: AttachmentFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def _begin(open_uow: Callable[[], UnitOfWork], attachment_id: str) -> tuple[str, Attachment] | None:
    """Count an attempt and commit it; the channel account and where the file is."""
    with open_uow() as uow:
        row = _waiting(uow, attachment_id)
        message = uow.message(row.message_id) if row else None
        if row is None or message is None or message.attachments_sealed is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:
            # Each of them ended with its worker: something in this file kills who opens it.
            row.end(row.fault or AttachmentFault.BROKEN)
            uow.commit()
            return None
        row.attempts += 1
        bound_to = seals.sources_bound_to(message.id)
        listed = json.loads(uow.vault.open(message.key_id, message.attachments_sealed, bound_to))
        source, channel = Attachment(**listed[row.position]), message.channel
        uow.commit()
    return channel, source


def _put_together(open_uow: Callable[[], UnitOfWork], attachment_id: str, size: int) -> bytes:
    """A file that was sent here in pieces (``uploads``)."""
    with open_uow() as uow:
        row = uow.attachment(attachment_id)
        key_id = row.key_id if row else ""
        content = b"".join(
            uow.vault.open_bytes(key_id, sealed, seals.part_bound_to(attachment_id, start))
            for start, sealed in uow.upload_parts(attachment_id)
        )
    if len(content) != size:
        raise _Refused(AttachmentFault.GONE)
    return content


def _look_at(shelf: Shelf, content: bytes) -> Examined:
    if len(content) > shelf.most:
        raise _Refused(AttachmentFault.TOO_LARGE)
    try:
        # As it came: what a scanner knows may be gone from what is made of it.
        if shelf.scanner is not None and shelf.scanner.is_infected(content):
            raise _Refused(AttachmentFault.INFECTED)
        return shelf.examiner.examine(content)
    except TooLarge:
        raise _Refused(AttachmentFault.TOO_LARGE) from None
    except Unreadable:
        raise _Refused(AttachmentFault.UNREADABLE) from None


def _keep(
    open_uow: Callable[[], UnitOfWork],
    shelf: Shelf,
    attachment_id: str,
    examined: Examined,
    now: datetime,
) -> None:
    with open_uow() as uow:
        row = _waiting(uow, attachment_id)
        if row is None:
            return
        name = row.stored_name
        bound_to = seals.content_bound_to(attachment_id)
        try:
            sealed = uow.vault.seal(row.key_id, examined.content, bound_to)
        except VaultClosed:
            return
    shelf.store.write(name, sealed)
    with open_uow() as uow:
        row = uow.attachment(attachment_id)
        if row is None or row.state is AttachmentState.ERASED:
            shelf.store.remove(name)
        elif row.state is AttachmentState.WAITING:
            row.state = AttachmentState.FETCHED
            row.fault = None
            row.media_type = examined.media_type
            row.size = len(examined.content)
            row.fetched_at = now
            uow.forget_upload(attachment_id)
            uow.commit()


def _wait_for_scanner(
    open_uow: Callable[[], UnitOfWork], attachment_id: str, now: datetime
) -> Again | None:
    with open_uow() as uow:
        row = _waiting(uow, attachment_id)
        if row is None:
            return None
        row.fault = AttachmentFault.NO_SCANNER
        row.attempts = 0
        uow.commit()
    return Again(now + SCANNER_EVERY)


def _failed(
    open_uow: Callable[[], UnitOfWork], attachment_id: str, error: DeliveryError, now: datetime
) -> Again | None:
    with open_uow() as uow:
        row = _waiting(uow, attachment_id)
        if row is None:
            return None
        row.fault = _fault_of(error)
        if error.permanent or row.attempts >= MOST_ATTEMPTS:
            row.end(row.fault)
            uow.commit()
            return None
        wait = max(BACK_OFF[row.attempts - 1], error.retry_after or 0)
        uow.commit()
    return Again(now + timedelta(seconds=wait))


def _fault_of(error: DeliveryError) -> AttachmentFault:
    if error.permanent:
        known = {AttachmentFault.TOO_LARGE.value, AttachmentFault.GONE.value}
        code = error.provider_code
        return AttachmentFault(code) if code in known else AttachmentFault.NOT_HELD
    if error.fault is SendFault.CREDENTIALS:
        return AttachmentFault.CREDENTIALS
    return AttachmentFault.PROVIDER_DOWN


def _end(open_uow: Callable[[], UnitOfWork], attachment_id: str, fault: AttachmentFault) -> None:
    with open_uow() as uow:
        row = _waiting(uow, attachment_id)
        if row is not None:
            row.end(fault)
            # What may not stay does not stay in pieces either.
            uow.forget_upload(attachment_id)
            uow.commit()


def give_up(uow: UnitOfWork, attachment_id: str) -> None:
    """The work on it was set aside: say so on the case, where it can be tried again."""
    row = _waiting(uow, attachment_id)
    if row is not None:
        row.end(AttachmentFault.BROKEN)


def retry(uow: UnitOfWork, actor: Actor, ref: str, attachment_id: str, now: datetime) -> None:
    """Ask the provider anew. Raises ``NotFound``, ``IllegalMove``."""
    case = uow.visible_case(actor, Action.WORK_CASE, ref)
    row = uow.attachment_of(case.id, attachment_id) if case else None
    if row is None:
        raise NotFound
    if not may_be_tried_again(row.state, row.fault):
        raise IllegalMove("attachment", "retry", row.state.value)
    row.state, row.fault, row.attempts = AttachmentState.WAITING, None, 0
    uow.work(Task.FETCH, row.id, now)


def erase(uow: UnitOfWork, attachment_id: str) -> str:
    """Destroy a file's key: from the commit on nobody can read it.

    Returns its stored name, for the caller to remove from the store after the commit. Raises
    ``NotFound``.
    """
    row = uow.attachment(attachment_id)
    if row is None:
        raise NotFound
    uow.vault.destroy(row.key_id)
    row.state, row.fault = AttachmentState.ERASED, None
    return row.stored_name


def _waiting(uow: UnitOfWork, attachment_id: str) -> AttachmentRow | None:
    row = uow.attachment(attachment_id)
    return row if row is not None and row.state is AttachmentState.WAITING else None

"""Files of a case for those who may have them: who handles it, and nobody else.

A desk reads words without names and numbers, a partner those that its referral carries; out of a
photo or a voice neither can be taken, so for them no file exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.attachment import (
    EXTENSIONS,
    PLAYED,
    AttachmentState,
    kind_of,
    may_be_tried_again,
)
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.reads.views.conversation import AttachmentView
from feedback_hub.reads.wire import Json, when
from feedback_hub.services.ports import FileStore, VaultClosed
from feedback_hub.services.records.messages import AttachmentRow
from feedback_hub.services.seals import content_bound_to


@dataclass(frozen=True)
class Opened:
    """One file, decrypted. ``name`` tells nothing of the person: reference, number and type."""

    content: bytes
    media_type: str
    name: str


def reach(uow: SqlUnitOfWork, actor: Actor, ref: str) -> Case:
    """The case, if its files exist for ``actor``. Raises ``NotFound``."""
    case = uow.visible_case(actor, Action.READ_HISTORY, ref)
    if case is None:
        raise NotFound
    return case


def open_file(
    uow: SqlUnitOfWork, store: FileStore, actor: Actor, ref: str, attachment_id: str
) -> Opened:
    """One file of a case. Raises ``NotFound``, also for one that is not here (any more)."""
    case = reach(uow, actor, ref)
    rows = _files(uow, case)
    number, row = next(
        ((n, row) for n, row in enumerate(rows, 1) if row.id == attachment_id), (0, None)
    )
    if row is None or row.state is not AttachmentState.FETCHED:
        raise NotFound
    try:
        sealed = store.read(row.stored_name)
        content = uow.vault.open_bytes(row.key_id, sealed, content_bound_to(row.id))
    except (FileNotFoundError, VaultClosed):
        raise NotFound from None
    uow.saw_file(actor, case, row.id)
    name = f"{case.ref}-{number}.{EXTENSIONS.get(row.media_type, 'bin')}"
    return Opened(content, row.media_type, name)


def by_message(uow: SqlUnitOfWork, case: Case) -> Mapping[str, tuple[AttachmentView, ...]]:
    """The files of each message of a case that has any."""
    found: dict[str, tuple[AttachmentView, ...]] = {}
    for row in _files(uow, case):
        found[row.message_id] = (*found.get(row.message_id, ()), _view(case, row))
    return found


def list_body(uow: SqlUnitOfWork, case: Case) -> list[Json]:
    """The files of a case on the wire, in the order in which they came."""
    return [
        {
            "id": row.id,
            "message": row.message_id,
            "state": row.state,
            "fault": row.fault,
            "kind": kind_of(row.media_type) if row.media_type else None,
            "media_type": row.media_type or None,
            "size": row.size,
            "fetched_at": when(row.fetched_at),
        }
        for row in _files(uow, case)
    ]


def _files(uow: SqlUnitOfWork, case: Case) -> list[AttachmentRow]:
    """The files of the messages that may be seen."""
    files = uow.attachments_of(case.id)
    shown = {one.id for one in uow.shown_of(case)} if files else set()
    return [one for one in files if one.message_id in shown]


def _view(case: Case, row: AttachmentRow) -> AttachmentView:
    return AttachmentView(
        ref=case.ref,
        id=row.id,
        state=row.state,
        fault=row.fault,
        kind=kind_of(row.media_type),
        plays=row.media_type in PLAYED,
        size=row.size,
        may_retry=may_be_tried_again(row.state, row.fault),
    )

"""Approving the texts people get: only an approved wording is sent (DOMAIN.md, Loop back)."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.access import Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import NotFound
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records import Wording, WordingState


def approve(
    uow: UnitOfWork,
    actor: Actor,
    language: str,
    purpose: Purpose,
    now: datetime,
    *,
    recording: str = "",
) -> Wording:
    """Let it be sent from now on. Approved already, it stays as it is. Raises ``NotFound``.

    ``recording`` is the digest of the recording that goes with it: another one is another wording.
    """
    wording = uow.wording(language, purpose)
    if wording is None:
        raise NotFound
    if wording.state is not WordingState.APPROVED or wording.recording != recording:
        wording.state = WordingState.APPROVED
        wording.approved_by = actor.id
        wording.approved_at = now
        wording.recording = recording
        named = f"{language}.{purpose.value}"[:64]
        uow.audit(AuditAction.WORDING_APPROVED, actor.id, now, kind="wording", object_id=named)
    return wording

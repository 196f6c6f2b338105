"""Files that came with messages, and those that come in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from feedback_hub.services.records.messages import AttachmentRow


class Attachments(Protocol):
    """Files that came with messages, and those that come in pieces."""

    def attachment(self, attachment_id: str) -> AttachmentRow | None:
        """A file by id, for the hub itself: no scope."""

    def attachment_of(self, case_id: str, attachment_id: str) -> AttachmentRow | None:
        """A file by id, if it belongs to a message of this case."""

    def attachments_of(self, case_id: str) -> Sequence[AttachmentRow]:
        """Every file of a case, in the order in which they came."""

    def uploaded(self, attachment_id: str) -> int:
        """How many bytes of a file that is sent in pieces are here, without a gap."""

    def keep_part(self, attachment_id: str, start: int, size: int, sealed: bytes) -> None:
        """Keep one piece, which begins at byte ``start``."""

    def upload_parts(self, attachment_id: str) -> Sequence[tuple[int, bytes]]:
        """Where each piece begins, and what it is, sealed; in order."""

    def forget_upload(self, attachment_id: str) -> None:
        """Drop the pieces of a file."""

"""Files that came with messages, and those that come in pieces."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, delete, func, insert, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.services.records.messages import AttachmentRow


class SqlAttachments(Transaction):
    """Fulfils ``services.kept.attachments.Attachments``."""

    def attachment(self, attachment_id: str) -> AttachmentRow | None:
        """A file by id."""
        return self.session.get(AttachmentRow, attachment_id)

    def attachment_of(self, case_id: str, attachment_id: str) -> AttachmentRow | None:
        """A file by id, if it belongs to a message of this case."""
        return self._one(_attachments(case_id).where(tables.attachment.c.id == attachment_id))

    def attachments_of(self, case_id: str) -> Sequence[AttachmentRow]:
        """Every file of a case, in the order in which they came."""
        message, attachment = tables.message.c, tables.attachment.c
        order = (message.received_at, message.id, attachment.position)
        return self.session.scalars(_attachments(case_id).order_by(*order)).all()

    def uploaded(self, attachment_id: str) -> int:
        """How many bytes of a file that is sent in pieces are here, without a gap."""
        part = tables.upload_part.c
        here = select(func.coalesce(func.sum(part.size), 0))
        return int(self.session.scalar(here.where(part.attachment_id == attachment_id)) or 0)

    def keep_part(self, attachment_id: str, start: int, size: int, sealed: bytes) -> None:
        """Keep one piece, which begins at byte ``start``."""
        self.session.execute(
            insert(tables.upload_part).values(
                attachment_id=attachment_id, start=start, size=size, sealed=sealed
            )
        )

    def upload_parts(self, attachment_id: str) -> Sequence[tuple[int, bytes]]:
        """Where each piece begins, and what it is, sealed; in order."""
        part = tables.upload_part.c
        found = self.session.execute(
            select(part.start, part.sealed)
            .where(part.attachment_id == attachment_id)
            .order_by(part.start)
        )
        return [(row.start, row.sealed) for row in found]

    def forget_upload(self, attachment_id: str) -> None:
        """Drop the pieces of a file."""
        part = tables.upload_part
        self.session.execute(delete(part).where(part.c.attachment_id == attachment_id))


def _attachments(case_id: str) -> Select[AttachmentRow]:
    """By way of the message, which may be moved to another case."""
    return (
        select(AttachmentRow)
        .join(tables.message, tables.message.c.id == tables.attachment.c.message_id)
        .where(tables.message.c.case_id == case_id)
    )

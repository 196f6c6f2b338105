"""Words of staff and partners on a case: sealed like the person's own."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.ids import new_id
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import Remark, RemarkKind

LONGEST = 20_000


def write(
    uow: UnitOfWork,
    kind: RemarkKind,
    case_id: str,
    text: str,
    author: str,
    now: datetime,
    *,
    referral_id: str | None = None,
    field: str = "text",
) -> str:
    """Keep ``text``; the remark's id. Raises ``Invalid`` (``field``) when empty or too long."""
    text = text.strip()
    if not text:
        raise Invalid(field, "say it in a few words")
    if len(text) > LONGEST:
        raise Invalid(field, f"at most {LONGEST} characters")
    remark_id, key_id = new_id(), uow.vault.new_key()
    sealed = uow.vault.seal(key_id, text, bound_to(remark_id))
    uow.add(Remark(remark_id, case_id, kind, author, now, key_id, sealed, referral_id))
    return remark_id


def read(uow: UnitOfWork, remark_id: str) -> str:
    """The text of a remark; empty when there is none."""
    remark = uow.remark(remark_id) if remark_id else None
    if remark is None:
        return ""
    return uow.vault.open(remark.key_id, remark.text_sealed, bound_to(remark.id))


def bound_to(remark_id: str) -> str:
    """What a remark's ciphertext is tied to."""
    return f"remark.text:{remark_id}"

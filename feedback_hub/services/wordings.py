"""The texts people get: written, read back by somebody else, approved (DOMAIN.md, Loop back).

Only an approved wording is sent; whoever changes one makes it a draft again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.access import Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
from feedback_hub.domain.gsm7 import SmsLength, foreign_to_gsm7, sms_length, without_costly_accents
from feedback_hub.services.ports import Renderer, UnitOfWork
from feedback_hub.services.records.telling import Wording, WordingState

PLACEHOLDERS = {"ref": "482-913-075", "answer": "", "hotline": "1458", "date": "31/12/2026"}
"""What a wording may ask for, and what it is filled with to see how long it gets."""
LONGEST = 2000


@dataclass(frozen=True)
class Measured:
    """What a wording takes on the air. ``costly``: letters that halve what fits in a text.

    ``plain`` is the same without them; equal to the text where there are none.
    """

    length: SmsLength
    costly: str
    plain: str


def measure(renderer: Renderer, text: str) -> Measured:
    """Raises ``Invalid`` for a placeholder nobody fills."""
    try:
        length = sms_length(renderer.render(text, PLACEHOLDERS))
    except Invalid as error:
        known = ", ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)
        raise Invalid("text", f"has a placeholder other than {known}") from error
    return Measured(length, foreign_to_gsm7(text), without_costly_accents(text))


def check(renderer: Renderer, purpose: Purpose, text: str) -> None:
    """Raises ``Invalid`` for words that are empty, unfillable or too long for the one SMS it is."""
    if not text or len(text) > LONGEST:
        raise Invalid("text", "is empty" if not text else f"is longer than {LONGEST} characters")
    measured = measure(renderer, text)
    if measured.length.segments > 1 and purpose.is_texted:
        why = f"; these letters halve what fits: {measured.costly}" if measured.costly else ""
        raise Invalid("text", f"does not fit in one SMS{why}")


def write(
    uow: UnitOfWork, renderer: Renderer, writer: str, language: str, purpose: Purpose, text: str
) -> bool:
    """Keep a text as a draft; False where these are its words already.

    ``writer`` is an account's id. Raises ``Invalid``.
    """
    check(renderer, purpose, text)
    wording = uow.wording(language, purpose)
    if wording is None:
        uow.add(Wording(language, purpose, text, written_by=writer))
        return True
    if wording.text == text:
        return False
    wording.text, wording.state, wording.written_by = text, WordingState.DRAFT, writer
    wording.approved_by, wording.approved_at, wording.recording = "", None, ""
    wording.back_translation, wording.back_translated_by = "", ""
    wording.back_translated_at = None
    return True


def translate_back(
    uow: UnitOfWork, actor: Actor, language: str, purpose: Purpose, understood: str, now: datetime
) -> None:
    """Keep what somebody who had not written it understood, in the hub's own language.

    Raises ``NotFound``, ``Invalid``, also for its own writer; ``IllegalMove`` once it is approved.
    """
    wording = uow.wording(language, purpose)
    if wording is None:
        raise NotFound
    if wording.state is WordingState.APPROVED:
        raise IllegalMove("wording", "back-translate", wording.state.value)
    if not understood or len(understood) > LONGEST:
        raise Invalid("understood", "is needed")
    if wording.written_by == actor.id:
        raise Invalid("understood", "is for somebody else than the writer")
    wording.state = WordingState.BACK_TRANSLATED
    wording.back_translation = understood
    wording.back_translated_by, wording.back_translated_at = actor.id, now


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

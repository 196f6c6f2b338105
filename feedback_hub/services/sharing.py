"""What a receiver of a referral sees of the person: one place decides, for partners and peers."""

from __future__ import annotations

from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.masking import mask
from feedback_hub.services import confided
from feedback_hub.services.casework import read_message
from feedback_hub.services.conversation import as_said_now
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import Message


def shared_texts(uow: UnitOfWork, case: Case, share: Share) -> list[tuple[Message, str]]:
    """The person's words as far as a referral may carry them: whole with a name, else masked.

    Each as it was worded last.
    """
    messages = [latest for latest, _ in as_said_now(uow.shown_of(case))]
    uow.vault.load({message.key_id for message in messages})
    return [
        (message, text if share is Share.NAME else mask(text))
        for message in messages
        for text in (read_message(uow, message),)
    ]


def shared_words(uow: UnitOfWork, case: Case, share: Share) -> str:
    """What a referral shows of the words: to its partner, and to whoever is about to send it."""
    if share is Share.NO:
        return ""
    return "\n".join(text for _, text in shared_texts(uow, case, share) if text.strip())


def shared_name(uow: UnitOfWork, case: Case, share: Share) -> str:
    """The name a referral shows: the person's where they agreed to that, else none."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    return confided.name_of(uow, contact) if share is Share.NAME else ""

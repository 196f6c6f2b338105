"""What a person's name is and when it is safe to call them, from wherever it is sealed.

A process without the handlers' key reads neither of a person all of whose cases are theirs: the
name was told in confidence (``adapters.sealing``).
"""

from __future__ import annotations

from feedback_hub.domain.contact import Contact
from feedback_hub.services.ports import UnitOfWork, VaultSealed
from feedback_hub.services.seals import name_bound_to, safe_time_bound_to


def name_of(uow: UnitOfWork, contact: Contact | None) -> str:
    """The name; empty where none is known, or none to this process."""
    if contact is None or contact.name_sealed is None:
        return ""
    key_id = contact.name_key_id or contact.key_id
    return _opened(uow, key_id, contact.name_sealed, name_bound_to(contact.id))


def safe_time_of(uow: UnitOfWork, contact: Contact | None) -> str:
    """When to call; empty where that was not said, or not to this process."""
    if contact is None or contact.safe_time_sealed is None:
        return ""
    key_id = contact.safe_time_key_id or contact.key_id
    return _opened(uow, key_id, contact.safe_time_sealed, safe_time_bound_to(contact.id))


def keep_name(uow: UnitOfWork, contact: Contact, name: str) -> None:
    """Keep a name where none is known."""
    if name and contact.name_sealed is None:
        bound = name_bound_to(contact.id)
        contact.name_sealed = uow.vault.seal(contact.key_id, name, bound)


def keep_safe_time(uow: UnitOfWork, contact: Contact, said: str) -> None:
    """Keep what was said last, in place of what was said before."""
    if not said:
        return
    if contact.safe_time_key_id:
        uow.vault.destroy(contact.safe_time_key_id)
        contact.safe_time_key_id = None
    bound = safe_time_bound_to(contact.id)
    contact.safe_time_sealed = uow.vault.seal(contact.key_id, said, bound)


def _opened(uow: UnitOfWork, key_id: str, sealed: bytes, bound_to: str) -> str:
    try:
        return uow.vault.open(key_id, sealed, bound_to)
    except VaultSealed:
        return ""

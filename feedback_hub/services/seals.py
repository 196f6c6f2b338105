"""What each sealed field is tied to, so that no ciphertext moves to another row or column."""

from __future__ import annotations

TAG = "tag"
"""What a tag's keyed hash is for."""


def text_bound_to(message_id: str) -> str:
    """What a message's ciphertext is tied to."""
    return f"message.text:{message_id}"


def address_bound_to(contact_id: str) -> str:
    """What a contact's address is tied to."""
    return f"contact.address:{contact_id}"


def name_bound_to(contact_id: str) -> str:
    """What a contact's name is tied to."""
    return f"contact.name:{contact_id}"


def safe_time_bound_to(contact_id: str) -> str:
    """What a contact's safe time is tied to."""
    return f"contact.safe_time:{contact_id}"


def sources_bound_to(message_id: str) -> str:
    """What the list of a message's provider links is tied to."""
    return f"message.attachments:{message_id}"


def content_bound_to(attachment_id: str) -> str:
    """What a file's ciphertext is tied to."""
    return f"attachment.content:{attachment_id}"


def part_bound_to(attachment_id: str, start: int) -> str:
    """What one piece of a file is tied to, which begins at byte ``start``."""
    return f"upload.part:{attachment_id}:{start}"


def rescue_bound_to(device_id: str) -> str:
    """What the key that opens a desk device's unsent reports is tied to."""
    return f"desk_device.rescue:{device_id}"


def typed_bound_to(case_id: str) -> str:
    """What the words typed of a case's place and accused are tied to."""
    return f"case.typed:{case_id}"


def tag_bound_to(index: str) -> str:
    """What the word of a tag is tied to."""
    return f"tag.name:{index}"

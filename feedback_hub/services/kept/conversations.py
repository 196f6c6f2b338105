"""People we speak with, and what they said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Contact
from feedback_hub.services.records.messages import Message


class Conversations(Protocol):
    """People we speak with, and what they said."""

    def contact(self, contact_id: str) -> Contact | None:
        """A contact point by id."""

    def open_request(self, contact_id: str) -> Case | None:
        """The contact's open case that asks to be called back, the newest; never an L3."""

    def contact_at(self, channel: str, address_index: str, *, hold: bool = False) -> Contact | None:
        """The contact point with this address on this channel account.

        ``hold``: no other transaction holds it until this one ends.
        """

    def call_back(self, line_id: str) -> CallBack | None:
        """A line of the call or desk list by id, for the hub itself: no scope."""

    def open_call_backs(self, case_id: str) -> Sequence[CallBack]:
        """The lines of a case on which the person is still to be reached, the oldest first."""

    def messages_of(self, case_id: str) -> Sequence[Message]:
        """Every inbound message of a case, in the order in which they were said.

        For the hub itself; what may be shown of them: ``shown_of``.
        """

    def shown_of(self, case: Case) -> Sequence[Message]:
        """The messages of a case that whoever sees it may see: none that is in doubt.

        Of a highly sensitive one all: it is its handlers' anyway.
        """

    def message_at(self, channel: str, external_id: str) -> Message | None:
        """The message that a channel account's provider knows by this id."""

    def talked_about(self, contact_id: str, channel: str, since: datetime) -> Sequence[Case]:
        """The cases a contact and we wrote about on this channel account since then, or closed.

        The latest first; none that was imported as history. ``since`` is UTC.
        """

    def wrong_tries(self, asked_by: str, about: str, since: datetime) -> int:
        """How often a contact (if not empty), or anybody about this reference, tried in vain.

        The larger of the two counts since then (UTC).
        """

    def has_open_l3(self, contact_id: str) -> bool:
        """Whether a highly sensitive case of this contact, a suspected one too, is open."""

    def message(self, message_id: str) -> Message | None:
        """A message by id."""

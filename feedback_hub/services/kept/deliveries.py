"""What is told to people, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.contact import Purpose
from feedback_hub.services.records.telling import Delivery, Wording


class Deliveries(Protocol):
    """What is told to people, and in what words."""

    def told_since(self, contact_id: str, purposes: Sequence[Purpose], since: datetime) -> int:
        """How many texts for these purposes were queued to a contact since then, not withheld."""

    def delivery(self, delivery_id: str, *, hold: bool = False) -> Delivery | None:
        """A delivery by id; ``hold``: as it stands now, and nobody else's until we commit."""

    def provider_ids_beside(self, delivery: Delivery) -> frozenset[str]:
        """What the channel's provider calls the other texts to the same contact."""

    def delivery_by_provider(self, channel: str, provider_id: str) -> Delivery | None:
        """The delivery a provider's receipt speaks of."""

    def deliveries_of(self, case_id: str) -> Sequence[Delivery]:
        """Every delivery of a case, the oldest first."""

    def segments_since(self, at: datetime) -> int:
        """How many SMS parts were queued to be sent since then."""

    def wording(self, language: str, purpose: Purpose) -> Wording | None:
        """The wording for a purpose in a language, whatever its state."""

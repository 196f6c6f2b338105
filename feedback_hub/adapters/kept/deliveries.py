"""What is told to people, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.contact import Purpose
from feedback_hub.services.records.telling import Delivery, Wording


class SqlDeliveries(Transaction):
    """Fulfils ``services.kept.deliveries.Deliveries``."""

    def delivery(self, delivery_id: str, *, hold: bool = False) -> Delivery | None:
        """A delivery by id; ``hold``: as it stands now, and nobody else's until we commit."""
        return self.session.get(
            Delivery, delivery_id, with_for_update=hold or None, populate_existing=hold
        )

    def provider_ids_beside(self, delivery: Delivery) -> frozenset[str]:
        """What the channel's provider calls the other texts to the same contact."""
        sent = tables.delivery.c
        others = select(sent.provider_id).where(
            sent.contact_id == delivery.contact_id,
            sent.channel == delivery.channel,
            sent.id != delivery.id,
            sent.provider_id.is_not(None),
        )
        return frozenset(one for one in self.session.scalars(others) if one)

    def delivery_by_provider(self, channel: str, provider_id: str) -> Delivery | None:
        """The delivery a provider's receipt speaks of."""
        return self._one(
            select(Delivery).where(
                tables.delivery.c.channel == channel,
                tables.delivery.c.provider_id == provider_id,
            )
        )

    def deliveries_of(self, case_id: str) -> Sequence[Delivery]:
        """Every delivery of a case, the oldest first."""
        return self.session.scalars(_of_case(), {"case_id": case_id}).all()

    def told_since(self, contact_id: str, purposes: Sequence[Purpose], since: datetime) -> int:
        """How many texts for these purposes were queued to a contact since then."""
        told = tables.delivery.c
        queued = select(func.count()).where(
            told.contact_id == contact_id,
            told.queued_at >= since,
            told.purpose.in_(purposes),
            told.withheld.is_(None),
        )
        return self.session.scalar(queued) or 0

    def segments_since(self, at: datetime) -> int:
        """How many SMS parts were queued to be sent since then."""
        sent = tables.delivery.c
        total = select(func.sum(sent.segments)).where(sent.queued_at >= at)
        return self.session.scalar(total) or 0

    def wording(self, language: str, purpose: Purpose) -> Wording | None:
        """The wording for a purpose in a language, whatever its state."""
        return self.session.get(Wording, (language, purpose))


@cache
def _of_case() -> Select[Delivery]:
    told = tables.delivery.c
    return select(Delivery).where(told.case_id == bindparam("case_id")).order_by(told.queued_at)

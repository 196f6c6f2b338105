"""Referrals, what is said on them, and partners' links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.referral import Referral
from feedback_hub.services.records.messages import Remark
from feedback_hub.services.records.staff import PartnerLink


class Referrals(Protocol):
    """Referrals, what is said on them, and partners' links."""

    def visible_referral(
        self, actor: Actor, action: Action, referral_id: str
    ) -> tuple[Referral, Case] | None:
        """The referral and its case, if it exists for ``actor`` with ``action``."""

    def referral(self, referral_id: str) -> Referral | None:
        """A referral by id, for the hub itself: no scope."""

    def referrals_of(self, case_id: str) -> Sequence[Referral]:
        """Every referral of a case, the oldest first."""

    def remark(self, remark_id: str) -> Remark | None:
        """A remark by id."""

    def partner_link(self, token_index: str) -> PartnerLink | None:
        """A partner's link by its token's keyed hash."""

    def partner_links_of(self, referral_id: str) -> Sequence[PartnerLink]:
        """Every link to a referral."""

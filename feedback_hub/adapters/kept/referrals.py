"""Referrals, what is said on them, and partners' links."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.adapters.visibility import referral_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.referral import Referral
from feedback_hub.services.records.messages import Remark
from feedback_hub.services.records.staff import PartnerLink


class SqlReferrals(Transaction):
    """Fulfils ``services.kept.referrals.Referrals``."""

    def visible_referral(
        self, actor: Actor, action: Action, referral_id: str
    ) -> tuple[Referral, Case] | None:
        """The referral and its case, if it exists for ``actor`` with ``action``."""
        visible = referral_visible(scope_of(actor, action))
        row = self.session.execute(
            select(Referral, Case)
            .join(tables.case, tables.case.c.id == tables.referral.c.case_id)
            .where(tables.referral.c.id == referral_id, visible)
        ).one_or_none()
        if row is None:
            return None
        self.saw(actor, row[1])
        return row[0], row[1]

    def referral(self, referral_id: str) -> Referral | None:
        """A referral by id."""
        return self.session.get(Referral, referral_id)

    def referrals_of(self, case_id: str) -> Sequence[Referral]:
        """Every referral of a case, the oldest first."""
        of_case = select(Referral).where(tables.referral.c.case_id == case_id)
        return self.session.scalars(of_case.order_by(tables.referral.c.created_at)).all()

    def remark(self, remark_id: str) -> Remark | None:
        """A remark by id."""
        return self.session.get(Remark, remark_id)

    def partner_link(self, token_index: str) -> PartnerLink | None:
        """A partner's link by its token's keyed hash."""
        return self._one(
            select(PartnerLink).where(tables.partner_link.c.token_index == token_index)
        )

    def partner_links_of(self, referral_id: str) -> Sequence[PartnerLink]:
        """Every link to a referral."""
        return self.session.scalars(
            select(PartnerLink).where(tables.partner_link.c.referral_id == referral_id)
        ).all()

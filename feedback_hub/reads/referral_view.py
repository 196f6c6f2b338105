"""What a page shows of a referral, whoever reads it."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.referral import Referral
from feedback_hub.reads.conversation import Remarks
from feedback_hub.reads.names import Names
from feedback_hub.reads.rows import referral_clock
from feedback_hub.reads.views.referrals import ReferralView
from feedback_hub.services.records.messages import RemarkKind


def referral_view(referral: Referral, said: Remarks, names: Names, now: datetime) -> ReferralView:
    """Where it stands and what was written on it; what the reader may do is added by who knows."""
    return ReferralView(
        id=referral.id,
        version=referral.version,
        state=referral.state,
        organisation=names.organisation(referral.organisation),
        share=referral.share,
        focal_point=names.focal_point(referral.focal_point),
        note=said.text(referral.note_id),
        question=said.last(RemarkKind.QUESTION, referral.id),
        answer=said.text(referral.answer_id),
        answer_outcome=referral.answer_outcome,
        decline_reason=referral.decline_reason,
        decline_text=said.last(RemarkKind.DECLINE, referral.id),
        reply=said.last(RemarkKind.RESUME, referral.id),
        sent_back=said.last(RemarkKind.SENT_BACK, referral.id),
        sent_at=referral.sent_at,
        clock=referral_clock(referral, now),
    )

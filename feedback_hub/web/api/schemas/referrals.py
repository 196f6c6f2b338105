"""Referrals and what partners say."""

from __future__ import annotations

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.web.api.schemas.shapes import (
    FLAG,
    NUMBER,
    TEXT,
    VERSION,
    WHEN,
    Schema,
    answer,
    list_of,
    named,
    or_null,
    record,
    word,
)

_REFERRAL = {
    "id": TEXT,
    "state": word(ReferralState),
    "organisation": TEXT,
    "share": word(Share),
    "parent": or_null(TEXT),
    "focal_point": TEXT,
    "decline_reason": or_null(word(DeclineReason)),
    "answer_outcome": or_null(word(Outcome)),
    "sent_at": or_null(WHEN),
    "accepted_at": or_null(WHEN),
    "answered_at": or_null(WHEN),
    "due_at": or_null(WHEN),
    "version": NUMBER,
}
_DECLINED: Schema = TEXT | {
    "description": f"One of {', '.join(DeclineReason)}; anything else is `other`, in these words.",
    "examples": ["no_capacity"],
}

ANSWERS: dict[str, Schema] = {
    "Referral": answer(_REFERRAL),
    "ReferralRead": answer(
        _REFERRAL
        | {
            "note": TEXT,
            "answer": TEXT,
            "said": list_of(answer({"kind": TEXT, "at": WHEN, "text": TEXT})),
        }
    ),
    "ReferralSeen": answer(
        {
            "referral": or_null(named("ReferralRead")),
            "case": or_null(named("Case")),
            "messages": list_of(named("Line")),
        }
    )
    | {"description": "As the partner is answered; null where they may not see the case."},
}

ASKED: dict[str, Schema] = {
    "Refer": record(
        {"organisation": TEXT, "share": word(Share), "note": TEXT} | VERSION, ("organisation",)
    ),
    "ReferOn": record({"organisation": TEXT, "note": TEXT}, ("organisation",)),
    "Decline": record({"reason": _DECLINED, "text": TEXT} | VERSION, ("reason",)),
    "Question": record({"question": TEXT}, ("question",)),
    "Information": record({"text": TEXT}),
    "PartnerAnswer": record(
        {"text": TEXT, "outcome": word(Outcome)} | VERSION, ("text", "outcome")
    ),
    "Verdict": record({"ok": FLAG, "text": TEXT} | VERSION, ("ok",)),
}

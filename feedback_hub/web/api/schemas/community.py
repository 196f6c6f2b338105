"""What concerns many: issues, the information bank, broadcasts."""

from __future__ import annotations

from feedback_hub.domain.bank import LONGEST_ANSWER, LONGEST_QUESTION, Standing
from feedback_hub.domain.broadcast import BroadcastState, StopReason
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.message import DeliveryState
from feedback_hub.web.api.schemas.shapes import (
    DAY,
    FLAG,
    LANGUAGE,
    NUMBER,
    REAL,
    REFERENCE,
    TEXT,
    TEXTS,
    VERSION,
    WHEN,
    Schema,
    answer,
    list_of,
    or_null,
    record,
    word,
)

_BROADCAST = {
    "id": TEXT,
    "answers": TEXTS,
    "sites": TEXTS,
    "state": word(BroadcastState),
    "stopped_for": or_null(word(StopReason)),
    "made_by": TEXT,
    "made_at": WHEN,
    "started_at": or_null(WHEN),
    "next_at": or_null(WHEN),
    "ended_at": or_null(WHEN),
    "version": NUMBER,
}

ANSWERS: dict[str, Schema] = {
    "Issue": answer(
        {
            "id": TEXT,
            "title": TEXT,
            "state": word(IssueState),
            "site": TEXT,
            "sector": TEXT,
            "code": TEXT,
            "owner": TEXT,
            "decision": TEXT,
            "public_answer": TEXT,
            "created_at": WHEN,
            "cases": list_of(REFERENCE),
            "version": NUMBER,
        }
    ),
    "BankAnswer": answer(
        {
            "id": TEXT,
            "question": TEXT,
            "text": TEXT,
            "language": TEXT,
            "site": TEXT,
            "sector": TEXT,
            "valid_from": DAY,
            "valid_to": DAY,
            "by_text": FLAG,
            "standing": word(Standing),
            "written_by": TEXT,
            "written_at": WHEN,
            "approved_by": TEXT,
            "approved_at": or_null(WHEN),
            "version": NUMBER,
        }
    ),
    "BroadcastLine": answer(_BROADCAST),
    "Broadcast": answer(
        _BROADCAST
        | {
            "preview": answer(
                {
                    "people": NUMBER,
                    "by_language": list_of(
                        answer({"language": LANGUAGE, "text": TEXT, "people": NUMBER})
                    ),
                    "missing": TEXTS,
                    "segments": NUMBER,
                    "cost": REAL,
                    "currency": TEXT,
                }
            ),
            "told": NUMBER,
            "fate": list_of(answer({"state": word(DeliveryState, "none"), "people": NUMBER})),
        }
    ),
}

ASKED: dict[str, Schema] = {
    "NewBroadcast": record(
        {"answers": TEXTS | {"examples": [["1"]]}, "sites": TEXTS}, ("answers",)
    ),
    "NewIssue": record(
        {
            "title": {"type": "string", "maxLength": 200},
            "site": TEXT,
            "sector": TEXT,
            "code": TEXT,
            "owner": TEXT,
            "cases": TEXTS,
        },
        ("title",),
    ),
    "NewBankAnswer": record(
        {
            "question": {"type": "string", "maxLength": LONGEST_QUESTION},
            "text": {"type": "string", "maxLength": LONGEST_ANSWER},
            "language": LANGUAGE,
            "site": TEXT,
            "sector": word(Sector, ""),
            "valid_from": DAY,
            "valid_to": DAY,
            "by_text": FLAG,
            "replaces": TEXT,
        },
        ("question", "text", "language", "valid_to"),
    ),
    "Decision": record({"decision": TEXT} | VERSION, ("decision",)),
    "PublicAnswer": record({"public_answer": TEXT} | VERSION, ("public_answer",)),
}

"""Triage, and what was judged of a case."""

from __future__ import annotations

from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.web.api.schemas.shapes import (
    FLAG,
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
    named,
    or_null,
    record,
    word,
)

_LABEL = {
    "sector": word(Sector, ""),
    "sensitivity": word(Sensitivity),
    "priority": word(Priority),
    "site": TEXT,
}
_TRIAGE = {
    "codes": TEXTS,
    "sector": TEXT,
    "sensitivity": word(Sensitivity),
    "priority": word(Priority),
    "site": TEXT,
    "reason": TEXT,
} | VERSION

ANSWERS: dict[str, Schema] = {
    "Judgement": answer(
        {"by": TEXT, "at": WHEN, "codes": TEXTS, "type": word(FeedbackType, "")}
        | _LABEL
        | {
            "suggested": or_null(
                answer(
                    {"codes": TEXTS}
                    | _LABEL
                    | {"confidence": REAL, "language": TEXT, "classifier": TEXT, "at": WHEN}
                )
            )
        }
    ),
    "TriageDeck": answer({"left": NUMBER, "items": list_of(named("TriageCard"))}),
    "TriageCard": answer(
        {
            "ref": REFERENCE,
            "version": NUMBER,
            "state": word(CaseState),
            "channel": TEXT,
            "received_at": WHEN,
            "language": TEXT,
            "needs_speaker": FLAG,
            "codes": TEXTS,
            "suspected": FLAG,
            "texts": TEXTS,
            "translations": TEXTS,
            "unsure": TEXTS,
            "reasons": list_of(answer({"words": TEXT, "value": TEXT})),
            "confidence": or_null(REAL),
            "classifier": TEXT,
        }
        | _LABEL
    ),
}

ASKED: dict[str, Schema] = {
    "Triage": record(_TRIAGE),
}

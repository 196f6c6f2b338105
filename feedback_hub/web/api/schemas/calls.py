"""The call list."""

from __future__ import annotations

from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.web.api.schemas.shapes import (
    FLAG,
    NUMBER,
    REFERENCE,
    TEXT,
    WHEN,
    Schema,
    answer,
    list_of,
    or_null,
    record,
    word,
    word_but,
)

_CALL = {
    "id": TEXT,
    "ref": REFERENCE,
    "way": word(Way),
    "reason": word(CallReason),
    "priority": word(Priority),
    "language": TEXT,
    "site": TEXT,
    "place": TEXT,
    "not_before": WHEN,
    "agreed": FLAG,
    "tries": NUMBER,
    "tried_at": or_null(WHEN),
    "claimed": FLAG,
    "mine": FLAG,
    "open": FLAG,
}

ANSWERS: dict[str, Schema] = {
    "Call": answer(_CALL),
    "CallSheet": answer(
        _CALL
        | {
            "number": TEXT,
            "name": TEXT,
            "safe_time": TEXT,
            "private_phone": word(Answered),
            "may_leave_message": word(Answered),
            "answer": TEXT,
            "script": list_of(answer({"purpose": TEXT, "text": TEXT, "language": TEXT})),
        }
    ),
}

ASKED: dict[str, Schema] = {
    "CallResult": record(
        {
            "result": word_but(CallResult, CallResult.DROPPED),
            "text": TEXT,
            "until": WHEN,
        },
        ("result",),
    ),
}

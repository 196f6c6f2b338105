"""The bodies of the API as JSON Schema, drawn from the words the domain uses (CONTRACT, Bodies)."""

from __future__ import annotations

from feedback_hub.web.api.schemas import (
    calls,
    cases,
    community,
    desk,
    intake,
    measures,
    people,
    referrals,
    sites,
    triage,
)
from feedback_hub.web.api.schemas.shapes import (
    NUMBER,
    TEXT,
    VERSION,
    Schema,
    answer,
    list_of,
    record,
)

ANSWERS: dict[str, Schema] = {
    **cases.ANSWERS,
    **triage.ANSWERS,
    **intake.ANSWERS,
    **desk.ANSWERS,
    **calls.ANSWERS,
    **referrals.ANSWERS,
    **community.ANSWERS,
    **sites.ANSWERS,
    **measures.ANSWERS,
    **people.ANSWERS,
    "Problem": record(
        {
            "type": TEXT,
            "title": TEXT,
            "status": NUMBER,
            "detail": TEXT,
            "errors": list_of(answer({"field": TEXT, "problem": TEXT})),
            "verb": TEXT,
            "state": TEXT,
        },
        ("type", "title", "status", "detail"),
    ),
}
"""What the API answers with, by name."""

ASKED: dict[str, Schema] = {
    **cases.ASKED,
    **triage.ASKED,
    **intake.ASKED,
    **calls.ASKED,
    **referrals.ASKED,
    **community.ASKED,
    **sites.ASKED,
    **people.ASKED,
    "Nothing": record({}),
    "VersionRead": record(VERSION),
}
"""What the API is asked with, by name."""

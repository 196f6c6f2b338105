"""The measures."""

from __future__ import annotations

from feedback_hub.reads.measures import AGES, DIMENSIONS, STAGES
from feedback_hub.web.api.schemas.shapes import (
    COUNT,
    DAY,
    NUMBER,
    REAL,
    TEXT,
    Schema,
    answer,
    named,
    or_null,
)

_SHARE = {"count": COUNT, "of": COUNT, "rate": or_null(REAL)}
_HOURS = {"count": COUNT, "median_hours": or_null(REAL)}


def _counts_by() -> Schema:
    return {"type": "object", "additionalProperties": COUNT}


ANSWERS: dict[str, Schema] = {
    "Share": answer(_SHARE),
    "Measures": answer(
        {
            "from": DAY,
            "to": DAY,
            "site": TEXT,
            "threshold": NUMBER,
            "cases": COUNT,
            "cases_by": answer({name: _counts_by() for name in DIMENSIONS}),
            "handled": COUNT,
            "acknowledged_in_time": named("Share"),
            "time_to_answer": answer(_HOURS | {"of": COUNT, "p90_hours": or_null(REAL)}),
            "on_the_spot": named("Share"),
            "open_by_age": answer({name: COUNT for name, _ in AGES} | {"of": COUNT}),
            "closed": answer(
                {
                    "of": COUNT,
                    "loop_closed_with_person": named("Share"),
                    "resolved": named("Share"),
                    "unreachable": named("Share"),
                }
            ),
            "reopened": named("Share"),
            "appealed": named("Share"),
            "referrals_by_partner": {
                "type": "object",
                "additionalProperties": answer(
                    _SHARE | _HOURS | {"answered": COUNT, "answer_median_hours": or_null(REAL)}
                ),
            },
            "satisfied_by_sex": {"type": "object", "additionalProperties": named("Share")},
            "funnel": answer(dict.fromkeys(STAGES, COUNT)),
            "cases_by_code": _counts_by(),
            "cases_by_channel_sex_age": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": _counts_by(),
                },
            },
            "issues_acted_upon": named("Share"),
            "highly_sensitive_by_month": _counts_by(),
        }
    ),
}

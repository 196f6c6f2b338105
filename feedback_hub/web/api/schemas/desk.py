"""The desk app."""

from __future__ import annotations

from feedback_hub.domain.coding import FeedbackType
from feedback_hub.domain.custom_field import FieldKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.web.api.schemas.shapes import (
    DAY,
    REFERENCE,
    TEXT,
    TEXTS,
    WHEN,
    Schema,
    answer,
    list_of,
    or_null,
    word,
)

_BOTH = answer({"por": TEXT, "eng": TEXT})

ANSWERS: dict[str, Schema] = {
    "DeskHello": answer(
        {
            "now": WHEN,
            "account": answer({"id": TEXT, "name": TEXT}),
            "device": or_null(TEXT),
            "csrf": TEXT,
            "version": TEXT,
        }
    ),
    "DeskDevice": answer({"id": TEXT, "secret": TEXT, "rescue": TEXT}),
    "DeskRescue": answer({"rescue": TEXT}),
    "DeskKit": answer(
        {
            "version": TEXT,
            "hub": TEXT,
            "hotline": TEXT,
            "sites": list_of(answer({"code": TEXT, "name": TEXT})),
            "organisations": TEXTS,
            "types": list_of(answer({"type": word(FeedbackType), "label": _BOTH})),
            "codes": list_of(
                answer(
                    {
                        "code": TEXT,
                        "type": word(FeedbackType),
                        "label": _BOTH,
                        "level": word(Sensitivity),
                    }
                )
            ),
            "languages": {"type": "object", "additionalProperties": TEXT},
            "fields": list_of(
                answer(
                    {
                        "name": TEXT,
                        "kind": word(FieldKind),
                        "label": _BOTH,
                        "choices": list_of(answer({"value": TEXT, "label": _BOTH})),
                    }
                )
            ),
            "answers": list_of(
                answer(
                    {
                        "id": TEXT,
                        "question": TEXT,
                        "text": TEXT,
                        "language": TEXT,
                        "site": TEXT,
                        "from": DAY,
                        "to": DAY,
                    }
                )
            ),
            "scripts": list_of(
                answer({"language": TEXT, "text": TEXT, "audio": TEXT, "digest": TEXT})
            ),
        }
    ),
    "DeskToday": answer(
        {
            "items": list_of(
                answer(
                    {
                        "id": TEXT,
                        "ref": REFERENCE,
                        "name": TEXT,
                        "place": TEXT,
                        "site": TEXT,
                        "language": TEXT,
                        "at": or_null(WHEN),
                    }
                )
            ),
            "until": WHEN,
        }
    ),
}

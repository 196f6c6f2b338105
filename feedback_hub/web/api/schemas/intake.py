"""What is taken down, and what came of it."""

from __future__ import annotations

from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.web.api.schemas.shapes import (
    ANSWERED,
    DAY,
    FLAG,
    LANGUAGE,
    NUMBER,
    OWN_FIELDS,
    REFERENCE,
    TEXT,
    TEXTS,
    WHEN,
    Schema,
    answer,
    items_of,
    list_of,
    record,
    word,
)
from feedback_hub.web.submission import BOX, MEETING, MOST_FILES

_COUNTED = answer({"sex": word(Sex), "age_band": word(AgeBand), "count": NUMBER})
_ID: Schema = {"type": "string", "format": "uuid"}
_INTAKE: dict[str, Schema] = {
    "submission_id": _ID,
    "channel": TEXT,
    "site": TEXT,
    "place": TEXT,
    "text": TEXT,
    "language": {"type": "string", "pattern": "^[a-z]{3}$"},
    "received_at": WHEN,
    "person": record(
        {
            "sex": word(Sex),
            "age_band": word(AgeBand),
            "disability": word(Disability),
            "group": word(PopulationGroup),
            "speaks_for": word(SpeaksFor),
        }
    ),
    "contact": record(
        {
            "phone": TEXT,
            "name": TEXT,
            "private": ANSWERED,
            "leave_message": ANSWERED,
            "when": TEXT,
            "how": TEXT,
            "news": FLAG,
        }
    ),
    "consent": record(
        {
            "record": ANSWERED,
            "share": word(Share),
            "contact": ANSWERED,
            "content_in_text": ANSWERED,
        }
    ),
    "accused": record({"organisation": TEXT, "class": word(AccusedClass)}),
    "codes": TEXTS,
    "sensitivity": word(Sensitivity),
    "fields": OWN_FIELDS,
    "tags": TEXTS,
    "device_at": WHEN | {"description": "What the device's own clock showed, right or wrong."},
    "files": list_of(record({"type": TEXT, "size": NUMBER | {"minimum": 1}}, ("size",)))
    | {"description": "Files that follow, each in pieces.", "maxItems": MOST_FILES},
}
_SAYS_SOMETHING: Schema = {
    "anyOf": [{"required": ["text"]}, {"required": ["codes"]}, {"required": ["files"]}]
}

ANSWERS: dict[str, Schema] = {
    "Taken": answer({"ref": REFERENCE, "secret": {"type": "string", "pattern": "^[0-9]{6}$"}}),
    "Upload": answer({"received": NUMBER, "size": NUMBER, "complete": FLAG}),
    "TakenAll": items_of("TakenPoint"),
    "TakenPoint": answer({"submission_id": TEXT, "ref": REFERENCE, "secret": TEXT}),
    "Meeting": answer(
        {
            "id": TEXT,
            "kind": word(MeetingKind),
            "held_on": DAY,
            "site": TEXT,
            "place": TEXT,
            "committee_present": word(Answered),
            "present": list_of(_COUNTED),
        }
    ),
}

ASKED: dict[str, Schema] = {
    "Intake": record(_INTAKE, ("submission_id",)) | _SAYS_SOMETHING,
    "Batch": record(
        {
            "submission_id": _ID,
            "channel": {"type": "string", "enum": [BOX, MEETING]},
            "site": TEXT,
            "place": TEXT,
            "language": LANGUAGE,
            "received_at": WHEN,
            "meeting": record(
                {
                    "kind": word(MeetingKind),
                    "held_on": DAY,
                    "committee_present": FLAG,
                    "present": list_of(_COUNTED),
                },
                ("kind",),
            ),
            "points": list_of(record(_INTAKE) | _SAYS_SOMETHING),
        },
        ("submission_id", "channel"),
    ),
    "Piece": {"type": "string", "format": "binary"},
}

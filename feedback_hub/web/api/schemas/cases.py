"""A case and what is done with it: codes, answers, links, safeguards, handing over."""

from __future__ import annotations

from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind, AttachmentState
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.consent import Share
from feedback_hub.domain.masking import PersonalData
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.on_call import HandlerGroup
from feedback_hub.domain.routing import Verdict, Why
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.whereabouts import PlaceKind
from feedback_hub.reads.views.related import WhyLikely
from feedback_hub.services.handover import WhyLeft
from feedback_hub.services.loopback import Method
from feedback_hub.services.notices import Rung
from feedback_hub.web.api.schemas.shapes import (
    FLAG,
    NUMBER,
    OWN_FIELDS,
    REFERENCE,
    SCORE,
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

_CASE = {
    "ref": REFERENCE,
    "state": word(CaseState),
    "type": word(FeedbackType, ""),
    "codes": TEXTS,
    "sector": word(Sector, ""),
    "sensitivity": word(Sensitivity),
    "priority": word(Priority),
    "site": TEXT,
    "language": TEXT,
    "channel": TEXT,
    "received_at": WHEN,
    "due_at": or_null(WHEN),
    "overdue": FLAG,
    "owner": TEXT,
    "referrals": list_of(named("Referral")),
    "version": NUMBER,
}
_LIKELY = answer(
    {
        "ref": REFERENCE,
        "state": word(CaseState),
        "code": TEXT,
        "received_at": WHEN,
        "why": word(WhyLikely),
    }
)
_PLACE = record(
    {
        "kind": word(PlaceKind),
        "name": TEXT,
        "province": TEXT,
        "site": TEXT,
        "district": TEXT,
        "pcode": TEXT,
        "pcode_scheme": TEXT,
    },
    ("kind", "name", "province"),
)
_CASE_OF_THE_TEAM = {
    "suspected": FLAG,
    "confirmed": FLAG,
    "place": TEXT,
    "entered_at": WHEN,
    "classified_at": or_null(WHEN),
    "triaged_at": or_null(WHEN),
    "closed_at": or_null(WHEN),
    "outcome": or_null(word(Outcome)),
    "loop_attempts": NUMBER,
    "satisfied": or_null(FLAG),
    "satisfaction": or_null(SCORE),
    "tags": TEXTS,
    "area": or_null(_PLACE),
    "place_candidates": list_of(_PLACE),
    "route": answer({"organisation": TEXT, "focal_point": TEXT}),
}
_REASON = record({"reason": TEXT}, ("reason",))

ANSWERS: dict[str, Schema] = {
    "Case": record(_CASE | _CASE_OF_THE_TEAM | {"fields": OWN_FIELDS}, _CASE)
    | {"description": "A partner gets what its referral needs, the case team all of it."},
    "CaseMoved": {
        "anyOf": [named("Case"), answer({"ref": REFERENCE})],
        "description": "The case, or its reference alone once the caller may no longer see it.",
    },
    "Passage": answer(
        {
            "mechanism": TEXT,
            "organisation": TEXT,
            "came": FLAG,
            "reference": TEXT,
            "waiting": NUMBER,
            "failed": NUMBER,
        }
    ),
    "Split": answer({"ref": REFERENCE}),
    "Likely": answer(
        {
            "cases": list_of(_LIKELY),
            "issue": or_null(
                answer(
                    {
                        "reporters": NUMBER,
                        "cases": list_of(_LIKELY),
                        "issues": list_of(answer({"id": TEXT, "title": TEXT})),
                    }
                )
            ),
        }
    ),
    "Related": answer(
        {
            "meeting": or_null(named("Meeting")),
            "same_contact": NUMBER,
            "items": list_of(
                answer(
                    {
                        "ref": REFERENCE,
                        "state": word(CaseState),
                        "code": TEXT,
                        "received_at": WHEN,
                        "links": TEXTS,
                        "same_contact": FLAG,
                    }
                )
            ),
        }
    ),
    "Event": answer(
        {
            "kind": TEXT,
            "actor": TEXT,
            "at": WHEN,
            "about": TEXT,
            "detail": {"type": "object", "additionalProperties": TEXT},
        }
    ),
    "Line": record(
        {
            "id": TEXT,
            "direction": {"type": "string", "enum": ["inbound", "outbound"]},
            "text": TEXT,
            "language": TEXT,
            "channel": TEXT,
            "kind": TEXT,
            "revises": or_null(TEXT),
            "personal": list_of(
                answer({"start": NUMBER, "end": NUMBER, "kind": word(PersonalData)})
            ),
            "state": word(DeliveryState),
            "received_at": WHEN,
            "queued_at": WHEN,
            "sent_at": or_null(WHEN),
            "device_at": or_null(WHEN),
        },
        ("id", "direction", "text", "language", "channel"),
    ),
    "File": answer(
        {
            "id": TEXT,
            "message": TEXT,
            "state": word(AttachmentState),
            "fault": or_null(word(AttachmentFault)),
            "kind": or_null(word(AttachmentKind)),
            "media_type": or_null(TEXT),
            "size": NUMBER,
            "fetched_at": or_null(WHEN),
        }
    ),
    "LoopBack": record(
        {
            "method": word(Method),
            "case": answer({"ref": REFERENCE, "state": word(CaseState)}),
            "delivery": record({"id": TEXT, "state": word(DeliveryState)}, ("id", "state")),
            "task": answer({"kind": word(Method), "attempt": NUMBER, "id": or_null(TEXT)}),
        },
        ("method", "case"),
    ),
    "Safeguards": answer(
        {
            "ref": REFERENCE,
            "report_owed": FLAG,
            "report_due_at": WHEN,
            "reports": list_of(
                answer(
                    {
                        "channel": TEXT,
                        "with_name": FLAG,
                        "reference": TEXT,
                        "made_by": TEXT,
                        "made_at": WHEN,
                    }
                )
            ),
            "services": list_of(
                answer(
                    {
                        "organisation": TEXT,
                        "sector": word(Sector),
                        "made_at": WHEN,
                        "consent": answer(
                            {"explained": TEXT, "how": word(ConsentWay), "by": TEXT, "at": WHEN}
                        ),
                    }
                )
            ),
        }
    ),
    "Telling": answer({"texts": NUMBER, "people": NUMBER, "left": NUMBER}),
    "Routed": answer(
        {
            "sector": word(Sector, ""),
            "sensitivity": word(Sensitivity),
            "priority": word(Priority),
            "organisation": TEXT,
            "why": word(Why, "handlers"),
            "handlers": TEXT | {"description": "The handlers' group of an L3, else empty."},
            "accept_by": or_null(WHEN),
            "lands": or_null(word(Rung)) | {"description": "Where somebody hears; null: nobody."},
            "services": list_of(
                answer({"organisation": TEXT, "site": TEXT, "verdict": word(Verdict), "rule": TEXT})
            ),
            "rungs": list_of(
                answer(
                    {
                        "rung": word(Rung),
                        "told": TEXTS,
                        "missed": TEXTS,
                        "count": NUMBER,
                        "speaks": NUMBER,
                    }
                )
            ),
        }
    ),
    "Handover": answer(
        {
            "moved": NUMBER,
            "left": NUMBER,
            "more": FLAG,
            "cases": list_of(
                answer(
                    {
                        "ref": REFERENCE,
                        "consent": word(Share),
                        "share": or_null(word(Share)),
                        "why_left": or_null(word(WhyLeft)),
                    }
                )
            ),
        }
    ),
    "Consent": answer({"ref": REFERENCE, "share": word(Share)}),
}

ASKED: dict[str, Schema] = {
    "Place": record({"site": TEXT}, ("site",)),
    "Dismissal": record({"ref": TEXT}),
    "Tag": record({"tag": TEXT}, ("tag",)),
    "Sensitivity": record(
        {"level": word(Sensitivity), "reason": TEXT},
        ("level", "reason"),
    ),
    "Learning": record({"allow": FLAG}, ("allow",)),
    "Answer": record(
        {"text": TEXT, "outcome": word(Outcome), "on_spot": FLAG} | VERSION, ("text", "outcome")
    ),
    "Close": record({"outcome": word(Outcome), "reason": TEXT} | VERSION, ("outcome", "reason")),
    "Reason": _REASON,
    "Note": record({"text": TEXT}, ("text",)),
    "Translation": record({"text": TEXT, "language": TEXT}, ("text",)),
    "Assignment": record(
        {"owner": TEXT | {"description": "An account's id or e-mail, `me`, or empty for nobody."}},
        ("owner",),
    ),
    "HandOff": record({"group": word(HandlerGroup)}),
    "Interim": record({"told": FLAG}),
    "NewHandover": record(
        {
            "reason": TEXT,
            "site": TEXT,
            "from_owner": TEXT,
            "from_organisation": TEXT,
            "to_owner": TEXT,
            "to_organisation": TEXT,
            "named": TEXTS,
        },
        ("reason",),
    )
    | {
        "anyOf": [
            {"required": [whose, to]}
            for whose in ("from_owner", "from_organisation", "site")
            for to in ("to_owner", "to_organisation")
        ]
    },
    "ConsentReview": record(
        {"record": FLAG, "share": word(Share), "contact": FLAG, "content_in_text": FLAG}
    ),
    "Satisfaction": record({"satisfied": FLAG, "score": SCORE})
    | {
        "description": "Either of the two.",
        "anyOf": [{"required": ["satisfied"]}, {"required": ["score"]}],
    },
    "Link": record({"ref": TEXT, "issue": TEXT}) | {"description": "Either of the two."},
    "SplitOff": record({"messages": TEXTS, "sensitivity": word(Sensitivity)}),
    "Move": record({"messages": TEXTS, "to": REFERENCE} | VERSION, ("to",)),
    "LoopBackBy": record({"method": word(Method)}),
    "ConductReport": record(
        {"channel": TEXT, "with_name": FLAG, "reference": TEXT} | VERSION, ("channel",)
    ),
    "ServiceReferral": record(
        {
            "organisation": TEXT,
            "sector": word(Sector),
            "explained": TEXT,
            "how": word(ConsentWay),
            "explained_at": WHEN,
        }
        | VERSION,
        ("organisation", "sector", "explained", "how"),
    ),
    "Inform": record({"answer": TEXT, "told": FLAG}, ("answer", "told")),
}

"""The bodies of the API as JSON Schema, drawn from the words the domain uses (CONTRACT, Bodies)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind, AttachmentState
from feedback_hub.domain.bank import LONGEST_ANSWER, LONGEST_QUESTION, Standing
from feedback_hub.domain.broadcast import BroadcastState, StopReason
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case import SCORES, CaseState, Outcome
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.custom_field import FieldKind
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.masking import PersonalData
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.message import DeliveryState
from feedback_hub.domain.monitoring import MOST, CommitteeFault, Seat, ServiceState
from feedback_hub.domain.on_call import HandlerGroup
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.place import OrganisationKind, SiteStatus
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.routing import Verdict, Why
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.whereabouts import PlaceKind
from feedback_hub.reads.measures import AGES, DIMENSIONS, STAGES
from feedback_hub.reads.people import TokenState
from feedback_hub.reads.sites import Unresolved
from feedback_hub.reads.views import WhyLikely
from feedback_hub.services.handover import WhyLeft
from feedback_hub.services.loopback import Method
from feedback_hub.services.notices import Rung
from feedback_hub.web.submission import BOX, MEETING, MOST_FILES

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
REAL: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANSWERED: Schema = {
    "description": "What was said; the words mean the same. Left out: it was not asked.",
    "enum": [True, False, *Answered],
}
TEXTS: Schema = {"type": "array", "items": TEXT}
WHEN: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
SCORE: Schema = {"type": "integer", "minimum": SCORES.start, "maximum": SCORES.stop - 1}
LANGUAGE: Schema = {"type": "string", "examples": ["por"]}
REFERENCE: Schema = {"type": "string", "pattern": "^[1-9][0-9]{8}$"}


def word(words: type[StrEnum], *more: str) -> Schema:
    """One of a set of words, or of ``more``."""
    return {"type": "string", "enum": [*(one.value for one in words), *more]}


def word_but(words: type[StrEnum], *not_these: StrEnum) -> Schema:
    """One of a set of words, but none of ``not_these``."""
    return {"type": "string", "enum": [one.value for one in words if one not in not_these]}


def named(name: str) -> Schema:
    """The schema with this name in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(properties: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    """An object; ``needed`` are the properties that must be there."""
    schema: Schema = {"type": "object", "properties": dict(properties)}
    if required := list(needed):
        schema["required"] = required
    return schema


def answer(properties: Mapping[str, Schema]) -> Schema:
    """An object of ours: everything named is always there."""
    return record(properties, properties)


def page_of(name: str) -> Schema:
    """A keyset page."""
    return answer({"items": list_of(named(name)), "next": or_null(TEXT)})


def items_of(name: str) -> Schema:
    """All of them."""
    return answer({"items": list_of(named(name))})


_COUNT = or_null(NUMBER) | {"description": "Null where it is below the threshold."}
_SHARE = {"count": _COUNT, "of": _COUNT, "rate": or_null(REAL)}
_HOURS = {"count": _COUNT, "median_hours": or_null(REAL)}

_SITE: dict[str, Schema] = {
    "code": TEXT,
    "name": TEXT,
    "aliases": TEXTS,
    "province": TEXT,
    "district": TEXT,
    "pcode": TEXT,
    "pcode_scheme": TEXT,
    "latitude": or_null(REAL),
    "longitude": or_null(REAL),
    "population": or_null(NUMBER),
    "capacity": or_null(NUMBER),
    "status": word(SiteStatus),
}
_COMMITTEE: dict[str, Schema] = {
    "seats": answer({seat.value: NUMBER for seat in Seat}),
    "formed_on": or_null(DAY),
}
_ROLE = {"role": word(Role), "organisation": TEXT, "site": TEXT, "sector": TEXT}
_USER = {
    "id": TEXT,
    "email": TEXT,
    "name": TEXT,
    "roles": list_of(answer(_ROLE | {"id": TEXT, "waits": FLAG})),
    "active": FLAG,
    "has_password": FLAG,
    "has_second_factor": FLAG,
    "languages": TEXTS,
    "absent_until": or_null(DAY),
    "last_login_at": or_null(WHEN),
}
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
_SHIFT = {
    "id": TEXT,
    "group": word(HandlerGroup),
    "account": TEXT,
    "position": NUMBER,
    "begins": or_null(WHEN),
    "ends": or_null(WHEN),
}
_TOKEN = {
    "id": TEXT,
    "name": TEXT,
    **_ROLE,
    "state": word(TokenState),
    "created_at": WHEN,
    "expires_at": or_null(WHEN),
    "last_used_at": or_null(WHEN),
}


def _counts_by() -> Schema:
    return {"type": "object", "additionalProperties": _COUNT}


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
_LABEL = {
    "sector": word(Sector, ""),
    "sensitivity": word(Sensitivity),
    "priority": word(Priority),
    "site": TEXT,
}
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
_OWN: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
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

_COUNTED = answer({"sex": word(Sex), "age_band": word(AgeBand), "count": NUMBER})

_BOTH = answer({"por": TEXT, "eng": TEXT})

ANSWERS: dict[str, Schema] = {
    "Case": record(_CASE | _CASE_OF_THE_TEAM | {"fields": _OWN}, _CASE)
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
    "Referral": answer(_REFERRAL),
    "ReferralRead": answer(
        _REFERRAL
        | {
            "note": TEXT,
            "answer": TEXT,
            "said": list_of(answer({"kind": TEXT, "at": WHEN, "text": TEXT})),
        }
    ),
    "Taken": answer({"ref": REFERENCE, "secret": {"type": "string", "pattern": "^[0-9]{6}$"}}),
    "Upload": answer({"received": NUMBER, "size": NUMBER, "complete": FLAG}),
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
    "TakenAll": items_of("TakenPoint"),
    "TakenPoint": answer({"submission_id": TEXT, "ref": REFERENCE, "secret": TEXT}),
    "Split": answer({"ref": REFERENCE}),
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
    "ReferralSeen": answer(
        {
            "referral": or_null(named("ReferralRead")),
            "case": or_null(named("Case")),
            "messages": list_of(named("Line")),
        }
    )
    | {"description": "As the partner is answered; null where they may not see the case."},
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
    "Site": answer(_SITE),
    "SiteNow": answer(
        _SITE
        | {
            "population_now": or_null(NUMBER),
            "arrivals": or_null(NUMBER),
            "departures": or_null(NUMBER),
            "last_visit": or_null(DAY),
            "visit_is_old": FLAG,
            "cases": _COUNT,
            "cases_per_1000": or_null(REAL),
            "unresolved": word(Unresolved),
            "silent": FLAG,
            "gaps": list_of(
                answer(
                    {
                        "sector": TEXT,
                        "served": FLAG,
                        "state": or_null(word(ServiceState)),
                        "units": or_null(NUMBER),
                        "needed": or_null(NUMBER),
                        "missing": or_null(NUMBER),
                        "gap": FLAG,
                    }
                )
            ),
            "committee": named("CommitteeNow"),
        }
    ),
    "Committee": answer(_COMMITTEE),
    "CommitteeNow": answer(
        _COMMITTEE
        | {
            "last_met": or_null(DAY),
            "meetings": NUMBER,
            "points_raised": _COUNT,
            "points_answered": _COUNT,
            "points_read_back": _COUNT,
            "faults": list_of(word(CommitteeFault)),
        }
    ),
    "Visit": answer(
        {
            "id": TEXT,
            "site": TEXT,
            "visited_on": DAY,
            "population": or_null(NUMBER),
            "arrivals": or_null(NUMBER),
            "departures": or_null(NUMBER),
            "photo": FLAG,
            "services": list_of(
                answer(
                    {
                        "sector": TEXT,
                        "state": word(ServiceState),
                        "units": or_null(NUMBER),
                        "note": TEXT,
                    }
                )
            ),
        }
    ),
    "Service": answer(
        {
            "site": TEXT,
            "sector": TEXT,
            "organisation": TEXT,
            "hours": TEXT,
            "valid_from": or_null(DAY),
            "valid_to": or_null(DAY),
        }
    ),
    "Organisation": answer(
        {
            "code": TEXT,
            "name": TEXT,
            "kind": word(OrganisationKind),
            "language": TEXT,
            "active": FLAG,
        }
    ),
    "Share": answer(_SHARE),
    "Measures": answer(
        {
            "from": DAY,
            "to": DAY,
            "site": TEXT,
            "threshold": NUMBER,
            "cases": _COUNT,
            "cases_by": answer({name: _counts_by() for name in DIMENSIONS}),
            "handled": _COUNT,
            "acknowledged_in_time": named("Share"),
            "time_to_answer": answer(_HOURS | {"of": _COUNT, "p90_hours": or_null(REAL)}),
            "on_the_spot": named("Share"),
            "open_by_age": answer({name: _COUNT for name, _ in AGES} | {"of": _COUNT}),
            "closed": answer(
                {
                    "of": _COUNT,
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
                    _SHARE | _HOURS | {"answered": _COUNT, "answer_median_hours": or_null(REAL)}
                ),
            },
            "satisfied_by_sex": {"type": "object", "additionalProperties": named("Share")},
            "funnel": answer(dict.fromkeys(STAGES, _COUNT)),
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
    "Shift": answer(_SHIFT),
    "Roster": answer(
        {
            "items": list_of(
                answer(_SHIFT | {"name": TEXT, "phone": FLAG, "telegram": FLAG, "now": FLAG})
            ),
            "ringing": list_of(
                answer(
                    {
                        "ref": REFERENCE,
                        "group": word(HandlerGroup),
                        "since": WHEN,
                        "turns": NUMBER,
                    }
                )
            ),
        }
    ),
    "ShiftRemoved": answer({"id": TEXT}),
    "RungAt": answer({"phone": FLAG, "telegram": FLAG}),
    "RingTaken": answer({"ref": REFERENCE, "taken_by": TEXT}),
    "User": answer(_USER),
    "Invited": answer(_USER | {"welcome": TEXT}),
    "Token": answer(_TOKEN),
    "TokenMade": answer(_TOKEN | {"token": TEXT}),
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

_PEOPLE: Schema = {"type": "integer", "minimum": 0, "maximum": MOST}
_VERSION = {"version": NUMBER | {"description": "The version that was read; may be left out."}}
_TRIAGE = {
    "codes": TEXTS,
    "sector": TEXT,
    "sensitivity": word(Sensitivity),
    "priority": word(Priority),
    "site": TEXT,
    "reason": TEXT,
} | _VERSION
_ADDRESS: Schema = {"type": "string", "format": "email", "examples": ["zita@example.org"]}
_REASON = record({"reason": TEXT}, ("reason",))

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
    "fields": _OWN,
    "tags": TEXTS,
    "device_at": WHEN | {"description": "What the device's own clock showed, right or wrong."},
    "files": list_of(record({"type": TEXT, "size": NUMBER | {"minimum": 1}}, ("size",)))
    | {"description": "Files that follow, each in pieces.", "maxItems": MOST_FILES},
}
_SAYS_SOMETHING: Schema = {
    "anyOf": [{"required": ["text"]}, {"required": ["codes"]}, {"required": ["files"]}]
}
_DECLINED: Schema = TEXT | {
    "description": f"One of {', '.join(DeclineReason)}; anything else is `other`, in these words.",
    "examples": ["no_capacity"],
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
    "Triage": record(_TRIAGE),
    "Place": record({"site": TEXT}, ("site",)),
    "Dismissal": record({"ref": TEXT}),
    "Tag": record({"tag": TEXT}, ("tag",)),
    "Sensitivity": record(
        {"level": word(Sensitivity), "reason": TEXT},
        ("level", "reason"),
    ),
    "Answer": record(
        {"text": TEXT, "outcome": word(Outcome), "on_spot": FLAG} | _VERSION, ("text", "outcome")
    ),
    "Close": record({"outcome": word(Outcome), "reason": TEXT} | _VERSION, ("outcome", "reason")),
    "Reason": _REASON,
    "Note": record({"text": TEXT}, ("text",)),
    "Translation": record({"text": TEXT, "language": TEXT}, ("text",)),
    "Assignment": record(
        {"owner": TEXT | {"description": "An account's id or e-mail, `me`, or empty for nobody."}},
        ("owner",),
    ),
    "HandOff": record({"group": word(HandlerGroup)}),
    "Interim": record({"told": FLAG}),
    "NewBroadcast": record(
        {"answers": TEXTS | {"examples": [["1"]]}, "sites": TEXTS}, ("answers",)
    ),
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
    "NewShift": record(
        {
            "account": TEXT,
            "group": word(HandlerGroup),
            "position": NUMBER,
            "begins": WHEN,
            "ends": WHEN,
        },
        ("account", "group"),
    ),
    "NewAddress": record(
        {
            "account": TEXT,
            "phone": TEXT | {"examples": ["+258841234567"]},
            "telegram": TEXT | {"examples": ["70001"]},
        }
    ),
    "Satisfaction": record({"satisfied": FLAG, "score": SCORE})
    | {
        "description": "Either of the two.",
        "anyOf": [{"required": ["satisfied"]}, {"required": ["score"]}],
    },
    "Link": record({"ref": TEXT, "issue": TEXT}) | {"description": "Either of the two."},
    "SplitOff": record({"messages": TEXTS, "sensitivity": word(Sensitivity)}),
    "Move": record({"messages": TEXTS, "to": REFERENCE} | _VERSION, ("to",)),
    "LoopBackBy": record({"method": word(Method)}),
    "CallResult": record(
        {
            "result": word_but(CallResult, CallResult.DROPPED),
            "text": TEXT,
            "until": WHEN,
        },
        ("result",),
    ),
    "Refer": record(
        {"organisation": TEXT, "share": word(Share), "note": TEXT} | _VERSION, ("organisation",)
    ),
    "ReferOn": record({"organisation": TEXT, "note": TEXT}, ("organisation",)),
    "NewUser": record({"email": _ADDRESS, "name": TEXT} | _ROLE, ("email", "role")),
    "NewRole": record(_ROLE, ("role",)),
    "Withdraw": record({"membership": TEXT}, ("membership",)),
    "Profile": record({"name": TEXT, "languages": TEXTS, "absent_until": DAY}),
    "NewToken": record(
        {"name": TEXT, "expires_at": WHEN | {"examples": ["2099-12-31T00:00:00Z"]}} | _ROLE,
        ("name", "role", "expires_at"),
    ),
    "Nothing": record({}),
    "Piece": {"type": "string", "format": "binary"},
    "VersionRead": record(_VERSION),
    "Decline": record({"reason": _DECLINED, "text": TEXT} | _VERSION, ("reason",)),
    "Question": record({"question": TEXT}, ("question",)),
    "Information": record({"text": TEXT}),
    "NewVisit": record(
        {
            "visited_on": DAY,
            "population": _PEOPLE,
            "arrivals": _PEOPLE,
            "departures": _PEOPLE,
            "services": list_of(
                record(
                    {
                        "sector": word(Sector),
                        "state": word(ServiceState),
                        "units": _PEOPLE,
                        "note": {"type": "string", "maxLength": 200},
                    },
                    ("sector", "state"),
                )
            ),
        }
    ),
    "Seats": record(
        {
            "seats": record({seat.value: _PEOPLE for seat in Seat})
            | {"examples": [{Seat.ADULT_WOMEN.value: 3, Seat.DISABILITY.value: 1}]},
            "formed_on": DAY,
        },
        ("seats",),
    ),
    "PartnerAnswer": record(
        {"text": TEXT, "outcome": word(Outcome)} | _VERSION, ("text", "outcome")
    ),
    "Verdict": record({"ok": FLAG, "text": TEXT} | _VERSION, ("ok",)),
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
    "ConductReport": record(
        {"channel": TEXT, "with_name": FLAG, "reference": TEXT} | _VERSION, ("channel",)
    ),
    "ServiceReferral": record(
        {
            "organisation": TEXT,
            "sector": word(Sector),
            "explained": TEXT,
            "how": word(ConsentWay),
            "explained_at": WHEN,
        }
        | _VERSION,
        ("organisation", "sector", "explained", "how"),
    ),
    "Inform": record({"answer": TEXT, "told": FLAG}, ("answer", "told")),
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
    "Decision": record({"decision": TEXT} | _VERSION, ("decision",)),
    "PublicAnswer": record({"public_answer": TEXT} | _VERSION, ("public_answer",)),
}
"""What the API is asked with, by name."""

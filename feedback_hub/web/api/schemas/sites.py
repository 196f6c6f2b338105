"""Sites, visits, committees, services, organisations."""

from __future__ import annotations

from feedback_hub.domain.coding import Sector
from feedback_hub.domain.monitoring import MOST, CommitteeFault, Seat, ServiceState
from feedback_hub.domain.place import OrganisationKind, SiteStatus
from feedback_hub.reads.sites import Unresolved
from feedback_hub.web.api.schemas.shapes import (
    COUNT,
    DAY,
    FLAG,
    NUMBER,
    REAL,
    TEXT,
    TEXTS,
    Schema,
    answer,
    list_of,
    named,
    or_null,
    record,
    word,
)

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
_PEOPLE: Schema = {"type": "integer", "minimum": 0, "maximum": MOST}

ANSWERS: dict[str, Schema] = {
    "Site": answer(_SITE),
    "SiteNow": answer(
        _SITE
        | {
            "population_now": or_null(NUMBER),
            "arrivals": or_null(NUMBER),
            "departures": or_null(NUMBER),
            "last_visit": or_null(DAY),
            "visit_is_old": FLAG,
            "cases": COUNT,
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
            "points_raised": COUNT,
            "points_answered": COUNT,
            "points_read_back": COUNT,
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
}

ASKED: dict[str, Schema] = {
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
}

"""Accounts, tokens, who is on call."""

from __future__ import annotations

from feedback_hub.domain.access import Role
from feedback_hub.domain.on_call import HandlerGroup
from feedback_hub.reads.people import TokenState
from feedback_hub.web.api.schemas.shapes import (
    DAY,
    FLAG,
    NUMBER,
    REFERENCE,
    TEXT,
    TEXTS,
    WHEN,
    Schema,
    answer,
    list_of,
    or_null,
    record,
    word,
)

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
_ADDRESS: Schema = {"type": "string", "format": "email", "examples": ["zita@example.org"]}

ANSWERS: dict[str, Schema] = {
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
}

ASKED: dict[str, Schema] = {
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
    "NewUser": record({"email": _ADDRESS, "name": TEXT} | _ROLE, ("email", "role")),
    "NewRole": record(_ROLE, ("role",)),
    "Withdraw": record({"membership": TEXT}, ("membership",)),
    "Profile": record({"name": TEXT, "languages": TEXTS, "absent_until": DAY}),
    "NewToken": record(
        {"name": TEXT, "expires_at": WHEN | {"examples": ["2099-12-31T00:00:00Z"]}} | _ROLE,
        ("name", "role", "expires_at"),
    ),
}

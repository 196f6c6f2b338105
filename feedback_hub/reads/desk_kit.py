"""What a help desk needs in its hands when there is no network: no case, no person.

Sites of the desk's own, the coding frame, the information bank's current answers, the approved
consent script by language; and apart from it the list of whom to find or expect today.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.recordings import digest_of, find_recording
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor, Role
from feedback_hub.domain.bank import BankAnswer, Standing
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.coding import TYPE_LABELS, Label
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.custom_field import CustomField, ShownIn
from feedback_hub.domain.place import SiteStatus
from feedback_hub.reads import call_list
from feedback_hub.reads.names import names_for
from feedback_hub.reads.views.calls import CallRow
from feedback_hub.reads.wire import Json, when
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.rules import Rules


def own_sites(uow: SqlUnitOfWork, actor: Actor) -> dict[str, str]:
    """Names of the running sites where the actor sits at the desk, by code."""
    held = {one.site for one in actor.memberships if one.role is Role.DESK}
    running = (site for site in uow.sites() if site.status is SiteStatus.ACTIVE)
    found = [(one.code, one.name or one.code) for one in running if held & {"", one.code}]
    return dict(sorted(found, key=lambda one: one[1]))


def kit(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    home: Path,
    spoken: Mapping[str, str],
    now: datetime,
) -> Json:
    """Everything the form needs. ``version`` changes with the content and with nothing else.

    ``spoken``: names of languages by code, the hub's own first; ``home``: where recordings lie.
    """
    sites = own_sites(uow, actor)
    held: Json = {
        "sites": [{"code": code, "name": name} for code, name in sites.items()],
        "organisations": sorted(names_for(uow).organisations.values()),
        "types": [
            {"type": kind, "label": _label(TYPE_LABELS[kind])}
            for kind in dict.fromkeys(code.type for code in rules.frame)
        ],
        "codes": [
            {
                "code": code.code,
                "type": code.type,
                "label": _label(code.label),
                "level": code.sensitivity,
            }
            for code in rules.frame
        ],
        "languages": dict(spoken),
        "fields": [_field(one) for one in rules.fields if ShownIn.DESK in one.shown_in],
        "answers": [_answer(one) for one in _answers(uow, rules, sites, now)],
        "scripts": _scripts(uow, rules, home, spoken),
        "hotline": rules.hotline,
    }
    written = json.dumps(held, sort_keys=True).encode()
    return held | {"version": hashlib.sha256(written).hexdigest()[:16]}


def today(uow: SqlUnitOfWork, rules: Rules, actor: Actor, now: datetime) -> Json:
    """Whom the desks of the actor's own sites are to find or expect, until the day is over."""
    tomorrow = local_day(now, rules.calendar) + timedelta(days=1)
    lines: list[Json] = []
    for code, name in own_sites(uow, actor).items():
        listed = call_list.desk_today(uow, rules, actor, code, now)
        lines += [_line(row, name) for row in listed.rows] if listed else []
    until = datetime.combine(tomorrow, time(), rules.calendar.zone)
    return {"items": lines, "until": until.isoformat()}


def _line(row: CallRow, site: str) -> Json:
    return {
        "id": row.id,
        "ref": row.ref,
        "name": row.name,
        "place": row.place,
        "site": site,
        "language": row.language,
        "at": when(row.not_before) if row.agreed else None,
    }


def _answers(
    uow: SqlUnitOfWork, rules: Rules, sites: Mapping[str, str], now: datetime
) -> Sequence[BankAnswer]:
    """What people may be told; also what begins in the next days, while nobody can ask."""
    day = local_day(now, rules.calendar)
    return [
        one
        for one in uow.bank_answers(day)
        if one.standing(day) in {Standing.CURRENT, Standing.COMING}
        and (not one.site or one.site in sites)
    ]


def _answer(one: BankAnswer) -> Json:
    return {
        "id": one.id,
        "question": one.question,
        "text": one.text,
        "language": one.language,
        "site": one.site,
        "from": one.valid_from.isoformat(),
        "to": one.valid_to.isoformat(),
    }


def _scripts(uow: SqlUnitOfWork, rules: Rules, home: Path, spoken: Mapping[str, str]) -> list[Json]:
    """The approved consent scripts; the recording that was approved with each, if any."""
    approved = uow.session.scalars(
        select(Wording).where(
            tables.wording.c.purpose == Purpose.SCRIPT_CONSENT,
            tables.wording.c.state == WordingState.APPROVED,
        )
    ).all()
    place = {language: at for at, language in enumerate(spoken)}
    found: list[Json] = []
    for one in sorted(approved, key=lambda one: place.get(one.language, len(place))):
        path = find_recording(home, one.language, one.purpose) if one.recording else None
        heard = path is not None and digest_of(path) == one.recording
        found.append(
            {
                "language": one.language,
                "text": rules.renderer.render(one.text, {"hotline": rules.hotline}),
                "audio": f"/prompts/{one.language}/{path.name}" if path and heard else "",
                "digest": one.recording if heard else "",
            }
        )
    return found


def _field(one: CustomField) -> Json:
    return {
        "name": one.name,
        "kind": one.kind,
        "label": _label(one.label),
        "choices": [
            {"value": value, "label": _label(label)} for value, label in (one.choices or {}).items()
        ],
    }


def _label(label: Label) -> Json:
    return {"por": label.pt, "eng": label.en}

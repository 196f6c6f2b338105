"""Fills a database with invented cases, a million in a minute or two: rows straight into tables.

What a page reads is all there: contacts, cases in every state, words (sealed, and findable where a
person confirmed an L1), history and referrals. One data key serves a thousand messages, which a hub
never does; nothing that is measured depends on it.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, text
from sqlalchemy.engine import Dialect

from feedback_hub.adapters import tables
from feedback_hub.adapters.engine import take_statistics
from feedback_hub.adapters.search_index import words as words_of
from feedback_hub.adapters.vault import SqlVault
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.seals import text_bound_to

AT_ONCE = 10_000
SITES, PARTNERS = 150, 12
SUBJECTS = ("a bomba de água", "a latrina", "a tenda", "a lista", "a comida", "a escola", "o posto")
TROUBLES = ("avariou", "não chegou", "está longe", "foi recusada", "está cheia", "falta há dias")
PLACES = ("bloco", "talhão", "zona", "quarteirão")
_STATES = (
    *((CaseState.CLOSED,) * 62),
    *((CaseState.REFERRED,) * 14),
    *((CaseState.TRIAGED,) * 8),
    *((CaseState.RECEIVED,) * 6),
    *((CaseState.RESPONSE_READY,) * 5),
    *((CaseState.LOOP_ATTEMPTED,) * 4),
    CaseState.REOPENED,
)


@dataclass(frozen=True)
class _Row:
    case: dict[str, object]
    others: Sequence[tuple[Table, dict[str, object]]]


def register(hub: Hub) -> None:
    """Sites, partners and their services."""
    with hub.unit_of_work() as uow:
        uow.session.merge(Organisation("hub", "Feedback team"))
        for number in range(PARTNERS):
            uow.session.add(Organisation(f"partner-{number}", f"Parceiro {number}"))
        for number in range(SITES):
            uow.session.add(
                Site(
                    f"S{number:03}",
                    f"Bairro {_name(number)}",
                    (),
                    province="Cabo Delgado",
                    district=f"Distrito {number % 17}",
                    pcode=f"MZ{number:04}",
                    pcode_scheme="2019",
                )
            )
        uow.session.flush()
        sectors = sorted({code.sector for code in hub.rules.frame if code.sector})
        for number, sector in enumerate(sectors):
            partner = f"partner-{number % PARTNERS}"
            uow.session.add(Service(uuid.uuid4().hex, "*", sector, partner, "focal@example.org"))
        uow.commit()


def fill(
    hub: Hub, count: int, *, first: int = 0, told: Callable[[int], None] = lambda _: None
) -> None:
    """Add ``count`` cases of two years, numbered from ``first``; ``told`` hears how far it is."""
    # Rows first, indexes after: to grow them all row by row takes longer than all else.
    indexes = [one for table in _ORDER for one in table.indexes] if count > AT_ONCE else []
    with hub.engine.begin() as connection:
        for index in indexes:
            index.drop(connection)
    _fill(hub, count, first, told)
    with hub.engine.begin() as connection:
        for index in indexes:
            index.create(connection)
    settle(hub.engine)


def _fill(hub: Hub, count: int, first: int, told: Callable[[int], None]) -> None:
    dice = random.Random(8 + first)  # noqa: S311  invented rows, the same each time
    for start in range(first, first + count, AT_ONCE):
        some = min(AT_ONCE, first + count - start)
        with hub.unit_of_work() as uow:
            keys = uow.vault.new_keys(max(1, some // 1000))
            by_table: dict[Table, list[dict[str, object]]] = {}
            for number in range(start, start + some):
                for table, row in _rows(hub, uow.vault, keys[number % len(keys)], number, dice):
                    by_table.setdefault(table, []).append(row)
            # What a foreign key points at goes first.
            connection = uow.session.connection()
            for table in sorted(by_table, key=_ORDER.index):
                _write(connection.connection.driver_connection, hub.engine, table, by_table[table])
            uow.commit()
        told(start + some)


def settle(engine: Engine) -> None:
    """Tell the planner what is there, as the database or the hub does by itself in time."""
    take_statistics(engine)
    if engine.dialect.name == "postgresql":
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


_ORDER = (
    tables.contact,
    tables.case,
    tables.message,
    tables.case_event,
    tables.referral,
    tables.search_text,
)


def _rows(
    hub: Hub, vault: SqlVault, key: str, number: int, dice: random.Random
) -> Iterator[tuple[Table, dict[str, object]]]:
    case_id, contact_id, message_id = (f"{dice.getrandbits(128):032x}" for _ in range(3))
    received = _NOW - timedelta(seconds=dice.randrange(730 * 86400))
    code = dice.choice(_codes(hub))
    level = hub.rules.frame.sensitivity_of((code,))
    state = dice.choice(_STATES)
    closed = state is CaseState.CLOSED
    words = (
        f"{dice.choice(SUBJECTS)} {dice.choice(TROUBLES)} no {dice.choice(PLACES)} {number % 997}"
    )
    due = received + timedelta(days=dice.randrange(1, 14))
    yield (
        tables.contact,
        {
            "id": contact_id,
            "channel": "sms",
            "address_index": f"{contact_id}{case_id}",
            "key_id": key,
            "address_sealed": b"x" * 40,
            "created_at": received,
            "language": "por",
            "private_phone": "not_asked",
            "may_leave_message": "not_asked",
        },
    )
    triaged = state is not CaseState.RECEIVED
    yield (
        tables.case,
        {
            **_BLANK,
            "id": case_id,
            "ref": f"{number:09}",
            "state": state,
            "received_at": received,
            "entered_at": received,
            "contact_id": contact_id,
            "site": f"S{int(dice.paretovariate(0.8)) % SITES:03}",
            "codes": (code,),
            "type": hub.rules.frame.type_of((code,)),
            "sector": hub.rules.frame.sector_of((code,)) or "",
            "sensitivity": level,
            "priority": hub.rules.frame.priority_of((code,)),
            "sex": dice.choice(("female", "male", "not_asked")),
            "age_band": dice.choice(("18_39", "40_59", "not_asked")),
            "acknowledged_at": received + timedelta(seconds=20),
            "classified_at": received + timedelta(seconds=3),
            "triaged_at": received + timedelta(hours=3) if triaged else None,
            "owner": "",
            "outcome": Outcome.RESOLVED if closed else None,
            "closed_at": due if closed else None,
            "due_at": None if closed else due + timedelta(days=dice.randrange(700)),
        },
    )
    yield (
        tables.message,
        {
            "id": message_id,
            "case_id": case_id,
            "contact_id": contact_id,
            "channel": "sms",
            "external_id": message_id,
            "kind": MessageKind.TEXT,
            "key_id": key,
            "text_sealed": vault.seal(key, words, text_bound_to(message_id)),
            "language": "por",
            "received_at": received,
        },
    )
    yield (
        tables.case_event,
        {
            "id": f"{dice.getrandbits(128):032x}",
            "case_id": case_id,
            "position": 0,
            "kind": "received",
            "actor": "channel:sms",
            "at": received,
            "about": "",
            "detail": {},
        },
    )
    if triaged and level is Sensitivity.L1:
        yield tables.search_text, {"case_id": case_id, "body": " ".join(words_of(words))}
    if state is CaseState.REFERRED:
        yield (
            tables.referral,
            {
                "id": f"{dice.getrandbits(128):032x}",
                "case_id": case_id,
                "organisation": f"partner-{number % PARTNERS}",
                "created_at": received,
                "created_by": "bench",
                "share": "no",
                "state": dice.choice(
                    # Answers wait days to be verified, of the months that a referral takes.
                    (ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.IN_ACTION) * 4
                    + (ReferralState.ANSWERED,)
                ),
                "focal_point": "focal@example.org",
                "backup": "",
                "note_id": "",
                "answer_id": "",
                "sent_at": received,
                "due_at": due,
                "clocks": (),
                "version": 1,
            },
        )


_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BLANK: dict[str, object] = {
    "channel": "sms",
    "entered_by": "channel:sms",
    "place": "",
    "language": "por",
    "suspected": False,
    "disability": "not_asked",
    "population_group": "idp",
    "speaks_for": "self",
    "consent_record": "not_asked",
    "consent_share": "not_asked",
    "consent_contact": "not_asked",
    "consent_content": "not_asked",
    "accused_organisation": "",
    "route_organisation": "",
    "route_focal_point": "",
    "answer_id": "",
    "answered_by": "",
    "bank_id": "",
    "loop_attempts": 0,
    "fallback_tried": False,
    "clocks": (),
    "from_history": False,
    "version": 1,
}


def _codes(hub: Hub) -> Sequence[str]:
    if not _CODES:
        _CODES.extend(
            one.code
            for one in hub.rules.frame
            for _ in range(1 if one.sensitivity is not Sensitivity.L1 else 6)
        )
    return _CODES


_CODES: list[str] = []


def _name(number: int) -> str:
    parts = ("Nam", "Mue", "Nto", "Pal", "Chi", "Met", "Anc", "Mec", "Que", "Mon")
    return f"{parts[number % 10]}{('ia', 'ota', 'uge', 'ufi', 'ula')[number % 5]} {number}"


def _write(
    connection: Any,  # noqa: ANN401  either driver's own
    engine: Engine,
    table: Table,
    rows: Sequence[dict[str, object]],
) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    into = f'"{table.name}" ({", ".join(names)})'
    ready = [_ready(table, name, engine.dialect) for name in names]
    lines = ([make(row.get(name)) for make, name in zip(ready, names, strict=True)] for row in rows)
    if engine.dialect.name == "postgresql":
        with connection.cursor().copy(f"COPY {into} FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
    else:
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO {into} VALUES ({marks})", lines)  # noqa: S608  ours


def _ready(table: Table, name: str, dialect: Dialect) -> Callable[[object], object]:
    """What makes the driver's own value of ours."""
    process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    given: Callable[[object], object] = process or _as_it_is
    return given


def _as_it_is(value: object) -> object:
    return value

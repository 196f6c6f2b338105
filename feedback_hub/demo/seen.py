"""What was seen at the invented sites: visits, committees and their meetings."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import as_file, files

from sqlalchemy import select

from feedback_hub.adapters import meetings, tables
from feedback_hub.adapters.boundaries import COLUMNS, BoundaryFile, take_boundary
from feedback_hub.adapters.table_files import Row
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.meeting import Meeting, MeetingKind
from feedback_hub.domain.monitoring import Committee, Seat, ServiceSeen, ServiceState, Visit
from feedback_hub.domain.person import AgeBand, Sex
from feedback_hub.domain.sensitivity import Sensitivity

_W, _P, _S = ServiceState.WORKS, ServiceState.PARTLY, ServiceState.STOPPED
_VISITS: Mapping[str, tuple[int, int, int, tuple[ServiceSeen, ...]]] = {
    # site: days ago, arrivals, departures, what was found
    "NTOKOTA": (
        4,
        126,
        18,
        (
            ServiceSeen("wash", _P, 5, "Duas das sete bombas estão avariadas."),
            ServiceSeen("health", _W, 1),
            ServiceSeen("education", _P, 9, "Aulas em dois turnos."),
            ServiceSeen("shelter", _W),
            ServiceSeen("food", _P, None, "Distribuição com duas semanas de atraso."),
        ),
    ),
    "METUGE_SEDE": (12, 40, 31, (ServiceSeen("wash", _W, 7), ServiceSeen("health", _W, 1))),
    "CORRANE": (
        20,
        310,
        12,
        (
            ServiceSeen("wash", _P, 8, "O furo novo dá água salgada."),
            ServiceSeen("education", _W, 12),
            ServiceSeen("nutrition", _W),
        ),
    ),
    "PICOCO": (58, 0, 45, (ServiceSeen("wash", _W, 4), ServiceSeen("health", ServiceState.NONE))),
    "GUARA": (9, 85, 20, (ServiceSeen("wash", _S, 0), ServiceSeen("shelter", _P))),
}
_COMMITTEES: Mapping[str, Mapping[Seat, int]] = {
    "NTOKOTA": {
        Seat.ADULT_WOMEN: 3,
        Seat.WOMEN_40: 2,
        Seat.WOMEN_60: 1,
        Seat.ADULT_MEN: 3,
        Seat.MEN_40: 2,
        Seat.DISABILITY: 1,
    },
    "CORRANE": {Seat.ADULT_WOMEN: 1, Seat.ADULT_MEN: 4, Seat.MEN_40: 4, Seat.MEN_60: 1},
    "GUARA": {Seat.WOMEN_40: 4, Seat.ADULT_MEN: 3, Seat.MEN_60: 2, Seat.DISABILITY: 1},
}
_MET: Mapping[str, tuple[int, ...]] = {"NTOKOTA": (6, 34), "CORRANE": (70,), "GUARA": (15, 43)}


def draw_outlines(uow: SqlUnitOfWork, now: datetime) -> None:
    """Outlines for the map, by the road of ``import boundaries``: invented, of no real district."""
    with as_file(files("feedback_hub.demo") / "outlines.geojson") as path:
        source = BoundaryFile(path, {name: name for name in COLUMNS})
        for row in source.table():
            assert isinstance(row, Row)  # noqa: S101  a file of ours, which a test reads
            take_boundary(uow.session, source.scheme, source.read(row.cells), now)


def write_down(uow: SqlUnitOfWork, hub: Hub, actors: Mapping[str, Actor]) -> None:
    """Visits, committees and meetings, with points that were raised there."""
    now = hub.clock()
    today = now.astimezone(hub.config.hub.timezone).date()
    who = actors["filipe@demo.example"].id
    for site, (days, arrivals, departures, services) in _VISITS.items():
        at = now - timedelta(days=days)
        visited = today - timedelta(days=days)
        held = Visit(
            uuid.uuid4().hex,
            site,
            visited,
            who,
            at,
            services,
            None,
            arrivals,
            departures,
        )
        uow.keep_visit(held, "", "", "")
    for site, seats in _COMMITTEES.items():
        formed = today - timedelta(days=400)
        uow.keep_committee(Committee(site, seats, formed, who, now))
    chance = random.Random(7)
    for site, days_ago in _MET.items():
        for days in days_ago:
            at = now - timedelta(days=days)
            met = Meeting(
                uuid.uuid4().hex,
                MeetingKind.COMMITTEE,
                today - timedelta(days=days),
                site,
                "",
                Answered.YES,
                {(Sex.FEMALE, AgeBand.FROM_18): 7, (Sex.MALE, AgeBand.FROM_18): 6},
                who,
                at,
            )
            meetings.keep(uow.session, met)
            case = tables.case.c
            near = select(case.id).where(
                case.site == site,
                case.sensitivity == Sensitivity.L1,
                case.received_at > at - timedelta(days=4),
                case.received_at < at + timedelta(days=4),
            )
            there = sorted(uow.session.scalars(near))
            for case_id in chance.sample(there, min(6, len(there))):
                meetings.link(uow.session, met.id, case_id)

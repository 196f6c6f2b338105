"""Every site as a coordinator sees it: who lives and serves there, what was seen and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from sqlalchemy import case as when
from sqlalchemy import func, select

from feedback_hub.adapters import monitoring
from feedback_hub.adapters.measure_facts import STATES
from feedback_hub.adapters.tables import boundary, case, meeting, meeting_case, organisation, site
from feedback_hub.adapters.tables import service as service_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import impartial
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.monitoring import (
    Committee,
    CommitteeFault,
    Gap,
    ServiceSeen,
    Standards,
    Visit,
    committee_faults,
    gaps,
)
from feedback_hub.domain.place import EVERYWHERE, Service, Site, SiteStatus
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.counting import UNKNOWN, Asked, Counted, counted
from feedback_hub.reads.measures import TOLD, by_code
from feedback_hub.reads.names import names_for
from feedback_hub.services.rules import Rules

MONITORED = (
    Sector.CCCM,
    Sector.SHELTER,
    Sector.NFI,
    Sector.FOOD,
    Sector.WASH,
    Sector.HEALTH,
    Sector.NUTRITION,
    Sector.EDUCATION,
    Sector.PROTECTION,
)
MOST_VISITS = 20
LOOKED_BACK = timedelta(days=90)
"""What a committee did is told of these days."""


class Unresolved(StrEnum):
    """How much of what came in is still open; a site is coloured by it."""

    FEW = "few"
    SOME = "some"
    MANY = "many"
    UNSAID = "unsaid"


@dataclass(frozen=True)
class CommitteeLine:
    """A committee and what it did in the last ``LOOKED_BACK``; None is too few to be said."""

    committee: Committee | None
    last_met: date | None
    meetings: int
    raised: int | None
    answered: int | None
    read_back: int | None
    faults: tuple[CommitteeFault, ...]


@dataclass(frozen=True)
class SiteLine:
    """One site. ``cases`` is None where it is too few to be said, or not for the reader."""

    site: Site
    visit: Visit | None
    visit_is_old: bool
    gaps: tuple[Gap, ...]
    committee: CommitteeLine
    cases: int | None = None
    per_1000: float | None = None
    unresolved: Unresolved = Unresolved.UNSAID
    is_silent: bool = False

    @property
    def population(self) -> int | None:
        """As the last visit counted it, else as the register has it."""
        counted = self.visit.population if self.visit else None
        return self.site.population if counted is None else counted

    @property
    def missing(self) -> tuple[Gap, ...]:
        """The sectors in which something is missing."""
        return tuple(gap for gap in self.gaps if gap.is_gap)


@dataclass(frozen=True)
class ServiceLine:
    """Who serves a sector at a site until when, beside what was seen and what people report."""

    sector: str
    organisation: str
    focal_point: str
    hours: str
    valid_from: date | None
    valid_to: date | None
    is_over: bool


@dataclass(frozen=True)
class SitePage:
    """All of one site. ``reported``: cases by sector; ``codes``: by what they are about."""

    line: SiteLine
    services: tuple[ServiceLine, ...]
    seen: Mapping[str, ServiceSeen]
    reported: Mapping[str, int | None]
    codes: Sequence[tuple[str, int]]
    visits: Sequence[tuple[Visit, bool, str]]
    """Each with whether it has a photo and who made it."""


@dataclass(frozen=True)
class Outline:
    """A district's outline, and whether a site lies in it by P-code and scheme."""

    scheme: str
    pcode: str
    name: str
    geometry: str
    has_site: bool


def figures(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, period: Asked, threshold: int
) -> Counted | None:
    """The cases of the period at every site, for whoever may read measures of all of it."""
    if not actor.may(Action.READ_MEASURES):
        return None
    return counted(uow, rules, actor, period, threshold)[1]


def lines(
    uow: SqlUnitOfWork,
    actor: Actor,
    standards: Standards,
    found: Counted | None,
    today: date,
    threshold: int,
) -> tuple[SiteLine, ...]:
    """Every site that is not closed; figures where ``found`` is given.

    What its committee raised is told without the cases that are closed to ``actor``.
    """
    sites = [one for one in uow.sites() if one.status is not SiteStatus.CLOSED]
    visits = monitoring.last_visits(uow.session, today)
    committees = monitoring.committees(uow.session)
    done = _meetings(uow, actor, today, threshold)
    served = _served(uow, today)
    counts = found.counts("site") if found else {}
    said = found.by("site") if found else {}
    still_open = _unresolved(found) if found else {}
    made = []
    for one in sites:
        visit = visits.get(one.code)
        population = visit.population if visit and visit.population is not None else one.population
        cases = said.get(one.code, 0) if found else None
        met = done.get(one.code, CommitteeLine(None, None, 0, 0, 0, 0, ()))
        made.append(
            SiteLine(
                one,
                visit,
                visit is None or today - visit.visited_on > timedelta(days=standards.visit_days),
                gaps(
                    [sector.value for sector in MONITORED],
                    served.get(one.code, set()) | served.get(EVERYWHERE, set()),
                    {seen.sector: seen for seen in visit.services} if visit else {},
                    population,
                    standards,
                ),
                CommitteeLine(
                    committees.get(one.code),
                    met.last_met,
                    met.meetings,
                    met.raised,
                    met.answered,
                    met.read_back,
                    committee_faults(committees.get(one.code), met.last_met, today, standards),
                ),
                cases,
                round(cases * 1000 / population, 1) if cases and population else None,
                still_open.get(one.code, Unresolved.UNSAID) if cases else Unresolved.UNSAID,
                bool(found) and not counts.get(one.code) and one.status is SiteStatus.ACTIVE,
            )
        )
    return tuple(made)


def page(uow: SqlUnitOfWork, line: SiteLine, found: Counted | None, today: date) -> SitePage:
    """All of one site; ``found`` are its cases, where the reader may know of them."""
    code = line.site.code
    visits = monitoring.visits_to(uow.session, code, MOST_VISITS)
    services = _services(uow, code)
    names = names_for(
        uow,
        [visit.entered_by for visit, _ in visits],
        [one.focal_point for one in services],
    )
    named = [
        ServiceLine(
            one.sector,
            names.organisation(one.organisation),
            names.focal_point(one.focal_point) if one.focal_point else "",
            one.hours,
            one.valid_from,
            one.valid_to,
            not one.serves(code, one.sector, today),
        )
        for one in services
    ]
    codes: list[tuple[str, int]] = []
    if found is not None:
        codes = [(name, n) for name, n in by_code(found).items() if isinstance(n, int)][:10]
    return SitePage(
        line,
        tuple(sorted(named, key=lambda one: (one.is_over, one.sector, one.organisation))),
        {seen.sector: seen for seen in line.visit.services} if line.visit else {},
        found.by("sector") if found is not None else {},
        codes,
        [(visit, has_photo, names.person(visit.entered_by)) for visit, has_photo in visits],
    )


def outlines(uow: SqlUnitOfWork, sites: Sequence[Site]) -> tuple[Outline, ...]:
    """Outlines in the schemes that the sites are coded in: a P-code means nothing without its."""
    schemes = sorted({one.pcode_scheme for one in sites if one.pcode and one.pcode_scheme})
    if not schemes:
        return ()
    used = {(one.pcode_scheme, one.pcode) for one in sites if one.pcode}
    rows = uow.session.execute(
        select(boundary).where(boundary.c.scheme.in_(schemes)).order_by(boundary.c.pcode)
    )
    return tuple(
        Outline(row.scheme, row.pcode, row.name, row.outline, (row.scheme, row.pcode) in used)
        for row in rows
    )


def exists(uow: SqlUnitOfWork, code: str) -> bool:
    """Whether there is such a site."""
    return uow.session.scalar(select(site.c.code).where(site.c.code == code)) is not None


def _unresolved(found: Counted) -> dict[str, Unresolved]:
    """By site, of what was handled here; where the site's own number may be said."""
    handled = found.handled
    closed = handled.cases["state"] == STATES.index(CaseState.CLOSED)
    all_of = handled.counts("site")
    open_of = handled.where(np.asarray(~closed)).counts("site")
    levels = {}
    for code, number in handled.by("site").items():
        if number is None or code == UNKNOWN:
            continue
        share = open_of.get(code, 0) / all_of[code]
        levels[code] = (
            Unresolved.FEW if share < 0.25 else Unresolved.SOME if share < 0.5 else Unresolved.MANY
        )
    return levels


def _services(uow: SqlUnitOfWork, code: str) -> Sequence[Service]:
    gone = select(organisation.c.code).where(~organisation.c.active)
    return uow.session.scalars(
        select(Service).where(
            service_table.c.site.in_((code, EVERYWHERE)),
            service_table.c.organisation.not_in(gone),
        )
    ).all()


def _served(uow: SqlUnitOfWork, today: date) -> dict[str, set[str]]:
    gone = select(organisation.c.code).where(~organisation.c.active)
    rows = uow.session.scalars(select(Service).where(service_table.c.organisation.not_in(gone)))
    served: dict[str, set[str]] = {}
    for one in rows:
        if one.serves(one.site, one.sector, today):
            served.setdefault(one.site, set()).add(one.sector)
    return served


def _meetings(
    uow: SqlUnitOfWork, actor: Actor, today: date, threshold: int
) -> dict[str, CommitteeLine]:
    """What committees did. A point raised is a case; read back: the answer was told."""
    held = uow.session.execute(
        select(
            meeting.c.site,
            func.max(meeting.c.held_on),
            func.sum(when((meeting.c.held_on > today - LOOKED_BACK, 1), else_=0)),
        )
        .where(meeting.c.kind == MeetingKind.COMMITTEE, meeting.c.held_on <= today)
        .group_by(meeting.c.site)
    )
    points = uow.session.execute(
        select(
            meeting.c.site,
            func.count(),
            func.sum(when((case.c.answer_id != "", 1), else_=0)),
            func.sum(when((case.c.outcome.in_(sorted(TOLD)), 1), else_=0)),
        )
        .select_from(
            meeting.join(meeting_case, meeting_case.c.meeting_id == meeting.c.id).join(
                # Outer, so that no planner goes through every case for a few meetings.
                case,
                case.c.id == meeting_case.c.case_id,
                isouter=True,
            )
        )
        .where(
            meeting.c.kind == MeetingKind.COMMITTEE,
            meeting.c.held_on > today - LOOKED_BACK,
            meeting.c.held_on <= today,
            func.coalesce(case.c.sensitivity, Sensitivity.L3) != Sensitivity.L3,
            *impartial(scope_of(actor, Action.READ_MEASURES)),
        )
        .group_by(meeting.c.site)
    )

    def count(number: int) -> int | None:
        return None if 0 < number < threshold else number

    raised = {
        code: (count(all_), count(answered), count(back)) for code, all_, answered, back in points
    }
    return {
        code: CommitteeLine(None, last, int(number), *raised.get(code, (0, 0, 0)), ())
        for code, last, number in held
    }

"""What is seen at a site: visits, the state of its services, its committee (CCCM site monitoring).

Numbers and states only, never a name: a site's people are counted, not listed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.person import AgeBand, Sex

MOST = 1_000_000
LONGEST_NOTE = 200


class ServiceState(StrEnum):
    """How a service was found."""

    WORKS = "works"
    PARTLY = "partly"
    STOPPED = "stopped"
    NONE = "none"


@dataclass(frozen=True)
class ServiceSeen:
    """A sector's services as a visit found them; ``units`` are what works: taps, rooms, clinics."""

    sector: str
    state: ServiceState
    units: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Raises ``Invalid``."""
        check_count("units", self.units)
        if len(self.note) > LONGEST_NOTE:
            raise Invalid("note", f"has at most {LONGEST_NOTE} characters")


@dataclass(frozen=True)
class Visit:
    """One monitoring visit. ``arrivals`` and ``departures``: people since the visit before."""

    id: str
    site: str
    visited_on: date
    entered_by: str
    entered_at: datetime
    services: tuple[ServiceSeen, ...] = ()
    population: int | None = None
    arrivals: int | None = None
    departures: int | None = None

    def __post_init__(self) -> None:
        """Raises ``Invalid``."""
        for name in ("population", "arrivals", "departures"):
            check_count(name, getattr(self, name))
        sectors = [seen.sector for seen in self.services]
        if len(set(sectors)) < len(sectors):
            raise Invalid("services", "name a sector twice")


class Seat(StrEnum):
    """What seats are counted by."""

    ADULT_WOMEN = "female.18_39"
    WOMEN_40 = "female.40_59"
    WOMEN_60 = "female.60_plus"
    GIRLS = "female.under_18"
    ADULT_MEN = "male.18_39"
    MEN_40 = "male.40_59"
    MEN_60 = "male.60_plus"
    BOYS = "male.under_18"
    DISABILITY = "disability"

    @property
    def sex(self) -> Sex | None:
        """None for the seats of persons with disabilities, who are counted by sex as well."""
        who, dot, _ = self.value.partition(".")
        return Sex(who) if dot else None

    @property
    def age_band(self) -> AgeBand | None:
        """None for the seats of persons with disabilities."""
        _, dot, band = self.value.partition(".")
        return AgeBand(band) if dot else None


class CommitteeFault(StrEnum):
    """Why a committee does not do what it is for."""

    NO_COMMITTEE = "no_committee"
    FEW_WOMEN = "few_women"
    NO_DISABILITY = "no_disability"
    NO_YOUNG = "no_young"
    NO_OLDER = "no_older"
    NOT_MET = "not_met"


@dataclass(frozen=True)
class Committee:
    """A site's committee, as numbers."""

    site: str
    seats: Mapping[Seat, int] = field(default_factory=dict)
    formed_on: date | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ``Invalid``."""
        for number in self.seats.values():
            check_count("seats", number)
        if self.seats.get(Seat.DISABILITY, 0) > self.all_seats:
            raise Invalid("disability", "is more than all seats")

    @property
    def all_seats(self) -> int:
        """How many people sit on it."""
        return sum(number for seat, number in self.seats.items() if seat.sex is not None)

    def of(self, *, sex: Sex | None = None, bands: Collection[AgeBand] = ()) -> int:
        """How many seats one sex, or some age bands, have."""
        return sum(
            number
            for seat, number in self.seats.items()
            if seat.sex is not None
            and (sex is None or seat.sex is sex)
            and (not bands or seat.age_band in bands)
        )


@dataclass(frozen=True)
class Standards:
    """What a site should have; all settings (``[monitoring]``).

    ``residents_per_unit``: by sector, how many residents one working unit may serve; a sector
    without a standard needs one service. ``women``: the least share of seats.
    """

    residents_per_unit: Mapping[str, int] = field(default_factory=dict)
    visit_days: int = 30
    meeting_days: int = 45
    women: float = 0.4


def committee_faults(
    committee: Committee | None, last_met: date | None, today: date, standards: Standards
) -> tuple[CommitteeFault, ...]:
    """Why a committee is not representative, or has not met; nothing where all is well."""
    if committee is None or not committee.all_seats:
        return (CommitteeFault.NO_COMMITTEE,)
    found = []
    if committee.of(sex=Sex.FEMALE) < standards.women * committee.all_seats:
        found.append(CommitteeFault.FEW_WOMEN)
    if not committee.seats.get(Seat.DISABILITY, 0):
        found.append(CommitteeFault.NO_DISABILITY)
    if not committee.of(bands=(AgeBand.UNDER_18, AgeBand.FROM_18)):
        found.append(CommitteeFault.NO_YOUNG)
    if not committee.of(bands=(AgeBand.FROM_60,)):
        found.append(CommitteeFault.NO_OLDER)
    if last_met is None or today - last_met > timedelta(days=standards.meeting_days):
        found.append(CommitteeFault.NOT_MET)
    return tuple(found)


@dataclass(frozen=True)
class Gap:
    """A sector at a site against its standard. ``missing`` units; None where none were counted."""

    sector: str
    has_service: bool
    state: ServiceState | None
    units: int | None
    needed: int | None

    @property
    def missing(self) -> int | None:
        """How many units are missing; 0 when there are enough."""
        if self.needed is None or self.units is None:
            return None
        return max(0, self.needed - self.units)

    @property
    def is_gap(self) -> bool:
        """Whether something is missing: nobody serves, nothing works, or too little of it."""
        if self.state in {ServiceState.STOPPED, ServiceState.NONE} or self.missing:
            return True
        return not self.has_service and self.state is None


def gaps(
    sectors: Iterable[str],
    served: Collection[str],
    seen: Mapping[str, ServiceSeen],
    population: int | None,
    standards: Standards,
) -> tuple[Gap, ...]:
    """Every sector against its standard: who serves by the register, and what a visit found."""
    found = []
    for sector in sectors:
        per = standards.residents_per_unit.get(sector, 0)
        there = seen.get(sector)
        found.append(
            Gap(
                sector,
                has_service=sector in served,
                state=there.state if there else None,
                units=there.units if there else None,
                needed=math.ceil(population / per) if per and population else None,
            )
        )
    return tuple(found)


def check_count(name: str, number: int | None) -> None:
    """Raises ``Invalid`` for what is no number of people or things."""
    if number is not None and not 0 <= number <= MOST:
        raise Invalid(name, f"must be a number from 0 to {MOST}")

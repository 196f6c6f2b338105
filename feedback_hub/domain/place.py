"""Sites, the organisations that work there and the services they run (DOMAIN.md, One record)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

EVERYWHERE = "*"


class SiteStatus(StrEnum):
    """Whether a site still runs."""

    ACTIVE = "active"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class OrganisationKind(StrEnum):
    """What an organisation is."""

    UN = "un"
    INGO = "ingo"
    NGO = "ngo"
    GOVERNMENT = "government"
    RED_CROSS = "red_cross"
    PRIVATE = "private"
    COMMUNITY = "community"
    MECHANISM = "mechanism"
    OTHER = "other"


class MailWish(StrEnum):
    """When somebody wants to hear by e-mail that something waits for them."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NONE = "none"


@dataclass(eq=False)
class Organisation:
    """A partner; referrals go to it. ``code`` is its short name on the wire.

    ``mail`` is when its people without an account hear of what waits for them.
    """

    code: str
    name: str
    kind: OrganisationKind = OrganisationKind.OTHER
    email: str = ""
    language: str = "por"
    active: bool = True
    mail: MailWish = MailWish.AT_ONCE


@dataclass(eq=False)
class Site:
    """A place where people live.

    A P-code means nothing without its scheme: two incompatible ones circulate (``MZ0701`` is
    Angoche in the 2019 one and Beira in 2025's). ``capacity``: for how many people it was planned.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    province: str = ""
    district: str = ""
    pcode: str = ""
    pcode_scheme: str = ""
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    status: SiteStatus = SiteStatus.ACTIVE
    valid_from: date | None = None
    valid_to: date | None = None
    capacity: int | None = None


@dataclass(eq=False)
class Service:
    """Who serves a sector at a site, and who answers for it. ``site`` ``*`` is everywhere.

    ``focal_point`` and ``backup`` are e-mail addresses of accounts, which need not exist yet, or
    names, whom no notice reaches.
    """

    id: str
    site: str
    sector: str
    organisation: str
    focal_point: str = ""
    backup: str = ""
    hours: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def serves(self, site: str, sector: str, on: date) -> bool:
        """Whether this service answers for ``sector`` at ``site`` on that day."""
        return (
            self.sector == sector
            and self.site in {site, EVERYWHERE}
            and (self.valid_from is None or self.valid_from <= on)
            and (self.valid_to is None or on <= self.valid_to)
        )

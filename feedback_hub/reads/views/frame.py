"""The frame around every page, and how a reader wants it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.domain.access import Role
from feedback_hub.services.records.staff import NoticeKind


@dataclass(frozen=True)
class HubView:
    """The frame around every page.

    ``handset`` is the sandbox channel's name, or empty where none is configured. ``training`` says
    that everything here is invented.
    """

    name: str
    training: bool = False
    handset: str = ""


class Theme(StrEnum):
    """Light or dark, whatever the system says."""

    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How much stands on a screen."""

    COMFORTABLE = "comfortable"
    DENSE = "dense"


COLUMNS = ("place", "sector", "age", "clock", "state", "owner")
"""The columns of a list of cases that somebody may leave out; number and subject always stand."""


@dataclass(frozen=True)
class SavedFilter:
    """A narrowed list under a name; ``query`` is what its address holds."""

    id: str
    name: str
    query: str


@dataclass(frozen=True)
class Looks:
    """How a reader wants the screens; None: as their system has it.

    ``quiet``: the kinds of notices that they do not want counted under the bell. ``letters``: keys
    of one letter do something; who dictates, or whose hands tremble, needs that off (WCAG 2.1.4).
    """

    theme: Theme | None = None
    density: Density | None = None
    hidden: tuple[str, ...] = ()
    filters: tuple[SavedFilter, ...] = ()
    quiet: tuple[NoticeKind, ...] = ()
    letters: bool = True


@dataclass(frozen=True)
class ReaderView:
    """Who is logged in. ``nav`` names the pages the policy lets them open, in order.

    Known names: ``home``, ``report``, ``cases``, ``referrals``, ``handset``,
    ``issues``, ``wordings``, ``people``, ``health``, ``audit``. ``sends_nothing`` tells them that
    no wording is approved.
    """

    name: str
    role: Role
    organisation: str = ""
    nav: tuple[str, ...] = ()
    notices: int = 0
    routing: bool = False
    looks: Looks = Looks()
    roster: bool = False
    broadcasts: bool = False
    hands_over: bool = False
    sends_nothing: bool = False

"""Lists of cases, their clocks and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Share
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads.views.conversation import Piece


class ClockLevel(StrEnum):
    """How a duty stands against its deadline; ``paused`` while we wait for the person."""

    RUNNING = "running"
    SOON = "soon"
    OVERDUE = "overdue"
    PAUSED = "paused"
    MET = "met"


@dataclass(frozen=True)
class ClockView:
    """One duty's clock. ``at`` is the deadline, or for ``met`` the moment; None while paused."""

    duty: Duty
    level: ClockLevel
    at: datetime | None = None


class QueueTab(StrEnum):
    """The queue's views, in the order they are shown."""

    TRIAGE = "triage"
    VERIFY = "verify"
    OVERDUE = "overdue"
    WAITING = "waiting"
    ALL = "all"


OF_A_FIGURE = (
    *("figure", "first", "last", "channel", "sex", "age_band", "disability"),
    *("outcome", "code", "partner"),
)
"""Filters without a place in the queue's form: a figure of the dashboard brings them."""


@dataclass(frozen=True)
class QueueFilters:
    """What the address bar says; empty means any."""

    tab: QueueTab = QueueTab.ALL
    site: str = ""
    sector: str = ""
    type: str = ""
    priority: str = ""
    state: str = ""
    tag: str = ""
    assigned: str = ""
    field: tuple[str, ...] = ()
    q: str = ""
    first: str = ""
    last: str = ""
    channel: str = ""
    sex: str = ""
    code: str = ""
    partner: str = ""
    age_band: str = ""
    disability: str = ""
    outcome: str = ""
    figure: str = ""

    def query(self, **changes: str) -> dict[str, str | tuple[str, ...]]:
        """The filters as query arguments, without the empty ones, after ``changes``."""
        return {name: value for name, value in {**self.__dict__, **changes}.items() if value}

    @property
    def is_of_a_figure(self) -> bool:
        """Whether the list is the one behind a figure of the dashboard."""
        return bool(self.of_a_figure)

    @property
    def of_a_figure(self) -> tuple[str, ...]:
        """Which of the filters that only a figure brings are set."""
        return tuple(name for name in OF_A_FIGURE if getattr(self, name))

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab narrows the list."""
        return any(value for name, value in self.__dict__.items() if name != "tab")


@dataclass(frozen=True)
class QueueRow:
    """One case in a list.

    ``code`` names it; ``suggested`` says that only the machine has said so. ``snippet`` is masked,
    and empty where the reader may not see words; ``kind`` is what came where there are none.
    ``waiting_for`` is an organisation's name. ``hits``: the snippet around the words that were
    searched for, in pieces; a piece that was found says so in ``why``.
    """

    ref: str
    code: str
    type: str
    state: CaseState
    sensitivity: Sensitivity
    priority: Priority
    received_at: datetime
    channel: str
    snippet: str = ""
    kind: MessageKind = MessageKind.TEXT
    sector: str = ""
    site: str = ""
    suggested: bool = False
    clock: ClockView | None = None
    waiting_for: str = ""
    owner: str = ""
    hits: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Together:
    """What may be done with several cases at once: pairs of id and name; nothing for a desk."""

    owners: tuple[tuple[str, str], ...] = ()
    issues: tuple[tuple[str, str], ...] = ()
    organisations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TogetherPreview:
    """Cases that are about to be referred together; ``shares``: what each person agreed to."""

    organisation: str
    organisation_name: str
    rows: tuple[QueueRow, ...]
    shares: Mapping[str, Share]


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue. ``older`` and ``newer`` are keyset cursors, empty at an end.

    ``counts`` holds a number for each tab, ``many`` where it is that or more. The choices are codes
    present in the reader's scope. ``mark`` changes when anything that the list shows does.
    """

    filters: QueueFilters
    rows: tuple[QueueRow, ...]
    counts: Mapping[QueueTab, int]
    many: int
    older: str = ""
    newer: str = ""
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    own: tuple[CustomField, ...] = ()
    together: Together | None = None
    mark: str = ""
    behind: int | None = None
    """How many cases are behind a figure of the dashboard; None where the list is of none."""

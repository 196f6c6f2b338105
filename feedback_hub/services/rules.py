"""The hub's settings as the services need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from feedback_hub.domain.clock import WorkingCalendar
from feedback_hub.domain.clocks import Targets
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.domain.contact import Step
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.exchange import Peer
from feedback_hub.domain.quiet import QuietHours
from feedback_hub.domain.routing import RoutingRule
from feedback_hub.services.ports import Renderer


@dataclass(frozen=True)
class OwnCalendar:
    """When an organisation works, or people at a site, where that differs from the hub's."""

    calendar: WorkingCalendar
    organisations: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """The hub's settings as the services need them; built once from the configuration.

    ``last_rung`` is the e-mail address that an escalation ends at (AAP and PSEA coordination).
    ``reply_channels`` are the channel accounts a text can go out on; ``phone_channel`` the one of
    them that reaches a phone number somebody gave at a desk, empty where there is none.
    ``call_channels`` are those that people ring. ``mails`` are the e-mails' templates by
    ``language/name``, the subject on their first line.
    ``conversation_window`` is the silence after which a message opens a new case; from the
    confidence ``sure_from`` on a suggestion is no guess. In ``quiet`` hours and above
    ``segments_a_day`` SMS parts (0: no limit) an answer waits;
    ``price`` of a part, with its currency, is only shown. ``bank_unasked``: an answer of the
    information bank may be texted to who was not asked what texts may say. ``conduct_within``:
    until when the conduct of who has power over aid is reported. ``ask``: the questions
    of the dialogue. ``routing``: rules that come before the services; ``calendars``: who works
    at other times. ``ring_every``: from ringing one handler on call to ringing the next.
    ``rereads``: a slower machine reads again what was classified at once.
    """

    frame: CodingFrame
    targets: Targets
    calendar: WorkingCalendar
    renderer: Renderer
    organisation: str = ""
    hotline: str = "1458"
    default_language: str = "por"
    attempts_before_unreachable: int = 5
    appeal_days: int = 30
    last_rung: str = ""
    contact_per_minute: int = 20
    account_per_minute: int = 12000
    acknowledgements_a_day: int = 5
    reply_channels: frozenset[str] = frozenset()
    conversation_window: timedelta = timedelta(hours=72)
    sure_from: float = 0.5
    ask: tuple[Step, ...] = ()
    phone_channel: str = ""
    call_channels: frozenset[str] = frozenset()
    base_url: str = ""
    sends_mail: bool = False
    mails: Mapping[str, str] = field(default_factory=dict)
    link_days: int = 14
    digest_day: int = 0
    unread_after: timedelta = timedelta(minutes=15)
    quiet: QuietHours | None = None
    segments_a_day: int = 0
    price: tuple[float, str] = (0.0, "")
    bank_unasked: bool = False
    conduct_within: timedelta = timedelta(hours=24)
    fields: tuple[CustomField, ...] = ()
    peers: Mapping[str, Peer] = field(default_factory=dict)
    hub: str = ""
    rereads: bool = False
    routing: tuple[RoutingRule, ...] = ()
    calendars: tuple[OwnCalendar, ...] = ()
    ring_every: timedelta = timedelta(minutes=2)

    def calendar_of(self, *, organisation: str = "", site: str = "") -> WorkingCalendar:
        """When they work: an organisation as it says itself, else as at the site, else as here."""
        for own in self.calendars:
            if organisation and organisation in own.organisations:
                return own.calendar
        for own in self.calendars:
            if site and site in own.sites:
                return own.calendar
        return self.calendar

"""The contract every channel keeps, and the little they share.

A channel translates: a provider's request into our words, our words into a provider's call. It
knows nothing of cases, databases, queues or Flask. ``docs/channels/`` tells operators how to set
each one up; CONTRIBUTING.md has the checklist for adding one.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import ClassVar, Protocol, runtime_checkable

from feedback_hub.domain.contact import Purpose, Step
from feedback_hub.domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
)
from feedback_hub.domain.pacing import Limits
from feedback_hub.domain.submission import Submission

Item = InboundMessage | Submission | DeliveryReceipt
"""What a request holds: a message, a form with everything it asked, or news of one of ours."""

_KIND = re.compile(r"^[a-z][a-z0-9_]*$")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:=@-]{0,99}")
_WRITTEN_ABROAD = re.compile(r"\+[\d\s().-]+")
_WRITTEN_HERE = re.compile(r"\+?[\d\s().-]+")


@dataclass(frozen=True)
class WebhookRequest:
    """One HTTP request as plain data.

    ``url`` is the *configured* public URL with path and query (signatures are made over it, and a
    proxy may have rewritten what the server saw). ``endpoint`` is what follows the channel's name:
    ``inbound``, ``status``, ``voice``. Header names are lower case. ``body`` is raw, within the
    size limit. ``remote_address`` is the peer as far as the configured proxies are trusted.
    """

    endpoint: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    remote_address: str = ""


@dataclass(frozen=True)
class WebhookReply:
    """What the provider hears back."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Unverified(Exception):
    """The request is not provably the provider's: 403, nothing stored."""


class Unparseable(Exception):
    """Verified, but not a payload we understand: stored as rejected, answered 200.

    ``reason`` is for the operator and carries no content of the payload.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """One configured account on one provider.

    An instance is built once a process from its settings and holds no state but clients; it is
    used from several threads.
    """

    Settings: ClassVar[type]
    """Dataclass built from the ``[channels.<name>]`` section; see ``feedback_hub.config``."""
    methods: ClassVar[Mapping[str, frozenset[str]]]
    """Endpoint → HTTP methods it answers; for anything else the hub answers 404 or 405 itself."""
    name: str
    """The section's name, text in the database."""

    def verify(self, request: WebhookRequest) -> None:
        """Prove that the provider sent this, in constant time. Raises ``Unverified``."""

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """Translate a verified request. ``now`` (UTC) stands where the provider gives no time.

        Raises ``Unparseable``. An empty sequence is legal (a ping).
        """

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """What the provider expects after the items are durable."""

    def send(self, message: OutboundMessage) -> str:
        """Hand one message to the provider and return its id. Raises ``DeliveryError``.

        Never called inside a transaction; may take as long as the provider's time-out.
        """

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Ask the provider whether it already has ``message``; its id, or None if it has not.

        Raises ``CannotAsk`` where the provider offers no such question, ``DeliveryError`` when it
        could not be asked now.
        """

    def missed(self, since: datetime) -> Sequence[InboundMessage | Submission]:
        """What came in since ``since`` (UTC) according to the provider; empty if it cannot tell."""

    def check(self) -> str:
        """Reach the provider with the configured credentials; one line for ``feedback-hub check``.

        Raises ``DeliveryError``.
        """


@runtime_checkable
class Paced(Protocol):
    """A channel whose provider takes only so much in a time.

    The hub keeps to it over all its processes (``services.pacing``); the channel only says what.
    """

    def limits(self) -> Limits | None:
        """What the account may send; None where its settings set no limit."""

    def parts(self, message: OutboundMessage) -> int:
        """As how many ``message`` counts."""


@runtime_checkable
class Loads(Protocol):
    """A channel whose provider's library is large: loaded once, not in each process."""

    def load(self) -> None:
        """Load it, connecting to nobody: before the processes that use it are forked."""


@runtime_checkable
class RemembersSent(Protocol):
    """A channel whose ``find_sent`` answers. Then several texts may be on their way at once.

    Where the hub dies with a text under way to any other, nobody can tell whether it was sent; so
    to those it sends one after the other, and never more than one is in doubt.
    """

    def remembers_sent(self) -> bool:
        """Whether it does with its settings."""


@runtime_checkable
class TellsOfSent(Protocol):
    """A channel whose provider can be asked what became of a text: its receipt may have got lost.

    What ``state_of`` brings goes the way of every receipt, so the same one twice is one.
    """

    def state_of(self, provider_id: str, now: datetime) -> DeliveryReceipt:
        """What the provider knows now. Raises ``CannotAsk``, ``DeliveryError``."""


@runtime_checkable
class HoldsFiles(Protocol):
    """A channel whose provider keeps files until a job asks for them."""

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """The file, in ``seconds``, with this account's credentials where the provider wants them.

        Only from the provider's own hosts, whatever the address says. Raises ``DeliveryError``:
        ``permanent`` when it is gone or larger than ``most`` bytes (``provider_code`` is then a
        word of ``AttachmentFault``), else it may be asked for again. ``channels/_fetching.py`` has
        what an HTTP download needs.
        """


@dataclass(frozen=True)
class Pulled:
    """One look into a provider's post box.

    ``deliveries`` pair each raw payload (kept for mending faults) with what it says; None where it
    could not be read, and is kept as rejected. ``cursor`` is where to go on once these are durable.
    ``more``: ask again at once.
    """

    deliveries: Sequence[tuple[bytes, Sequence[Item] | None]]
    cursor: str
    more: bool = False


@runtime_checkable
class Pulls(Protocol):
    """A channel that can fetch what arrived, for a hub without a public address.

    The hub keeps the cursor and sees to it that one process at a time pulls an account.
    """

    def pulls(self) -> bool:
        """Whether this account is set up to be pulled."""

    def pull(self, cursor: str, now: datetime) -> Pulled:
        """What came after ``cursor`` (empty at first). May wait for the provider up to 25 s.

        Nothing is confirmed to the provider before ``cursor`` comes back in the next call: what
        was returned may not be durable yet. Raises ``DeliveryError``.
        """


@runtime_checkable
class Registers(Protocol):
    """A channel whose provider can be told, and asked, where its webhook goes."""

    def registered(self) -> str:
        """The address the provider calls now, empty if none. Raises ``DeliveryError``."""

    def register(self) -> None:
        """Have the provider call this hub. Raises ``DeliveryError``."""


@runtime_checkable
class Linked(Protocol):
    """A channel that a link, or a QR code on a poster, leads into."""

    def link(self, site: str) -> str:
        """Where it leads; ``site``'s code travels with the first message. Empty: not set up."""


SAYABLE = frozenset({"por", "eng"})
"""The languages that a machine's voice may speak for us; any other is heard as a recording."""


@dataclass(frozen=True)
class Prompt:
    """An approved wording as a caller hears it: the address of a recording, else text to say."""

    text: str = ""
    audio: str = ""


@runtime_checkable
class Rings(Protocol):
    """A channel that can ring a telephone: handlers who are on call, never the people served."""

    def ring(self, number: str, key: str) -> str:
        """Ring ``number``; the provider's id. What is said belongs to ``key`` (``Desk.ringing``).

        Raises ``DeliveryError``.
        """


@dataclass(frozen=True)
class Ringing:
    """What whoever is rung hears, and once they take it."""

    text: str
    thanks: str
    language: str


@dataclass(frozen=True)
class Numbers:
    """What a person keeps of a case: 9 digits and 6."""

    reference: str
    secret: str


class Desk(Protocol):
    """What the hub answers a channel that talks with people while they wait."""

    def languages(self, needed: Collection[Purpose]) -> Sequence[str]:
        """The hub's languages in which every one of ``needed`` is approved and can be heard."""

    def prompt(self, language: str, purpose: Purpose) -> Prompt | None:
        """The approved wording; None where there is none: then nothing is said."""

    def is_worked(self, opens: time | None, closes: time | None) -> bool:
        """Whether people work now, in the hub's own hours or between these (local time)."""

    def numbers(self, external_id: str) -> Numbers | None:
        """The numbers of the case that a kept message became; None while there is none."""

    def questions(self, external_id: str) -> Sequence[Step]:
        """What is open to ask whoever left a kept message, in order; nothing where one may not."""

    def sites(self) -> Sequence[tuple[str, str]]:
        """Code and name of the sites, in the order they are read out; empty if they are many."""

    def ringing(self, key: str) -> Ringing | None:
        """What whoever is rung by this call hears; None where it is none of ours."""

    def take(self, key: str) -> bool:
        """Whoever is rung says that they take it; False where it is none of ours."""

    def keep(self, items: Sequence[Item]) -> None:
        """Make these durable, as what ``parse`` returned already is."""


@runtime_checkable
class Converses(Protocol):
    """A channel whose provider waits for what to say next: a call."""

    def converse(
        self, request: WebhookRequest, items: Sequence[Item], desk: Desk, now: datetime
    ) -> WebhookReply:
        """What the person hears, once ``items`` (what ``parse`` made of the request) are durable.

        The same request has the same answer. Takes the place of ``reply``.
        """


def identifier(value: str, what: str) -> str:
    """``value``, if it may stand as plain text in a database, a log and a URL: a provider's id.

    Raises ``Unparseable`` naming ``what`` was wrong, never the value: an id of another shape may
    be somebody's words in the wrong field.
    """
    if not _IDENTIFIER.fullmatch(value):
        raise Unparseable(f"{what} is missing or not an id")
    return value


def phone_address(raw: str, country: str = "") -> str:
    """The E.164 form of a number written with its country code, if it is a valid one.

    Everything else (short codes, alphanumeric senders, ``whatsapp:`` addresses, numbers without a
    country) comes back as it is, but for surrounding space: guessing a country reaches a stranger.
    Where a person wrote it down for this hub, ``country`` (ISO 3166-1) is what they meant.
    """
    address = raw.strip()
    # phonenumbers would find a number inside "whatsapp:+258…" and spell out "+1-800-FLOWERS".
    if not (_WRITTEN_HERE if country else _WRITTEN_ABROAD).fullmatch(address):
        return address
    # Its tables take a while to load: only a process that meets a number pays for them.
    import phonenumbers

    try:
        number = phonenumbers.parse(address, country or None)
    except phonenumbers.NumberParseException:
        return address
    if not phonenumbers.is_valid_number(number):
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_set_by_hand(account: object) -> bool:
    """Whether where its provider calls us is neither told nor asked (``set_by_hand``), after all.

    Some accounts of a kind that registers are set up in the provider's console only.
    """
    return bool(getattr(account, "set_by_hand", False))


def is_one_way(adapter: type[Channel]) -> bool:
    """Whether nobody can be answered through it (its class says ``one_way = True``): a form."""
    return bool(getattr(adapter, "one_way", False))


def load_kind(kind: str) -> type[Channel]:
    """The channel class that ``kind`` names: class ``Adapter`` in ``channels/<kind>.py``.

    Raises ``LookupError`` for a kind that has no file.
    """
    if not _KIND.match(kind) or kind == "base":
        raise LookupError(f"no channel kind {kind!r}")
    try:
        module = importlib.import_module(f"channels.{kind}")
    except ModuleNotFoundError as error:
        if error.name != f"channels.{kind}":
            raise
        raise LookupError(f"no channel kind {kind!r}") from None
    adapter: type[Channel] = module.Adapter
    return adapter

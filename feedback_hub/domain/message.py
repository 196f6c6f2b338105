"""Messages as the mechanism knows them, whatever channel carried them.

Plain values: an adapter builds them from a provider's words, the services act on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MessageKind(StrEnum):
    """What the person did.

    ``call`` was noted by an operator, ``missed_call`` asks to be called back, ``opened`` started a
    conversation without saying anything yet.
    """

    TEXT = "text"
    VOICE = "voice"
    MISSED_CALL = "missed_call"
    CALL = "call"
    FORM = "form"
    LOCATION = "location"
    OPENED = "opened"
    UNKNOWN = "unknown"


UPLOADED = "upload:"


@dataclass(frozen=True)
class Attachment:
    """A file the provider holds; a job fetches it later, never the webhook.

    ``url`` is where, ``content_type`` what the provider claims (not trusted). ``UPLOADED`` instead
    of an address: whoever handed it in sends it here piece by piece, ``size`` bytes of it.
    """

    url: str
    content_type: str = ""
    filename: str = ""
    size: int = 0

    @property
    def is_uploaded(self) -> bool:
        """Whether nobody fetches it: it is sent here."""
        return self.url == UPLOADED


@dataclass(frozen=True)
class Location:
    """A point the person sent, WGS 84 degrees. As personal as an address, and sealed like one."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class InboundMessage:
    """One thing a person sent, translated from the provider's words and otherwise untouched.

    ``external_id`` is the provider's own id: with the channel's name it makes a delivery that is
    repeated one message. ``sender`` is kept raw, as it came; ``address`` is its canonical form
    (E.164, chat id) or empty for an anonymous one. Times are UTC.

    ``revises`` is the ``external_id`` of the message that this one is a newer version of (an edited
    chat message, a corrected form): kept beside it, never instead. ``reply_to`` is the provider's
    id of the message answered, ours or theirs.
    """

    external_id: str
    received_at: datetime
    text: str
    sender: str = ""
    address: str = ""
    kind: MessageKind = MessageKind.TEXT
    recipient: str = ""
    language: str = "und"
    site: str = ""
    sender_name: str = ""
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    revises: str = ""
    reply_to: str = ""
    location: Location | None = None


class DeliveryState(StrEnum):
    """The life of one outbound message (the delivery ledger).

    ``withheld`` never leaves: wording not approved, contact stopped, or the rules forbid it.
    """

    QUEUED = "queued"
    ATTEMPTING = "attempting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHHELD = "withheld"

    @property
    def rank(self) -> int:
        """Position on the one-way road; a receipt may only move to a higher rank."""
        return _RANK[self]

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be attempted."""
        return self in _FINAL


_RANK = {
    DeliveryState.QUEUED: 0,
    DeliveryState.ATTEMPTING: 1,
    DeliveryState.OUTCOME_UNKNOWN: 2,
    DeliveryState.SENT: 3,
    DeliveryState.FAILED: 4,
    DeliveryState.EXPIRED: 4,
    DeliveryState.WITHHELD: 4,
    DeliveryState.DELIVERED: 5,
    DeliveryState.READ: 6,
}
_FINAL = frozenset(
    {
        DeliveryState.DELIVERED,
        DeliveryState.READ,
        DeliveryState.FAILED,
        DeliveryState.EXPIRED,
        DeliveryState.WITHHELD,
    }
)


@dataclass(frozen=True)
class DeliveryReceipt:
    """What a provider reports about a message we sent.

    ``state`` is None for a provider word we do not know; the raw word is kept in ``raw_state``.
    ``error_code`` is the provider's, ``opted_out`` says that the person asked for silence there.
    """

    provider_id: str
    state: DeliveryState | None
    at: datetime
    raw_state: str = ""
    error_code: str = ""
    opted_out: bool = False


@dataclass(frozen=True)
class OutboundMessage:
    """A rendered text on its way to a channel. ``id`` is ours, stable over every attempt.

    ``attempted_at`` is the first attempt's time (UTC), so that a channel asked for what it
    already has knows where to look; None before any attempt. ``choices`` are answers a channel may
    offer as buttons; what comes back is the choice's number, 1 for the first, as if it were typed.
    ``others``: what the provider calls our other texts to this person, none of which is this one.
    """

    id: str
    channel: str
    address: str
    text: str
    language: str = "por"
    attempted_at: datetime | None = None
    choices: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()


class SendFault(StrEnum):
    """Why a send failed, in words a person understands (shown on the case)."""

    OPTED_OUT = "opted_out"
    BAD_ADDRESS = "bad_address"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    CREDENTIALS = "credentials"
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


class DeliveryError(Exception):
    """A send did not succeed, and what to do about it.

    ``permanent``: never try this message again. ``retry_after``: seconds the provider asked us to
    wait. ``opted_out``: the person stopped this channel account. ``outcome_unknown``: the request
    left and no answer came, so the provider must be asked before any second send.
    """

    def __init__(
        self,
        fault: SendFault,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        opted_out: bool = False,
        outcome_unknown: bool = False,
        provider_code: str = "",
    ) -> None:
        super().__init__(f"{fault.value} {provider_code}".strip())
        self.fault = fault
        self.permanent = permanent
        self.retry_after = retry_after
        self.opted_out = opted_out
        self.outcome_unknown = outcome_unknown
        self.provider_code = provider_code


class CannotAsk(Exception):
    """The provider has no way to tell what it was given: the outcome stays unknown."""

"""Referrals that travel to another mechanism and back: the letters, version 1 (docs/exchange.md).

A referral leaves as one letter; what becomes of it travels both ways as further letters, in order.
Each is known by its ``id``, so that one that arrives twice is one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.person import AccusedClass, AgeBand, Disability, PopulationGroup, Sex
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.domain.sensitivity import Priority, Sensitivity

SCHEMA = "feedback_hub.exchange"
VERSION = 1
LONGEST_ID = 64
LONGEST_TEXT = 20_000
MOST_HUBS = 20
"""A trail longer than this is no chain of referrals any more."""

W = TypeVar("W", bound=StrEnum)


class LetterKind(StrEnum):
    """What a letter says. The first, and ``resumed`` to ``withdrawn``, go to who was asked."""

    REFERRAL = "referral"
    RESUMED = "resumed"
    SENT_BACK = "sent_back"
    VERIFIED = "verified"
    ACCEPTED = "accepted"
    STARTED = "started"
    RETURNED = "returned"
    DECLINED = "declined"
    ANSWERED = "answered"


TO_ASKED = frozenset(
    {LetterKind.REFERRAL, LetterKind.RESUMED, LetterKind.SENT_BACK, LetterKind.VERIFIED}
)
"""What the one who referred says; the other kinds are said by the one who was asked."""

TOLD = {
    EventKind.TRIAGED: LetterKind.ACCEPTED,
    EventKind.REFERRED: LetterKind.STARTED,
    EventKind.HANDED_OFF: LetterKind.STARTED,
    EventKind.RESPONSE_READY: LetterKind.ANSWERED,
    EventKind.ANSWERED_ON_SPOT: LetterKind.ANSWERED,
    EventKind.CLOSED: LetterKind.DECLINED,
}
"""What happens here to a case that came from another mechanism, as that one is told.

Closing is told only where there was no answer: a case from elsewhere is declined by closing it.
"""


class Way(StrEnum):
    """Which way a referral went."""

    OUT = "out"
    IN = "in"


class Refusal(StrEnum):
    """Why a hub does not take a case in at all."""

    LOOP = "loop"
    NO_CONSENT = "no_consent"
    NOT_NAMED = "not_named"

    @property
    def words(self) -> str:
        """The reason for the case team that had referred it, in the languages of the pages."""
        return _REFUSED[self]


_REFUSED = {
    Refusal.LOOP: "O caso já passou por lá. | The case has been there before.",
    Refusal.NO_CONSENT: "A pessoa não aceitou partilhar. | The person did not agree to share it.",
    Refusal.NOT_NAMED: (
        "Não recebem casos altamente sensíveis por esta via. | "
        "They take no highly sensitive case on this road."
    ),
}


@dataclass(frozen=True)
class Peer:
    """Another mechanism: the ``name`` of its ``[exchange.<name>]`` and its ``organisation``.

    ``hub`` is its ``hub_id``, empty where files are exchanged. ``handler`` takes highly sensitive
    cases there, ``our_handler`` here; empty: none travel that way.
    """

    name: str
    organisation: str
    hub: str = ""
    handler: str = ""
    our_handler: str = ""
    by_file: bool = False

    @property
    def actor_id(self) -> str:
        """Who acts here when its letters arrive."""
        return f"{ACTOR}{self.name}"

    def may_have(self, case: Case) -> bool:
        """Whether a case may go there now: a suspected L3 never, an L3 to a named handler only."""
        if case.suspected:
            return False
        return case.sensitivity is not Sensitivity.L3 or bool(self.handler)


ACTOR = "exchange:"


@dataclass(frozen=True)
class SitePlace:
    """Where it is. A P-code means nothing without its scheme."""

    code: str = ""
    name: str = ""
    pcode: str = ""
    pcode_scheme: str = ""
    place: str = ""


@dataclass(frozen=True)
class Carried:
    """What travels of a case: what any partner sees of it at this consent, and no more.

    ``name`` only where the person agreed to share it; never a number. Sex, age and the like are
    taken in where another mechanism sends them and never sent. ``accused_organisation`` and its
    class travel because they keep the accused from handling it. Times are UTC.
    """

    text: str
    share: Share
    received_at: datetime
    site: SitePlace = field(default_factory=SitePlace)
    language: str = "und"
    codes: tuple[str, ...] = ()
    sector: str = ""
    priority: Priority = Priority.P3
    sensitivity: Sensitivity = Sensitivity.L1
    handler: str = ""
    name: str = ""
    sex: Sex = Sex.NOT_ASKED
    age_band: AgeBand = AgeBand.NOT_ASKED
    disability: Disability = Disability.NOT_ASKED
    group: PopulationGroup = PopulationGroup.NOT_ASKED
    accused_organisation: str = ""
    accused_class: AccusedClass | None = None


@dataclass(frozen=True)
class Letter:
    """One letter. ``referral`` is the referral's id at the one who referred, the same in all.

    ``reference`` is the case's number at the sender. ``trail``: every hub the case has been
    through, the first one first (``hub_id`` of each). ``text`` is a note, question or answer.
    """

    id: str
    kind: LetterKind
    referral: str
    at: datetime
    hub: str = ""
    reference: str = ""
    text: str = ""
    outcome: Outcome | None = None
    reason: DeclineReason | None = None
    trail: tuple[str, ...] = ()
    case: Carried | None = None


@dataclass(frozen=True)
class Receipt:
    """What the receiver says at once: its own number for the case, or why it does not take it.

    ``applied`` False: the letter came too late to change anything, and is not to be repeated.
    ``repeated``: it was here before.
    """

    reference: str = ""
    declined: Refusal | None = None
    applied: bool = True
    repeated: bool = False


def hub_id(base_url: str) -> str:
    """A hub in a trail: nobody learns from it which hub it is who does not know its address."""
    return hashlib.sha256(base_url.rstrip("/").lower().encode()).hexdigest()[:16]


def refusal(letter: Letter, own_hub: str, peer: Peer) -> Refusal | None:
    """Why a referral is not taken in here; None: it is."""
    carried = letter.case
    if own_hub in letter.trail or len(letter.trail) > MOST_HUBS:
        return Refusal.LOOP
    if carried is None or carried.share not in {Share.NAME, Share.ANONYMOUS}:
        return Refusal.NO_CONSENT
    if carried.sensitivity is Sensitivity.L3 and (
        not peer.our_handler or carried.handler != peer.our_handler
    ):
        return Refusal.NOT_NAMED
    return None


def signature(secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """HMAC-SHA256, in hex, of the parts a line each, the body by its SHA-256."""
    parts = (method, path, timestamp, nonce, hashlib.sha256(body).hexdigest())
    return hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def is_signed(expected: str, given: str) -> bool:
    """Whether both are the same, in a time that does not tell how much of it is."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))

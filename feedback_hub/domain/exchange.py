"""Referrals that travel to another mechanism and back: the letters, version 1 (docs/exchange.md).

A referral leaves as one letter; what becomes of it travels both ways as further letters, in order.
Each is known by its ``id``, so that one that arrives twice is one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from feedback_hub.domain.case import Case, Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid
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
_NEED_WORDS = frozenset({LetterKind.SENT_BACK, LetterKind.RETURNED, LetterKind.ANSWERED})

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


def dump(letter: Letter) -> dict[str, object]:
    """The letter as JSON has it (docs/exchange.md, The letters)."""
    document: dict[str, object] = {
        "schema": SCHEMA,
        "version": VERSION,
        "id": letter.id,
        "kind": letter.kind.value,
        "referral": letter.referral,
        "at": letter.at.isoformat(),
        "hub": letter.hub,
        "reference": letter.reference,
        "text": letter.text,
        "outcome": letter.outcome.value if letter.outcome else None,
        "reason": letter.reason.value if letter.reason else None,
    }
    if letter.case is not None:
        document["trail"] = list(letter.trail)
        document["case"] = _dump_case(letter.case)
    return document


def _dump_case(case: Carried) -> dict[str, object]:
    return {
        "text": case.text,
        "language": case.language,
        "received_at": case.received_at.isoformat(),
        "site": {
            "code": case.site.code,
            "name": case.site.name,
            "pcode": case.site.pcode,
            "pcode_scheme": case.site.pcode_scheme,
            "place": case.site.place,
        },
        "codes": list(case.codes),
        "sector": case.sector,
        "priority": case.priority.value,
        "sensitivity": case.sensitivity.value,
        "handler": case.handler,
        "consent": {"share": case.share.value},
        "person": {
            "name": case.name,
            "sex": case.sex.value,
            "age_band": case.age_band.value,
            "disability": case.disability.value,
            "group": case.group.value,
        },
        "accused": {
            "organisation": case.accused_organisation,
            "class": case.accused_class.value if case.accused_class else None,
        },
    }


def load(document: object) -> Letter:
    """A letter from JSON. Raises ``Invalid`` naming the field; nothing of a value is repeated."""
    read = _Reading(document)
    if read.text("schema") != SCHEMA or document_version(document) != VERSION:
        raise Invalid("version", f"is not {SCHEMA} version {VERSION}")
    kind = read.word("kind", LetterKind)
    outcome, reason = read.maybe("outcome", Outcome), read.maybe("reason", DeclineReason)
    if kind is LetterKind.ANSWERED and outcome is None:
        raise Invalid("outcome", "is missing")
    if kind in _NEED_WORDS and not read.text("text").strip():
        raise Invalid("text", "is empty")
    return Letter(
        id=read.needed("id", LONGEST_ID),
        kind=kind,
        referral=read.needed("referral", LONGEST_ID),
        at=read.moment("at"),
        hub=read.text("hub", LONGEST_ID),
        reference=read.text("reference", LONGEST_ID),
        text=read.text("text", LONGEST_TEXT),
        outcome=outcome,
        reason=reason,
        trail=read.words("trail") if kind is LetterKind.REFERRAL else (),
        case=_load_case(read.part("case")) if kind is LetterKind.REFERRAL else None,
    )


def document_version(document: object) -> object:
    """Which version a document says it is of."""
    return document.get("version") if isinstance(document, Mapping) else None


def _load_case(read: _Reading) -> Carried:
    site, person, accused = read.part("site"), read.part("person"), read.part("accused")
    share = read.part("consent").word("share", Share)
    return Carried(
        text=read.needed("text", LONGEST_TEXT),
        share=share,
        received_at=read.moment("received_at"),
        site=SitePlace(
            *(site.text(name, 200) for name in ("code", "name", "pcode", "pcode_scheme", "place"))
        ),
        language=read.text("language", 8) or "und",
        codes=read.words("codes"),
        sector=read.text("sector", LONGEST_ID),
        priority=read.word("priority", Priority),
        sensitivity=read.word("sensitivity", Sensitivity),
        handler=read.text("handler", 254),
        # Whatever was sent: without consent a name is not kept.
        name=person.text("name", 200) if share is Share.NAME else "",
        sex=person.maybe("sex", Sex) or Sex.NOT_ASKED,
        age_band=person.maybe("age_band", AgeBand) or AgeBand.NOT_ASKED,
        disability=person.maybe("disability", Disability) or Disability.NOT_ASKED,
        group=person.maybe("group", PopulationGroup) or PopulationGroup.NOT_ASKED,
        accused_organisation=accused.text("organisation", LONGEST_ID),
        accused_class=accused.maybe("class", AccusedClass),
    )


def dump_receipt(receipt: Receipt) -> dict[str, object]:
    """A receipt as JSON has it."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "state": "declined" if receipt.declined else "received",
        "reference": receipt.reference,
        "reason": receipt.declined.value if receipt.declined else None,
        "applied": receipt.applied,
    }


def load_receipt(document: object) -> Receipt:
    """A receipt from JSON. Raises ``Invalid``: something else answered."""
    read = _Reading(document)
    if read.text("schema") != SCHEMA or document_version(document) != VERSION:
        raise Invalid("version", f"is not {SCHEMA} version {VERSION}")
    return Receipt(read.text("reference", LONGEST_ID), read.maybe("reason", Refusal))


class _Reading:
    """Reads one object of a document from a stranger; more keys may be there in later versions."""

    def __init__(self, document: object, at: str = "") -> None:
        if not isinstance(document, Mapping):
            raise Invalid(at or "letter", "is not an object")
        self._document = document
        self._at = at

    def _name(self, key: str) -> str:
        return f"{self._at}.{key}" if self._at else key

    def part(self, key: str) -> _Reading:
        return _Reading(self._document.get(key), self._name(key))

    def text(self, key: str, most: int = LONGEST_TEXT) -> str:
        value = self._document.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Invalid(self._name(key), "is not text")
        # Neither NUL nor half a character is kept by every database.
        value = value.replace("\0", "").encode("utf-8", "ignore").decode().strip()
        if len(value) > most:
            raise Invalid(self._name(key), f"has more than {most} characters")
        return value

    def needed(self, key: str, most: int) -> str:
        value = self.text(key, most)
        if not value:
            raise Invalid(self._name(key), "is missing")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        value = self._document.get(key) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Invalid(self._name(key), "is not a list of texts")
        if len(value) > 100 or any(len(one) > LONGEST_ID for one in value):
            raise Invalid(self._name(key), "is too long")
        return tuple(value)

    def moment(self, key: str) -> datetime:
        try:
            at = datetime.fromisoformat(self.needed(key, 64))
        except ValueError:
            raise Invalid(self._name(key), "is no time like 2026-03-04T09:00:00+00:00") from None
        if at.tzinfo is None or not 1970 <= at.year <= 9998:
            raise Invalid(self._name(key), "has no offset, or no year that can be")
        return at

    def word(self, key: str, words: type[W]) -> W:
        found = self.maybe(key, words)
        if found is None:
            raise Invalid(self._name(key), "is missing")
        return found

    def maybe(self, key: str, words: type[W]) -> W | None:
        value = self._document.get(key)
        if value is None:
            return None
        if value not in list(words):
            raise Invalid(self._name(key), f"is none of: {', '.join(words)}")
        return words(value)

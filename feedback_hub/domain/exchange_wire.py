"""Letters and receipts as JSON: written, and read with nothing taken on trust."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import (
    LONGEST_ID,
    LONGEST_TEXT,
    SCHEMA,
    VERSION,
    Carried,
    Letter,
    LetterKind,
    Receipt,
    Refusal,
    SitePlace,
    W,
)
from feedback_hub.domain.person import AccusedClass, AgeBand, Disability, PopulationGroup, Sex
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.domain.sensitivity import Priority, Sensitivity

_NEED_WORDS = frozenset({LetterKind.SENT_BACK, LetterKind.RETURNED, LetterKind.ANSWERED})


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

"""Reading a JSON body, field by field, with faults a caller can act on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from flask import request

from feedback_hub.domain.consent import Answered
from feedback_hub.domain.errors import Invalid

E = TypeVar("E", bound=StrEnum)

LONGEST_TEXT = 200_000


class Malformed(Exception):
    """The body is not a JSON object. API: 400."""


class Body:
    """One JSON object of a request. Every reader raises ``Invalid`` naming the field."""

    def __init__(self, values: Mapping[str, object], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix

    @classmethod
    def of_request(cls) -> Body:
        """The request's body; an empty one is ``{}``. Raises ``Malformed``."""
        if not request.get_data():
            return cls({})
        values = request.get_json(force=True, silent=True)
        if not isinstance(values, dict):
            raise Malformed
        return cls(values)

    def part(self, name: str) -> Body:
        """An object within; an absent one is empty."""
        value = self._values.get(name)
        if value is None:
            return Body({}, f"{self._prefix}{name}.")
        if not isinstance(value, dict):
            raise self.invalid(name, "must be an object")
        return Body(value, f"{self._prefix}{name}.")

    def parts(self, name: str, *, most: int) -> list[Body]:
        """A list of objects; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.invalid(name, "must be a list of objects")
        if len(value) > most:
            raise self.invalid(name, f"has more than {most} entries")
        return [Body(item, f"{self._prefix}{name}.{at}.") for at, item in enumerate(value)]

    def filled_with(self, values: Mapping[str, object]) -> Body:
        """The same, and ``values`` where it says nothing itself."""
        own = {name: value for name, value in self._values.items() if value is not None}
        return Body({**values, **own}, self._prefix)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def text(self, name: str, *, needed: bool = False, most: int = LONGEST_TEXT) -> str:
        """A text; absent is empty."""
        value = self._values.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            raise self.invalid(name, "must be text")
        value = _whole(value)
        if needed and not value.strip():
            raise self.invalid(name, "is needed")
        if len(value) > most:
            raise self.invalid(name, f"is longer than {most} characters")
        if most < LONGEST_TEXT and not value.isprintable():
            raise self.invalid(name, "has characters that cannot be printed")
        return value

    def word(self, name: str, words: type[E], *, needed: bool = False) -> E | None:
        """One of a set of words."""
        value = self._values.get(name)
        if value is None or value == "":
            if needed:
                raise self.invalid(name, f"must be one of {', '.join(words)}")
            return None
        try:
            return words(str(value))
        except ValueError:
            raise self.invalid(name, f"must be one of {', '.join(words)}") from None

    def need(self, name: str, words: type[E]) -> E:
        """One of a set of words, which must be there."""
        word = self.word(name, words, needed=True)
        if word is None:
            raise self.invalid(name, "is needed")
        return word

    def flag(self, name: str, *, needed: bool = False) -> bool | None:
        """True, false, or None where it is absent."""
        value = self._values.get(name)
        if value is None and not needed:
            return None
        if not isinstance(value, bool):
            raise self.invalid(name, "must be true or false")
        return value

    def answered(self, name: str) -> Answered:
        """What a person said when asked: true or false, or the same in words; absent: not asked."""
        value = self._values.get(name)
        if isinstance(value, str):
            return self.word(name, Answered) or Answered.NOT_ASKED
        return Answered.of(self.flag(name))

    def number(self, name: str) -> int | None:
        """A whole number, or None where it is absent."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.invalid(name, "must be a whole number")
        return value

    def texts(self, name: str, *, most: int = 20) -> tuple[str, ...]:
        """A list of texts; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.invalid(name, "must be a list of texts")
        if len(value) > most:
            raise self.invalid(name, f"has more than {most} entries")
        return tuple(dict.fromkeys(_whole(item) for item in value))

    def answers(self, *, most: int = 50) -> tuple[tuple[str, str], ...]:
        """Every field of this object as text: texts and numbers, null left out."""
        found = []
        for name, value in self._values.items():
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise self.invalid(name, "must be text or a number")
            found.append((_whole(name), _whole(str(value))))
        if len(found) > most:
            raise Invalid(self._prefix.rstrip("."), f"has more than {most} entries")
        return tuple(found)

    def when(self, name: str) -> datetime | None:
        """An RFC 3339 time with an offset, as UTC."""
        written = self.text(name, most=40)
        if not written:
            return None
        try:
            when = datetime.fromisoformat(written)
            if when.tzinfo is None:
                raise ValueError
            return when.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.invalid(name, "must be an RFC 3339 time with an offset") from None

    def day(self, name: str) -> date | None:
        """A day as ``YYYY-MM-DD``, or None where it is absent."""
        written = self.text(name, most=40)
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            raise self.invalid(name, "must be a day like 2026-03-31") from None

    def need_day(self, name: str) -> date:
        """A day, which must be there."""
        day = self.day(name)
        if day is None:
            raise self.invalid(name, "is needed")
        return day

    def uuid(self, name: str) -> str:
        """A UUID, which must be there, in its usual spelling."""
        written = self.text(name, needed=True, most=60)
        try:
            return str(uuid.UUID(written))
        except ValueError:
            raise self.invalid(name, "must be a UUID") from None

    def invalid(self, name: str, problem: str) -> Invalid:
        """What is wrong with a field, by its whole name."""
        return Invalid(f"{self._prefix}{name}", problem)


def _whole(written: str) -> str:
    """Half a character, which JSON can say and no page can, becomes U+FFFD as in every channel."""
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

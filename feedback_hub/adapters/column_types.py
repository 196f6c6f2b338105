"""Column types that keep the two databases saying the same."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.clock import Clock, Duty, Segment, Target
from feedback_hub.domain.judgement import BeforeTriage
from feedback_hub.domain.sensitivity import Priority, Sensitivity


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, UTC in the database. A naive one is refused, not guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it goes in without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware and UTC, whatever zone the session speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


E = TypeVar("E", bound=StrEnum)


class Word(TypeDecorator[E], Generic[E]):
    """A StrEnum kept as its word on the wire."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        """The word; a word that is not one of the set raises ``ValueError``."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """The member; an unknown word raises ``ValueError``."""
        return None if value is None else self.words(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of short words, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """To a JSON list."""
        return None if value is None else json.dumps(list(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """From a JSON list."""
        return None if value is None else tuple(json.loads(value))


class JsonMap(TypeDecorator[dict[str, str]]):
    """A flat mapping of words, kept as JSON text."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, str] | None, dialect: Dialect) -> str | None:
        """To a JSON object with sorted keys."""
        if value is None:
            return None
        return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, str] | None:
        """From a JSON object."""
        return None if value is None else json.loads(value)


class Clocks(TypeDecorator[tuple[Clock, ...]]):
    """The clocks of a case or referral, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Clock, ...] | None, dialect: Dialect) -> str | None:
        """To a JSON list; times RFC 3339."""
        if value is None:
            return None
        return json.dumps(
            [
                {
                    "duty": clock.duty.value,
                    "seconds": clock.target.seconds,
                    "working_days": clock.target.working_days,
                    "segments": [
                        [_written(one.start), _written(one.end)] for one in clock.segments
                    ],
                    "ended_at": _written(clock.ended_at),
                    "steps": clock.steps,
                    "stepped_at": _written(clock.stepped_at),
                }
                for clock in value
            ]
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Clock, ...] | None:
        """From a JSON list."""
        if value is None:
            return None
        return tuple(
            Clock(
                Duty(kept["duty"]),
                Target(kept["seconds"], kept["working_days"]),
                tuple(
                    Segment(datetime.fromisoformat(start), _read(end))
                    for start, end in kept["segments"]
                ),
                _read(kept["ended_at"]),
                kept["steps"],
                _read(kept["stepped_at"]),
            )
            for kept in json.loads(value)
        )


class Stood(TypeDecorator[BeforeTriage]):
    """How a case stood, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: BeforeTriage | None, dialect: Dialect) -> str | None:
        """To a JSON object; times RFC 3339."""
        if value is None:
            return None
        return json.dumps(asdict(value) | {"triaged_at": _written(value.triaged_at)})

    def process_result_value(self, value: str | None, dialect: Dialect) -> BeforeTriage | None:
        """From a JSON object."""
        if value is None:
            return None
        kept = json.loads(value)
        return BeforeTriage(
            state=CaseState(kept.pop("state")),
            codes=tuple(kept.pop("codes")),
            sensitivity=Sensitivity(kept.pop("sensitivity")),
            priority=Priority(kept.pop("priority")),
            triaged_at=_read(kept.pop("triaged_at")),
            **kept,
        )


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _read(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)

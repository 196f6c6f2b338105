"""Messages that come in a table: one row, one message, the same row always the same message."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services.ports import UnitOfWork, VaultClosed, VaultSealed
from feedback_hub.services.records.work import InboxRow

COLUMNS = ("id", "received_at", "channel", "from", "text", "site", "language")
"""What a row may say; only ``text`` must be there."""
DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")

_TIMES = ("", " %H:%M", " %H:%M:%S")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{3}")
_SHORT_LANGUAGES = {"pt": "por", "en": "eng", "fr": "fra", "sw": "swh", "es": "spa", "": "und"}
_NUMBERS = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}\b")
_AHEAD = timedelta(days=1)


@dataclass
class HistoryReader:
    """Turns rows into messages. Keeps count of equal rows without an id: they are all kept.

    ``columns`` maps ours to the file's. ``zone`` is where times without offset were written;
    ``formats`` are ``strptime`` ones, tried in order after ISO 8601. ``sites`` maps folded names
    to codes (``fold`` makes them), ``canonical`` an address as written to the one that is sent to.
    """

    columns: Mapping[str, str]
    channel: str
    zone: tzinfo
    formats: tuple[str, ...]
    now: datetime
    canonical: Callable[[str], str] = str.strip
    fold: Callable[[str], str] = str.casefold
    sites: Mapping[str, str] = field(default_factory=dict)
    text_needed: bool = True
    _equal: Counter[str] = field(default_factory=Counter)

    def read(self, cells: Mapping[str, str]) -> tuple[str, InboundMessage]:
        """``(channel, message)`` of one row. Raises ``Invalid`` naming our column."""
        text = self.cell(cells, "text").strip()
        if not text and self.text_needed:
            raise Invalid("text", "is empty")
        sender = self.cell(cells, "from").strip()
        if len(sender) > 200:
            raise Invalid("from", "has more than 200 characters")
        channel = self.cell(cells, "channel").strip().lower() or self.channel
        if not _CHANNEL.fullmatch(channel):
            raise Invalid("channel", "is no channel's name: use a to z, 0 to 9, dash, underscore")
        message = InboundMessage(
            external_id=self._id(cells),
            received_at=self.moment(cells, "received_at"),
            text=text,
            sender=sender,
            address=self.canonical(sender) if sender else "",
            language=self._language(cells),
            site=self._site(cells),
        )
        return channel, message

    def cell(self, cells: Mapping[str, str], column: str) -> str:
        """What the row says in our ``column``; empty where the file has none."""
        return cells[self.columns[column]] if column in self.columns else ""

    def _id(self, cells: Mapping[str, str]) -> str:
        given = self.cell(cells, "id").strip()
        if "id" in self.columns:
            if not given:
                raise Invalid("id", "is empty")
            return given
        told = {column: self.cell(cells, column) for column in sorted(self.columns)}
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        # A second "help" is a second message, also on another run.
        self._equal[digest] += 1
        return f"row:{digest}:{self._equal[digest]}"

    def moment(self, cells: Mapping[str, str], column: str) -> datetime:
        """When something was, aware. Raises ``Invalid``."""
        if column not in self.columns:
            return self.now
        written = " ".join(self.cell(cells, column).split())
        if not written:
            raise Invalid(column, "is empty")
        moment = moment_in(written, self.formats)
        if moment is None:
            raise Invalid(column, "is no date we can read; say how with --date-format")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if not 1970 <= moment.year <= 9998:
            raise Invalid(column, "lies before 1970 or never")
        if moment > self.now + _AHEAD:
            raise Invalid(column, "lies in the future")
        return moment

    def _language(self, cells: Mapping[str, str]) -> str:
        written = self.cell(cells, "language").strip().lower()
        language = _SHORT_LANGUAGES.get(written, written)
        if not _LANGUAGE.fullmatch(language):
            raise Invalid("language", "is no ISO 639-3 code like por")
        return language

    def _site(self, cells: Mapping[str, str]) -> str:
        written = " ".join(self.cell(cells, "site").split())
        return self.sites.get(self.fold(written), written)


def date_formats(written: Iterable[str]) -> tuple[str, ...]:
    """Day or month first? As the column itself shows; day first where it does not (Mozambique)."""
    day_first = month_first = False
    for cell in written:
        if numbers := _NUMBERS.match(cell):
            day_first |= int(numbers[1]) > 12
            month_first |= int(numbers[2]) > 12
    days = MONTH_FIRST if month_first and not day_first else DAY_FIRST
    return tuple(day + time for day in days for time in _TIMES)


def is_same(uow: UnitOfWork, known: InboxRow, message: InboundMessage) -> bool:
    """Whether what is kept under this id says the same; True where that is gone by now."""
    said = said_before(uow, known)
    return said is None or said == message.text


def said_before(uow: UnitOfWork, known: InboxRow) -> str | None:
    """The words that are kept under an id; None where they are gone by now."""
    try:
        parsed = uow.vault.open(known.key_id, known.parsed_sealed, f"inbox.parsed:{known.id}")
    except (VaultClosed, VaultSealed):
        return None
    if not parsed:
        return None
    kept = json.loads(parsed)
    return str(kept.get("message", kept).get("text") or "")


def moment_in(written: str, formats: tuple[str, ...]) -> datetime | None:
    """A date as written: ISO 8601, else by the first of ``formats`` that fits; None: neither."""
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    for one in formats:
        try:
            return datetime.strptime(written, one)  # noqa: DTZ007  the caller adds the zone
        except ValueError:
            continue
    return None

"""A site's public board: what people said, what was done, and what not yet, because (DOMAIN.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.errors import IllegalMove, Invalid
from feedback_hub.domain.masking import mask

MOST_WORDS = 12
"""What is read on a wall or heard once: longer is not."""
LONGEST = 160  # characters: twelve long words


MOST_PEOPLE = 100_000
"""More never heard one reading; a larger number is a slip."""


class Occasion(StrEnum):
    """Where a board was read aloud."""

    COMMITTEE = "committee"
    COMMUNITY = "community"
    RADIO = "radio"
    DISTRIBUTION = "distribution"
    OTHER = "other"


class EntryState(StrEnum):
    """Where an entry stands. Only an approved one is ever public."""

    DRAFT = "draft"
    APPROVED = "approved"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class BoardWords:
    """One entry in one language: what was said, and what was done or why it was not yet."""

    said: str
    did: str = ""
    not_yet: str = ""

    def check(self) -> None:
        """Raises ``Invalid`` naming the text that is missing, too long or says who."""
        for name, text in (("said", self.said), ("did", self.did), ("not_yet", self.not_yet)):
            if len(text.split()) > MOST_WORDS or len(text) > LONGEST:
                raise Invalid(name, f"takes at most {MOST_WORDS} words")
            if mask(text) != text:
                raise Invalid(name, "names a number or an address; a board names nobody")
        if not self.said:
            raise Invalid("said", "is needed")
        if not self.did and not self.not_yet:
            raise Invalid("did", "or not_yet is needed")


@dataclass(eq=False)
class BoardEntry:
    """An issue on the board of one site in one language.

    ``people`` are the ordinary cases under it when it was approved; shown where they are enough.
    """

    id: str
    issue_id: str
    site: str
    language: str
    said: str
    did: str
    not_yet: str
    written_by: str
    written_at: datetime
    people: int = 0
    state: EntryState = EntryState.DRAFT
    approved_by: str = ""
    approved_at: datetime | None = None
    public_at: datetime | None = None
    archived_at: datetime | None = None
    version: int = 0

    def write(self, words: BoardWords, writer: str, now: datetime) -> None:
        """Other words for a draft. Raises ``IllegalMove``: what is approved is not reworded."""
        if self.state is not EntryState.DRAFT:
            raise IllegalMove("board entry", "write", self.state.value)
        self.said, self.did, self.not_yet = words.said, words.did, words.not_yet
        self.written_by, self.written_at = writer, now

    def approve(self, approver: str, now: datetime, delay: timedelta, people: int) -> None:
        """Public after ``delay``. Raises ``IllegalMove``."""
        if self.state is not EntryState.DRAFT:
            raise IllegalMove("board entry", "approve", self.state.value)
        self.state = EntryState.APPROVED
        self.approved_by, self.approved_at = approver, now
        self.public_at = now + delay
        self.people = people

    def archive(self, now: datetime) -> None:
        """Take it off the board, or give a draft up. Raises ``IllegalMove``."""
        if self.state is EntryState.ARCHIVED:
            raise IllegalMove("board entry", "archive", self.state.value)
        self.state = EntryState.ARCHIVED
        self.archived_at = now


@dataclass(eq=False)
class BoardReading:
    """A site's board was read aloud: who cannot read has heard it. ``people`` None: not counted.

    ``read_on`` is the local day.
    """

    id: str
    site: str
    language: str
    occasion: Occasion
    read_on: date
    people: int | None
    noted_by: str
    noted_at: datetime

    def check(self, today: date) -> None:
        """Raises ``Invalid`` for a day to come or a number nobody counted."""
        if self.read_on > today:
            raise Invalid("read_on", "is a day to come")
        if self.people is not None and not 0 <= self.people <= MOST_PEOPLE:
            raise Invalid("people", f"must be 0 to {MOST_PEOPLE}")

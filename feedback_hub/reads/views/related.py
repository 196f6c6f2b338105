"""Cases that belong together, or might."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.case_states import CaseState


@dataclass(frozen=True)
class RelatedCase:
    """A case beside another. ``links`` are the kinds of link between them.

    ``same_contact``: both came from one number or account. ``takes_messages``: the reader may move
    a message there.
    """

    ref: str
    state: CaseState
    code: str
    received_at: datetime
    links: tuple[str, ...] = ()
    same_contact: bool = False
    takes_messages: bool = False


@dataclass(frozen=True)
class Related:
    """``same_contact`` counts all the reader may see, also those that are not listed."""

    cases: tuple[RelatedCase, ...] = ()
    same_contact: int = 0


class WhyLikely(StrEnum):
    """Why two cases are probably the same matter."""

    SAME_PERSON = "same_person"
    SAME_WORDS = "same_words"
    SAME_MATTER = "same_matter"


@dataclass(frozen=True)
class LikelyCase:
    """A case that is probably the same matter as another."""

    ref: str
    state: CaseState
    code: str
    received_at: datetime
    why: WhyLikely


@dataclass(frozen=True)
class LikelyIssue:
    """``reporters`` people, the case's own too, report it at one site.

    ``issues`` are those that stand and fit, by id and title.
    """

    reporters: int
    cases: tuple[LikelyCase, ...]
    issues: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Likely:
    """What a case probably belongs with."""

    cases: tuple[LikelyCase, ...] = ()
    issue: LikelyIssue | None = None


@dataclass(frozen=True)
class IssueOfCase:
    """An issue that a case is under. ``cases``: so many under it exist for the reader."""

    id: str
    title: str
    cases: int

"""A meeting at which points were raised: each is a case, the meeting itself is kept beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from feedback_hub.domain.consent import Answered
from feedback_hub.domain.person import AgeBand, Sex


class MeetingKind(StrEnum):
    """Who met."""

    COMMUNITY = "community"
    COMMITTEE = "committee"
    GROUP = "group"


COUNTED_SEXES = (Sex.FEMALE, Sex.MALE)
MOST_PEOPLE = 100_000
COUNTED_BANDS = (AgeBand.UNDER_18, AgeBand.FROM_18, AgeBand.FROM_40, AgeBand.FROM_60)


@dataclass(frozen=True)
class Meeting:
    """``present``: how many came, by sex and age band; what was not counted is not there."""

    id: str
    kind: MeetingKind
    held_on: date
    site: str
    place: str
    committee_present: Answered
    present: Mapping[tuple[Sex, AgeBand], int]
    entered_by: str
    entered_at: datetime

    def of_sex(self, sex: Sex) -> int | None:
        """How many of one sex came; None where nobody counted them."""
        counted = [number for (who, _), number in self.present.items() if who == sex]
        return sum(counted) if counted else None

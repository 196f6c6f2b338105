"""What a machine read, what a person judged, and who has which case before them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.judgement import Judgement
from feedback_hub.services.records.messages import SuggestionRow


class Triage(Protocol):
    """What a machine read, what a person judged, and who has which case before them."""

    def reading_of(self, case_id: str) -> SuggestionRow | None:
        """The machine's latest reading of what was said first in a case."""

    def judgement_of(self, case_id: str) -> Judgement | None:
        """The latest judgement of a case."""

    def may_be_learnt(self, case_id: str) -> bool:
        """Whether a handler's word that the machine may learn from an L3 case stands."""

    def take_to_triage(
        self, actor: Actor, now: datetime, *, handlers: bool, most: int
    ) -> Sequence[Case]:
        """Up to ``most`` cases that ``actor`` has before them now, and nobody else.

        Of highly sensitive ones with ``handlers``, of all others without.
        """

    def hold_to_triage(self, case_id: str, actor: Actor, now: datetime) -> bool:
        """Whether ``actor`` has the case before them from now on, and nobody else."""

    def is_held_to_triage(self, case_id: str, now: datetime) -> bool:
        """Whether anybody has the case before them."""

    def end_triage(self, case_id: str) -> None:
        """Nobody needs to hold it any more: it is decided."""

    def leave_to_others(self, case_id: str, actor: Actor, now: datetime) -> None:
        """``actor`` leaves it to others to triage, and is not offered it again for a while."""

    def remove(self, judgement: Judgement) -> None:
        """It was a slip: nothing is learnt from it."""

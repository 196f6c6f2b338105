"""What a machine read, what a person judged, and who has which case before them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from feedback_hub.adapters import judgements, triage_queue
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.judgement import Judgement
from feedback_hub.services.records.messages import SuggestionRow


class SqlTriage(Transaction):
    """Fulfils ``services.kept.triage.Triage``."""

    def reading_of(self, case_id: str) -> SuggestionRow | None:
        """The machine's latest reading of what was said first in a case."""
        return judgements.reading_of(self.session, case_id)

    def judgement_of(self, case_id: str) -> Judgement | None:
        """The latest judgement of a case."""
        return judgements.last_of(self.session, case_id)

    def may_be_learnt(self, case_id: str) -> bool:
        """Whether a handler's word that the machine may learn from an L3 case stands."""
        return judgements.may_be_learnt(self.session, case_id)

    def remove(self, judgement: Judgement) -> None:
        """It was a slip."""
        self.session.delete(judgement)

    def take_to_triage(
        self, actor: Actor, now: datetime, *, handlers: bool, most: int
    ) -> Sequence[Case]:
        """Up to ``most`` cases that ``actor`` has before them now."""
        found = triage_queue.claim(self.session, actor, now, handlers=handlers, most=most)
        for one in found:
            self.saw(actor, one)
        return found

    def hold_to_triage(self, case_id: str, actor: Actor, now: datetime) -> bool:
        """Whether ``actor`` has the case before them from now on, and nobody else."""
        return triage_queue.lease(self.session, case_id, actor.id, now)

    def is_held_to_triage(self, case_id: str, now: datetime) -> bool:
        """Whether anybody has the case before them."""
        return bool(triage_queue.holder_of(self.session, case_id, now))

    def end_triage(self, case_id: str) -> None:
        """Nobody needs to hold it any more."""
        triage_queue.end(self.session, case_id)

    def leave_to_others(self, case_id: str, actor: Actor, now: datetime) -> None:
        """``actor`` leaves it to others to triage."""
        triage_queue.leave(self.session, case_id, actor.id, now)

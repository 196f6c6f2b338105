"""What is kept beside a case: answers, tags, likeness, places, its words to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.case import Case
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.whereabouts import Whereabouts
from feedback_hub.services.records.messages import TypedRow


class CaseDetails(Protocol):
    """What is kept beside a case: answers, tags, likeness, places, its words to search."""

    def keep_whereabouts(self, case_id: str, where: Whereabouts) -> None:
        """Keep the district and the candidates of a case, in place of what was kept."""

    def whereabouts_of(self, cases: Sequence[Case]) -> Mapping[str, Whereabouts]:
        """The district and the candidates of each of these cases of which any is known."""

    def keep_fields(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep the answers to the hub's own questions."""

    def index_fields(self, case_id: str, made_for: str, answers: Mapping[str, str]) -> None:
        """Have a case found by these answers (keyed hashes, by question) and by no others."""

    def fields_to_index(self, made_for: str, most: int) -> Sequence[str]:
        """Ids of cases whose answers are not indexed ``made_for`` these questions."""

    def fields_of(self, case_ids: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """The answers of each of these cases that has any: key and sealed."""

    def add_tag(self, case_id: str, tag: str) -> bool:
        """Put a tag on a case; False if it is there already."""

    def remove_tag(self, case_id: str, tag: str) -> bool:
        """Take a tag off; False if it was not there."""

    def tags_of(self, case_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The tags of each of these cases that has any, in the order of the alphabet."""

    def keep_typed(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep what was typed of a case's place and accused, sealed (``services.typed``)."""

    def typed_of(self, case_ids: Sequence[str]) -> Sequence[TypedRow]:
        """What was typed of each of these cases of which anything is kept."""

    def keep_likeness(self, case: Case, sketch: Sketch) -> None:
        """Keep what tells a case from others: site, code, time and the sketch of its words."""

    def move_likeness(self, case: Case) -> bool:
        """Follow the case's site and code; False if nothing is kept of it."""

    def forget_likeness(self, case_id: str) -> None:
        """Keep nothing of a case."""

    def dismiss_likeness(self, case_id: str, other_id: str, actor: str, now: datetime) -> None:
        """Two cases are not the same matter; an empty ``other_id`` is an issue."""

    def index_text(self, case_id: str, masked: str) -> None:
        """Make a case findable by its masked text (person-confirmed L1 only)."""

    def forget_text(self, case_id: str) -> None:
        """Take a case out of the search index."""

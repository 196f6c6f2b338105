"""What is kept beside a case: answers, tags, likeness, places, its words to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select

from feedback_hub.adapters import case_words, likenesses, places, search_index, tables
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.case import Case
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.whereabouts import Whereabouts
from feedback_hub.services.records.messages import TypedRow


class SqlCaseDetails(Transaction):
    """Fulfils ``services.kept.case_details.CaseDetails``."""

    def keep_fields(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep the answers to the hub's own questions, in place of what was kept before."""
        fields = tables.case_fields
        kept = tables.case_fields.insert().values(
            case_id=case_id, key_id=key_id, answers_sealed=sealed
        )
        self.session.flush()
        self.session.execute(fields.delete().where(fields.c.case_id == case_id))
        self.session.execute(kept)

    def index_fields(self, case_id: str, made_for: str, answers: Mapping[str, str]) -> None:
        """Have a case found by these answers and by no others."""
        fields, index = tables.case_fields, tables.case_answer
        self.session.execute(index.delete().where(index.c.case_id == case_id))
        rows = [
            {"case_id": case_id, "field": field, "answer_index": hashed}
            for field, hashed in answers.items()
        ]
        if rows:
            self.session.execute(insert(index), rows)
        made = fields.update().where(fields.c.case_id == case_id).values(indexed_for=made_for)
        self.session.execute(made)

    def fields_to_index(self, made_for: str, most: int) -> Sequence[str]:
        """Ids of cases whose answers are not indexed for these questions."""
        fields = tables.case_fields.c
        # Two ranges, which an index serves; "not equal" is none.
        others = or_(fields.indexed_for < made_for, fields.indexed_for > made_for)
        return self.session.scalars(select(fields.case_id).where(others).limit(most)).all()

    def fields_of(self, case_ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """The answers of each of these cases that has any: key and sealed."""
        fields = tables.case_fields.c
        rows = self.session.execute(
            select(fields.case_id, fields.key_id, fields.answers_sealed).where(
                fields.case_id.in_(case_ids)
            )
        )
        return {row.case_id: (row.key_id, row.answers_sealed) for row in rows}

    def add_tag(self, case_id: str, tag: str) -> bool:
        """Put a tag on a case; False if it is there already."""
        self.session.flush()
        return case_words.put_tag(self.session, self.vault, case_id, tag)

    def remove_tag(self, case_id: str, tag: str) -> bool:
        """Take a tag off; False if it was not there."""
        return case_words.take_tag(self.session, self.vault, case_id, tag)

    def tags_of(self, case_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The tags of each of these cases that has any, in the order of the alphabet."""
        return case_words.tags_of(self.session, self.vault, case_ids)

    def keep_typed(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep what was typed of a case's place and accused, sealed."""
        self.session.flush()
        case_words.keep_typed(self.session, case_id, key_id, sealed)

    def typed_of(self, case_ids: Sequence[str]) -> Sequence[TypedRow]:
        """What was typed of each of these cases of which anything is kept."""
        return case_words.typed_of(self.session, case_ids)

    def keep_whereabouts(self, case_id: str, where: Whereabouts) -> None:
        """Keep the district and the candidates of a case, in place of what was kept."""
        self.session.flush()
        places.keep(self.session, case_id, where)

    def whereabouts_of(self, cases: Sequence[Case]) -> Mapping[str, Whereabouts]:
        """The district and the candidates of each of these cases of which any is known."""
        return places.of_cases(self.session, cases)

    def keep_likeness(self, case: Case, sketch: Sketch) -> None:
        """Keep what tells a case from others."""
        self.session.flush()
        likenesses.keep(self.session, case, sketch)

    def move_likeness(self, case: Case) -> bool:
        """Follow the case's site and code; False if nothing is kept of it."""
        return likenesses.move(self.session, case)

    def forget_likeness(self, case_id: str) -> None:
        """Keep nothing of a case."""
        likenesses.forget(self.session, case_id)

    def dismiss_likeness(self, case_id: str, other_id: str, actor: str, now: datetime) -> None:
        """Two cases are not the same matter; an empty ``other_id`` is an issue."""
        likenesses.dismiss(self.session, case_id, other_id, actor, now)

    def index_text(self, case_id: str, masked: str) -> None:
        """Make a case findable by its masked text."""
        search_index.remember(self.session, case_id, masked)

    def forget_text(self, case_id: str) -> None:
        """Take a case out of the search index."""
        search_index.forget(self.session, case_id)

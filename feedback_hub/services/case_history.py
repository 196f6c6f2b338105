"""Cases that come in a table, from a register kept elsewhere: one row, one case, once.

They go the road that every record goes; what was decided there stands, and a machine may still
raise them. A case that was closed there is closed here, and nobody is told of it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    Person,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services import conversation, custom_fields, history, inbox, intake, remarks
from feedback_hub.services.history import HistoryReader
from feedback_hub.services.ports import Classifier, UnitOfWork
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.work import InboxKind
from feedback_hub.services.rules import Rules

COLUMNS = (
    *history.COLUMNS,
    *("place", "codes", "sector", "sensitivity", "priority", "state", "outcome", "closed_at"),
    *("answer", "reason", "sex", "age_band", "disability", "group", "speaks_for"),
    *("record", "share", "contact", "content_in_text"),
    *("accused_organisation", "accused_class", "tags"),
)
"""What a row may say; ``received_at`` must be there."""
MARK = "export"
"""The column that says which export a line is of."""
EXPORTED = ("ref", "type", "due_at", "referred_to", MARK)
"""What ``export cases`` writes besides: the reference is the id, the others follow or are left."""
IMPORTER = "import"
"""Who acted, in the history of a case that came in a table."""

_LONGEST = 20_000
W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True)
class PastCase:
    """A row: what was said, and what became of it where it was kept. Times are UTC."""

    channel: str
    submission: Submission
    sector: str = ""
    priority: Priority | None = None
    state: CaseState = CaseState.RECEIVED
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    answer: str = ""
    reason: str = ""


@dataclass
class CaseReader:
    """Turns rows into cases. ``messages`` reads what of a row is a message."""

    messages: HistoryReader
    rules: Rules

    def read(self, cells: Mapping[str, str]) -> PastCase:
        """One row. Raises ``Invalid`` naming our column."""
        channel, message = self.messages.read(cells)
        outcome = self._word(cells, "outcome", Outcome)
        closed_at = (
            self.messages.moment(cells, "closed_at") if self._cell(cells, "closed_at") else None
        )
        state = self._word(cells, "state", CaseState) or self._state_of(cells, closed_at, outcome)
        if state is CaseState.CLOSED and outcome is None:
            raise Invalid("outcome", "is needed for a closed case")
        if state is not CaseState.CLOSED and (outcome or closed_at):
            raise Invalid("state", "is not closed, but the case has an outcome or an end")
        if closed_at is not None and closed_at < message.received_at:
            raise Invalid("closed_at", "lies before received_at")
        codes = tuple(
            dict.fromkeys(
                code.strip() for code in self._cell(cells, "codes").split(";") if code.strip()
            )
        )
        if not all(code in self.rules.frame for code in codes):
            raise Invalid("codes", "has a code that the coding frame does not know")
        tags = tuple(tag for tag in self._cell(cells, "tags").split(";") if tag.strip())
        submission = Submission(
            message,
            channel,
            person=self._person(cells),
            consent=self._consent(cells),
            place=self._cell(cells, "place")[:200],
            accused_organisation=self._cell(cells, "accused_organisation")[:64],
            accused_class=self._word(cells, "accused_class", AccusedClass),
            codes=codes,
            sensitivity=self._word(cells, "sensitivity", Sensitivity),
            tags=tags,
        )
        return PastCase(
            channel=channel,
            submission=custom_fields.checked(self.rules, submission),
            sector=self._sector(cells),
            priority=self._word(cells, "priority", Priority),
            state=state,
            outcome=outcome,
            closed_at=closed_at,
            answer=self._cell(cells, "answer"),
            reason=self._cell(cells, "reason"),
        )

    def _state_of(
        self, cells: Mapping[str, str], closed_at: datetime | None, outcome: Outcome | None
    ) -> CaseState:
        if closed_at is not None or outcome is not None:
            return CaseState.CLOSED
        return CaseState.TRIAGED if self._cell(cells, "codes") else CaseState.RECEIVED

    def _person(self, cells: Mapping[str, str]) -> Person:
        return Person(
            sex=self._word(cells, "sex", Sex) or Sex.NOT_ASKED,
            age_band=self._word(cells, "age_band", AgeBand) or AgeBand.NOT_ASKED,
            disability=self._word(cells, "disability", Disability) or Disability.NOT_ASKED,
            group=self._word(cells, "group", PopulationGroup) or PopulationGroup.NOT_ASKED,
            speaks_for=self._word(cells, "speaks_for", SpeaksFor) or SpeaksFor.NOT_ASKED,
        )

    def _consent(self, cells: Mapping[str, str]) -> Consent:
        return Consent(
            record=self._word(cells, "record", Answered) or Answered.NOT_ASKED,
            share=self._word(cells, "share", Share) or Share.NOT_ASKED,
            contact=self._word(cells, "contact", Answered) or Answered.NOT_ASKED,
            content_in_text=self._word(cells, "content_in_text", Answered) or Answered.NOT_ASKED,
        )

    def _sector(self, cells: Mapping[str, str]) -> str:
        sector = self._word(cells, "sector", Sector)
        return sector.value if sector is not None else ""

    def _cell(self, cells: Mapping[str, str], column: str) -> str:
        text = self.messages.cell(cells, column).strip()
        if len(text) > _LONGEST:
            raise Invalid(column, f"has more than {_LONGEST} characters")
        return text

    def _word(self, cells: Mapping[str, str], column: str, words: type[W]) -> W | None:
        """A word on the wire, whatever its case; None where the cell is empty."""
        written = self._cell(cells, column).replace(" ", "_").replace("-", "_")
        if not written:
            return None
        for word in words:
            if word.value.lower() == written.lower():
                return word
        raise Invalid(column, f"must be one of {', '.join(words)}")


def take(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    past: PastCase,
    now: datetime,
    *,
    live: bool = False,
) -> bool:
    """Make a case of a row; False if it is here already. Raises ``Invalid``.

    What may be a survivor's is out of sight from here on, whatever was made of it there.
    ``live``: an open one is answered, and its clocks run, as if it had just come.
    """
    message = past.submission.message
    known = uow.accepted(past.channel, InboxKind.SUBMISSION, inbox.fitting(message.external_id))
    if known is not None:
        if not history.is_same(uow, known, message):
            raise Invalid(
                "id", "is known here with another text; if this is another source, give --channel"
            )
        return False
    closed = past.state is CaseState.CLOSED
    case = intake.take_over(
        uow, rules, past.channel, past.submission, IMPORTER, now, from_history=closed or not live
    )
    if past.sector:
        case.sector = past.sector
    if past.priority is not None:
        case.priority = past.priority
    if past.state is not CaseState.RECEIVED and case.codes:
        case.triage(
            case.codes, case.type, case.sector, case.sensitivity, case.priority, IMPORTER, now
        )
    answer_id = _remark(
        uow, case, RemarkKind.ANSWER if closed else RemarkKind.NOTE, past.answer, now
    )
    if closed and past.outcome is not None:
        reason_id = _remark(uow, case, RemarkKind.REASON, past.reason, now)
        at = past.closed_at or message.received_at
        case.was_closed(past.outcome, answer_id, reason_id, IMPORTER, at)
    elif answer_id:
        case.note(EventKind.NOTED, answer_id, IMPORTER, now)
    conversation.guard(rules, classifier, case, message, now)
    conversation.make_findable(uow, case)
    return True


def _remark(uow: UnitOfWork, case: Case, kind: RemarkKind, text: str, now: datetime) -> str:
    return remarks.write(uow, kind, case.id, text, IMPORTER, now) if text else ""

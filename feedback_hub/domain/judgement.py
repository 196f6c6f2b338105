"""What a person decided where a machine had suggested, and how a slip is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES, CaseState, CaseVerb
from feedback_hub.domain.errors import IllegalMove
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.sensitivity import Priority, Sensitivity


@dataclass(frozen=True)
class BeforeTriage:
    """All that a triage can change of a case."""

    state: CaseState
    codes: tuple[str, ...]
    type: str
    sector: str
    sensitivity: Sensitivity
    suspected: bool
    priority: Priority
    site: str
    owner: str
    triaged_at: datetime | None

    @classmethod
    def of(cls, case: Case) -> BeforeTriage:
        """As ``case`` stands now."""
        return cls(**{name: getattr(case, name) for name in cls.__dataclass_fields__})


@dataclass(eq=False)
class Judgement:
    """One example to learn from: what stands beside it is the reading ``suggestion_id``.

    ``suggestion_id`` is None where no machine had read the case. ``codes``, ``type`` and
    ``sector`` are empty where only the sensitivity was judged. No word of the message is in here:
    that stays where it is sealed. ``before`` is what stood until then.
    """

    id: str
    case_id: str
    suggestion_id: str | None
    actor: str
    at: datetime
    codes: tuple[str, ...]
    type: str
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    site: str
    before: BeforeTriage

    def still_stands(self, case: Case) -> bool:
        """Whether nothing came of ``case`` since: a machine or a colleague may have raised it."""
        return (
            case.state is CaseState.TRIAGED
            and not case.suspected
            and (case.codes, case.type, case.sector) == (self.codes, self.type, self.sector)
            and (case.sensitivity, case.priority) == (self.sensitivity, self.priority)
            and case.site == self.site
        )


def undo(case: Case, judgement: Judgement, actor: str, now: datetime) -> None:
    """Put ``case`` back as it stood before ``judgement``. Raises ``IllegalMove``."""
    if not judgement.still_stands(case) or judgement.before.state not in MOVES[CaseVerb.TRIAGE]:
        raise IllegalMove("case", "undo triage", case.state.value)
    before = judgement.before
    detail = {"from": case.sensitivity.value, "to": before.sensitivity.value}
    for name in BeforeTriage.__dataclass_fields__:
        setattr(case, name, getattr(before, name))
    case.record(Event(EventKind.TRIAGE_UNDONE, case.id, actor, now))
    if judgement.sensitivity is not before.sensitivity:
        case.record(Event(EventKind.SENSITIVITY_CHANGED, case.id, actor, now, detail=detail))

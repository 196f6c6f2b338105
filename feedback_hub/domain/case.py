"""A case and what can be done to it (DOMAIN.md, States)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from feedback_hub.domain.case_states import EVENT_OF, MOVES, CaseState, CaseVerb, Outcome, may_close
from feedback_hub.domain.clock import Clock
from feedback_hub.domain.consent import Consent
from feedback_hub.domain.errors import IllegalMove, Invalid
from feedback_hub.domain.events import Event, EventKind, Recorder
from feedback_hub.domain.person import AccusedClass, Person
from feedback_hub.domain.sensitivity import Priority, Sensitivity, most_urgent, raised_by_machine

SCORES = range(1, 6)
"""What a person may say of the answer (DOMAIN.md, One record)."""
LEAST_CONTENT = 3
"""From this score on the answer was good enough: below it somebody else looks again."""

_FALLBACKS = frozenset({"desk", "in_person", "public"})
"""Ways of reaching somebody whom no call or text reached."""


@dataclass(eq=False)
class Case(Recorder):
    """One matter somebody raised. Text lives in messages and remarks, never here.

    Codes are the machine's until a person triages (``triaged_at``). ``suspected`` marks an L3 that
    a machine raised and no handler has judged. ``doubted_at``: since when it waits for a slower
    machine to say whether it is one; until then it is shown to nobody. ``due_at`` is the next
    duty's deadline, ``alarm_at`` when somebody is reminded or told next, both UTC and by
    ``clocks``. ``loop_attempts`` counts the days on which somebody tried to reach the person;
    ``attempted_on`` is the last. ``satisfied`` is what the person says of the last answer,
    ``satisfaction`` the score 1-5 where they gave one. ``bank_id``: the answer of the information
    bank that ``answer_id`` repeats word for word.
    """

    id: str
    ref: str
    channel: str
    received_at: datetime
    entered_at: datetime
    entered_by: str
    state: CaseState = CaseState.RECEIVED
    contact_id: str | None = None
    site: str = ""
    language: str = "und"
    codes: tuple[str, ...] = ()
    type: str = ""
    sector: str = ""
    sensitivity: Sensitivity = Sensitivity.L1
    suspected: bool = False
    priority: Priority = Priority.P3
    person: Person = field(default_factory=Person)
    consent: Consent = field(default_factory=Consent)
    accused_organisation: str = ""
    accused_class: AccusedClass | None = None
    owner: str = ""
    route_organisation: str = ""
    route_focal_point: str = ""
    acknowledged_at: datetime | None = None
    classified_at: datetime | None = None
    doubted_at: datetime | None = None
    triaged_at: datetime | None = None
    answer_id: str = ""
    answer_outcome: Outcome | None = None
    answered_by: str = ""
    bank_id: str = ""
    loop_attempts: int = 0
    attempted_on: date | None = None
    fallback_tried: bool = False
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    appealed_at: datetime | None = None
    interim_at: datetime | None = None
    due_at: datetime | None = None
    alarm_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    satisfied: bool | None = None
    satisfaction: int | None = None
    from_history: bool = False
    version: int = 0

    @property
    def contested_by_person(self) -> bool:
        """Whether the person says that the answer is not good, and nobody gave another yet."""
        return self.state is CaseState.APPEALED or (self.is_open and self.satisfied is False)

    @property
    def may_be_judged(self) -> bool:
        """Whether the person may still say how good the answer is: once a closing."""
        return not self.is_open and self.satisfied is None and bool(self.answer_id)

    def may_decide(self, actor: str) -> bool:
        """Whether ``actor`` may decide now: not on a contested answer of their own."""
        return not (self.contested_by_person and actor == self.answered_by)

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes something."""
        return self.state is not CaseState.CLOSED

    def may_appeal(self, now: datetime, within: timedelta) -> bool:
        """Whether the person may still disagree: once, within ``within`` of closing."""
        return not self.is_open and self.appealed_at is None and not self._is_final(now, within)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the next duty's deadline has passed (UTC)."""
        return self.is_open and self.due_at is not None and self.due_at < now

    def classify(
        self,
        codes: tuple[str, ...],
        case_type: str,
        sector: str,
        sensitivity: Sensitivity,
        priority: Priority,
        now: datetime,
    ) -> None:
        """Take a machine's suggestion. Raises sensitivity, never lowers it; no state changes.

        Codes that a person gave stand: then only a rise in sensitivity has an effect.
        """
        raised = raised_by_machine(self.sensitivity, sensitivity)
        if raised is Sensitivity.L3 and self.sensitivity is not Sensitivity.L3:
            self.suspect(priority, now)
        self.sensitivity = raised
        if not self.codes:
            self.codes, self.type, self.sector = codes, case_type, sector
            self.priority = most_urgent(self.priority, priority) if self.suspected else priority
        self.classified_at = now
        self._happened(EventKind.CLASSIFIED, "machine", now, detail={"code": codes[0]})

    def reread(
        self,
        codes: tuple[str, ...],
        case_type: str,
        sector: str,
        sensitivity: Sensitivity,
        priority: Priority,
        now: datetime,
    ) -> None:
        """A slower machine read it again. Nothing gets less sensitive, nothing less urgent.

        Its codes take the place of the faster one's while nobody has decided and nothing is highly
        sensitive; ``codes`` empty: leave them, for a person gave them or has them before them.
        """
        raised = raised_by_machine(self.sensitivity, sensitivity)
        if raised is Sensitivity.L3 and self.sensitivity is not Sensitivity.L3:
            self.suspect(priority, now)
        self.sensitivity = raised
        if not codes or (self.suspected and sensitivity is not Sensitivity.L3):
            return
        self.codes, self.type, self.sector = codes, case_type, sector
        self.priority = most_urgent(self.priority, priority)
        self._happened(EventKind.CLASSIFIED, "machine", now, detail={"code": codes[0]})

    def doubt(self, now: datetime) -> None:
        """The machine that read it leaves it to a slower one whether it is highly sensitive."""
        if self.sensitivity is not Sensitivity.L3:
            self.doubted_at = now

    def suspect(self, priority: Priority, now: datetime) -> None:
        """A machine takes it for highly sensitive: effective at once (DOMAIN.md, Sensitivity)."""
        self.doubted_at = None
        if self.sensitivity is Sensitivity.L3:
            return
        # Whatever a person thought it was, it is urgent now.
        self.priority = most_urgent(self.priority, priority)
        self.sensitivity = Sensitivity.L3
        self.suspected = True
        self.owner = ""
        self._happened(EventKind.SUSPECTED, "machine", now)

    def triage(
        self,
        codes: tuple[str, ...],
        case_type: str,
        sector: str,
        sensitivity: Sensitivity,
        priority: Priority,
        actor: str,
        now: datetime,
    ) -> None:
        """A person decides what it is about. Raises ``IllegalMove``.

        Sensitivity may go up here; going down is ``change_sensitivity`` with a reason.
        """
        self._move(CaseVerb.TRIAGE, actor, now, detail={"code": codes[0]})
        self.codes, self.type, self.sector = codes, case_type, sector
        self.priority = priority
        self.triaged_at = now
        raised = raised_by_machine(self.sensitivity, sensitivity)
        if raised is not self.sensitivity:
            self.change_sensitivity(raised, actor, now, reason_id="")

    def confirm(self, actor: str, now: datetime) -> None:
        """A handler confirms that a suspected L3 is one. Raises ``IllegalMove`` if none is."""
        if not self.suspected:
            raise IllegalMove("case", "confirm", "not suspected")
        self.suspected = False
        self._happened(EventKind.CONFIRMED, actor, now)

    def change_sensitivity(
        self, level: Sensitivity, actor: str, now: datetime, reason_id: str
    ) -> None:
        """A person sets the level; the reason is a remark. Ends a suspicion (DOMAIN.md)."""
        before = self.sensitivity
        if level.rank < before.rank and not reason_id:
            raise Invalid("reason", "lowering sensitivity needs a reason")
        self.sensitivity = level
        self.suspected = False
        if level is Sensitivity.L3 and before is not Sensitivity.L3:
            # The case team may no longer know of it: nobody of theirs stays its owner.
            self.owner = ""
        detail = {"from": before.value, "to": level.value}
        self._happened(EventKind.SENSITIVITY_CHANGED, actor, now, reason_id, detail)

    def answer_on_spot(
        self, answer_id: str, outcome: Outcome, actor: str, now: datetime, *, bank_id: str = ""
    ) -> None:
        """The person was told face to face. Raises ``IllegalMove``."""
        self._move(CaseVerb.ANSWER_ON_SPOT, actor, now, answer_id, {"outcome": outcome.value})
        self._answered(answer_id, outcome, actor, bank_id)

    def refer(self, referral_id: str, actor: str, now: datetime) -> None:
        """A referral leaves for a partner. Raises ``IllegalMove``."""
        self._move(CaseVerb.REFER, actor, now, referral_id)

    def hand_off(self, group: str, actor: str, now: datetime) -> None:
        """An L3 goes to its handlers' group. Raises ``IllegalMove``, also below L3."""
        if self.sensitivity is not Sensitivity.L3:
            raise IllegalMove("case", CaseVerb.HAND_OFF.value, self.sensitivity.value)
        self._move(CaseVerb.HAND_OFF, actor, now, detail={"group": group})

    def respond(
        self, answer_id: str, outcome: Outcome, actor: str, now: datetime, *, bank_id: str = ""
    ) -> None:
        """What the person will be told is ready. Raises ``IllegalMove``."""
        self._move(CaseVerb.RESPOND, actor, now, answer_id, {"outcome": outcome.value})
        self._answered(answer_id, outcome, actor, bank_id)

    def attempt_loop(
        self, method: str, about: str, actor: str, now: datetime, *, day: date | None
    ) -> None:
        """Somebody or something tries to tell the person. Raises ``IllegalMove``.

        ``day`` is the local day of the try; None while it is only on somebody's list.
        """
        self._move(CaseVerb.ATTEMPT_LOOP, actor, now, about, {"method": method})
        if day is not None:
            self.tried(method, day)

    def tried(self, method: str, day: date) -> None:
        """Count a try to reach the person, by ``method`` on a local ``day``: once a day."""
        if self.attempted_on != day:
            self.loop_attempts += 1
        self.attempted_on = day
        self.fallback_tried = self.fallback_tried or method in _FALLBACKS

    def close(
        self, outcome: Outcome, reason_id: str, actor: str, now: datetime, attempts_needed: int
    ) -> None:
        """End it with a plain-language reason (a remark). Raises ``IllegalMove``, ``Invalid``."""
        if not reason_id:
            raise Invalid("reason", "closing needs a reason in plain words")
        if not may_close(
            self.state,
            outcome,
            self.loop_attempts,
            attempts_needed,
            fallback_tried=self.fallback_tried,
        ):
            raise IllegalMove("case", f"close as {outcome.value}", self.state.value)
        self._move(CaseVerb.CLOSE, actor, now, reason_id, {"outcome": outcome.value})
        self.outcome = outcome
        self.closed_at = now
        self.satisfied = self.satisfaction = None

    def was_closed(
        self, outcome: Outcome, answer_id: str, reason_id: str, actor: str, at: datetime
    ) -> None:
        """It ended at ``at`` in another register, before it came here. Raises ``IllegalMove``.

        How it was told and why is not for us to judge: both remarks may be missing.
        """
        self._move(CaseVerb.CLOSE, actor, at, reason_id, {"outcome": outcome.value})
        self.outcome, self.closed_at = outcome, at
        if answer_id:
            self._answered(answer_id, outcome, actor, "")

    def reopen(self, reason_id: str, actor: str, now: datetime) -> None:
        """It was not over. Raises ``IllegalMove``."""
        self._move(CaseVerb.REOPEN, actor, now, reason_id)
        self._not_over()

    def appeal(self, reason_id: str, actor: str, now: datetime, within: timedelta) -> None:
        """The person disagrees: once, within ``within`` of closing. Raises ``IllegalMove``."""
        if self.appealed_at is not None or self._is_final(now, within):
            raise IllegalMove("case", "appeal", "appealed before" if self.appealed_at else "final")
        self._move(CaseVerb.APPEAL, actor, now, reason_id)
        self.appealed_at = now
        self._not_over()

    def judge(self, satisfied: bool, score: int | None, actor: str, now: datetime) -> None:
        """The person says whether the answer was good; "no" opens the case again.

        Raises ``IllegalMove`` while it is open or when it was said before.
        """
        if not self.may_be_judged:
            state = self.state.value if self.is_open else "judged"
            raise IllegalMove("case", "judge the answer", state)
        detail = {"satisfied": "yes" if satisfied else "no"}
        if score is not None:
            detail["score"] = str(score)
        self._happened(EventKind.SATISFACTION, actor, now, detail=detail)
        if not satisfied:
            self.reopen("", actor, now)
            self.owner = ""
        self.satisfied, self.satisfaction = satisfied, score

    def assign(self, owner: str, actor: str, now: datetime) -> None:
        """Give it to somebody of the case team. Raises ``IllegalMove`` when closed."""
        if not self.is_open:
            raise IllegalMove("case", "assign", self.state.value)
        self.owner = owner
        self._happened(EventKind.ASSIGNED, actor, now, owner)

    def give_interim_notice(self, about: str, actor: str, now: datetime) -> None:
        """The person is told that it takes longer, once. Raises ``IllegalMove``."""
        owed = self.state not in {CaseState.CLOSED, CaseState.ANSWERED_ON_SPOT}
        if not owed or self.interim_at is not None:
            state = "told before" if self.interim_at else self.state.value
            raise IllegalMove("case", "give an interim notice", state)
        self.interim_at = now
        self._happened(EventKind.INTERIM_NOTICE, actor, now, about)

    def acknowledge(self, about: str, now: datetime) -> None:
        """The person was told that it arrived, or is being told (``about``: the delivery)."""
        self.acknowledged_at = self.acknowledged_at or now
        self._happened(EventKind.ACKNOWLEDGED, "machine", now, about)

    def note(
        self,
        kind: EventKind,
        about: str,
        actor: str,
        now: datetime,
        detail: dict[str, str] | None = None,
    ) -> None:
        """Something happened that moves no state: a note, a message, a delivery, a link, a call."""
        self._happened(kind, actor, now, about, detail)

    def _is_final(self, now: datetime, within: timedelta) -> bool:
        return self.closed_at is not None and now - self.closed_at > within

    def _answered(self, answer_id: str, outcome: Outcome, actor: str, bank_id: str) -> None:
        self.answer_id, self.answer_outcome, self.answered_by = answer_id, outcome, actor
        self.bank_id = bank_id
        self.satisfied = self.satisfaction = None

    def _not_over(self) -> None:
        self.outcome = None
        self.closed_at = None
        self.satisfied = self.satisfaction = None
        # Old attempts do not make a person unreachable now.
        self.loop_attempts = 0
        self.attempted_on = None
        self.fallback_tried = False

    def _move(
        self,
        verb: CaseVerb,
        actor: str,
        now: datetime,
        about: str = "",
        detail: dict[str, str] | None = None,
    ) -> None:
        target = MOVES[verb].get(self.state)
        if target is None:
            raise IllegalMove("case", verb.value, self.state.value)
        self.state = target
        self._happened(EVENT_OF[verb], actor, now, about, detail)

    def _happened(
        self,
        kind: EventKind,
        actor: str,
        now: datetime,
        about: str = "",
        detail: dict[str, str] | None = None,
    ) -> None:
        self.record(Event(kind, self.id, actor, now, about, detail or {}))

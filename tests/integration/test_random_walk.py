"""Random verbs by random people, in any order: whatever is refused, some things always hold.

No case is closed without a loop or a reason, every duty has one clock, nothing leaves that safe
contact forbids, and whoever reported an answered issue has an answer or somebody's task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.bank import BankWords
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import DomainError
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.message import OutboundMessage
from feedback_hub.domain.place import Organisation, Site
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import bank, casework, handover, issues, loopback, referrals, triage
from feedback_hub.services.handover import Wanted
from feedback_hub.services.issues import NewIssue
from feedback_hub.services.loopback import Method
from feedback_hub.services.records.work import Queue
from feedback_hub.services.triage import Decision
from tests.integration.talking import Talk, make_talk
from workers.drain import drain
from workers.schedule import expire_referrals, sound_alarms

ACTORS = tuple(
    Actor(name, memberships=(held,))
    for name, held in (
        ("ana", Membership(Role.CASE_MANAGER)),
        ("eva", Membership(Role.CASE_MANAGER)),
        ("rosa", Membership(Role.PROTECTION)),
        ("dora", Membership(Role.DESK)),
        ("avsi", Membership(Role.FOCAL_POINT, "avsi")),
        ("wfp", Membership(Role.FOCAL_POINT, "wfp")),
        ("graca", Membership(Role.COORDINATOR)),
    )
)
SAYS = (
    "A bomba de agua nao funciona ha 3 dias",
    "quando e a proxima distribuicao de comida?",
    "o chefe disse que se eu for dormir com ele o meu nome fica na lista",
    "1",
    "5",
    "nao",
    "PARAR",
    "comecar",
)
CONFIRMATIONS = {Purpose.STOPPED, Purpose.RESUMED}
NUMBERS = count(1)
FAR = {CaseState.RESPONSE_READY, CaseState.LOOP_ATTEMPTED, CaseState.CLOSED, CaseState.REOPENED}


class Watched(ChannelAccounts):
    """The edge of the network, where every text that leaves is judged by what the person said."""

    walk: Walk

    def send(self, message: OutboundMessage) -> str:
        with self.walk.talk.hub.reading() as uow:
            delivery = uow.delivery(message.id)
            contact = uow.contact(delivery.contact_id or "") if delivery else None
            assert delivery is not None
            assert contact is not None
            case = uow.case(delivery.case_id) if delivery.case_id else None
            if delivery.purpose not in CONFIRMATIONS:
                # Told to the walk: what a worker's task raises is tried again, not passed on.
                self.walk.wrong += self._wrong(uow, case, delivery.purpose)
                if contact.stopped_at is not None:
                    self.walk.wrong.append("a person who stopped is written to")
        self.walk.sent[delivery.purpose] += 1
        return super().send(message)

    def _wrong(self, uow: SqlUnitOfWork, case: Case | None, purpose: Purpose) -> list[str]:
        if case is None:
            return []
        answer = uow.bank_answer(case.bank_id)
        carries = purpose is Purpose.ANSWER
        said = case.consent
        judged = (
            (case.sensitivity is Sensitivity.L3, "a text about a highly sensitive case"),
            (said.contact is Answered.NO, "a text to who wants none"),
            (carries and case.sensitivity is not Sensitivity.L1, "content of something personal"),
            (carries and said.content_in_text is not Answered.YES, "content nobody agreed to"),
            (carries and answer is not None and not answer.by_text, "what is only to be said"),
        )
        return [words for is_wrong, words in judged if is_wrong]


@dataclass
class Walk:
    """One hub on which the steps of every example are taken; each with people of its own."""

    talk: Talk
    refs: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    sent: Counter[Purpose] = field(default_factory=Counter)
    reached: set[CaseState] = field(default_factory=set)
    answers: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.refs, self.issues, self.told = [], [], set()
        self.numbers = [f"+2588411{next(NUMBERS):05}" for _ in range(3)]

    def step(self, verb: str, actor: Actor, which: int, choice: int) -> None:
        """Take one step, or have it refused: a refusal changes nothing."""
        if verb == "say":
            self.talk.says(SAYS[choice % len(SAYS)], self.numbers[which % len(self.numbers)])
            self._find()
        elif verb == "wait":
            self.talk.now += timedelta(hours=(1, 30, 200)[choice % 3])
            expire_referrals(self.talk.hub, self.talk.now)
            sound_alarms(self.talk.hub, self.talk.now)
            drain(self.talk.hub, Queue.HOUSEKEEPING)
        elif self.refs:
            self.talk.now += timedelta(seconds=1)
            try:
                with self.talk.hub.unit_of_work() as uow:
                    VERBS[verb](self, uow, actor, self.refs[which % len(self.refs)], choice)
                    uow.commit()
            except DomainError:
                pass
            self.talk.work()

    def _find(self) -> None:
        known = {case.ref for number in self.numbers for case in self.talk.cases(number)}
        self.refs += sorted(known - set(self.refs))

    def check(self) -> None:
        """What always holds."""
        assert self.wrong == []
        with self.talk.hub.reading() as uow:
            found = select(Case).where(tables.case.c.ref.in_(self.refs))
            for case in uow.session.scalars(found).all():
                self.reached.add(case.state)
                self._check_closed(uow, case)
                self._check_clocks(case)
            for issue_id in self.issues:
                self._check_issue(uow, issue_id)

    def _check_closed(self, uow: SqlUnitOfWork, case: Case) -> None:
        if case.state is not CaseState.CLOSED:
            return
        assert case.outcome is not None
        event = tables.case_event.c
        history = uow.session.execute(
            select(event.kind, event.about).where(event.case_id == case.id).order_by(event.at)
        ).all()
        closings = [line.about for line in history if line.kind is EventKind.CLOSED]
        assert closings[-1], "closed without a reason"
        looped = {EventKind.LOOP_ATTEMPTED, EventKind.ANSWERED_ON_SPOT} & {h.kind for h in history}
        without = {Outcome.DUPLICATE, Outcome.NOT_FEEDBACK, Outcome.WITHDRAWN}
        assert looped or case.outcome in without, "closed without a loop"

    def _check_clocks(self, case: Case) -> None:
        open_clocks = Counter(clock.duty for clock in case.clocks if clock.ended_at is None)
        assert all(number == 1 for number in open_clocks.values()), "two clocks for one duty"
        assert case.is_open or not open_clocks, "a clock runs on a closed case"
        if case.is_open:
            assert Duty.ANSWER in {clock.duty for clock in case.clocks}, "nobody owes an answer"
        for clock in case.clocks:
            for one, after in zip(clock.segments, clock.segments[1:], strict=False):
                assert one.end is not None
                assert one.start <= one.end <= after.start, "segments overlap"

    def _check_issue(self, uow: SqlUnitOfWork, issue_id: str) -> None:
        issue = uow.issue(issue_id)
        assert issue is not None
        if issue.state is not IssueState.ANSWERED or issue_id not in self.told:
            return
        for ref in uow.issue_refs(issue_id):
            case = uow.case_by_ref(ref)
            assert case is not None
            owed = any(clock.ended_at is None for clock in case.clocks)
            listed = bool(uow.open_call_backs(case.id))
            assert case.answer_id or case.outcome or owed or listed, "a reporter was forgotten"


Step = Callable[[Walk, SqlUnitOfWork, Actor, str, int], object]
OUTCOMES, LEVELS = tuple(Outcome), tuple(Sensitivity)


def _triage(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    level = LEVELS[choice % 4] if choice % 4 < len(LEVELS) else None
    decision = Decision(sensitivity=level, reason="porque sim", site="NTO")
    return triage.triage(uow, walk.talk.hub.rules, actor, ref, decision, walk.talk.now)


def _agree(_walk: Walk, uow: SqlUnitOfWork, _actor: Actor, ref: str, choice: int) -> object:
    case = uow.case_by_ref(ref)
    assert case is not None
    words, shares = tuple(Answered), tuple(Share)
    case.consent = Consent(
        share=shares[choice % 4],
        contact=words[choice % 3],
        content_in_text=words[choice // 2 % 3],
    )
    return case


def _refer(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    partner = ("avsi", "wfp")[choice % 2]
    return referrals.refer(uow, walk.talk.hub.rules, actor, ref, partner, walk.talk.now)


def _partner(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    case, rules, now = uow.case_by_ref(ref), walk.talk.hub.rules, walk.talk.now
    assert case is not None
    made = uow.referrals_of(case.id)
    if not made:
        return None
    one = made[choice % len(made)].id
    match choice % 6:
        case 0:
            return referrals.accept(uow, rules, actor, one, now)
        case 1:
            return referrals.decline(uow, rules, actor, one, DeclineReason.OTHER, "nao", now)
        case 2:
            return referrals.answer(uow, rules, actor, one, "feito", Outcome.RESOLVED, now)
        case 3:
            return referrals.refer_on(uow, rules, actor, one, "wfp", now)
        case 4:
            return referrals.verify(uow, rules, actor, one, True, "", now)
        case _:
            return referrals.give_back(uow, rules, actor, one, "onde?", now)


def _answer(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    rules, now, spot = walk.talk.hub.rules, walk.talk.now, choice % 2 == 1
    outcome = OUTCOMES[choice % 4]
    return casework.answer(uow, rules, actor, ref, "Reparada.", outcome, now, on_the_spot=spot)


def _inform(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    answer, told = walk.answers[choice % len(walk.answers)], choice % 3 == 0
    return bank.inform(uow, walk.talk.hub.rules, actor, ref, answer, walk.talk.now, told=told)


def _loop(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    method = (None, *Method)[choice % 6]
    return loopback.loop_back(uow, walk.talk.hub.rules, actor, ref, method, walk.talk.now)


def _close(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    outcome = OUTCOMES[choice % len(OUTCOMES)]
    return casework.close(uow, walk.talk.hub.rules, actor, ref, outcome, "Acabou.", walk.talk.now)


def _again(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    rules, now = walk.talk.hub.rules, walk.talk.now
    if choice % 3 == 0:
        return casework.reopen(uow, rules, actor, ref, "Não acabou.", now)
    if choice % 3 == 1:
        return casework.appeal(uow, rules, actor, ref, "Não concordo.", now)
    return casework.judge(uow, rules, actor, ref, None, now, score=choice % 5 + 1)


def _level(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    level = LEVELS[choice % 3]
    return triage.change_sensitivity(
        uow, walk.talk.hub.rules, actor, ref, level, "porque sim", walk.talk.now
    )


def _hand_off(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, _choice: int) -> object:
    return casework.hand_off(uow, walk.talk.hub.rules, actor, ref, "", walk.talk.now)


def _issue(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    rules, now = walk.talk.hub.rules, walk.talk.now
    if not walk.issues:
        new = issues.open_issue(uow, rules, actor, NewIssue("A bomba", cases=(ref,)), now)
        walk.issues.append(new.id)
        return new
    one = walk.issues[0]
    match choice % 4:
        case 0:
            return casework.link_issue(uow, actor, ref, one, now)
        case 1:
            return issues.decide(uow, one, "Duas peças novas.")
        case 2:
            return issues.answer(uow, one, "Foi arranjada.")
        case _:
            told = issues.tell_reporters(uow, rules, actor, one, now)
            walk.told.add(one)
            return told


def _longer(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    rules, now = walk.talk.hub.rules, walk.talk.now
    return loopback.give_interim_notice(uow, rules, actor, ref, choice % 2 == 0, now)


def _ask_anew(walk: Walk, uow: SqlUnitOfWork, actor: Actor, ref: str, choice: int) -> object:
    said = tuple(Answered)[choice % 3]
    consent = Consent(share=tuple(Share)[choice % 4], contact=said, content_in_text=said)
    return casework.review_consent(uow, actor, ref, consent, walk.talk.now)


def _hand_over(walk: Walk, uow: SqlUnitOfWork, actor: Actor, _ref: str, choice: int) -> object:
    partner, site = ("avsi", "") if choice % 2 else ("", "NTO")
    wanted = Wanted("O parceiro sai.", site=site, from_organisation=partner, to_organisation="wfp")
    return handover.hand_over(uow, walk.talk.hub.rules, actor, wanted, walk.talk.now)


def _onward(walk: Walk, uow: SqlUnitOfWork, _actor: Actor, ref: str, choice: int) -> object:
    """What somebody sensible would do next, so that chance gets far."""
    case = uow.case_by_ref(ref)
    assert case is not None
    actor = ACTORS[2] if case.sensitivity is Sensitivity.L3 else ACTORS[choice % 2]
    if case.state in {CaseState.LOOP_ATTEMPTED, CaseState.ANSWERED_ON_SPOT}:
        # Near the end chance would seldom hit on an outcome that may be.
        choice = OUTCOMES.index(Outcome.RESOLVED)
    verb = {
        CaseState.RECEIVED: _triage,
        CaseState.REOPENED: _triage,
        CaseState.APPEALED: _triage,
        CaseState.TRIAGED: _answer,
        CaseState.REFERRED: _answer,
        CaseState.HANDED_OFF: _answer,
        CaseState.RESPONSE_READY: _loop,
        CaseState.LOOP_ATTEMPTED: _close,
        CaseState.ANSWERED_ON_SPOT: _close,
        CaseState.CLOSED: _again,
    }[case.state]
    return verb(walk, uow, actor, ref, choice)


VERBS: dict[str, Step] = {
    "triage": _triage,
    "agree": _agree,
    "refer": _refer,
    "partner": _partner,
    "answer": _answer,
    "inform": _inform,
    "loop": _loop,
    "close": _close,
    "again": _again,
    "level": _level,
    "hand_off": _hand_off,
    "issue": _issue,
    "longer": _longer,
    "ask_anew": _ask_anew,
    "hand_over": _hand_over,
    "onward": _onward,
}
OFTEN = ("say", "wait", *("onward",) * 8, *VERBS)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    home: Path = tmp_path_factory.mktemp("walk")
    talk = make_talk(f"sqlite:///{home / 'hub.sqlite3'}", home / "home")
    made = Walk(talk)
    watched = Watched(talk.hub.channels.accounts)
    watched.walk = made
    object.__setattr__(talk.hub, "channels", watched)
    today = talk.now.date()
    with talk.hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Organisation("avsi", "AVSI")])
        uow.session.add(Organisation("wfp", "WFP"))
        uow.session.flush()
        for by_text in (True, False):
            words = BankWords(
                "Quando?", "Na terça.", "por", today, today + timedelta(days=900), by_text=by_text
            )
            answer = bank.write(uow, talk.hub.rules, ACTORS[0], words, talk.now)
            uow.session.flush()
            bank.approve(uow, talk.hub.rules, ACTORS[0], answer.id, talk.now)
            made.answers.append(answer.id)
        uow.commit()
    yield made
    # Chance must get somewhere, or nothing was shown.
    assert made.reached >= FAR
    assert made.sent[Purpose.ACKNOWLEDGEMENT]
    assert made.sent[Purpose.ANSWER] + made.sent[Purpose.ANSWER_READY]
    talk.hub.close()


@settings(
    max_examples=8,
    derandomize=True,
    # A failure is told at once: making it smaller would walk for minutes.
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(OFTEN),
            st.sampled_from(ACTORS),
            st.integers(0, 5),
            st.integers(0, 60),
        ),
        min_size=25,
        max_size=40,
    )
)
def test_whatever_people_do_in_whatever_order(
    walk: Walk, steps: list[tuple[str, Actor, int, int]]
) -> None:
    walk.begin()
    for which in range(3):
        walk.step("say", ACTORS[0], which, which)
    for step in steps:
        walk.step(*step)
        walk.check()

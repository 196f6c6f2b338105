"""Whatever two people write on two accounts, in any order: never mixed, never lost, never doubled.

Messages come late, twice, edited, with references and replies of their own and of others, before
and after the workers looked; meanwhile staff move them about (issue 3, Conversations).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from feedback_hub.domain.access import Actor, ActorKind
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, intake
from feedback_hub.services.records.work import Queue
from tests.integration.databases import Database, SqliteFiles
from tests.integration.talking import ANA, CHIEF, FOOD, PUMP, ROSA, Talk, make_talk
from workers.drain import drain

BOTH = Actor("both", ActorKind.ACCOUNT, (*ANA.memberships, *ROSA.memberships))
ACCOUNTS = ("sms", "bot")
TEXTS = (PUMP, FOOD, CHIEF, "e agora?", "", "ainda nao", "PUMP " * 40)


@dataclass(frozen=True)
class Said:
    """One message as its sender meant it."""

    person: int
    account: str
    message: InboundMessage


class TwoPeople(RuleBasedStateMachine):
    """Their messages arrive; ``teardown`` looks where each of them is."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self.talk = talk
        self.numbers = [f"+2588{uuid.uuid4().int % 10**8:08}" for _ in range(2)]
        self.all: list[Said] = []
        self.on_the_way: list[Said] = []

    @rule(
        person=st.integers(0, 1),
        account=st.sampled_from(ACCOUNTS),
        text=st.sampled_from(TEXTS),
        about=st.none() | st.integers(0, 99),
        answers=st.none() | st.integers(0, 99),
        edits=st.booleans(),
        late=st.booleans(),
    )
    def writes(
        self,
        person: int,
        account: str,
        text: str,
        about: int | None,
        answers: int | None,
        *,
        edits: bool,
        late: bool,
    ) -> None:
        """Somebody writes, perhaps about a case of anybody's, perhaps as a reply or an edit."""
        self.talk.now += timedelta(seconds=7)
        cases = self.cases()
        if about is not None and cases:
            text = f"{cases[about % len(cases)].ref} {text}"
        meant = (
            self.all[answers % len(self.all)].message if answers is not None and self.all else None
        )
        number = self.numbers[person]
        message = InboundMessage(
            f"{number[1:]}-{len(self.all)}",
            self.talk.now,
            f"{text} n{len(self.all)}" if text else "",
            number,
            number,
            sent_at=self.talk.now,
        )
        if meant is not None:
            earlier = meant.external_id
            message = (
                replace(message, revises=earlier) if edits else replace(message, reply_to=earlier)
            )
        said = Said(person, account, message)
        self.all.append(said)
        if late:
            self.on_the_way.append(said)
        else:
            self.arrives(said)

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 99))
    def arrives_late(self, which: int) -> None:
        """One of those that are on the way comes, not always the first."""
        self.arrives(self.on_the_way.pop(which % len(self.on_the_way)))

    @precondition(lambda self: self.all)
    @rule(which=st.integers(0, 99))
    def arrives_again(self, which: int) -> None:
        """A provider repeats what it delivered, or is about to."""
        self.arrives(self.all[which % len(self.all)])

    @rule(queue=st.sampled_from([Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY]))
    def works(self, queue: Queue) -> None:
        drain(self.talk.hub, queue)

    @rule(hours=st.sampled_from([1, 80]))
    def passes(self, hours: int) -> None:
        self.talk.now += timedelta(hours=hours)

    @precondition(lambda self: self.cases())
    @rule(which=st.integers(0, 99), other=st.integers(0, 99), message=st.integers(0, 99))
    def is_moved(self, which: int, other: int, message: int) -> None:
        """Staff move a message to a case of its own, or to any other."""
        cases = self.cases()
        case, into = cases[which % len(cases)], cases[other % len(cases)]
        ids = [one.id for one in self.talk.messages(case)]
        chosen = (ids[message % len(ids)],)
        with self.talk.hub.unit_of_work() as uow:
            hub, now = self.talk.hub, self.talk.now
            try:
                if case.id == into.id:
                    casework.split(uow, hub.rules, BOTH, case.ref, chosen, now)
                else:
                    casework.move(uow, hub.rules, BOTH, case.ref, chosen, into.ref, now)
            except (Invalid, NotFound):
                return
            uow.commit()

    @precondition(lambda self: self.cases())
    @rule(which=st.integers(0, 99))
    def is_closed(self, which: int) -> None:
        cases = [case for case in self.cases() if case.is_open and not case.triaged_at]
        if cases:
            self.talk.close(cases[which % len(cases)])

    def arrives(self, said: Said) -> None:
        with self.talk.hub.unit_of_work() as uow:
            intake.accept(uow, said.account, [said.message], b"", self.talk.now)
            uow.commit()

    def cases(self) -> list[Case]:
        """Theirs alone: others have lived in this hub before."""
        return [
            case
            for number in self.numbers
            for account in ACCOUNTS
            for case in self.talk.cases(number, account)
        ]

    def teardown(self) -> None:
        for said in self.on_the_way:
            self.arrives(said)
        for _ in range(2):
            self.talk.work()
            # Whatever had to wait for its turn has it by now.
            self.talk.now += timedelta(hours=1)
        found: list[tuple[str, str, str]] = []
        for person, number in enumerate(self.numbers):
            for account in ACCOUNTS:
                theirs = self.talk.contact(number, account)
                for case in self.talk.cases(number, account):
                    assert theirs is not None
                    messages = self.talk.messages(case)
                    assert case.channel == account
                    assert {(m.contact_id, m.channel) for m in messages} <= {(theirs.id, account)}
                    assert [m.at for m in messages] == sorted(m.at for m in messages)
                    words = self.talk.words(case)
                    if case.sensitivity is not Sensitivity.L3:
                        assert not any(CHIEF in text for text in words)
                    found += [
                        (f"{person} {account}", m.external_id, text)
                        for m, text in zip(messages, words, strict=True)
                    ]
        assert sorted(found) == sorted(
            (f"{said.person} {said.account}", said.message.external_id, said.message.text)
            for said in self.all
        )


def lives(talk: Talk, examples: int, steps: int) -> None:
    class Here(TwoPeople):
        def __init__(self) -> None:
            super().__init__(talk)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_two_people_on_two_accounts(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    talk = make_talk(sqlite_files.fresh(), tmp_path / "home")
    lives(talk, 4, 12)
    talk.hub.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_people_for_longer(database: Database, tmp_path: Path) -> None:
    talk = make_talk(database.fresh(), tmp_path / "home")
    lives(talk, 30, 25)
    talk.hub.close()

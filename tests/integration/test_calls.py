"""People to reach: who gets on the list, who finds them there, and what a try brings."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account, set_languages
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
from feedback_hub.domain.message import DeliveryReceipt, DeliveryState, InboundMessage, MessageKind
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import call_list as reads
from feedback_hub.reads import home
from feedback_hub.reads.views.calls import CallRow
from feedback_hub.reads.views.home import TileKind
from feedback_hub.services import call_list, casework, intake, loopback, triage, wordings
from feedback_hub.services.loopback import Method
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import InboxKind, Queue, Task
from feedback_hub.services.triage import Decision
from tests.integration.databases import NOW
from tests.pages_world import arrives, log_in, make_app, make_hub, token_in
from workers.drain import drain

MANAGER = Actor("manager", memberships=(Membership(Role.CASE_MANAGER),))
DESK = Actor("desk", memberships=(Membership(Role.DESK, "", "NTO"),))
OTHER_DESK = Actor("other", memberships=(Membership(Role.DESK, "", "COR"),))
HANDLER = Actor("handler", memberships=(Membership(Role.PROTECTION),))
NUMBER = "+258841234567"
DAY = timedelta(days=1)


def comes(hub: Hub, kind: MessageKind = MessageKind.TEXT, text: str = "Bomba avariada") -> str:
    """Something reaches the line; the reference of its case."""
    item = InboundMessage(
        uuid.uuid4().hex, NOW, text, sender=NUMBER, address=NUMBER, kind=kind, language="por"
    )
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [item], b"payload", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    with hub.reading() as uow:
        row = uow.accepted("sms", InboxKind.MESSAGE, item.external_id)
        case = uow.case(row.case_id) if row and row.case_id else None
        assert case is not None
        return case.ref


def answered(hub: Hub, ref: str, sensitivity: Sensitivity = Sensitivity.L1) -> None:
    with hub.unit_of_work() as uow:
        decision = Decision(codes=("complaint.broken",), sensitivity=sensitivity)
        triage.triage(uow, hub.rules, MANAGER, ref, decision, NOW)
        casework.answer(
            uow, hub.rules, MANAGER, ref, "A bomba foi reparada.", Outcome.RESOLVED, NOW
        )
        uow.commit()


def listed(hub: Hub, actor: Actor, now: datetime = NOW) -> list[tuple[str, str, str]]:
    with hub.reading() as uow:
        page = reads.page(uow, actor, now)
        return [(row.ref, row.way.value, row.reason.value) for row in (*page.now, *page.later)]


def case_at(hub: Hub, ref: str) -> Case:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        return case


def line_of(hub: Hub, actor: Actor = MANAGER, now: datetime = NOW) -> str:
    with hub.reading() as uow:
        page = reads.page(uow, actor, now)
        (row,) = (*page.now, *page.later)
        return row.id


def tries(hub: Hub, result: CallResult, now: datetime, **more: Any) -> None:
    line_id = line_of(hub, now=now)
    with hub.unit_of_work() as uow:
        call_list.note_result(uow, hub.rules, MANAGER, line_id, result, now, **more)
        uow.commit()


class TestWhoGetsOnTheList:
    def test_a_missed_call_is_a_request_to_be_called_once(self, hub: Hub) -> None:
        ref = comes(hub, MessageKind.MISSED_CALL, "")
        assert listed(hub, MANAGER) == [(ref, "call", "request")]
        case = case_at(hub, ref)
        (clock,) = [one for one in case.clocks if one.duty is Duty.CALL_BACK]
        assert clock.runs
        assert case.due_at is not None

    def test_an_answer_that_people_must_tell_is_on_the_list(self, hub: Hub) -> None:
        ref = comes(hub)
        answered(hub, ref)
        with hub.unit_of_work() as uow:
            tried = loopback.loop_back(uow, hub.rules, MANAGER, ref, Method.CALL, NOW)
            uow.commit()
        assert tried.line is not None
        assert listed(hub, MANAGER) == [(ref, "call", "answer")]
        case = case_at(hub, ref)
        assert (case.state, case.loop_attempts) == (CaseState.LOOP_ATTEMPTED, 0)

    def test_a_text_that_may_not_go_becomes_a_call(self, hub: Hub) -> None:
        """No wording is approved here: the answer is told all the same."""
        ref = comes(hub)
        answered(hub, ref)
        with hub.unit_of_work() as uow:
            tried = loopback.loop_back(uow, hub.rules, MANAGER, ref, None, NOW)
            uow.commit()
        assert tried.method is Method.CALL
        assert listed(hub, MANAGER) == [(ref, "call", "answer")]

    def test_a_closed_case_leaves_it(self, hub: Hub) -> None:
        ref = comes(hub, MessageKind.MISSED_CALL, "")
        with hub.unit_of_work() as uow:
            casework.close(uow, hub.rules, MANAGER, ref, Outcome.NOT_FEEDBACK, "engano", NOW)
            uow.commit()
        assert listed(hub, MANAGER) == []
        assert case_at(hub, ref).due_at is None

    def test_a_hand_off_is_a_safe_contact_for_handlers_alone(self, hub: Hub) -> None:
        ref = comes(hub)
        with hub.unit_of_work() as uow:
            decision = Decision(codes=("misconduct.sea",), sensitivity=Sensitivity.L3)
            triage.triage(uow, hub.rules, MANAGER, ref, decision, NOW)
            uow.commit()
        with hub.unit_of_work() as uow:
            casework.hand_off(uow, hub.rules, HANDLER, ref, "", NOW)
            uow.commit()
        assert listed(hub, HANDLER) == [(ref, "call", "safe_contact")]
        with hub.reading() as uow:
            tiles = home.page(uow, hub.rules, HANDLER, NOW, {}, 5).tiles
        # Each person waits in one of a handler's tiles, not in two.
        people = {TileKind.SAFE_CONTACT, TileKind.TO_CALL}
        counted = {tile.kind: tile.count for tile in tiles if tile.kind in people}
        assert counted == {TileKind.SAFE_CONTACT: 1, TileKind.TO_CALL: 0}
        line_id = line_of(hub, HANDLER)
        for actor in (MANAGER, DESK):
            assert listed(hub, actor) == []
            with hub.unit_of_work() as uow, pytest.raises(NotFound):
                call_list.claim(uow, actor, line_id, NOW)


class TestWhatATryBrings:
    @pytest.fixture
    def ref(self, hub: Hub) -> str:
        ref = comes(hub)
        answered(hub, ref)
        with hub.unit_of_work() as uow:
            loopback.loop_back(uow, hub.rules, MANAGER, ref, Method.CALL, NOW)
            uow.commit()
        return ref

    def test_one_person_has_it(self, hub: Hub, ref: str) -> None:
        line_id = line_of(hub)
        with hub.unit_of_work() as uow:
            call_list.claim(uow, MANAGER, line_id, NOW)
            uow.commit()
        other = Actor("somebody else", memberships=MANAGER.memberships)
        with hub.unit_of_work() as uow, pytest.raises(IllegalMove):
            call_list.claim(uow, other, line_id, NOW + timedelta(minutes=59))
        with hub.reading() as uow:
            assert reads.sheet(uow, hub.rules, other, line_id, NOW).number == ""
            mine = reads.sheet(uow, hub.rules, MANAGER, line_id, NOW)
        assert (mine.number, mine.answer) == (NUMBER, "A bomba foi reparada.")
        with hub.unit_of_work() as uow:
            call_list.claim(uow, other, line_id, NOW + timedelta(minutes=61))
            uow.commit()

    def test_told_ends_it_and_the_case_can_close(self, hub: Hub, ref: str) -> None:
        tries(hub, CallResult.TOLD, NOW, text="Ficou contente.")
        assert listed(hub, MANAGER) == []
        case = case_at(hub, ref)
        assert case.loop_attempts == 1
        assert not any(clock.runs for clock in case.clocks if clock.duty is Duty.CALL_BACK)
        with hub.unit_of_work() as uow:
            casework.close(uow, hub.rules, MANAGER, ref, Outcome.RESOLVED, "dito", NOW)
            uow.commit()

    def test_nobody_there_is_another_day_then_the_desk_then_unreachable(
        self, hub: Hub, ref: str
    ) -> None:
        now = NOW
        for number in range(1, 6):
            tries(hub, CallResult.NO_ANSWER, now)
            assert case_at(hub, ref).loop_attempts == number
            if number < 5:
                (row,) = self.rows(hub, now)
                assert row.not_before > now
                now = row.not_before
        assert listed(hub, MANAGER, now) == [(ref, "desk", "not_reached")]
        with hub.unit_of_work() as uow, pytest.raises(IllegalMove):
            casework.close(uow, hub.rules, MANAGER, ref, Outcome.UNREACHABLE, "nada", now)
        tries(hub, CallResult.NO_ANSWER, now + DAY)
        assert listed(hub, MANAGER) == []
        with hub.unit_of_work() as uow:
            casework.close(uow, hub.rules, MANAGER, ref, Outcome.UNREACHABLE, "nada", now + DAY)
            uow.commit()

    def test_two_tries_on_one_day_are_one_attempt(self, hub: Hub, ref: str) -> None:
        tries(hub, CallResult.NO_ANSWER, NOW)
        tries(hub, CallResult.WRONG_PERSON, NOW + timedelta(hours=1))
        (row,) = self.rows(hub, NOW)
        assert (row.tries, case_at(hub, ref).loop_attempts) == (2, 1)

    def test_another_time_is_kept_and_is_no_attempt(self, hub: Hub, ref: str) -> None:
        until = NOW + timedelta(hours=30)
        tries(hub, CallResult.LATER, NOW, until=until)
        (row,) = self.rows(hub, NOW)
        assert (row.not_before, row.agreed) == (until, True)
        case = case_at(hub, ref)
        assert case.loop_attempts == 0
        (clock,) = [c for c in case.clocks if c.duty is Duty.CALL_BACK and c.ended_at is None]
        assert clock.segments[0].start == until

    @pytest.mark.parametrize("until", [None, NOW - DAY, NOW + timedelta(days=400)])
    def test_a_time_that_is_none_is_refused(
        self, hub: Hub, ref: str, until: datetime | None
    ) -> None:
        with pytest.raises(Invalid):
            tries(hub, CallResult.LATER, NOW, until=until)
        assert listed(hub, MANAGER) == [(ref, "call", "answer")]

    def rows(self, hub: Hub, now: datetime) -> tuple[CallRow, ...]:
        with hub.reading() as uow:
            page = reads.page(uow, MANAGER, now)
        return (*page.now, *page.later)


def test_what_a_caller_says_when_called_back_is_read_like_any_message(hub: Hub) -> None:
    ref = comes(hub, MessageKind.MISSED_CALL, "")
    said = "o chefe disse que se eu for dormir com ele o meu nome fica na lista"
    tries(hub, CallResult.TOLD, NOW, text=said)
    drain(hub, Queue.TRIAGE)
    # Set apart before anybody of the case team could read it.
    with hub.reading() as uow:
        levels = uow.session.scalars(select(tables.case.c.sensitivity)).all()
        case = uow.case_by_ref(ref)
        assert case is not None
        left = uow.messages_of(case.id)
    assert sorted(levels) == [Sensitivity.L1, Sensitivity.L3]
    assert [message.kind for message in left] == [MessageKind.MISSED_CALL]


def test_the_desk_of_another_site_finds_nobody(hub: Hub) -> None:
    ref = comes(hub, MessageKind.MISSED_CALL, "")
    with hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Site("COR", "Corrane")])
        case = uow.case_by_ref(ref)
        assert case is not None
        case.site = "NTO"
        call_list.put(uow, hub.rules, case, CallReason.REQUEST, "x", NOW, way=Way.DESK)
        uow.commit()
    assert (ref, "desk", "request") in listed(hub, DESK)
    assert listed(hub, OTHER_DESK) == []
    with hub.reading() as uow:
        today = reads.desk_today(uow, hub.rules, DESK, "NTO", NOW)
        assert today is not None
        assert [row.ref for row in today.rows] == [ref]
        elsewhere = reads.desk_today(uow, hub.rules, OTHER_DESK, "NTO", NOW)
        assert elsewhere is not None
        assert elsewhere.rows == ()
        assert reads.desk_today(uow, hub.rules, DESK, "NOWHERE", NOW) is None


def test_the_reader_s_languages_come_first_within_one_urgency(hub: Hub) -> None:
    refs: list[str] = []
    for language in ("por", "vmw"):
        item = InboundMessage(
            uuid.uuid4().hex,
            NOW,
            "",
            sender=f"+25884{len(refs)}000000",
            address=f"+25884{len(refs)}000000",
            kind=MessageKind.MISSED_CALL,
            language=language,
        )
        with hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [item], json.dumps(language).encode(), NOW)
            uow.commit()
        drain(hub, Queue.INTAKE)
        with hub.reading() as uow:
            row = uow.accepted("sms", InboxKind.MESSAGE, item.external_id)
            case = uow.case(row.case_id) if row and row.case_id else None
            assert case is not None
            refs.append(case.ref)
    with hub.unit_of_work() as uow:
        amina = add_account(uow.session, "a@example.org", None, MANAGER.memberships, NOW)
        reads_by = Actor(amina, memberships=MANAGER.memberships)
        set_languages(uow.session, amina, ("vmw",))
        uow.commit()
    assert [ref for ref, _, _ in listed(hub, reads_by)] == [refs[1], refs[0]]


class TestPages:
    @pytest.fixture
    def world(self, tmp_path: Path) -> tuple[Hub, Flask]:
        hub = make_hub(tmp_path / "home")
        return hub, make_app(hub)

    def test_claim_script_and_result_by_forms_alone(self, world: tuple[Hub, Flask]) -> None:
        hub, app = world
        ref = arrives(hub, "a bomba nao funciona", NUMBER)
        with hub.unit_of_work() as uow:
            for purpose in Purpose:
                if not purpose.is_spoken:
                    wordings.approve(uow, MANAGER, "por", purpose, hub.clock())
            case = uow.case_by_ref(ref)
            assert case is not None
            call_list.put(uow, hub.rules, case, CallReason.REQUEST, "x", hub.clock())
            uow.commit()
        ana, ines = log_in(app, "ana"), log_in(app, "ines")
        shown = ana.get("/calls").text
        assert "Asks to be called" in shown
        assert NUMBER not in shown
        assert ines.get("/calls").status_code == 403
        page = self.address(shown)
        assert NUMBER not in ana.get(page).text
        claimed = self.press(ana, f"{page}/claim", page)
        assert NUMBER in claimed
        assert "Com quem falo, por favor?" in claimed
        late = self.press(ana, f"{page}/result", page, result="later", until="never")
        assert "Choose a day and time" in late
        self.press(ana, f"{page}/result", page, result="told", text="ainda avariada")
        assert "Nobody waits to be reached now." in ana.get("/calls").text
        assert "ainda avariada" in ana.get(f"/cases/{ref}").text

    def test_the_printed_list_says_nothing_of_a_matter(self, world: tuple[Hub, Flask]) -> None:
        hub, app = world
        ref = arrives(hub, "a bomba de Ntokota nao funciona", NUMBER)
        with hub.unit_of_work() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            case.site, case.codes, case.sector = "NTO", ("complaint.broken",), "wash"
            call_list.put(uow, hub.rules, case, CallReason.ANSWER, "x", hub.clock(), way=Way.DESK)
            uow.commit()
        text = log_in(app, "filipe").get("/desk/NTO/today").text
        assert f"{ref[:3]}-{ref[3:6]}-{ref[6:]}" in text
        for word in ("bomba", "Broken", "WASH", NUMBER, NUMBER[4:]):
            assert word not in text.partition("<main")[2]

    def address(self, page: str) -> str:
        found = re.search(r'href="(/calls/[0-9a-f]{32})"', page)
        assert found
        return found.group(1)

    def press(self, client: FlaskClient, action: str, page: str, **values: str) -> str:
        token = token_in(client.get(page).text)
        answer = client.post(action, data=values | {"csrf_token": token}, follow_redirects=True)
        return answer.text


class TestATextThatDoesNotArrive:
    """Failed, expired or withheld: it is never silence (DOMAIN.md, Loop back)."""

    @pytest.fixture
    def sent(self, hub: Hub) -> tuple[str, str]:
        """A case whose answer went out by text: its reference and the delivery's id."""
        ref = comes(hub)
        answered(hub, ref)
        with hub.unit_of_work() as uow:
            uow.session.add(
                Wording("por", Purpose.ANSWER_READY, "Caso {{ ref }}", WordingState.APPROVED)
            )
            uow.commit()
        rules = replace(hub.rules, reply_channels=frozenset({"sms"}))
        with hub.unit_of_work() as uow:
            tried = loopback.loop_back(uow, rules, MANAGER, ref, None, NOW)
            assert tried.delivery is not None
            tried.delivery.advance(DeliveryState.SENT, NOW)
            tried.delivery.provider_id = "SM1"
            uow.commit()
        assert tried.method is Method.MESSAGE
        assert listed(hub, MANAGER) == []
        return ref, tried.delivery.id

    @pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.EXPIRED])
    def test_people_take_over(self, hub: Hub, sent: tuple[str, str], state: DeliveryState) -> None:
        receipt = DeliveryReceipt("SM1", state, NOW, state.value)
        with hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [receipt], b"receipt", NOW)
            uow.commit()
        drain(hub, Queue.INTAKE)
        drain(hub, Queue.HOUSEKEEPING)
        assert listed(hub, MANAGER) == [(sent[0], "call", "not_delivered")]

    def test_what_arrived_is_nobodys_task(self, hub: Hub, sent: tuple[str, str]) -> None:
        receipt = DeliveryReceipt("SM1", DeliveryState.DELIVERED, NOW, "delivered")
        with hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [receipt], b"receipt", NOW)
            uow.commit()
        drain(hub, Queue.INTAKE)
        with hub.unit_of_work() as uow:
            call_list.take_over(uow, hub.rules, sent[1], NOW)
            uow.commit()
        assert listed(hub, MANAGER) == []


def test_above_the_daily_limit_answers_wait_and_the_operator_hears_of_it(hub: Hub) -> None:
    rules = replace(hub.rules, reply_channels=frozenset({"sms"}), segments_a_day=1)
    with hub.unit_of_work() as uow:
        uow.session.add(
            Wording("por", Purpose.ANSWER_READY, "Caso {{ ref }}", WordingState.APPROVED)
        )
        uow.commit()
    for _ in range(2):
        ref = comes(hub)
        answered(hub, ref)
        with hub.unit_of_work() as uow:
            loopback.loop_back(uow, rules, MANAGER, ref, None, NOW)
            uow.commit()
    with hub.reading() as uow:
        waits = uow.session.scalars(
            select(tables.outbox.c.available_at)
            .where(tables.outbox.c.task == Task.SEND)
            .order_by(tables.outbox.c.available_at)
        ).all()
        assert [alert.kind for alert in uow.lasting_alerts()] == [AlertKind.COST_LIMIT]
    assert waits[0] == NOW
    assert waits[1] > NOW + timedelta(hours=10)

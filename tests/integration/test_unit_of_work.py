"""One transaction: state, history and work are kept together or not at all."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.kept.transaction import QUEUE_OF
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.records.work import InboxKind, InboxRow, Queue, Task
from tests.integration.databases import NOW

CODES = ("request.water",)


def new_case(uow: SqlUnitOfWork) -> Case:
    case = Case(uuid.uuid4().hex, uow.new_reference(), "desk", NOW, NOW, "anna")
    uow.add(case)
    return case


def kept_case(hub: Hub) -> str:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        uow.commit()
        return case.id


def triage(case: Case, actor: str = "rosa") -> None:
    case.triage(CODES, "request", "WASH", Sensitivity.L1, Priority.P3, actor, NOW)


def history(hub: Hub, case_id: str) -> list[EventKind]:
    event = tables.case_event.c
    with hub.reading() as uow:
        lines = select(event.kind).where(event.case_id == case_id)
        return list(uow.session.scalars(lines.order_by(event.at, event.position)))


def rows(hub: Hub, table: str) -> int:
    with hub.reading() as uow:
        counted = select(func.count()).select_from(tables.metadata.tables[table])
        return uow.session.scalar(counted) or 0


def test_what_was_changed_comes_back_as_it_was(hub: Hub) -> None:
    case_id = kept_case(hub)
    with hub.unit_of_work() as uow:
        case = uow.case(case_id)
        assert case is not None
        triage(case)
        case.answer_on_spot("an-answer", Outcome.INFORMATION_GIVEN, "rosa", NOW)
        uow.commit()
    with hub.reading() as uow:
        found = uow.case(case_id)
        assert found is not None
        assert (found.codes, found.sector, found.triaged_at) == (CODES, "WASH", NOW)
        assert (found.person, found.consent) == (case.person, case.consent)
    assert history(hub, case_id) == [EventKind.TRIAGED, EventKind.ANSWERED_ON_SPOT]


def test_nothing_is_kept_without_commit(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        triage(case)
        uow.vault.new_key()
        uow.work(Task.CLASSIFY, case.id, NOW)
    kept = [rows(hub, table) for table in ("case", "case_event", "outbox", "data_key")]
    assert kept == [0, 0, 0, 0]


def test_a_line_of_history_is_kept_although_nobody_holds_the_case_any_more(hub: Hub) -> None:
    case_id = kept_case(hub)

    def note_it(uow: SqlUnitOfWork) -> None:
        case = uow.case(case_id)
        assert case is not None
        case.note(EventKind.NOTED, "a-remark", "rosa", NOW)

    with hub.unit_of_work() as uow:
        note_it(uow)
        gc.collect()
        uow.commit()
    assert history(hub, case_id) == [EventKind.NOTED]


def test_a_new_object_s_history_is_kept_although_it_was_flushed_and_let_go(hub: Hub) -> None:
    def make(uow: SqlUnitOfWork) -> str:
        case = new_case(uow)
        triage(case)
        assert uow.case_by_ref(case.ref) is case  # the query writes it, before the commit
        return case.id

    with hub.unit_of_work() as uow:
        case_id = make(uow)
        gc.collect()
        uow.commit()
    assert history(hub, case_id) == [EventKind.TRIAGED]


def test_history_is_written_once(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        triage(case)
        uow.commit()
        uow.commit()
    assert history(hub, case.id) == [EventKind.TRIAGED]


@pytest.mark.parametrize(
    "second",
    [triage, lambda case: setattr(case, "owner", "bento")],
    ids=["a move", "a change without history"],
)
def test_of_two_who_change_a_case_at_once_the_second_is_told(
    hub: Hub, second: Callable[[Case], None]
) -> None:
    case_id = kept_case(hub)
    with hub.unit_of_work() as one:
        mine = one.case(case_id)
        assert mine is not None
        # Ends the transaction and keeps what was read: on SQLite writers take turns.
        one.session.commit()
        with hub.unit_of_work() as two:
            theirs = two.case(case_id)
            assert theirs is not None
            triage(theirs)
            two.commit()
        second(mine)
        with pytest.raises(StaleVersion):
            one.commit()
    assert history(hub, case_id) == [EventKind.TRIAGED]


def test_whoever_read_another_version_is_told(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        uow.commit()
        uow.expect(case, None)
        uow.expect(case, case.version)
        with pytest.raises(StaleVersion):
            uow.expect(case, case.version + 1)


def test_referrals_have_versions_too(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        uow.session.execute(
            tables.organisation.insert().values(
                code="AGUA", name="", kind="ngo", email="", language="por", active=True
            )
        )
        uow.session.flush()
        referral = Referral(uuid.uuid4().hex, case.id, "AGUA", NOW, "rosa")
        uow.add(referral)
        referral.send("rosa", NOW)
        uow.commit()
        before = referral.version
        referral.accept("agua-1", NOW)
        uow.commit()
        assert referral.version == before + 1
        assert [r.id for r in uow.referrals_of(case.id)] == [referral.id]
        assert uow.facts(case).referred_to == {"AGUA"}
    assert history(hub, case.id) == [EventKind.REFERRAL_SENT, EventKind.REFERRAL_ACCEPTED]


def inbox_row(uow: SqlUnitOfWork, external_id: str, channel: str = "sms") -> InboxRow:
    key = uow.vault.new_key()
    kind = InboxKind.MESSAGE
    return InboxRow(uuid.uuid4().hex, channel, kind, external_id, key, b"", b"", NOW, NOW)


def test_a_delivery_repeated_is_one_row(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        assert uow.add_inbox(inbox_row(uow, "SM1"))
        assert not uow.add_inbox(inbox_row(uow, "SM1"))
        assert uow.add_inbox(inbox_row(uow, "SM1", "other-account"))
        uow.commit()
    with hub.unit_of_work() as uow:
        assert not uow.add_inbox(inbox_row(uow, "SM1"))
        uow.commit()
    assert rows(hub, "inbox") == 2


def test_two_cases_linked_from_both_sides_are_linked_once(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        one, two = new_case(uow), new_case(uow)
        uow.session.flush()
        uow.link(one.id, two.id, "related", "rosa", NOW)
        uow.link(two.id, one.id, "related", "rosa", NOW)
        uow.commit()
    assert rows(hub, "case_link") == 1


def test_every_task_has_a_queue() -> None:
    assert set(QUEUE_OF) == set(Task)
    assert set(QUEUE_OF.values()) <= set(Queue)

"""A list asks the database as many questions whatever it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from bench.fill import fill, register
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Duty
from feedback_hub.reads import case_counts, case_list, home, notice_list, queue
from feedback_hub.reads.case_list import Filters
from feedback_hub.reads.views.queue import QueueFilters, QueueTab
from feedback_hub.services.records.staff import Notice, NoticeKind

ACTOR = Actor("a" * 32, ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER, "hub"),))
DUTY = Duty.ANSWER
MOST = 22
"""Queries of a page of the queue; log-in and frame come beside it."""


def asked(hub: Hub, look: str, actor: Actor = ACTOR) -> int:
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(hub.engine, "before_cursor_execute", note)
    try:
        with hub.reading() as uow:
            if look == "home":
                home.page(uow, hub.rules, ACTOR, hub.clock(), {}, 5)
            elif look == "list":
                case_list.page(uow, ACTOR, Filters(), hub.clock(), limit=200)
            elif look == "notices":
                notice_list.page(uow, actor)
            else:
                tab = QueueFilters(tab=QueueTab(look))
                queue.page(uow, hub.rules, ACTOR, tab, hub.clock())
    finally:
        event.remove(hub.engine, "before_cursor_execute", note)
    return len(statements)


def test_colleagues_and_notices_cost_no_question_each(hub: Hub) -> None:
    register(hub)
    fill(hub, 20)
    manager = (Membership(Role.CASE_MANAGER, "hub"),)

    def more(first: int, count: int) -> None:
        with hub.unit_of_work() as uow:
            now, cases = hub.clock(), uow.session.scalars(select(Case)).all()
            for number in range(first, first + count):
                email = f"colleague{number}@example.org"
                made.append(add_account(uow.session, email, None, manager, now))
                notice = Notice(f"{number:032}", NoticeKind.OVERDUE, now, cases[number].id, DUTY)
                notice.account_id = made[0]
                uow.add(notice)
            uow.commit()

    made: list[str] = []
    more(0, 2)
    told = replace(ACTOR, id=made[0])
    few = asked(hub, "all"), asked(hub, "notices", told)
    more(2, 12)
    assert (asked(hub, "all"), asked(hub, "notices", told)) == few


LOOKS = ("triage", "verify", "overdue", "waiting", "all", "home", "list")


def test_a_page_of_many_cases_asks_no_more_than_one_of_few(hub: Hub) -> None:
    register(hub)
    fill(hub, 300)
    few = {look: asked(hub, look) for look in LOOKS}
    fill(hub, 1200, first=300)
    many = {look: asked(hub, look) for look in LOOKS}
    # Of the first page: a tile that has something asks for the oldest too, so it has a limit only.
    lists = [look for look in LOOKS if look != "home"]
    assert {look: many[look] for look in lists if many[look] > few[look]} == {}
    assert max(many.values()) <= MOST


def test_many_with_partners_are_listed_as_few_are(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(hub)
    fill(hub, 300)

    def waiting() -> tuple[list[str], int]:
        filters = queue.TABS[QueueTab.WAITING]
        with hub.reading() as uow:
            page = case_list.page(uow, ACTOR, filters, hub.clock(), limit=20)
            count = case_counts.count(uow, ACTOR, filters, hub.clock())
        return [one.ref for one in page.cases], count

    few, number = waiting()
    assert number > len(few) == 20
    for module in (case_list, case_counts):
        monkeypatch.setattr(module, "ENOUGH", 10)
    assert waiting() == (few, 10)


def test_many_answers_to_be_checked_are_listed_as_few_are(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(hub)
    fill(hub, 900)

    def pages() -> list[list[str]]:
        """There, and back again."""
        filters = queue.TABS[QueueTab.VERIFY]
        found, cursor = [], ""
        with hub.reading() as uow:
            while True:
                page = case_list.page(uow, ACTOR, filters, hub.clock(), cursor=cursor, limit=2)
                found.append([one.ref for one in page.cases])
                is_back = cursor.startswith("-") or not page.older
                cursor = page.newer if is_back else page.older
                if not cursor:
                    return found

    few = pages()
    assert len(few) > 4
    monkeypatch.setattr(case_list, "ENOUGH", 1)
    assert pages() == few

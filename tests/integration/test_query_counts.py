"""A list asks the database as many questions whatever it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, insert, select, update

from bench.fill import fill, register
from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import case_counts, case_list, case_page, home, notice_list, queue
from feedback_hub.reads.case_list import Filters
from feedback_hub.reads.views.queue import QueueFilters, QueueTab
from feedback_hub.services.records.staff import Notice, NoticeKind
from feedback_hub.services.seals import address_bound_to

ACTOR = Actor("a" * 32, ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER, "hub"),))
DUTY = Duty.ANSWER
MOST = 22
"""Queries of a page of the queue; log-in and frame come beside it."""


MOST_OF_A_CASE = 26
"""Queries of a case's page, of an ordinary one beside which nothing stands."""


def asked(hub: Hub, look: str, actor: Actor = ACTOR, *, ref: str = "") -> int:
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
            elif look == "case":
                case_page.page(uow, hub.rules, actor, ref, hub.clock(), 0.5)
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


def test_a_case_asks_for_what_is_there_and_no_more_for_what_its_reader_may_not_see(
    hub: Hub,
) -> None:
    register(hub)
    fill(hub, 60)
    case = tables.case
    plain = select(Case).where(case.c.sensitivity == Sensitivity.L1, case.c.state == "triaged")
    with hub.unit_of_work() as uow:
        one, secret = uow.session.scalars(plain.order_by(case.c.id).limit(2)).all()
        contact = uow.contact(one.contact_id or "")
        assert contact is not None
        sealed = uow.vault.seal(contact.key_id, "+258840000001", address_bound_to(contact.id))
        contact.address_sealed = sealed
        uow.commit()
    few = asked(hub, "case", ref=one.ref)
    assert few <= MOST_OF_A_CASE
    with hub.unit_of_work() as uow:
        hidden = {"sensitivity": Sensitivity.L3, "contact_id": one.contact_id}
        uow.session.execute(update(case).where(case.c.id == secret.id).values(hidden))
        uow.link(one.id, secret.id, "split", ACTOR.id, hub.clock())
        uow.commit()
    assert asked(hub, "case", ref=one.ref) == few
    with hub.unit_of_work() as uow:
        for tag in ("one", "two"):
            uow.add_tag(one.id, tag)
        uow.commit()
    with hub.reading() as uow:
        assert case_page.view(uow, hub.rules, ACTOR, one.ref, hub.clock(), 0.5).tags == (
            "one",
            "two",
        )
    assert asked(hub, "case", ref=one.ref) > few
    # A desk sees less: what it does not see costs it as much as if nothing were there.
    desk = Actor("d" * 32, ActorKind.ACCOUNT, (Membership(Role.DESK, site=one.site),))
    before = asked(hub, "case", desk, ref=one.ref)
    with hub.unit_of_work() as uow:
        graca = add_account(uow.session, "graca@example.org", None, (), hub.clock())
        uow.session.execute(
            insert(tables.emergency).values(
                id="e" * 32,
                case_id=one.id,
                account_id=graca,
                reason_id="r" * 32,
                at=hub.clock(),
                until=hub.clock(),
            )
        )
        uow.commit()
    assert asked(hub, "case", desk, ref=one.ref) == before


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

"""Cases beside one another: moving a message between them, and what the same number says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from feedback_hub.adapters import retention, tables
from feedback_hub.adapters.retention import Stage
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import case_list, related
from feedback_hub.reads.case_list import Filters
from feedback_hub.services import casework, triage
from feedback_hub.services.triage import Decision
from feedback_hub.web.app import create_app
from tests.integration.asking import Asking
from tests.integration.talking import ANA, CHIEF, FOOD, PUMP, ROSA, Talk, make_talk
from tests.pages_world import log_in, settle, token_in, version_in

BOTH = Actor("both", ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER), ROSA.memberships[0]))


@pytest.fixture(scope="module")
def talk(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """One hub for the module: everybody in it has a number of their own."""
    home: Path = tmp_path_factory.mktemp("home")
    made = make_talk(database_url, home)
    yield made
    made.hub.close()


@pytest.fixture
def me() -> str:
    """A number that nobody else has."""
    return f"+25884{uuid.uuid4().int % 10**7:07}"


def move(talk: Talk, actor: Actor, case: Case, text: str, other: Case) -> Case:
    """Move what was said with these words."""
    with talk.hub.unit_of_work() as uow:
        ids = dict(zip(talk.words(case), (m.id for m in uow.messages_of(case.id)), strict=True))
        case = casework.move(
            uow, talk.hub.rules, actor, case.ref, (ids[text],), other.ref, talk.now
        )
        uow.commit()
    talk.work()
    return case


def triaged(talk: Talk, case: Case, code: str) -> None:
    with talk.hub.unit_of_work() as uow:
        triage.triage(uow, talk.hub.rules, ANA, case.ref, Decision(codes=(code,)), talk.now)
        uow.commit()


def found(talk: Talk, words: str) -> list[str]:
    with talk.hub.reading() as uow:
        return [c.ref for c in case_list.page(uow, ANA, Filters(q=words), talk.now).cases]


def sketch(talk: Talk, case: Case) -> bytes:
    """What the case is compared with others by."""
    kept = tables.likeness.c
    with talk.hub.reading() as uow:
        return uow.session.scalar(select(kept.minima).where(kept.case_id == case.id)) or b""


def test_a_message_is_moved_with_every_wording_and_found_where_it_is(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    astray = talk.says("e na semana passada tambem", me)
    talk.says("e na semana passada nao", me, revises=astray)
    talk.says(FOOD, me)
    pump, food = talk.cases(me)
    triaged(talk, pump, "complaint.broken")
    triaged(talk, food, "complaint.quantity")
    assert found(talk, "semana") == [pump.ref]
    texts = len(talk.texts(me))
    move(talk, ANA, pump, "e na semana passada tambem", food)
    assert talk.words(pump) == [PUMP]
    assert talk.words(food)[:2] == [
        "e na semana passada tambem",
        "e na semana passada nao",
    ]
    # The first of them since the food was set apart; neither says where to.
    assert [about for kind, about in talk.events(pump) if kind is EventKind.SPLIT] == ["", ""]
    assert found(talk, "semana") == [food.ref]
    # The person knows the number of that case already.
    assert len(talk.texts(me)) == texts


def test_what_is_set_apart_is_found_by_its_words_no_longer(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says("e na semana passada tambem", me)
    case = talk.cases(me)[0]
    triaged(talk, case, "complaint.broken")
    before = sketch(talk, case)
    with talk.hub.unit_of_work() as uow:
        first = uow.messages_of(case.id)[0].id
        apart = casework.split(
            uow, talk.hub.rules, ANA, case.ref, (first,), talk.now, sensitivity=Sensitivity.L3
        )
        uow.commit()
    # Nor is it taken for the same as others that were told in those words.
    assert sketch(talk, case) not in {before, b""}
    assert sketch(talk, apart) == b""
    assert case.ref in found(talk, "semana")
    assert case.ref not in found(talk, "bomba")


def test_words_are_moved_between_cases_of_one_contact_and_one_kind_only(
    talk: Talk, me: str
) -> None:
    talk.says(PUMP, me)
    talk.says("e mais", me)
    talk.says(CHIEF, me)
    talk.says(FOOD, me)
    talk.says(PUMP, me + "9")
    pump, chief, food = talk.cases(me)
    (berta,) = talk.cases(me + "9")
    for actor, other in ((ANA, berta), (ANA, chief), (BOTH, chief), (ROSA, food)):
        with pytest.raises(NotFound):
            move(talk, actor, pump, "e mais", other)
    with pytest.raises(Invalid):
        move(talk, ANA, pump, "e mais", pump)
    with pytest.raises(Invalid, match="leave"):
        move(talk, ANA, food, FOOD, pump)
    talk.close(food)
    with pytest.raises(Invalid):
        move(talk, ANA, pump, "e mais", food)
    assert talk.words(pump) == [PUMP, "e mais"]


def test_what_was_moved_is_not_erased_with_the_case_it_came_in(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says("e mais", me)
    talk.says(FOOD, me)
    pump, food = talk.cases(me)
    move(talk, ANA, pump, "e mais", food)
    with talk.hub.unit_of_work() as uow:
        retention.erase(uow.session, pump.id, Stage.TEXT, talk.now)
        uow.commit()
    assert talk.words(pump) == [""]
    assert "e mais" in talk.words(food)
    with talk.hub.unit_of_work() as uow:
        retention.erase(uow.session, food.id, Stage.TEXT, talk.now)
        uow.commit()
    assert set(talk.words(food)) == {""}


def test_what_was_personal_stays_personal_where_it_is_moved_to(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says("e mais", me)
    talk.says(FOOD, me)
    pump, food = talk.cases(me)
    with talk.hub.unit_of_work() as uow:
        kept = uow.case(pump.id)
        assert kept is not None
        kept.sensitivity = Sensitivity.L2
        uow.commit()
    assert move(talk, ANA, pump, "e mais", food).sensitivity is Sensitivity.L2


def test_other_cases_count_as_far_as_the_reader_may_see_them(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says(FOOD, me)
    talk.says(CHIEF, me)
    talk.says(PUMP, me + "9")
    pump, food, chief = talk.cases(me)
    (berta,) = talk.cases(me + "9")
    with talk.hub.unit_of_work() as uow:
        casework.link(uow, ANA, pump.ref, berta.ref, talk.now)
        uow.commit()
    with talk.hub.reading() as uow:
        seen = related.of_case(uow, ANA, pump)
        handlers = related.of_case(uow, ROSA, chief)
    assert seen.same_contact == 1
    assert [(one.ref, one.links, one.same_contact, one.takes_messages) for one in seen.cases] == [
        (berta.ref, ("related",), False, False),
        (food.ref, (), True, True),
    ]
    assert (handlers.same_contact, handlers.cases) == (0, ())


def test_over_the_api(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says("e mais", me)
    talk.says(FOOD, me)
    pump, food = talk.cases(me)
    asking = Asking(talk.hub)
    path = f"/api/v1/cases/{pump.ref}"
    beside = asking.get(Role.CASE_MANAGER, f"{path}/related").json
    assert beside["same_contact"] == 1
    assert [one["ref"] for one in beside["items"]] == [food.ref]
    assert asking.get(Role.DESK, f"{path}/related").status_code == 403
    assert asking.get(Role.PROTECTION, f"{path}/related").status_code == 404
    lines = asking.get(Role.CASE_MANAGER, f"{path}/messages").json["items"]
    (line,) = [one["id"] for one in lines if one["text"] == "e mais"]
    moved = asking.post(Role.CASE_MANAGER, f"{path}/move", messages=[line], to=food.ref)
    assert (moved.status_code, moved.json["ref"]) == (200, food.ref)
    again = asking.post(Role.CASE_MANAGER, f"{path}/move", messages=[line], to=food.ref)
    assert again.status_code == 422
    assert "e mais" in talk.words(food)


def test_one_press_on_the_case_page_moves_it(talk: Talk, me: str) -> None:
    talk.says(PUMP, me)
    talk.says("e mais", me)
    talk.says(FOOD, me)
    pump, food = talk.cases(me)
    app = create_app(talk.hub)
    settle(app, talk.hub)
    browser = log_in(app, "ana")
    page = browser.get(f"/cases/{pump.ref}").text
    assert "1 other case came from the same number or account." in page
    assert "They may be other people's" in page
    second = talk.messages(pump)[1].id
    form = {
        "csrf_token": token_in(page),
        "version": version_in(page, "move"),
        "message": second,
        "to": food.ref,
    }
    done = browser.post(f"/cases/{pump.ref}/move", data=form, follow_redirects=True)
    assert "These words were moved to another case." in done.text
    assert talk.words(pump) == [PUMP]
    assert "e mais" in talk.words(food)

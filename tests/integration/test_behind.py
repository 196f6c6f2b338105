"""Every figure opens the list behind it, and that list is as long as the figure is large."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters.accounts import actor_by_token, add_token
from feedback_hub.adapters.tables import case, case_event, referral
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Target
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.place import Organisation, OrganisationKind
from feedback_hub.domain.referral import Referral
from feedback_hub.reads import measures as reads
from feedback_hub.reads.behind import Figure, opens
from tests.integration.asking import Asking
from tests.integration.databases import NOW
from tests.integration.test_measures import any_case, put

DAYS = {"from": "2026-01-10", "to": "2026-03-04"}
CODES = ("complaint.broken", "request.water", "question.dates", "complaint.delay", "thanks.thanks")

Json = dict[str, Any]


@pytest.fixture
def asking(hub: Hub) -> Asking:
    """A world at random, in which every figure is of some cases."""
    with hub.unit_of_work() as uow:
        uow.session.add_all([Organisation(code, code) for code in ("avsi", "wfp", "rare")])
        uow.session.add(Organisation("block", "Block C", OrganisationKind.COMMUNITY))
        uow.commit()
    chance = random.Random(29)
    put(hub, [any_case(chance) for _ in range(110)])
    with hub.unit_of_work() as uow:
        for one in uow.session.scalars(select(Case).order_by(case.c.id)):
            one.codes = tuple(chance.sample(CODES, chance.randint(0, 3)))
            for kind in (EventKind.TRIAGED, EventKind.RESPONSE_READY):
                if chance.random() < 0.7:
                    one.record(Event(kind, one.id, "ana", one.received_at + timedelta(hours=1)))
        for sent in uow.session.scalars(select(Referral)):
            if sent.accepted_at and chance.random() < 0.6:
                sent.answered_at = sent.accepted_at + timedelta(days=1)
        uow.commit()
    return Asking(hub)


def listed(asking: Asking, who: Role | str, **query: str) -> list[str]:
    """The references of all pages of a list."""
    refs: list[str] = []
    cursor = ""
    while True:
        page = asking.get(who, "/api/v1/cases", **DAYS, **query, limit="60", cursor=cursor)
        assert page.status_code == 200, page.text
        refs += [one["ref"] for one in page.json["items"]]
        cursor = page.json["next"] or ""
        if not cursor:
            assert len(set(refs)) == len(refs)
            return refs


def figures(m: Json) -> Iterator[tuple[Mapping[str, str], int]]:
    """What the list is asked for, and how many cases the measures count."""
    for name in ("cases", "handled"):
        yield {"figure": name}, m[name]
    for name in ("acknowledged_in_time", "time_to_answer", "on_the_spot", "reopened", "appealed"):
        yield {"figure": name}, m[name]["count"]
    in_time = m["acknowledged_in_time"]
    yield {"figure": "acknowledged_late"}, in_time["of"] - in_time["count"]
    yield {"figure": "handled"}, m["funnel"]["received"]
    for name in ("triaged", "answer_found", "told", "loop_closed"):
        yield {"figure": name}, m["funnel"][name]
    for name, number in m["open_by_age"].items():
        yield {"figure": "open" if name == "of" else name}, number or 0
    yield {"figure": "closed"}, m["closed"]["of"]
    for name in ("loop_closed_with_person", "resolved", "unreachable"):
        yield {"figure": name}, m["closed"][name]["count"]
    yield from broken_down(m)


def broken_down(m: Json) -> Iterator[tuple[Mapping[str, str], int]]:
    """The same of the cases by what they are told apart by."""
    for name, counts in m["cases_by"].items():
        for word, number in counts.items():
            yield {"figure": "cases", name: word}, number
    for code, number in m["cases_by_code"].items():
        yield {"figure": "cases", "code": code}, number
    for channel, by_sex in m["cases_by_channel_sex_age"].items():
        for sex, by_band in by_sex.items():
            for band, number in by_band.items():
                if number:
                    cell = {"channel": channel, "sex": sex, "age_band": band}
                    yield {"figure": "cases", **cell}, number


def somebody(hub: Hub, held: Membership) -> tuple[str, Actor]:
    """A token that holds this, and who that is."""
    with hub.unit_of_work() as uow:
        token = add_token(uow.session, "somebody", held, NOW)
        actor = actor_by_token(uow.session, token, NOW)
        uow.commit()
    assert actor is not None
    return token, actor


def measured(hub: Hub, actor: Actor) -> Json:
    """Everything, small numbers too: the test may know them."""
    days = [date.fromisoformat(day) for day in DAYS.values()]
    period = reads.asked(days[0], days[1], "", NOW, hub.config.hub.timezone)
    with hub.reading() as uow:
        found: Json = reads.measure(uow, hub.rules, actor, period, NOW, 0)
    return found


@pytest.mark.parametrize(
    ("site", "organisation"),
    [
        ("", ""),
        ("", "avsi"),
        pytest.param("NTO", "", marks=pytest.mark.slow),
        pytest.param("", "block", marks=pytest.mark.slow),
    ],
)
def test_the_list_is_as_long_as_the_figure_is_large(
    hub: Hub, asking: Asking, site: str, organisation: str
) -> None:
    """Also of whoever is shut out of some cases: those that accuse their own, or anybody."""
    who, actor = somebody(hub, Membership(Role.CASE_MANAGER, organisation, site))
    m = measured(hub, actor)
    wrong, seen = [], set()
    for query, number in figures(m):
        found = len(listed(asking, who, **query))
        seen |= {Figure(query["figure"])} if number else set()
        if found != number:
            wrong.append((query, number, found))
    assert wrong == []
    if site or organisation:
        return
    # The figures of partners and of satisfaction are of referrals and answers: see below.
    rest = {figure for figure in Figure if figure.startswith(("referral", "satis", "not_satis"))}
    assert set(Figure) - seen <= rest | {Figure.FROM_90_DAYS}


def test_referrals_and_answers_are_those_of_the_listed_cases(hub: Hub, asking: Asking) -> None:
    m = measured(hub, Actor("ana", memberships=(Membership(Role.CASE_MANAGER),)))
    columns = {"sent": referral.c.sent_at, "accepted": referral.c.accepted_at}
    columns["answered"] = referral.c.answered_at
    for partner, value in m["referrals_by_partner"].items():
        numbers = {"sent": value["of"], "accepted": value["count"], "answered": value["answered"]}
        for name, number in numbers.items():
            refs = listed(asking, Role.CASE_MANAGER, figure=f"referral_{name}", partner=partner)
            with hub.reading() as uow:
                there = select(func.count()).select_from(referral.join(case))
                of_them = case.c.ref.in_(refs), referral.c.organisation == partner
                found = uow.session.scalar(there.where(*of_them, columns[name].is_not(None)))
            assert (found, len(refs) > 0) == (number, number > 0), (partner, name)
    for sex, value in m["satisfied_by_sex"].items():
        numbers = {"satisfied": value["count"], "not_satisfied": value["of"] - value["count"]}
        for name, number in numbers.items():
            refs = listed(asking, Role.CASE_MANAGER, figure=name, sex=sex)
            with hub.reading() as uow:
                kind = case_event.c.kind == EventKind.SATISFACTION
                said = uow.session.scalars(
                    select(case_event.c.detail)
                    .select_from(case_event.join(case, case.c.id == case_event.c.case_id))
                    .where(kind, case.c.ref.in_(refs))
                ).all()
            word = "yes" if name == "satisfied" else "no"
            assert sum(one["satisfied"] == word for one in said) == number, (sex, name)


def test_a_duty_in_working_days_is_kept_or_not_as_it_is_counted(hub: Hub, asking: Asking) -> None:
    targets = replace(hub.rules.targets, acknowledge=Target(working_days=1))
    hub.__dict__["rules"] = replace(hub.rules, targets=targets)
    m = measured(hub, Actor("ana", memberships=(Membership(Role.CASE_MANAGER),)))
    share = m["acknowledged_in_time"]
    assert 0 < share["count"] < share["of"]
    for name, number in (
        ("acknowledged_in_time", share["count"]),
        ("acknowledged_late", share["of"] - share["count"]),
    ):
        assert len(listed(asking, Role.CASE_MANAGER, figure=name)) == number, name


def test_nobody_learns_more_by_a_figure_than_by_the_list(asking: Asking) -> None:
    every = set(listed(asking, Role.CASE_MANAGER))
    for figure in Figure:
        assert set(listed(asking, Role.CASE_MANAGER, figure=figure)) <= every
        # No figure is of a highly sensitive case, and a handler's list behind one has none.
        assert listed(asking, Role.PROTECTION, figure=figure) == []
        assert asking.get(Role.COORDINATOR, "/api/v1/cases", figure=figure).status_code == 403


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"figure": "invented"}, "figure"),
        ({"sex": "woman"}, "sex"),
        ({"outcome": "done"}, "outcome"),
        ({"tab": "mine"}, "tab"),
        ({"from": "yesterday"}, "from"),
    ],
)
def test_a_word_that_is_none_is_said(hub: Hub, query: dict[str, str], name: str) -> None:
    answer = Asking(hub).get(Role.CASE_MANAGER, "/api/v1/cases", **query)
    assert answer.status_code == 422
    assert name in answer.text


def test_who_may_open_what() -> None:
    """Whoever counts everywhere and works at one site opens the figures of that site only."""

    def period(site: str = "") -> reads.Asked:
        return reads.Asked(NOW, NOW, site)

    coordinator, desk = Membership(Role.COORDINATOR), Membership(Role.DESK)
    here = Membership(Role.CASE_MANAGER, site="NTO")
    assert not opens(Actor("graca", memberships=(coordinator,)), period())
    assert not opens(Actor("graca", memberships=(coordinator, desk)), period())
    assert not opens(Actor("graca", memberships=(coordinator, here)), period())
    assert not opens(Actor("graca", memberships=(coordinator, here)), period("COR"))
    assert opens(Actor("graca", memberships=(coordinator, here)), period("NTO"))
    assert opens(Actor("ana", memberships=(here,)), period())
    assert opens(Actor("ana", memberships=(Membership(Role.CASE_MANAGER),)), period("COR"))
    assert not opens(Actor("filipe", memberships=(desk,)), period())

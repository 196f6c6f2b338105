"""Who answers for a matter, and never the accused."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.place import Service
from feedback_hub.domain.routing import Route, Why, route

DAY = date(2026, 3, 4)
SERVICES = st.lists(
    st.builds(
        Service,
        st.just("1"),
        st.sampled_from(("S1", "S2", "*")),
        st.sampled_from(("WASH", "HEALTH")),
        st.sampled_from(("AGUA", "SAUDE", "CRUZ")),
        valid_from=st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 1)),
        valid_to=st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    ),
    max_size=8,
)


def service(
    site: str, organisation: str, valid_from: date | None = None, valid_to: date | None = None
) -> Service:
    name = organisation.lower()
    return Service(
        "1",
        site,
        "WASH",
        organisation,
        f"{name}@x",
        f"{name}2@x",
        valid_from=valid_from,
        valid_to=valid_to,
    )


def to(services: list[Service], site: str = "S1", sector: str = "WASH", accused: str = "") -> Route:
    return route(services, site=site, sector=sector, on=DAY, accused_organisation=accused)


def test_the_service_at_the_site_comes_before_the_one_everywhere() -> None:
    services = [service("*", "AGUA"), service("S1", "CRUZ"), service("S2", "SAUDE")]
    assert to(services) == Route(Why.SERVICE_AT_SITE, "CRUZ", "cruz@x", "cruz2@x")
    assert to(services, "S3") == Route(Why.SERVICE_EVERYWHERE, "AGUA", "agua@x", "agua2@x")
    assert to(services, "").organisation == "AGUA"


@pytest.mark.parametrize(
    ("services", "site", "sector", "why"),
    [
        ([service("S1", "AGUA")], "S1", "", Why.NO_SECTOR),
        ([service("S1", "AGUA")], "", "WASH", Why.NO_SITE),
        ([service("S1", "AGUA")], "S2", "WASH", Why.NO_SERVICE),
        ([service("S1", "AGUA")], "S1", "HEALTH", Why.NO_SERVICE),
        ([], "S1", "WASH", Why.NO_SERVICE),
    ],
)
def test_without_a_service_the_case_manager_is_told_why(
    services: list[Service], site: str, sector: str, why: Why
) -> None:
    assert to(services, site, sector) == Route(why)


def test_the_accused_drops_out_and_the_next_one_answers() -> None:
    services = [service("S1", "AGUA"), service("*", "CRUZ")]
    assert to(services, accused="AGUA").organisation == "CRUZ"
    assert to(services[:1], accused="AGUA") == Route(Why.ONLY_ACCUSED)


def test_a_service_answers_from_its_first_to_its_last_day() -> None:
    for first, last, serves in [
        (DAY, DAY, True),
        (date(2026, 3, 5), date(2026, 12, 31), False),
        (date(2026, 1, 1), date(2026, 3, 3), False),
    ]:
        found = to([service("S1", "AGUA", valid_from=first, valid_to=last)])
        assert bool(found.organisation) == serves


@given(
    services=SERVICES,
    site=st.sampled_from(("", "S1", "S2")),
    accused=st.sampled_from(("", "AGUA", "CRUZ")),
    order=st.randoms(use_true_random=False),
)
def test_the_same_question_gets_the_same_impartial_answer(
    services: list[Service], site: str, accused: str, order: random.Random
) -> None:
    found = to(services, site, accused=accused)
    order.shuffle(services)
    again = to(services, site, accused=accused)
    assert (again.why, again.organisation) == (found.why, found.organisation)
    if accused:
        assert found.organisation != accused
    if found.organisation:
        assert any(
            s.organisation == found.organisation and s.serves(site, "WASH", DAY) for s in services
        )

"""The dashboard's page: what burns, what was before, and where each figure leads."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.place import Site
from tests.integration.test_measures import Made, any_case, put
from tests.pages_world import START, Clock, log_in, make_app, make_hub

BAR = re.compile(
    r'<span class="bars-t"><a href="(/cases\?[^"]+)">[^<]*</a></span>'
    r'(?:(?!</li>).)*?<span class="bars-n">([\d,]+)<',
    re.DOTALL,
)
COUNTED = re.compile(r'<a href="(/cases\?[^"]+)"[^>]*>\s*(?:<span class="tile-n">)?([\d,]+)\s*<')


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Hub]:
    hub = make_hub(tmp_path_factory.mktemp("hub"), clock=Clock())
    chance = random.Random(17)
    world = [any_case(chance) for _ in range(120)]
    for made in world:
        made.received_at = START - timedelta(hours=chance.randint(1, 29 * 24))
        made.referrals = [one for one in made.referrals if one[0] != "rare"]
    put(hub, world)
    with hub.unit_of_work() as uow:
        for one in uow.session.scalars(select(Case)):
            one.codes = tuple(chance.sample(("complaint.broken", "request.water"), 1))
        uow.commit()
    return make_app(hub), hub


def lines(client: FlaskClient, address: str) -> int:
    """How many cases a list says it has, which is how many there are."""
    page = client.get(unescape(address)).text
    said = re.search(r"<strong>(\d+) cases?</strong>", page)
    assert said, address
    assert page.count('class="go"') == min(int(said[1]), 50), address
    return int(said[1])


def test_every_number_that_is_a_link_opens_as_many_cases(pages: tuple[Flask, Hub]) -> None:
    app, _ = pages
    ana = log_in(app, "ana")
    page = ana.get("/dashboard").text
    found = COUNTED.findall(page) + BAR.findall(page)
    assert len(found) > 30
    for address, number in random.Random(3).sample(found, 20):
        if "referral_" not in address and "satisf" not in address:
            assert lines(ana, address) == int(number.replace(",", "")), address


def test_bars_and_rates_open_lists_too(pages: tuple[Flask, Hub]) -> None:
    app, _ = pages
    page = log_in(app, "ana").get("/dashboard").text
    opened = set(re.findall(r"figure=(\w+)", page))
    assert {
        *("acknowledged_in_time", "loop_closed_with_person", "time_to_answer", "on_the_spot"),
        *("triaged", "answer_found", "told", "loop_closed", "open", "under_7_days"),
        *("90_days_or_more", "reopened", "appealed", "referral_sent", "not_satisfied", "cases"),
    } <= opened
    # Each of them is of the days that the page is of.
    behind = re.findall(r'href="(/cases\?[^"]*figure=[^"]*)"', page)
    assert all("first=" in one and "last=" in one for one in behind)
    assert 'href="/issues?from=' in page


def test_totals_open_no_case_but_the_same_figures_closer(pages: tuple[Flask, Hub]) -> None:
    app, _ = pages
    graca = log_in(app, "graca")
    page = graca.get("/dashboard").text
    assert 'href="/cases' not in page.partition("<main")[2]
    closer = re.findall(r'href="(/dashboard\?[^"]*sector=wash[^"]*)"', page)
    assert closer
    assert graca.get(unescape(closer[0])).status_code == 200


def test_what_burns_is_said_first(pages: tuple[Flask, Hub]) -> None:
    app, hub = pages
    now = hub.clock()
    put(hub, [Made(received_at=now - timedelta(days=20), site="") for _ in range(2)])
    with hub.unit_of_work() as uow:
        uow.session.add(Site("SAV", "Savane", district="Dondo", population=900, capacity=500))
        uow.commit()
    page = log_in(app, "graca").get("/dashboard").text
    first = page.partition('id="burns"')[2].partition("</section>")[0]
    assert re.search(r"Nothing was heard for \d+ days or more from\s+<a[^>]*>Savane", first)
    assert re.search(r"More people than there is room for:\s+<a[^>]*>Savane", first)
    assert "nobody serves a sector" in first
    # Somebody was heard there: it is no longer silent, and how many it was is not said.
    put(hub, [Made(received_at=now - timedelta(days=1), site="SAV")])
    again = log_in(app, "graca").get("/dashboard").text
    assert (
        "Nothing was heard for" not in again.partition('id="burns"')[2].partition("</section>")[0]
    )


def test_a_silence_is_told_in_steps(pages: tuple[Flask, Hub]) -> None:
    """Not by the day: that would be the day on which one person spoke."""
    app, hub = pages
    now = hub.clock()
    with hub.unit_of_work() as uow:
        uow.session.add(Site("MUT", "Mutua"))
        uow.commit()
    said = set()
    for days in (27, 22, 16):
        put(hub, [Made(received_at=now - timedelta(days=days), site="MUT")])
        page = log_in(app, "graca").get("/dashboard").text
        said |= set(
            re.findall(r"Nothing was heard for (\d+) days or more from\s+<a[^>]*>Mutua", page)
        )
    assert said == {"14"}


def test_the_days_before_stand_beside_the_figures(pages: tuple[Flask, Hub]) -> None:
    app, hub = pages
    before = [Made(received_at=hub.clock() - timedelta(days=40)) for _ in range(33)]
    put(hub, before)
    page = log_in(app, "graca").get("/dashboard").text
    assert "33 in the 30 days before" in page
    few = log_in(app, "graca").get("/dashboard?from=2026-02-28&to=2026-03-01").text
    tiles = few.partition("tiles-4")[2].partition("</ul>")[0]
    assert not re.search(r"\b[1-4] in the \d+ days before", tiles)

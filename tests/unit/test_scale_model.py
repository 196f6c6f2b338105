"""The queueing model agrees with what is known, so that ``docs/scale.md`` may lean on it."""

from __future__ import annotations

import json
import math

import pytest

from tests.queueing import BUSY, Flow, Hub, Taken, most_a_second, needed, simulate, uses
from tests.scale_model import KEPT, PAGE, Measured, written

SOME = Taken(
    web=0.0013,
    web_again=0.001,
    kept=0.0002,
    kept_again=0.0001,
    worker=0.008,
    worked=0.002,
    page=0.03,
    page_read=0.01,
)


def test_one_server_waits_as_the_formula_says() -> None:
    # M/M/1 at half load: the 95th percentile of the time within is ln(20) / (mu - lambda).
    found = simulate({"one": 1}, [Flow("all", 50, [("one", 0.01)])], 4000, kept_after=1)
    assert found.late == found.durable == pytest.approx(2.9957 / 50, rel=0.1)
    assert found.use == pytest.approx(0.5)


def test_several_servers_wait_as_erlang_says() -> None:
    # M/M/3 with 2.4 servers' work: Erlang C says how many wait, and they wait exponentially.
    servers, load, seconds = 3, 2.4, 0.01
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    wait = last / (sum(terms) + last)
    free = (servers - load) / seconds
    # P(wait + service > t): the two exponentials together, by bisection.
    serve = 1 / seconds

    def longer(t: float) -> float:
        both = (serve * math.exp(-free * t) - free * math.exp(-serve * t)) / (serve - free)
        return (1 - wait) * math.exp(-serve * t) + wait * both

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if longer(middle) > 0.05 else (low, middle)
    flow = Flow("all", load / seconds, [("all", seconds)])
    found = simulate({"all": servers}, [flow], 1000, kept_after=1)
    assert found.late == pytest.approx(low, rel=0.1)


def test_queues_in_a_row_add_up() -> None:
    # Two M/M/1 in a row are independent (Burke): the time within is a gamma of shape two.
    steps = [("a", 0.01), ("b", 0.01)]
    found = simulate({"a": 1, "b": 1}, [Flow("all", 50, steps)], 4000)
    assert found.late == pytest.approx(4.7439 / 50, rel=0.1)


def test_what_is_too_much_is_late_by_the_work_that_is_left() -> None:
    # Twice what it can, for 100 s: the last waits 100 s, and 95 of 100 less than 95 s.
    flow = Flow("all", 200, [("one", 0.01)])
    assert simulate({"one": 1}, [flow], 100, kept_after=1).late == pytest.approx(95, rel=0.05)
    # And ten times as long makes it ten times as late, without simulating all of it.
    longer = simulate({"one": 1}, [flow], 1000, most=20_000, kept_after=1)
    assert longer.late == pytest.approx(950, rel=0.05)


def test_on_one_machine_no_work_is_lost_between_the_parts() -> None:
    hub = Hub("one", cores=2, sends=64)
    assert most_a_second(hub, SOME) == pytest.approx(2 / SOME.whole)
    found = simulate(hub.pools(), hub.flows(SOME, 400), 60)
    assert found.busiest == "the machine's cores"
    assert found.use == pytest.approx(400 * SOME.whole / 2)


def test_a_provider_s_limit_counts_before_our_own_parts() -> None:
    hub = needed(SOME, 1000)
    limited = Hub("", web=hub.web, database=hub.database, workers=hub.workers, sends_a_second=100)
    found = simulate(limited.pools(), limited.flows(SOME, 1000), 60)
    assert found.busiest in {"the provider's limit", "the provider's answers"}
    # What is kept does not wait for it.
    assert found.durable < 1


def test_what_is_reckoned_to_be_enough_is_enough() -> None:
    for replica in (False, True):
        hub = needed(SOME, 200, 50, replica=replica)
        flows = hub.flows(SOME, 200, 50)
        assert max(uses(hub.pools(), flows).values()) <= BUSY + 0.001
        assert simulate(hub.pools(), flows, 60).late < 5


@pytest.mark.slow
def test_the_page_says_what_was_measured() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page, Measured(json.loads(KEPT.read_text("utf-8"))))

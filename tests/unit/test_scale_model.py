"""The queueing model agrees with what is known, so that ``docs/scale.md`` may lean on it."""

from __future__ import annotations

import pytest

from tests.scale_model import TAKEN, Hub, Station, most_a_second, needed, simulate


def test_one_server_waits_as_the_formula_says() -> None:
    # M/M/1 at half load: the 95th percentile of the time within is ln(20) / (mu - lambda).
    found = simulate([Station("one", 1, 0.01)], 50, 4000)
    assert found.late == pytest.approx(2.9957 / 50, rel=0.1)
    assert found.use == pytest.approx(0.5)


def test_the_slowest_part_is_named_and_bounds_the_whole() -> None:
    stations = Hub(1, 1, 1, 2).stations(TAKEN)
    slowest = min(stations, key=lambda one: one.capacity)
    assert simulate(stations, 1000, 60).busiest == slowest.name
    assert 0.8 * slowest.capacity < most_a_second(stations) < 1.3 * slowest.capacity


def test_a_provider_s_limit_counts_before_our_own_parts() -> None:
    stations = Hub(7, 4, 13, 90, 100).stations(TAKEN)
    assert simulate(stations, 1000, 60).busiest == "provider's limit"


def test_what_is_reckoned_to_be_enough_is_enough() -> None:
    parts = needed(TAKEN, 200)
    hub = Hub(parts["web"], parts["database"], parts["worker"], parts["provider"])
    assert simulate(hub.stations(TAKEN), 200, 120).late < 5

"""Dashboard, sites and reports in a real browser: for everybody, large and small."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from feedback_hub.domain.place import Site
from tests.e2e.conftest import Served, Walk
from tests.e2e.test_access import faults
from tests.integration.test_measures import any_case, put

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Start = Callable[[str], Walk]


def fill(served: Served) -> None:
    """Cases, and sites that lie somewhere."""
    chance = random.Random(9)
    with served.hub.unit_of_work() as uow:
        for number, site in enumerate(uow.session.query(Site)):
            site.latitude, site.longitude = -13.0 - number, 40.3
            site.population = 3000
        uow.commit()
    now, world = served.hub.clock(), [any_case(chance) for _ in range(120)]
    for made in world:
        made.received_at = now - (made.received_at.replace(year=now.year) - made.received_at)
        made.referrals = [one for one in made.referrals if one[0] != "rare"]
    put(served.hub, world)


@pytest.mark.parametrize("walk_as", ["phone", "desktop"], indirect=True)
def test_a_coordinator_sees_where_it_burns(served: Served, walk_as: Start) -> None:
    fill(served)
    graca = walk_as("graca")
    wrong = []
    for path in ("/dashboard", "/sites", "/sites/NTO", "/reports", "/reports/quarterly"):
        graca.to(path)
        wrong += faults(graca.page)
        assert graca.is_narrow_enough(), path
    assert wrong == []
    graca.to("/dashboard")
    other = graca.page.locator(".asked-more summary")
    if other.is_visible():
        # A phone has no room for what is seldom changed.
        other.click()
    graca.page.locator("select[name=site]").select_option("NTO")
    graca.page.get_by_role("button", name="Show").click()
    expect(graca.page).to_have_url(re.compile("site=NTO"))
    # Totals only: no figure opens a list of cases for whoever may see none.
    expect(graca.page.locator('main a[href^="/cases"]')).to_have_count(0)


@pytest.mark.parametrize("walk_as", ["phone"], indirect=True)
def test_a_desk_writes_a_visit_down(served: Served, walk_as: Start) -> None:
    filipe = walk_as("filipe")
    filipe.to("/sites/NTO")
    page = filipe.page
    page.locator("summary", has_text="Write down a visit").click()
    page.locator("select[name=state-wash]").select_option("stopped")
    page.locator("input[name=note-wash]").fill("The pump is broken")
    page.get_by_label("People living here").fill("1900")
    assert faults(page) == []
    page.get_by_role("button", name="Write it down").last.click()
    expect(page.get_by_text("Written down.")).to_be_visible()
    expect(page.get_by_text("Does not work").first).to_be_visible()
    assert filipe.is_narrow_enough()

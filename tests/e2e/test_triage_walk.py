"""Triage in a real browser, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.sensitivity import Sensitivity
from tests.e2e.conftest import Served, Walk
from tests.pages_world import CHIEF, PUMP, arrives

pytestmark = pytest.mark.browser

Start = Callable[[str], Walk]
QUEUE = "a fila e muito longa e esperamos o dia todo ao sol"
FOOD = "quando e a proxima distribuicao de comida em Corrane?"


def case_of(served: Served, ref: str) -> Case:
    with served.hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        return case


def before_me(page: Page, ref: str) -> None:
    expect(page.locator(f"#card-{ref}")).to_be_visible()
    # A press this soon after would count as meant for the one before.
    page.wait_for_timeout(320)


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_one_after_the_other_by_keyboard(served: Served, walk_as: Start) -> None:
    pump, queue, food = (arrives(served.hub, text) for text in (PUMP, QUEUE, FOOD))
    chief = arrives(served.hub, CHIEF)
    ana = walk_as("ana")
    page = ana.page
    page.get_by_role("link", name="Triage", exact=True).click()
    before_me(page, pump)
    expect(page.locator("#left")).to_have_text("3 left")
    expect(page.locator(f"#card-{pump} mark", has_text="bomba").first).to_be_visible()
    expect(page.locator(f"#card-{chief}")).to_have_count(0)

    # What comes next is here before the hub has answered.
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{queue}")).to_be_visible()
    expect(page.locator("#done")).to_contain_text("Broken facility")
    expect(page.locator("#left")).to_have_text("2 left")
    assert case_of(served, pump).state is CaseState.TRIAGED
    assert ana.is_narrow_enough()

    before_me(page, queue)
    page.keyboard.press("u")
    before_me(page, pump)
    assert case_of(served, pump).state is CaseState.RECEIVED
    page.keyboard.press("c")
    page.keyboard.type("poor")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    before_me(page, queue)
    expect(page.locator("#done")).to_contain_text(re.compile("quality", re.IGNORECASE))
    corrected = case_of(served, pump)
    assert (corrected.codes, corrected.sensitivity) == (("complaint.quality",), Sensitivity.L2)

    page.keyboard.press("n")
    before_me(page, food)
    expect(page.locator("#done")).to_contain_text("Left to others")
    page.get_by_role("button", name=re.compile("Yes, so it is")).locator("visible=true").click()
    expect(page.get_by_role("heading", name="Everything is triaged")).to_be_visible()

    rosa = walk_as("rosa")
    page = rosa.page
    rosa.to("/triage")
    before_me(page, chief)
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{chief}")).to_be_visible()
    page.keyboard.type("two actors rehearse")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("It has left your list")
    expect(page.get_by_role("heading", name="Everything is triaged")).to_be_visible()
    assert case_of(served, chief).sensitivity is Sensitivity.L2

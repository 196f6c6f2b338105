"""A walk by real pages through every state that CONTRACT.md names for a case and a referral.

The states are written out as the contract has them, each with the words that a reader finds for it;
at the end each of them must have been seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Served, Walk
from tests.e2e.test_walks import triage, unfold
from tests.pages_world import CHIEF, PUMP, arrives
from workers.schedule import expire_referrals

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Start = Callable[[str], Walk]
CASE_STATES = {
    "received": "To triage",
    "triaged": "To refer or answer",
    "answered_on_spot": "Answered on the spot",
    "referred": "Referred",
    "handed_off": "Handed to the handlers",
    "response_ready": "Answer ready",
    "loop_attempted": "Person told or tried",
    "closed": "Closed",
    "reopened": "Opened again",
    "appealed": "Appealed",
}
REFERRAL_STATES = {
    "drafted": "Nothing is sent yet.",
    "sent": "Waits to be accepted",
    "accepted": "Accepted",
    "declined": "Cannot take it",
    "returned": "Asks a question",
    "expired": "No reaction in time",
    "in_action": "Working on it",
    "answered": "Answered, to check",
    "verified": "Answer checked",
    "referred_on": "Passed on to another",
}


@dataclass
class Seen:
    """Which states a reader has found on a page."""

    cases: set[str] = field(default_factory=set)
    referrals: set[str] = field(default_factory=set)

    def case(self, page: Page, state: str) -> None:
        expect(page.locator(".page-head .badge", has_text=CASE_STATES[state])).to_be_visible()
        self.cases.add(state)

    def referral(self, page: Page, state: str) -> None:
        """On the partner's page of it."""
        expect(page.locator(".page-head .badge", has_text=REFERRAL_STATES[state])).to_be_visible()
        self.referrals.add(state)

    def on_case(self, page: Page, organisation: str, state: str) -> None:
        """On the case's page."""
        theirs = page.locator(".referral", has_text=organisation)
        badge = theirs.locator("header .badge", has_text=REFERRAL_STATES[state])
        expect(badge.last).to_be_visible()
        self.referrals.add(state)


def press(page: Page, name: str) -> None:
    """Press the first button of this name, and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).first.click()


def refer(page: Page, organisation: str) -> None:
    page.get_by_label("Who can help?").select_option(organisation)
    press(page, "Refer it")


def close(page: Page) -> None:
    page.get_by_label("How did it end?").select_option("resolved")
    page.get_by_label("Why, in plain words").fill("The pump was repaired.")
    press(page, "Close the case")


def answer(page: Page, button: str) -> None:
    page.get_by_label("What will the person be told?").fill("Two washers were replaced.")
    page.get_by_label("How does it end?").select_option("resolved")
    press(page, button)


def first_referral(walk: Walk) -> Page:
    walk.to("/referrals")
    walk.page.locator("a.go").first.click()
    return walk.page


def answer_as_partner(page: Page, words: str) -> None:
    page.get_by_label("What was done?").fill(words)
    page.get_by_label("How does it end?").select_option("resolved")
    press(page, "Answer")


def test_every_state_of_a_case_and_a_referral(served: Served, walk_as: Start) -> None:
    seen = Seen()
    ana, jorge, celia, rosa = (walk_as(name) for name in ("ana", "jorge", "celia", "rosa"))
    along_a_chain(served, seen, ana, jorge, celia)
    declined_and_expired(served, seen, ana, jorge, celia)
    told_on_the_spot(served, seen, ana)
    handed_to_the_handlers(served, seen, rosa)
    assert seen.cases == set(CASE_STATES)
    assert seen.referrals == set(REFERRAL_STATES)


def along_a_chain(served: Served, seen: Seen, ana: Walk, jorge: Walk, celia: Walk) -> None:
    ref = arrives(served.hub, PUMP)
    page = ana.page
    ana.to(f"/cases/{ref}")
    seen.case(page, "received")
    triage(page)
    seen.case(page, "triaged")
    page.get_by_label("Who can help?").select_option("avsi")
    press(page, "See their page of it first")
    expect(page.get_by_text(REFERRAL_STATES["drafted"])).to_be_visible()
    seen.referrals.add("drafted")
    press(page, "Send it so")
    seen.case(page, "referred")
    seen.on_case(page, "AVSI", "sent")

    theirs = first_referral(jorge)
    address = theirs.url
    seen.referral(theirs, "sent")
    unfold(theirs, "Ask a question")
    theirs.get_by_label("What do you need to know?").fill("Which pump?")
    press(theirs, "Ask")
    theirs.goto(address)
    seen.referral(theirs, "returned")
    page.reload()
    seen.on_case(page, "AVSI", "returned")
    page.get_by_label("Your answer to their question").fill("The one by the school.")
    press(page, "Send it back to them")

    theirs.goto(address)
    seen.referral(theirs, "sent")
    press(theirs, "Accept")
    seen.referral(theirs, "accepted")
    press(theirs, "We are working on it")
    seen.referral(theirs, "in_action")
    unfold(theirs, "Pass it on to another organisation")
    theirs.get_by_label("Who can take it?").select_option("wfp")
    press(theirs, "Pass it on")
    theirs.goto(address)
    seen.referral(theirs, "referred_on")

    last = first_referral(celia)
    below = last.url
    press(last, "Accept")
    answer_as_partner(last, "One tap works.")
    for partner, where in ((last, below), (theirs, address)):
        partner.goto(where)
        seen.referral(partner, "answered")
    ana.to(f"/cases/{ref}")
    page.get_by_label("In words for the person, or what is missing").first.fill("And the second?")
    press(page, "Not enough, ask for more")
    last.goto(below)
    seen.referral(last, "in_action")
    answer_as_partner(last, "Both taps work.")
    ana.to(f"/cases/{ref}")
    press(page, "Good, tell the person")
    seen.case(page, "response_ready")
    for partner, where in ((last, below), (theirs, address)):
        partner.goto(where)
        seen.referral(partner, "verified")

    press(page, "I have told the person face to face")
    seen.case(page, "loop_attempted")
    close(page)
    seen.case(page, "closed")
    unfold(page, "Open it again")
    page.get_by_label("Why is it not over?").fill("It broke again the same day.")
    press(page, "Open it again")
    seen.case(page, "reopened")
    triage(page)
    seen.case(page, "triaged")


def declined_and_expired(served: Served, seen: Seen, ana: Walk, jorge: Walk, celia: Walk) -> None:
    ref = arrives(served.hub, PUMP)
    page = ana.page
    ana.to(f"/cases/{ref}")
    triage(page)
    refer(page, "avsi")
    theirs = first_referral(jorge)
    address = theirs.url
    unfold(theirs, "I cannot take this")
    theirs.get_by_text("No staff, money or goods for it now").click()
    press(theirs, "I cannot take this")
    theirs.goto(address)
    seen.referral(theirs, "declined")
    page.reload()
    seen.on_case(page, "AVSI", "declined")

    refer(page, "wfp")
    last = first_referral(celia)
    expire_referrals(served.hub, served.hub.clock() + timedelta(days=30))
    last.reload()
    seen.referral(last, "expired")
    page.reload()
    seen.on_case(page, "WFP", "expired")
    press(last, "Accept")
    seen.referral(last, "accepted")


def told_on_the_spot(served: Served, seen: Seen, ana: Walk) -> None:
    ref = arrives(served.hub, PUMP)
    page = ana.page
    ana.to(f"/cases/{ref}")
    triage(page)
    unfold(page, "Answer it yourself")
    answer(page, "I have told the person face to face")
    seen.case(page, "answered_on_spot")
    close(page)
    seen.case(page, "closed")
    unfold(page, "The person disagrees")
    page.get_by_label("What does the person say?").fill("Nobody came.")
    press(page, "The person disagrees")
    seen.case(page, "appealed")


def handed_to_the_handlers(served: Served, seen: Seen, rosa: Walk) -> None:
    ref = arrives(served.hub, CHIEF)
    page = rosa.page
    rosa.to(f"/cases/{ref}")
    seen.case(page, "received")
    press(page, "Yes, it is: keep it with the handlers")
    page.get_by_label("What is it about?").select_option("misconduct.sea")
    press(page, "Triage it so")
    press(page, "Hand it over")
    seen.case(page, "handed_off")
    answer(page, "The answer is ready")
    seen.case(page, "response_ready")

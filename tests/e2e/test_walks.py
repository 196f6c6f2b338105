"""One walk through the pages for each role, in a real browser, on a phone and on a desktop."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from feedback_hub.domain.access import Actor
from feedback_hub.domain.contact import Purpose
from feedback_hub.services import wordings
from tests.e2e.conftest import Served, Walk
from tests.pages_world import CHIEF, PUMP, arrives

pytestmark = pytest.mark.browser

Start = Callable[[str], Walk]


def unfold(page: Page, words: str) -> None:
    page.locator("summary", has_text=words).click()


def triage(page: Page) -> None:
    page.get_by_label("What is it about?").select_option("complaint.broken")
    page.get_by_label("Sector").select_option("wash")
    page.get_by_label("Site").select_option("NTO")
    page.get_by_role("button", name="Triage it so").click()


def test_a_case_manager_triages_refers_checks_tells_and_closes(
    served: Served, walk_as: Start
) -> None:
    ref = arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page = ana.page
    ana.to("/cases?tab=triage")
    expect(page.get_by_text("bomba de agua")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Say what it is about")).to_be_visible()
    assert ana.is_narrow_enough()
    triage(page)

    page.get_by_label("Who can help?").select_option("avsi")
    page.get_by_label("A note for them").fill("This week, please.")
    expect(page.locator("[data-mirror=note]")).to_have_text("This week, please.")
    page.get_by_role("button", name="Refer it", exact=True).click()
    expect(page.get_by_text("AVSI: the words, without the name.")).to_be_visible()

    jorge = walk_as("jorge")
    partner = jorge.page
    partner.get_by_role("link", name=re.compile("to accept")).click()
    partner.locator("a.go").first.click()
    expect(partner.get_by_text("bomba de agua")).to_be_visible()
    expect(partner.get_by_text("841234567")).to_have_count(0)
    partner.get_by_role("button", name="Accept").click()
    partner.get_by_label("What was done?").fill("Two washers replaced.")
    partner.get_by_label("How does it end?").select_option("resolved")
    assert jorge.is_narrow_enough()
    partner.get_by_role("button", name="Answer", exact=True).click()
    expect(partner.get_by_text("Answered. The feedback team checks it.")).to_be_visible()

    ana.to(f"/cases/{ref}")
    page.get_by_role("button", name="Good, tell the person").click()
    page.get_by_role("button", name="I have told the person face to face").click()
    page.get_by_label("How did it end?").select_option("resolved")
    page.get_by_label("Why, in plain words").fill("The pump was repaired.")
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_role("heading", name="How it ended")).to_be_visible()


def test_the_queue_narrows_while_somebody_types(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    page = walk_as("ana").page
    page.goto(f"{served.url}/cases")
    search = page.get_by_placeholder("Search words or a case number")
    search.fill("482913075")
    expect(page.get_by_role("heading", name="No case fits")).to_be_visible()
    search.fill(ref)
    expect(page.locator("a.go")).to_have_count(1)


def test_a_focal_point_asks_and_declines(served: Served, walk_as: Start) -> None:
    arrives(served.hub, PUMP)
    ana = walk_as("ana")
    ana.to("/cases?tab=triage")
    ana.page.locator("a.go").first.click()
    triage(ana.page)
    ana.page.get_by_label("Who can help?").select_option("avsi")
    ana.page.get_by_role("button", name="Refer it", exact=True).click()
    expect(ana.page.get_by_text("AVSI: the words, without the name.")).to_be_visible()

    page = walk_as("jorge").page
    page.locator("a.go").first.click()
    unfold(page, "Ask a question")
    page.get_by_label("What do you need to know?").fill("Which pump?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Asked. Your time stops until they answer.")).to_be_visible()

    ana.page.reload()
    ana.page.get_by_label("Your answer to their question").fill("The one by the school.")
    ana.page.get_by_role("button", name="Send it back to them").click()
    expect(ana.page.get_by_text("You answered:")).to_be_visible()

    page.goto(f"{served.url}/referrals")
    page.locator("a.go").first.click()
    expect(page.get_by_text("The one by the school.")).to_be_visible()
    unfold(page, "I cannot take this")
    page.get_by_text("No staff, money or goods for it now").click()
    page.get_by_role("button", name="I cannot take this").click()
    expect(page.get_by_text("The feedback team looks for another.")).to_be_visible()


def test_a_handler_confirms_and_hands_over(served: Served, walk_as: Start) -> None:
    arrives(served.hub, CHIEF)
    rosa = walk_as("rosa")
    page = rosa.page
    rosa.to("/cases?tab=triage")
    page.locator("a.go").first.click()
    expect(page.get_by_text("you and the other named handlers, nobody else")).to_be_visible()
    assert rosa.is_narrow_enough()
    page.get_by_role("button", name="Yes, it is: keep it with the handlers").click()
    page.get_by_label("What is it about?").select_option("misconduct.sea")
    page.get_by_role("button", name="Triage it so").click()
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_role("heading", name="Write the answer")).to_be_visible()


def test_somebody_writes_on_the_practice_phone_and_gets_the_answer(
    served: Served, walk_as: Start
) -> None:
    with served.hub.unit_of_work() as uow:
        team, now = Actor("somebody"), served.hub.clock()
        wordings.approve(uow, team, "por", Purpose.ACKNOWLEDGEMENT, now)
        uow.commit()
    filipe = walk_as("filipe")
    page = filipe.page
    filipe.to("/handset/practice")
    page.get_by_label("Whose phone is it?").fill("+258 84 000 0123")
    page.get_by_role("button", name="Take this phone").click()
    page.get_by_role("button", name="Obrigado pela escola nova").click()
    page.get_by_role("button", name="Send").click()
    said = page.locator("#talk")
    expect(said).to_contain_text("Obrigado pela escola nova")
    expect(page.get_by_label("Your text", exact=True)).to_have_value("")

    served.work()
    expect(said).to_contain_text("Recebemos a sua mensagem")
    assert "000" not in page.url
    assert filipe.is_narrow_enough()


def test_somebody_outside_asks_about_a_case(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    walk = walk_as("abel")
    walk.page.context.clear_cookies()
    walk.to("/status")
    page = walk.page
    page.get_by_label("Case number").fill(ref)
    page.get_by_label("Secret number").fill(served.hub.keyring.secret_for(ref))
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("We have your message.")).to_be_visible()
    assert ref not in page.url


def test_a_desk_writes_a_report_down_and_finds_the_case_again(
    served: Served, walk_as: Start
) -> None:
    filipe = walk_as("filipe")
    page = filipe.page
    page.get_by_role("link", name=re.compile("^New report")).locator("visible=true").first.click()
    expect(page.get_by_role("heading", name="New report")).to_be_visible()
    page.get_by_label("In the person's own words").fill("A bomba de Ntokota parou ontem.")
    assert filipe.is_narrow_enough()
    page.get_by_role("button", name="Hand it in").click()
    ref = page.locator(".big-ref, .ref").first.inner_text().replace("-", "").strip()[:9]
    assert ref.isdigit()
    filipe.to(f"/go?q={ref}")
    page.locator(f"#main a[href='/cases/{ref}']").click()
    expect(page.get_by_text("A bomba de Ntokota parou ontem.")).to_be_visible()
    filipe.to("/calls")
    assert filipe.is_narrow_enough()


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        ("graca", "issues to decide", "Issues"),
        ("ines", "people who never logged in", "People"),
        ("abel", "log-ins that failed in a day", "Audit log"),
    ],
)
def test_who_works_on_no_case_sees_what_to_do_and_goes_there(
    served: Served, walk_as: Start, name: str, first: str, then: str
) -> None:
    arrives(served.hub, PUMP)
    walk = walk_as(name)
    page = walk.page
    expect(page.get_by_role("link", name=re.compile(first))).to_be_visible()
    assert walk.is_narrow_enough()
    page.get_by_role("link", name=re.compile(first)).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    walk.to("/")
    # On a phone what does not fit stands behind "More".
    more, link = page.locator(".nav-more"), page.locator(".nav a", has_text=then)
    if more.is_visible() and not link.is_visible():
        more.click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "bomba" not in page.content()
    assert walk.is_narrow_enough()

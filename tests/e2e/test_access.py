"""Every page and state of the screens: for a screen reader, by keyboard, large, light and heavy.

WCAG 2.2 AA as far as axe-core can judge it; what it cannot (the order of focus, what is said after
a swap) is walked here. The core runs always, every page in both themes with ``make test-all``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect
from sqlalchemy import update

from feedback_hub.adapters import person_requests
from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.person_requests import Wish
from feedback_hub.adapters.tables import account
from feedback_hub.domain.access import Actor, Membership, Role
from tests.e2e.conftest import Served, Walk
from tests.e2e.every_page import NOBODY, PAGES, lived_in
from tests.pages_world import CHIEF, PUMP, arrives

pytestmark = pytest.mark.browser

Start = Callable[[str], Walk]
FIRST_LOAD = 60 * 1024
LATER = 25 * 1024
"""Bytes on the wire, compressed (issue 7)."""
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong, a line each: rule, and where."""
    # Nothing is judged half faded.
    page.emulate_media(reduced_motion="reduce")
    return _found(page, {"runOnly": _LEVELS})


def faults_light_and_dark(page: Page) -> list[str]:
    """The same, and once more in the dark what the dark changes: the colours."""
    page.emulate_media(color_scheme="light")
    wrong = faults(page)
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {one}" for one in _found(page, {"runOnly": _COLOURS})]
    page.emulate_media(color_scheme="light")
    return wrong


def _found(page: Page, options: Mapping[str, object]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{page.url} {one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found
    ]


def pages_of(page: Page) -> list[str]:
    """Every page that the navigation offers."""
    links = page.locator(".nav a").all()
    return [link.get_attribute("href") or "" for link in links]


ALL = ["ana", "jorge", "rosa", "filipe", "graca", "ines", "abel"]


@pytest.mark.parametrize("walk_as", ["phone"], indirect=True)
def test_the_pages_of_daily_work_are_for_everybody(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page, wrong = ana.page, []
    for path in (
        "/",
        "/cases",
        "/cases?q=zzz",
        f"/cases/{ref}",
        "/triage",
        "/go?q=bomba",
        "/looks",
    ):
        ana.to(path)
        wrong += faults(page)
        assert ana.is_narrow_enough(), path
    page.emulate_media(color_scheme="dark")
    for path in ("/", "/cases", f"/cases/{ref}"):
        ana.to(path)
        wrong += faults(page)
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ALL)
def test_every_page_of_every_role(served: Served, walk_as: Start, name: str) -> None:
    values = lived_in(served.hub)
    walk = walk_as(name)
    page, wrong = walk.page, []
    listed = [
        path.format(**values) for pages in PAGES.values() for who, path in pages if who == name
    ]
    for path in dict.fromkeys([*pages_of(page), *listed]):
        walk.to(path)
        # What is folded away is judged too: most forms of a case are.
        page.evaluate(
            "document.querySelectorAll('main details').forEach(one => { one.open = true })"
        )
        wrong += faults_light_and_dark(page)
        assert walk.is_narrow_enough(), path
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_people_ask_and_who_reads_along_is_for_everybody_to_decide(
    served: Served, walk_as: Start
) -> None:
    """With something waiting, in both languages: a wish of each kind, a token nobody agreed to."""
    hub = served.hub
    refs = [arrives(hub, PUMP), arrives(hub, PUMP), arrives(hub, CHIEF)]
    with hub.unit_of_work() as uow:
        now = hub.clock()
        for ref in refs:
            case = uow.case_by_ref(ref)
            assert case
            for wish in Wish:
                person_requests.note(uow, Actor("berta"), case, wish, now, 30, now)
        add_token(uow.session, "Odd system", Membership(Role.PROTECTION), now)
        uow.commit()
    wrong = []
    for name, path, waits in (
        ("ana", "/person-requests", refs[0]),
        ("rosa", "/person-requests", refs[2]),
        ("rosa", "/account", "Odd system"),
    ):
        walk = walk_as(name)
        for language in ("pt", "en"):
            with hub.unit_of_work() as uow:
                uow.session.execute(update(account).values(locale=language))
                uow.commit()
            walk.to(path)
            shown = walk.page.content()
            assert waits in shown or f"{waits[:3]}-{waits[3:6]}-{waits[6:]}" in shown
            walk.page.evaluate(
                "document.querySelectorAll('main details').forEach(one => { one.open = true })"
            )
            wrong += faults_light_and_dark(walk.page)
            assert walk.is_narrow_enough(), path
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_page_for_who_is_not_logged_in(served: Served, walk_as: Start) -> None:
    values = lived_in(served.hub)
    walk = walk_as("abel")
    walk.page.context.clear_cookies()
    page, wrong = walk.page, []
    for path in (path for pages in PAGES.values() for who, path in pages if who == NOBODY):
        walk.to(path.format(**values))
        wrong += faults_light_and_dark(page)
        assert walk.is_narrow_enough(), path
    walk.to("/status")
    page.get_by_label("Case number").fill("1")
    page.get_by_label("Secret number").fill("1")
    page.get_by_role("button", name="Ask").click()
    wrong += faults_light_and_dark(page)
    walk.complaints.clear()
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_states_of_daily_work_are_for_everybody(served: Served, walk_as: Start) -> None:
    """What a page becomes: refused, marked, undone, swapped, opened over, narrowed to nothing."""
    values = lived_in(served.hub)
    ana = walk_as("ana")
    page = ana.page
    wrong: list[str] = []

    def judge(state: str) -> None:
        assert ana.is_narrow_enough(), state
        wrong.extend(f"{state}: {one}" for one in faults_light_and_dark(page))

    ana.to("/cases")
    page.get_by_role("checkbox", name=re.compile("^Mark [0-9]")).first.check()
    judge("marked")
    page.get_by_role("button", name="I take them on").click()
    expect(page.get_by_text("1 case is yours now.")).to_be_visible()
    judge("taken, with undo")
    page.get_by_role("checkbox", name=re.compile("^Mark [0-9]")).first.check()
    page.locator("#bulk-organisation").select_option("avsi")
    page.get_by_role("button", name="Refer …").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    judge("asked before many are referred")
    ana.to("/cases")
    page.get_by_placeholder("Search words or a case number").fill("bomba")
    expect(page.locator("#rows mark").first).to_be_visible()
    judge("hits")
    page.get_by_placeholder("Search words or a case number").fill("zzz")
    expect(page.get_by_role("heading", name="No case fits")).to_be_visible()
    judge("narrowed to nothing")

    ana.to(f"/cases/{values['ref']}")
    page.locator("summary", has_text="Write a note").click()
    # Past the browser's own check, as without it.
    page.evaluate("document.querySelectorAll('form').forEach(one => { one.noValidate = true })")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    judge("refused")
    assert all("Failed to load resource" in one for one in ana.complaints)
    ana.complaints.clear()

    ana.to("/")
    page.locator(".menu summary").click()
    judge("the account's menu")
    page.locator(".menu summary").click()
    if page.locator(".nav-more").is_visible():
        page.locator(".nav-more").click()
        judge("more pages")
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()
    judge("find anything")
    page.get_by_role("searchbox").fill("zzz")
    expect(page.locator("#found")).not_to_be_empty()
    judge("found nothing")
    assert wrong == []


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_a_search_that_a_later_one_replaces_is_no_fault(served: Served, walk_as: Start) -> None:
    arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page = ana.page
    ana.to("/cases?tab=all")
    page.evaluate(
        """() => {
          const lost = document.getElementById("lost");
          new MutationObserver(() => { window.blamed ||= !lost.hidden })
            .observe(lost, { attributeFilter: ["hidden"] });
        }"""
    )
    page.get_by_role("searchbox").fill("zzz")
    # Leaves the field and hands in the form: two requests at once.
    page.keyboard.press("Enter")
    page.wait_for_url("**q=zzz*")
    assert not page.evaluate("window.blamed")
    # The list is gone for good: it says so.
    page.route("**/cases?*", lambda route: route.abort())
    page.get_by_role("searchbox").fill("zz")
    expect(page.locator("#lost")).to_be_visible()
    ana.complaints.clear()


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_states_that_nobody_hopes_for_are_for_everybody_too(served: Served, walk_as: Start) -> None:
    arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page, wrong = ana.page, []
    for path, said in (
        ("/nowhere", "There is nothing here"),
        ("/audit", "This is not open to you"),
        ("/cases?tab=overdue", "Nothing is overdue"),
    ):
        ana.to(path)
        expect(page.get_by_role("heading", name=said)).to_be_visible()
        wrong += faults(page)
    # The browser reports that the answer was 404 or 403: it was asked for.
    assert all("Failed to load resource" in one for one in ana.complaints)
    ana.complaints.clear()

    ana.to("/cases")
    page.locator("a.go").first.click()
    page.locator("summary", has_text="Write a note").click()
    page.get_by_label("Note").fill("They said the valve is broken.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#lost-net")).to_contain_text("No connection")
    expect(page.get_by_label("Note")).to_have_value("They said the valve is broken.")
    wrong += faults(page)
    page.context.set_offline(False)
    ana.complaints.clear()

    # The log-in ends meanwhile: the words stay, a new one elsewhere lets them go.
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#lost-net")).to_contain_text("You have been logged out")
    ana.complaints.clear()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # Playwright's own words
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("The note is kept.")).to_be_visible()
    assert wrong == []


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_the_queue_by_keyboard_alone(served: Served, walk_as: Start) -> None:
    first = arrives(served.hub, PUMP)
    arrives(served.hub, "obrigado pela escola nova")
    ana = walk_as("ana")
    page = ana.page
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("#rows")).to_be_visible()
    page.wait_for_load_state()
    # The search stands beside what narrows the list, not below it.
    asked = "one => one.getBoundingClientRect().top"
    site, words = (page.locator(one).evaluate(asked) for one in (".filters [name=site]", "#q"))
    assert abs(site - words) < 8
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-marked]")).to_have_text("2")
    page.keyboard.press("e")
    expect(page.get_by_text("2 cases are yours now.")).to_be_visible()
    # After the swap the reader is on the line they were on, not at the top of the page.
    expect(page.locator(f"[data-ref='{first}'] .go")).to_be_focused()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("2 cases are as they were.")).to_be_visible()

    page.keyboard.press("Control+k")
    box = page.get_by_role("searchbox", name="A case number, a word, a site or a page")
    expect(box).to_be_focused()
    box.fill(first)
    expect(page.locator("#found").get_by_text("Ntokota")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found a").first).to_be_focused()
    # Whoever types a number and presses at once means the number, not what stood there.
    box.fill("home")
    expect(page.locator("#found a")).to_have_count(1)
    box.fill(first)
    box.press("Enter")
    expect(page).to_have_url(re.compile(first))
    page.keyboard.press("u")
    expect(page.locator("#rows")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys[open]")).to_be_visible()
    page.keyboard.press("/")
    search = page.get_by_placeholder("Search words or a case number")
    page.keyboard.type("zzz")
    expect(page.get_by_role("heading", name="No case fits")).to_be_visible()
    # The list was swapped beneath whoever types; they type on.
    expect(search).to_be_focused()

    # Who dictates switches the letters off: then a word that is heard wrongly does nothing.
    ana.to("/looks")
    page.get_by_text("Off: for whoever dictates").click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("c")
    ana.to("/cases")
    expect(page).to_have_url(re.compile("/cases$"))
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("[data-ref] .go").first).not_to_be_focused()


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_what_is_new_comes_by_itself(served: Served, walk_as: Start) -> None:
    arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page = ana.page
    page.clock.install()
    ana.to("/cases")
    expect(page.locator("[data-ref]")).to_have_count(1)
    ref = arrives(served.hub, "obrigado pela escola nova")
    page.clock.fast_forward(11_000)
    expect(page.locator(f"[data-ref='{ref}']")).to_be_visible()
    # Not under the hands of somebody who marks: then it is offered.
    page.get_by_role("checkbox", name=re.compile("^Mark [0-9]")).first.check()
    arrives(served.hub, "quando ha comida?")
    page.clock.fast_forward(11_000)
    page.get_by_role("button", name="The list has changed: show it").click()
    expect(page.locator("[data-ref]")).to_have_count(3)
    expect(page.locator("#rows .go").first).to_be_focused()
    expect(page.locator(".pick input[name=ref]:checked")).to_have_count(1)


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_pages_weigh_little(served: Served, walk_as: Start) -> None:
    for _ in range(12):
        arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page = ana.page
    weighed: list[Response] = []

    def weigh(path: str) -> int:
        weighed.clear()
        ana.to(path)
        page.wait_for_load_state("networkidle")
        return sum(one.request.sizes()["responseBodySize"] for one in weighed)

    def note(one: Response) -> None:
        weighed.append(one)

    page.on("response", note)
    # As on a first visit: nothing kept.
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    assert weigh("/cases") <= FIRST_LOAD
    for path in ("/cases", "/", "/triage", "/calls", "/issues", "/notices"):
        assert weigh(path) <= LATER, path


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_twice_as_large_and_nothing_is_cut_off(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    ana = walk_as("ana")
    # 200 % of 1280 px is 640 px of room; 400 % is 320 px (WCAG 1.4.10).
    for width in (640, 320):
        ana.page.set_viewport_size({"width": width, "height": 800})
        for path in ("/", "/cases", f"/cases/{ref}", "/triage", "/report", "/notices", "/looks"):
            ana.to(path)
            assert ana.is_narrow_enough(), f"{path} at {width}"


@pytest.mark.slow
@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_nothing_moves_for_who_asked_for_calm(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    ana = walk_as("ana")
    page = ana.page
    moving = """() => Array.from(document.querySelectorAll('*'), one => getComputedStyle(one))
      .filter(style => style.animationName !== 'none' || style.transitionDuration.split(', ').some(
        span => parseFloat(span) > 0)).length"""
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]  # Playwright's own words
        found = 0
        for path in ("/", "/cases", f"/cases/{ref}", "/triage", "/handset/practice"):
            ana.to(path)
            found += page.evaluate(moving)
        assert (found > 0) is moves, motion


@pytest.mark.slow
@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_a_partner_accepts_and_answers_by_keyboard_alone(served: Served, walk_as: Start) -> None:
    lived_in(served.hub)
    page = walk_as("jorge").page

    def tab_to(name: str, role: str) -> None:
        """On with Tab until there, as somebody who uses no mouse."""
        wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # Playwright's own words
        for _ in range(60):
            page.keyboard.press("Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"no way to {name} by keyboard")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Can your organisation take this?")).to_be_visible()
    tab_to("Accept", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What was done?")).to_be_visible()
    tab_to("What was done?", "textbox")
    page.keyboard.type("Two washers replaced.")
    tab_to("How does it end?", "combobox")
    page.keyboard.type("Resolved")
    tab_to("Answer", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Answered. The feedback team checks it.")).to_be_visible()


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_from_right_to_left_nothing_sticks_out(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, PUMP)
    ana = walk_as("ana")
    for path in ("/", "/cases", f"/cases/{ref}"):
        ana.to(path)
        ana.page.evaluate("document.documentElement.dir = 'rtl'")
        assert ana.is_narrow_enough(), path
        rail = ana.page.locator("header.top").bounding_box()
        assert rail
        assert rail["x"] > 700


@pytest.mark.parametrize("walk_as", ["phone"], indirect=True)
def test_without_javascript_the_main_road_is_walked(served: Served, walk_as: Start) -> None:
    arrives(served.hub, PUMP)
    ana = walk_as("ana")
    browser = ana.page.context.browser
    assert browser
    known = ana.page.context.storage_state()
    plain = browser.new_context(java_script_enabled=False, locale="en-GB", storage_state=known)
    page = plain.new_page()
    page.goto(f"{served.url}/cases?tab=triage")
    page.locator("a.go").first.click()
    page.get_by_label("What is it about?").select_option("complaint.broken")
    page.get_by_label("Sector").select_option("wash")
    page.get_by_label("Site").select_option("NTO")
    page.get_by_role("button", name="Triage it so").click()
    expect(page.get_by_text("Triaged.")).to_be_visible()
    page.goto(f"{served.url}/cases")
    page.get_by_role("checkbox", name=re.compile("^Mark [0-9]")).check()
    page.get_by_role("button", name="I take them on").click()
    expect(page.get_by_text("1 case is yours now.")).to_be_visible()
    plain.close()


@pytest.mark.parametrize("walk_as", ["desktop"], indirect=True)
def test_what_people_said_keeps_its_language(served: Served, walk_as: Start) -> None:
    ref = arrives(served.hub, "muhakwa okhanle")
    with served.hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case
        for message in uow.messages_of(case.id):
            message.language = "vmw"
        uow.commit()
    ana = walk_as("ana")
    ana.to(f"/cases/{ref}")
    assert ana.page.locator("html").get_attribute("lang") == "en"
    said = ana.page.locator(".talk .said").first
    assert said.get_attribute("lang") == "vmw"
    assert said.get_attribute("dir") == "auto"

"""The main screens and states as pictures, held against those that are kept beside this file.

A picture shows what no other test does: that nothing overlaps, is cut off, lost its colour or its
place. What changes each time (case numbers, moments) is written over first; pictures are compared a
quarter as large, so that the edges of letters do not count. ``make pictures`` renews them: look at
what changed (``git diff`` shows pictures) before keeping it. Another machine draws letters
otherwise: there the comparison is left out, and says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Served, Walk
from tests.e2e.every_page import lived_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

Start = Callable[[str], Walk]
Values = Mapping[str, str]

KEPT = Path(__file__).parent / "pictures"
FOUND = Path(__file__).parents[2] / "build" / "pictures"
"""Where a picture that differs is put, to be looked at."""
RENEW = os.environ.get("PICTURES") == "renew"
COLOURS = 56
_LETTERS = KEPT / "letters.txt"
_APART, _TOLERATED = 28, 0.012
"""A point differs from so many levels of 255 on; so large a share of points may."""

_SAME_EACH_TIME = """() => {
  for (const one of document.querySelectorAll('.ref')) one.textContent = '482-913-075';
  for (const one of document.querySelectorAll('time')) one.textContent = '12 Nov';
  for (const one of document.querySelectorAll('.meta')) {
    one.innerHTML = one.innerHTML.replace(/\\d{1,2} \\w{3,4}\\.? \\d{4}, \\d\\d:\\d\\d/g, '12 Nov');
  }
  document.activeElement?.blur?.();
  window.scrollTo(0, 0);
}"""
_WIDTHS = """() => {
  const pen = document.createElement('canvas').getContext('2d');
  return ['400 16px', '650 26px', '600 13px'].map(size => {
    pen.font = size + ' ' + getComputedStyle(document.body).fontFamily;
    return pen.measureText('Encaminhamentos, 482-913-075 ÃÇé').width.toFixed(1);
  }).join(' ') + ' ' + navigator.userAgent.match(/Chrome\\/(\\d+)/)[1];
}"""


def home(walk: Walk, values: Values) -> None:
    walk.to("/")


def queue(walk: Walk, values: Values) -> None:
    walk.to("/cases")
    walk.page.get_by_role("checkbox", name=re.compile("^Mark [0-9]")).first.check()


def case(walk: Walk, values: Values) -> None:
    walk.to(f"/cases/{values['ref']}")


def empty(walk: Walk, values: Values) -> None:
    walk.to("/cases?tab=overdue")
    expect(walk.page.get_by_role("heading", name="Nothing is overdue")).to_be_visible()


def nothing_fits(walk: Walk, values: Values) -> None:
    walk.to("/cases?q=zzz")


def loading(walk: Walk, values: Values) -> None:
    """The network takes its time: what is looked for has its place already."""

    def hold(_route: Route) -> None:
        """It is not answered."""

    walk.to("/")
    walk.page.route("**/go?*", hold)
    walk.page.keyboard.press("Control+k")
    walk.page.get_by_role("searchbox").fill("bomba")
    expect(walk.page.locator("#palette .loading")).to_be_visible()


def refused(walk: Walk, values: Values) -> None:
    walk.to(f"/cases/{values['ref']}")
    page = walk.page
    page.locator("summary", has_text="Write a note").click()
    page.evaluate("document.querySelectorAll('form').forEach(one => { one.noValidate = true })")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def forbidden(walk: Walk, values: Values) -> None:
    walk.to("/audit")


def not_there(walk: Walk, values: Values) -> None:
    walk.to("/nowhere")


def offline(walk: Walk, values: Values) -> None:
    walk.to(f"/cases/{values['ref']}")
    page = walk.page
    page.locator("summary", has_text="Write a note").click()
    page.locator("#note-text").fill("They said the valve is broken.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#lost-net")).to_contain_text("No connection")


def triage(walk: Walk, values: Values) -> None:
    walk.to("/triage")


def handlers(walk: Walk, values: Values) -> None:
    walk.to("/triage/handlers")


def referral(walk: Walk, values: Values) -> None:
    walk.to(f"/referrals/{values['referral']}")


def notices(walk: Walk, values: Values) -> None:
    walk.to("/notices")


STATES: tuple[tuple[str, Callable[[Walk, Values], None]], ...] = (
    ("ana", home),
    ("ana", queue),
    ("ana", case),
    ("ana", triage),
    ("ana", empty),
    ("ana", nothing_fits),
    ("ana", loading),
    ("ana", refused),
    ("ana", forbidden),
    ("ana", not_there),
    ("jorge", home),
    ("jorge", referral),
    ("jorge", notices),
    ("rosa", handlers),
    ("filipe", home),
    ("graca", home),
    ("ana", offline),
)
"""Who looks, and how the state is reached; offline last, for the browser stays so."""

IN_THE_DARK = {home, queue, case, handlers, refused, offline}
"""The others are made of the same parts."""


@pytest.fixture
def values(served: Served) -> Values:
    return lived_in(served.hub)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_and_state_looks_as_it_did(
    values: Values, walk_as: Start, scheme: str
) -> None:
    walks: dict[str, Walk] = {}
    differing = []
    for who, state in STATES:
        if scheme == "dark" and state not in IN_THE_DARK:
            continue
        if who not in walks:
            walks[who] = walk_as(who)
            media = {"color_scheme": scheme, "reduced_motion": "reduce"}
            walks[who].page.emulate_media(**media)  # type: ignore[arg-type]  # Playwright's own words
            _only_with_the_same_letters(walks[who].page)
        walk = walks[who]
        state(walk, values)
        size = "phone" if (walk.page.viewport_size or {"width": 0})["width"] < 500 else "desktop"
        name = f"{state.__name__.replace('_', '-')}-{who}-{size}-{scheme}"
        differs = _differs(name, _taken(walk.page))
        if differs:
            differing.append(f"{name}: {differs}")
        # A page that was refused, not there or offline is said on the console.
        walk.complaints.clear()
        walk.page.unroute_all()
    assert differing == [], f"look at {FOUND}; `make pictures` keeps them"


def _taken(page: Page) -> Image.Image:
    """What the window shows, half as large, in few colours."""
    page.evaluate(_SAME_EACH_TIME)
    shot = page.screenshot(animations="disabled", caret="hide")
    whole = Image.open(BytesIO(shot)).convert("RGB")
    small = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.BOX)
    return small.quantize(COLOURS, dither=Image.Dither.NONE)


def _differs(name: str, taken: Image.Image) -> str:
    """How much of a picture is not as it is kept; empty if it is."""
    path = KEPT / f"{name}.png"
    if RENEW:
        KEPT.mkdir(exist_ok=True)
        if not path.exists() or _share(Image.open(path), taken) > _TOLERATED / 4:
            taken.save(path, optimize=True)
        return ""
    if not path.exists():
        return "there is none to compare it with"
    share = _share(Image.open(path), taken)
    if share <= _TOLERATED:
        return ""
    FOUND.mkdir(parents=True, exist_ok=True)
    taken.save(FOUND / f"{name}.png")
    return f"{share:.1%} of it"


def _share(kept: Image.Image, taken: Image.Image) -> float:
    """The share of points that differ, both half as large once more."""
    if kept.size != taken.size:
        return 1.0
    size = (kept.width // 2, kept.height // 2)
    one, other = (
        image.convert("RGB").resize(size, Image.Resampling.BOX) for image in (kept, taken)
    )
    apart = ImageChops.difference(one, other).convert("L").point(lambda level: level > _APART)
    return sum(apart.histogram()[1:]) / (size[0] * size[1])


def _only_with_the_same_letters(page: Page) -> None:
    here = str(page.evaluate(_WIDTHS))
    if RENEW:
        KEPT.mkdir(exist_ok=True)
        _LETTERS.write_text(here + "\n", "utf-8")
    elif not _LETTERS.exists() or _LETTERS.read_text("utf-8").strip() != here:
        pytest.skip(f"the pictures were taken with other letters or another browser ({here})")

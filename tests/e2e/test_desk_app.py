"""The desk app where it is used: no network, a flat battery, a wrong clock, a lost phone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from playwright.sync_api import Browser

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.sensitivity import Sensitivity
from tests.e2e.desk_field import PIN, Field, Phone, field_of, until
from tests.pages_world import CHIEF, PUMP

pytestmark = pytest.mark.browser

SECRET_WORDS = "o chefe disse palavra-unica-zebra"


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with field_of(tmp_path) as made:
        yield made


Make = Callable[..., Phone]


@pytest.fixture
def phone_of(browser: Browser, field: Field, tmp_path: Path) -> Iterator[Make]:
    made: list[Phone] = []

    def make(size: tuple[int, int] = (360, 740), **more: object) -> Phone:
        folder = tmp_path / f"phone-{len(made)}"
        made.append(Phone(browser.browser_type, field, folder, size, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


class TestTheRoad:
    def test_a_report_step_by_step_with_nothing_that_axe_or_the_console_says(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        page = phone.page
        phone.log_in()
        page.get_by_label("New PIN").wait_for()
        assert phone.faults() == []
        page.get_by_label("New PIN").fill("123456")
        page.get_by_role("button", name="Use this PIN").click()
        page.get_by_text("This is the first thing that somebody tries").wait_for()
        assert phone.faults() == []
        for name in ("New PIN", "The PIN once more"):
            page.get_by_label(name).fill(PIN)
        page.get_by_role("button", name="Use this PIN").click()
        phone.ready()
        phone.waits("Nothing waits to be sent")
        assert phone.faults() == []
        page.locator(".new-report").click()
        seen = []
        for _ in range(20):
            seen.append(page.get_by_role("heading", level=1).inner_text())
            assert phone.faults() == [], seen
            assert phone.is_narrow_enough(), seen
            small = page.evaluate(
                """() => [...document.querySelectorAll("button, a, select, summary, .chip span")]
                .map((one) => [one.textContent, one.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
                .map(([words]) => words)"""
            )
            assert small == [], seen
            if seen[-1] == "What was said":
                page.get_by_label("In the person's own words").fill(PUMP)
            if seen[-1] == "Hand it in":
                break
            page.get_by_role("button", name="Next").click()
            page.get_by_text(f"{len(seen) + 1} of").wait_for()
        assert len(seen) == 7
        page.locator("[data-hand-in]").click()
        page.get_by_text("Case number", exact=True).wait_for()
        assert phone.faults() == []
        (case,) = field.cases()
        shown = page.locator(".ticket").inner_text()
        assert f"{case.ref[:3]}-{case.ref[3:6]}-{case.ref[6:]}" in shown
        assert (case.site, case.channel) == ("NTO", "desk")
        page.get_by_role("button", name="Given to the person").click()
        phone.ready()
        assert phone.complaints == []

    def test_without_a_network_the_battery_pulled_and_sent_once(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(SECRET_WORDS)
        slip = phone.page.locator(".ticket").inner_text()
        assert re.search(r"\b[A-Z0-9]{4}\b", slip)
        phone.done()
        phone.waits("1 report waits to be sent")
        # The second one is not handed in yet.
        phone.page.locator(".new-report").click()
        phone.page.get_by_role("button", name="Next").click()
        phone.page.get_by_label("In the person's own words").fill("meio escrito")
        phone.page.get_by_role("button", name="Next").click()
        phone.page.get_by_role("heading", name="What is it about?").wait_for()
        phone.kill()
        phone.start()
        phone.open()
        phone.page.get_by_text("1 report waits here").wait_for()
        assert SECRET_WORDS not in phone.page.content()
        phone.unlock()
        phone.page.get_by_role("button", name="Go on with the report").wait_for()
        assert field.count() == 0
        field.line.cut = False
        # A browser writes its cookies down every half a minute: the log-in may be gone with it.
        phone.log_in_again()
        phone.sends_all()
        assert field.texts() == [SECRET_WORDS]
        phone.page.get_by_role("button", name="Go on with the report").click()
        phone.page.locator("[data-hand-in]:enabled").click()
        phone.page.get_by_text("Case number", exact=True).wait_for()
        assert field.texts() == ["meio escrito", SECRET_WORDS]


class TestHighlySensitive:
    @pytest.mark.slow
    def test_it_clears_itself_and_says_only_that_it_was_received(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        page = phone.page
        page.locator(".new-report").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_label("In the person's own words").fill(CHIEF)
        page.get_by_role("button", name="Next").click()
        page.get_by_role("radio", name="Highly sensitive: for specialists only").check()
        page.get_by_text("Highly sensitive: ask no more").wait_for()
        assert phone.faults() == []
        page.locator("[data-hand-in]").click()
        page.get_by_role("heading", name="It was received").wait_for()
        assert phone.faults() == []
        assert page.locator(".ticket").count() == 0
        assert CHIEF not in page.content()
        page.go_back()
        page.get_by_role("heading", name="Help desk today").wait_for()
        assert CHIEF not in page.content()
        page.get_by_role("button", name="Waiting to be sent").click()
        page.get_by_text("1 report waits to be sent").last.wait_for()
        assert "sensitive" not in page.locator("main").inner_text()
        field.line.cut = False
        page.get_by_role("button", name="Try now").click()
        until(lambda: field.count() == 1)
        (case,) = field.cases()
        assert case.sensitivity is Sensitivity.L3
        page.get_by_text("Nothing waits to be sent").wait_for()
        assert "Numbers to give" not in page.content()
        kept = phone.stored()
        assert case.ref not in kept
        assert "dormir com ele" not in kept


@pytest.mark.slow
class TestWhatHasToBeSurvived:
    @pytest.mark.timeout(600)
    def test_two_days_two_hundred_reports_a_wrong_clock_and_nothing_lost_or_doubled(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        start = field.now()
        field.line.cut = True
        # The battery was flat: the phone believes that it is 2015.
        wrong = datetime.fromisoformat("2015-01-01T08:00:00+00:00")
        texts = [f"relato numero {n}" for n in range(200)]
        for n, text in enumerate(texts):
            if n in {0, 60, 140}:
                phone.page.clock.set_fixed_time(wrong + timedelta(minutes=n))
            if n in {50, 120}:
                phone.kill()
                phone.start()
                phone.page.clock.set_fixed_time(wrong + timedelta(minutes=n))
                phone.open()
                phone.unlock()
                phone.ready()
            phone.writes(text)
            phone.done()
        phone.waits("200 reports wait to be sent")
        field.now.ahead = timedelta(days=2)
        field.line.cut = False
        # The network brings the right time, and two days have ended the log-in.
        phone.page.clock.set_fixed_time(datetime.now().astimezone() + timedelta(days=2))
        assert field.count() == 0
        phone.log_in_again()
        field.line.luck = Random(7)
        phone.sends_all(420)
        assert field.texts() == sorted(texts)
        for case in field.cases():
            # Not from 2015, and not from a day to come.
            assert start - timedelta(minutes=1) <= case.received_at <= field.now()
            with field.hub.reading() as uow:
                (message,) = uow.messages_of(case.id)
            assert message.device_at is not None
            assert message.device_at.year == 2015
        assert len({one.ref for one in field.cases()}) == 200

    def test_a_log_in_that_ended_keeps_everything_and_sends_it_after_the_next(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.log_out_everybody()
        phone.writes(PUMP)
        phone.done()
        phone.waits("log in again")
        assert phone.faults() == []
        assert field.count() == 0
        assert phone.page.get_by_role("link", name="Log in").is_visible()
        phone.log_in_again()
        phone.waits("Nothing waits to be sent")
        assert field.texts() == [PUMP]

    def test_somebody_else_s_log_in_sends_nothing_of_mine(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(PUMP)
        phone.done()
        other = phone.context.new_page()
        field.line.cut = False
        with field.hub.unit_of_work() as uow:
            ana = account_id_of(uow.session, "ana@example.org")
            uow.session.execute(
                tables.membership.update()
                .where(tables.membership.c.account_id == ana)
                .values(role=Role.DESK, site="COR")
            )
            uow.commit()
        phone.context.clear_cookies()
        other.goto(f"{field.url}/login")
        other.get_by_label("E-mail").fill("ana@example.org")
        other.get_by_label("Password").fill("correct horse battery")
        other.get_by_role("button", name="Log in", exact=True).click()
        other.get_by_role("heading", name="What must I do now?").wait_for()
        # Had it asked between the two log-ins, it would ask again in a minute only.
        phone.page.evaluate("window.dispatchEvent(new Event('online'))")
        phone.waits("somebody else is logged in")
        assert field.count() == 0
        # She sets up her own, and what waits of his stays his.
        phone.page.get_by_role("button", name="Lock").click()
        phone.page.get_by_label("New PIN").fill("864209")
        phone.page.get_by_label("The PIN once more").fill("864209")
        phone.page.get_by_role("button", name="Use this PIN").click()
        phone.ready()
        phone.waits("Nothing waits to be sent")
        phone.context.clear_cookies()
        phone.log_in()
        phone.unlock()
        phone.waits("Nothing waits to be sent")
        assert field.texts() == [PUMP]

    def test_out_of_use_it_wipes_what_was_read_and_keeps_what_waits_sealed(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(SECRET_WORDS)
        phone.done()
        field.revoke("filipe")
        field.line.cut = False
        # By itself: nobody has to press anything on a device that is lost.
        phone.page.get_by_role("heading", name="This device is out of use").wait_for()
        phone.page.get_by_text("1 report was not sent").wait_for()
        assert phone.faults() == []
        assert field.count() == 0
        # Opened again, also without a network, it asks for no PIN.
        field.line.cut = True
        phone.open()
        phone.page.get_by_role("heading", name="This device is out of use").wait_for()
        assert phone.page.get_by_label("PIN", exact=True).count() == 0
        # It is found again.
        field.bring_back()
        field.line.cut = False
        phone.log_in()
        phone.unlock()
        phone.waits("Nothing waits to be sent")
        assert field.texts() == [SECRET_WORDS]

    def test_a_new_version_comes_between_two_reports_and_reads_what_the_old_one_kept(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(SECRET_WORDS)
        phone.done()
        field.line.release = "next"
        field.log_out_everybody()
        field.line.cut = False
        # It is fetched beside the work, and takes over only when somebody lets it.
        page = phone.page
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        page.get_by_role("button", name="Use the new version").wait_for()
        assert page.locator("html[data-release]").count() == 0
        page.get_by_role("button", name="Use the new version").click()
        page.locator("html[data-release=next]").wait_for(state="attached")
        page.get_by_text("1 report waits here").wait_for()
        phone.log_in()
        phone.unlock()
        phone.waits("Nothing waits to be sent")
        assert field.texts() == [SECRET_WORDS]

    def test_wrong_pins_are_slowed_down_and_killing_it_saves_nobody_the_wait(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        phone.page.get_by_role("button", name="Lock").click()
        for _ in range(2):
            phone.unlock("111112")
            phone.page.get_by_text("try once more").wait_for()
        phone.unlock("111112")
        phone.page.get_by_text(re.compile(r"wait \d\d seconds")).wait_for()
        assert phone.faults() == []
        phone.kill()
        phone.start()
        phone.open()
        phone.unlock()
        phone.page.get_by_text("Too many tries").wait_for()
        # A clock that was turned back gains nothing either.
        phone.page.clock.set_fixed_time(datetime.now().astimezone() - timedelta(days=1))
        phone.unlock()
        phone.page.get_by_text("Too many tries").wait_for()
        phone.page.clock.set_fixed_time(datetime.now().astimezone() + timedelta(minutes=2))
        phone.unlock()
        phone.ready()

    def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        phone.page.locator(".new-report").click()
        phone.page.get_by_role("button", name="Next").click()
        phone.page.get_by_label("In the person's own words").fill(PUMP)
        phone.page.locator("#f-photo").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
        )
        phone.page.get_by_text("what you wrote is still here").wait_for()
        assert phone.faults() == []
        phone.page.locator("[data-hand-in]:enabled").click()
        phone.page.get_by_text("Case number", exact=True).wait_for()
        assert field.texts() == [PUMP]

    def test_a_forgotten_pin_loses_nothing(self, phone_of: Make, field: Field) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(PUMP)
        phone.done()
        phone.page.get_by_role("button", name="Lock").click()
        phone.page.get_by_role("button", name="I do not know the PIN").click()
        phone.page.get_by_text("There is no network now").wait_for()
        field.line.cut = False
        phone.open()
        phone.page.get_by_role("button", name="I do not know the PIN").click()
        phone.page.get_by_label("New PIN").fill("508263")
        phone.page.get_by_label("The PIN once more").fill("508263")
        phone.page.get_by_role("button", name="Use this PIN").click()
        phone.ready()
        phone.waits("Nothing waits to be sent")
        assert field.texts() == [PUMP]

    def test_nothing_that_was_said_can_be_read_on_a_device_that_is_found(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        field.line.cut = True
        phone.writes(SECRET_WORDS)
        phone.done()
        kept = phone.stored()
        assert "desk-" in kept
        assert "palavra-unica-zebra" not in kept
        assert PIN not in kept


@pytest.mark.slow
class TestFilesAndFlakyLines:
    def test_a_voice_note_and_a_photo_come_whole_over_a_line_that_breaks(
        self, phone_of: Make, field: Field
    ) -> None:
        phone = phone_of()
        phone.set_up()
        page = phone.page
        page.locator(".new-report").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Record a voice note").click()
        page.get_by_text("0:02").wait_for()
        page.get_by_role("button", name="Stop and keep").click()
        page.locator(".kept li").first.wait_for()
        out = io.BytesIO()
        exif = Image.Exif()
        exif.get_ifd(0x8825)[2] = (12.0, 58.0, 30.0)
        Image.effect_noise((1200, 900), 90).convert("RGB").save(out, "JPEG", exif=exif)
        page.locator("#f-photo").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
        )
        page.locator(".kept li").nth(1).wait_for()
        assert phone.faults() == []
        field.line.luck = Random(3)
        page.locator("[data-hand-in]:enabled").click()
        page.get_by_role("heading", name="It was received").wait_for()
        page.get_by_role("button", name="Done").click()
        phone.sends_all(120)
        field.line.luck = None
        field.work()
        (case,) = field.cases()
        with field.hub.reading() as uow:
            rows = uow.attachments_of(case.id)
        assert [row.state for row in rows] == [AttachmentState.FETCHED] * 2
        assert [row.media_type for row in rows] == ["audio/webm", "image/jpeg"]


@pytest.mark.slow
class TestEveryoneCanUseIt:
    def test_by_keyboard_alone(self, phone_of: Make, field: Field) -> None:
        phone = phone_of((1440, 900))
        phone.set_up()
        page = phone.page

        def tab_to(words: str) -> None:
            for _ in range(60):
                page.keyboard.press("Tab")
                if words in page.evaluate(
                    "document.activeElement.closest('label, button, .field')?.textContent || ''"
                ):
                    return
            raise AssertionError(f"the keyboard does not reach {words}")

        tab_to("New report")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="First ask").wait_for()
        tab_to("Next")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="What was said").wait_for()
        tab_to("own words")
        page.keyboard.type(PUMP)
        tab_to("Hand it in now")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="It was received").wait_for()
        page.get_by_text("Case number", exact=True).wait_for()
        assert field.texts() == [PUMP]

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [(360, 740), (1440, 900)])
    def test_every_other_screen_has_nothing_that_axe_finds(
        self, phone_of: Make, field: Field, size: tuple[int, int], scheme: str
    ) -> None:
        phone = phone_of(size, color_scheme=scheme, reduced_motion="reduce")
        phone.set_up()
        page = phone.page
        for tile in (
            "Find or expect today",
            "Answers to questions",
            "Listen to the consent script",
            "Learn and get help",
        ):
            page.get_by_role("button", name=tile).click()
            page.get_by_role("heading", level=1, name=tile).wait_for()
            assert phone.faults() == [], tile
            assert phone.is_narrow_enough(), tile
            if tile.startswith("Learn"):
                page.get_by_role("button", name="The pump is broken").click()
                page.get_by_role("button", name="I promise that it").click()
                page.get_by_text("Think again").wait_for()
                assert phone.faults() == []
                page.get_by_role("button", name="I write down her words").click()
                page.get_by_text("That is safe").wait_for()
                page.get_by_role("button", name="Back").click()
                page.get_by_role("button", name="Without a network").click()
                page.get_by_role("heading", level=1, name="Without a network").wait_for()
                assert phone.faults() == []
                page.get_by_role("button", name="Back").click()
            page.get_by_role("button", name="Back").click()
            phone.ready()
        page.get_by_role("button", name="Lock").click()
        page.get_by_label("PIN", exact=True).wait_for()
        assert phone.faults() == []

    def test_practice_sends_nothing(self, phone_of: Make, field: Field) -> None:
        phone = phone_of()
        phone.set_up()
        page = phone.page
        page.get_by_role("button", name="Learn and get help").click()
        page.get_by_role("button", name="Practise with the form").click()
        page.get_by_text("Practice: nothing of this").wait_for()
        page.get_by_role("button", name="Next").click()
        page.get_by_label("In the person's own words").fill(PUMP)
        page.locator("[data-hand-in]:enabled").click()
        page.get_by_role("heading", name="Well done").wait_for()
        assert phone.faults() == []
        page.get_by_role("button", name="Done").click()
        phone.waits("Nothing waits to be sent")
        assert field.count() == 0
        assert not [one for one in field.line.asked if "intake" in one]

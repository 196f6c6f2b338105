"""What the desk app's own modules decide, asked in the browser that runs them."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from feedback_hub.adapters.recordings import digest_of
from feedback_hub.domain.contact import Purpose
from feedback_hub.services.records.telling import Wording, WordingState
from tests.e2e.desk_field import Field, Phone, field_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STORED = Path(__file__).with_name("desk_stored.json")
"""What format 1 keeps on a device, as its first version wrote it: never to be made anew."""
STORED_PIN = "739104"
HOUR = 3_600_000


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with field_of(tmp_path) as made:
        yield made


@pytest.fixture
def phone(browser: Browser, field: Field, tmp_path: Path) -> Iterator[Phone]:
    made = Phone(browser.browser_type, field, tmp_path / "phone")
    yield made
    made.close()


@pytest.fixture
def page(phone: Phone, field: Field) -> Page:
    phone.page.goto(f"{field.url}/desk/app/shell")
    return phone.page


def asked(page: Page, module: str, code: str, *given: object) -> Any:
    """What ``code``, a function of a module and of values, says."""
    asks = f"async ([url, given]) => ({code})(await import(url), ...given)"
    return page.evaluate(asks, [f"/desk/app/{module}", list(given)])


def test_a_time_is_mended_as_far_as_is_known(page: Page) -> None:
    then, now = 1_700_000_000_000, 1_700_000_000_000 + 48 * HOUR

    def mended(device: int, before: int | None, after: int) -> int:
        last = None if before is None else {"server": then, "offset": before}
        code = "(m, device, last, now) => m.mended({device, last}, now)"
        sent = {"server": now, "offset": after}
        return int(asked(page, "clock.js", code, device, last, sent))

    # A clock that was right, and one that was an hour slow all the time.
    assert mended(then + HOUR, 0, 0) == then + HOUR
    assert mended(then + HOUR, HOUR, HOUR) == then + 2 * HOUR
    # Set wrong on the way and still so: what is known at sending counts.
    assert mended(then + 4 * HOUR, 0, -3 * HOUR) == then + HOUR
    # Wrong before, put right by the network in between.
    assert mended(then - 100 * HOUR, 101 * HOUR, 0) == then + HOUR
    # It fell back to 2015 and was put right: no earlier than the hub was heard.
    assert mended(1_420_000_000_000, 0, 0) == then
    # Never in the future.
    assert mended(now + 5 * HOUR, 0, 0) == now
    # Never heard of the hub before.
    assert mended(then, None, 2 * HOUR) == then + 2 * HOUR


def test_waiting_doubles_to_five_minutes_and_never_everybody_at_once(page: Page) -> None:
    code = "(m) => [0, 1, 2, 20].map((n) => [m.backOff(n, 0), m.backOff(n, 1)])"
    waits = asked(page, "sender.js", code)
    assert waits == [[1000, 2000], [2000, 4000], [4000, 8000], [150_000, 300_000]]


def test_what_the_hub_refuses_goes_into_the_words_and_the_level_stays(page: Page) -> None:
    body = {"text": "A bomba", "codes": ["request.gone"], "sensitivity": "L3"}
    code = "(m, body, field) => m.withoutField(body, field)"
    assert asked(page, "sender.js", code, body, "codes") == {
        "text": 'A bomba\n[codes: ["request.gone"]]',
        "sensitivity": "L3",
    }
    for kept in ("text", "sensitivity", "files.0.size", "nothing"):
        assert asked(page, "sender.js", code, body, kept) is None


def test_who_does_not_want_to_be_written_down_is_not(page: Page) -> None:
    draft = {
        "id": "x",
        "files": [],
        "codes": [],
        "answers": {
            "text": "A bomba",
            "consent.record": "no",
            "consent.share": "not_asked",
            "contact.name": "Amina",
            "contact.phone": "841234567",
            "person.sex": "female",
        },
    }
    code = "(m, draft) => m.bodyOf(draft, {fields: [], codes: []})"
    assert asked(page, "report.js", code, draft) == {
        "submission_id": "x",
        "channel": "desk",
        "text": "A bomba",
        "consent": {"record": False},
        "person": {"sex": "female"},
    }


def test_what_the_first_version_stored_is_read_and_sent(phone: Phone, field: Field) -> None:
    phone.log_in()
    phone.page.get_by_label("New PIN").wait_for()
    phone.page.evaluate(PUT_BACK, json.loads(STORED.read_text("utf-8")))
    phone.open()
    phone.page.get_by_text("2 reports wait here").wait_for()
    phone.unlock(STORED_PIN)
    phone.sends_all()
    assert field.texts() == ["guardado pela primeira versao", "o segundo, com nota de voz"]
    field.work()
    with field.hub.reading() as uow:
        (file,) = [one for case in field.cases() for one in uow.attachments_of(case.id)]
    assert file.media_type == "image/jpeg"


def test_an_approved_recording_is_heard_without_a_network(phone: Phone, field: Field) -> None:
    path = field.hub.config.hub.home / "packs" / "por" / "script_consent.wav"
    path.parent.mkdir(parents=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    with field.hub.unit_of_work() as uow:
        script = uow.session.get(Wording, ("por", Purpose.SCRIPT_CONSENT))
        assert script is not None
        script.state, script.recording = WordingState.APPROVED, digest_of(path)
        uow.commit()
    phone.set_up()
    field.line.cut = True
    phone.page.get_by_role("button", name="Listen to the consent script").click()
    phone.page.get_by_text("Podemos escrever o que nos diz").wait_for()
    phone.page.get_by_role("button", name="Listen", exact=True).click()
    phone.page.get_by_role("button", name="Stop", exact=True).wait_for()
    phone.page.get_by_role("button", name="Listen", exact=True).wait_for()
    assert phone.faults() == []
    # What nobody approved is not read as if.
    phone.page.get_by_label("Which language does the person speak?").select_option("vmw")
    phone.page.get_by_text("Nobody has approved a script in Emakhuwa yet").wait_for()


@pytest.mark.parametrize("path", ["/learn", "/learn/list", "/learn/help/highly", "/account"])
def test_the_pages_of_learning_and_of_devices_have_nothing_that_axe_finds(
    phone: Phone, field: Field, path: str
) -> None:
    phone.set_up()
    phone.page.goto(field.url + path)
    assert phone.faults() == []
    assert phone.is_narrow_enough()
    if path == "/learn/list":
        phone.page.get_by_role("button", name="I call the man").click()
        phone.page.get_by_text("Think again").wait_for()
        assert phone.faults() == []


PUT_BACK = """async (kept) => {
  const bytes = (one) => one && typeof one === "object" && "b64" in one
    ? Uint8Array.from(atob(one.b64), (c) => c.charCodeAt(0))
    : one && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).map(([k, v]) => [k, bytes(v)])) : one;
  const {name} = (await indexedDB.databases()).find((one) => one.name.startsWith("desk-"));
  const db = await new Promise((done) => {
    indexedDB.open(name).onsuccess = (event) => done(event.target.result);
  });
  await new Promise((done) => {
    const stores = [...new Set(kept.map(([store]) => store))];
    const change = db.transaction(stores, "readwrite");
    change.oncomplete = done;
    for (const [store, key, value] of kept) change.objectStore(store).put(bytes(value), key);
  });
  db.close();
}"""

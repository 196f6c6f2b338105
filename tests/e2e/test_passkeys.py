"""A passkey in a real browser: made, used to log in, and removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.e2e.conftest import Served
from tests.pages_world import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A browser on a device with a screen lock; nobody may complain at the end."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    # The wrong password of the test is said as a failed request.
    assert [one for one in complaints if "422" not in one] == []
    context.close()


def authenticator(page: Page, *, unlocks: bool = True) -> CDPSession:
    """A key in the device, which its owner unlocks, or cannot."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": unlocks,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill("ana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", name="What must I do now?").wait_for()


def log_out(page: Page, url: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{url}/login")


def test_a_passkey_logs_in_without_a_password(page: Page, served: Served) -> None:
    # A passkey is of a name, never of a number.
    url = served.url.replace("127.0.0.1", "localhost")
    authenticator(page)
    log_in(page, url)
    page.goto(f"{url}/account")
    page.get_by_label("What do you call this device?").fill("Telefone do escritório")
    make = page.get_by_role("button", name="Make a passkey here")
    page.locator("#passkey-current").fill("not my password at all")
    make.click()
    page.get_by_text("This is not your password of now.").wait_for()
    page.locator("#passkey-current").fill(PASSWORD)
    make.click()
    page.get_by_text("The passkey is kept").wait_for()
    page.get_by_text("Telefone do escritório").wait_for()
    log_out(page, url)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("heading", name="What must I do now?").wait_for()
    page.goto(f"{url}/account")
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("Removed: it opens nothing any more.").wait_for()
    log_out(page, url)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("This passkey does not open an account here.").wait_for()


def test_a_device_that_is_not_unlocked_opens_nothing(page: Page, served: Served) -> None:
    url = served.url.replace("127.0.0.1", "localhost")
    devtools = authenticator(page)
    log_in(page, url)
    page.goto(f"{url}/account")
    page.get_by_label("What do you call this device?").fill("Portátil")
    page.locator("#passkey-current").fill(PASSWORD)
    page.get_by_role("button", name="Make a passkey here").click()
    page.get_by_text("The passkey is kept").wait_for()
    log_out(page, url)
    devtools.send("WebAuthn.disable")
    authenticator(page, unlocks=False)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("No passkey was shown.").wait_for()


def test_the_device_is_asked_once_however_often_the_button_is_pressed(
    page: Page, served: Served
) -> None:
    url = served.url.replace("127.0.0.1", "localhost")
    authenticator(page)
    log_in(page, url)
    page.goto(f"{url}/account")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("What do you call this device?").fill("Telefone")
    page.locator("#passkey-current").fill(PASSWORD)
    page.get_by_role("button", name="Make a passkey here").dblclick()
    page.get_by_text("The passkey is kept").wait_for()
    assert sum(one.endswith("/account/passkeys/options") for one in asked) == 1

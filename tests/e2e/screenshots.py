"""``make screenshots``: the README's three pictures, taken from a running demonstration."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from feedback_hub.cli.demo import PASSWORD, free_ports
from tests.e2e.conftest import CHROMIUM

FOLDER = Path(__file__).parents[2] / "docs" / "images"
_READY_WITHIN = 180


def main() -> None:
    """Start a demonstration, take the pictures, end it."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("feedback-hub")), "demo", "--port", str(port)]
    demo = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(url, demo)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            take(chromium, url)
            chromium.close()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)


def take(chromium: Browser, url: str) -> None:
    """The queue and a case on a desktop, a partner's referral on a phone."""
    desktop = _logged_in(chromium, url, "bela", 1280, 800)
    desktop.goto(f"{url}/cases?tab=all")
    desktop.get_by_role("checkbox", name="Mark").nth(2).check()
    desktop.get_by_role("checkbox", name="Mark").nth(3).check()
    _picture(desktop, "queue")
    desktop.goto(f"{url}/cases?tab=verify")
    desktop.locator("a.go").first.click()
    desktop.locator("#next").wait_for()
    _picture(desktop, "case")
    phone = _logged_in(chromium, url, "agua-viva", 360, 740)
    phone.goto(f"{url}/")
    phone.locator("a.go").first.click()
    phone.get_by_role("heading", level=1).wait_for()
    _picture(phone, "referral")


def _logged_in(chromium: Browser, url: str, name: str, width: int, height: int) -> Page:
    page = chromium.new_page(viewport={"width": width, "height": height}, locale="en-GB")
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(f"{name}@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    return page


def _picture(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    print(f"{path}: {path.stat().st_size // 1024} KB")  # noqa: T201  a command's answer


def _wait(url: str, demo: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until and demo.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit("The demonstration did not start: run `make demo` to see why.")


if __name__ == "__main__":
    main()

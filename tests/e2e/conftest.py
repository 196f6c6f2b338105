"""A hub that a real browser talks to: real HTTP, a server with threads, workers on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from feedback_hub.bootstrap import Hub
from feedback_hub.services.records.work import Queue
from feedback_hub.web.app import create_app
from tests.cheaper import cheap_passwords, templates_compiled_once, words_compiled_once
from tests.pages_world import PASSWORD, make_hub, settle
from workers.drain import drain

__all__ = ["cheap_passwords", "templates_compiled_once", "words_compiled_once"]

CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": (360, 740), "desktop": (1440, 900)}


@dataclass
class Served:
    """A running hub and its address."""

    hub: Hub
    url: str

    def work(self) -> None:
        """Do what the workers would do."""
        for queue in Queue:
            drain(self.hub, queue)


@dataclass
class Walk:
    """One person's browser; whatever the page complains of is kept."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def to(self, path: str) -> None:
        """Open a page of the hub."""
        self.page.goto(self.url + path)

    def is_narrow_enough(self) -> bool:
        """Whether nothing sticks out sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A hub on a port of its own."""
    # The port must be known before the hub is built: webhooks are signed over the address.
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    hub = make_hub(tmp_path / "home", url, development=True)
    app = create_app(hub)
    settle(app, hub)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(hub, url)
    server.shutdown()
    thread.join()
    server.server_close()
    hub.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(params=sorted(SIZES))
def walk_as(
    request: pytest.FixtureRequest, browser: Browser, served: Served
) -> Iterator[Callable[[str], Walk]]:
    """Opens a browser in which somebody is logged in; at the end nobody may have complained."""
    width, height = SIZES[request.param]
    open_contexts: list[tuple[BrowserContext, Walk]] = []

    def start(name: str) -> Walk:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", has_touch=width < 500
        )
        walk = Walk(context.new_page(), served.url)
        open_contexts.append((context, walk))
        walk.page.set_default_timeout(30_000)
        walk.page.on(
            "console",
            lambda said: (
                walk.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        walk.page.on("pageerror", lambda error: walk.complaints.append(str(error)))
        walk.page.on("request", lambda sent: walk.hosts.add(urlsplit(sent.url).netloc))
        walk.to("/login")
        walk.page.get_by_label("E-mail").fill(f"{name}@example.org")
        walk.page.get_by_label("Password").fill(PASSWORD)
        walk.page.get_by_role("button", name="Log in", exact=True).click()
        walk.page.get_by_role("heading", name="What must I do now?").wait_for()
        return walk

    with _closed(open_contexts):
        yield start
        own = urlsplit(served.url).netloc
        for _, walk in open_contexts:
            # A violated content security policy is said on the console.
            assert walk.complaints == []
            assert walk.hosts <= {own, ""}
            assert walk.is_narrow_enough()


@contextmanager
def _closed(contexts: list[tuple[BrowserContext, Walk]]) -> Iterator[None]:
    try:
        yield
    finally:
        for context, _ in contexts:
            context.close()

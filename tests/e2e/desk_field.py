"""A desk far from its hub: a real browser, a real server, and a line that breaks between them."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, BrowserType, Page, TimeoutError
from sqlalchemy import func, select
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.adapters.desk_devices import of_account, take_out_of_use
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.services.records.work import Queue
from feedback_hub.web import desk_assets
from feedback_hub.web.app import create_app
from tests.pages_world import PASSWORD, make_hub, settle
from workers.drain import drain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PIN = "739104"
SHELL = ("/desk/app", "/desk/app/shell", "/desk/app/sw.js", "/desk/app/main.js")


class Now:
    """The hub's clock: the real one, put forward by tests."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Line:
    """What lies between a phone and its hub."""

    app: WSGIApplication
    cut: bool = False
    luck: Random | None = None
    """With it, a quarter of all calls to the API break: before the hub hears them, or after."""
    release: str = ""
    """With it, the hub has another version of the app: the same files, and one that says so."""
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, answer: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(f"{environ['REQUEST_METHOD']} {path}")
        chance = self.luck.random() if self.luck and path.startswith("/api/") else 1.0
        if self.cut or chance < 0.1:
            return _hang_up(environ)
        if chance < 0.25:
            # The hub did it, and nobody hears that it has.
            b"".join(run_wsgi_app(self.app, environ)[0])
            return _hang_up(environ)
        if self.release and (path in SHELL or path == "/api/v1/desk/hello"):
            return self._of_release(environ, answer)
        return self.app(environ, answer)

    def _of_release(self, environ: WSGIEnvironment, answer: StartResponse) -> list[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        environ.pop("HTTP_IF_NONE_MATCH", None)
        found, status, headers = run_wsgi_app(self.app, environ)
        body = b"".join(found)
        body = body.replace(desk_assets.version().encode(), self.release.encode())
        if environ["PATH_INFO"].endswith("main.js"):
            body += f"\ndocument.documentElement.dataset.release = '{self.release}';\n".encode()
        kept = [(name, value) for name, value in headers if name not in {"Content-Length", "ETag"}]
        answer(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]


def _hang_up(environ: WSGIEnvironment) -> list[bytes]:
    with suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionError


@dataclass
class Field:
    """The hub, its line, and what has come in."""

    hub: Hub
    url: str
    line: Line
    now: Now

    def work(self) -> None:
        """Do what the workers would do."""
        for queue in Queue:
            drain(self.hub, queue)

    def cases(self) -> list[Case]:
        """Every case, the oldest first."""
        with self.hub.reading() as uow:
            return list(uow.session.scalars(select(Case).order_by(tables.case.c.received_at)))

    def texts(self) -> list[str]:
        """What was said in every case."""
        found = []
        with self.hub.reading() as uow:
            for case in uow.session.scalars(select(Case)):
                for message in uow.messages_of(case.id):
                    bound = f"message.text:{message.id}"
                    found.append(uow.vault.open(message.key_id, message.text_sealed, bound))
        return sorted(found)

    def log_out_everybody(self) -> None:
        """Every log-in ends."""
        with self.hub.unit_of_work() as uow:
            uow.session.execute(tables.log_in.delete())
            uow.commit()

    def revoke(self, name: str) -> None:
        """Take every desk device of somebody out of use."""
        with self.hub.unit_of_work() as uow:
            account_id = account_id_of(uow.session, f"{name}@example.org") or ""
            for one in of_account(uow.session, account_id):
                take_out_of_use(uow.session, account_id, one.id, self.hub.clock())
            uow.commit()

    def bring_back(self) -> None:
        """Every device is back in use."""
        with self.hub.unit_of_work() as uow:
            uow.session.execute(tables.desk_device.update().values(revoked_at=None))
            uow.commit()

    def count(self) -> int:
        """How many cases there are."""
        with self.hub.reading() as uow:
            return int(uow.session.scalar(select(func.count()).select_from(tables.case)) or 0)


@contextmanager
def field_of(folder: Path) -> Iterator[Field]:
    """A hub on a port of its own, at the end of a line."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    now = Now()
    hub = make_hub(folder / "home", url, clock=now)
    app = create_app(hub)
    settle(app, hub)
    line = Line(app)
    server.app = line
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Field(hub, url, line, now)
    server.shutdown()
    thread.join()
    server.server_close()
    hub.close()


class Phone:
    """One device: its browser keeps what it keeps over being killed."""

    def __init__(
        self,
        chromium: BrowserType,
        place: Field,
        folder: Path,
        size: tuple[int, int] = (360, 740),
        **more: Any,
    ) -> None:
        self._chromium, self._field, self._folder = chromium, place, folder
        self._options: dict[str, Any] = {
            "viewport": {"width": size[0], "height": size[1]},
            "locale": "en-GB",
            "has_touch": size[0] < 500,
            "permissions": ["microphone"],
        } | more
        self.complaints: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.start()

    def start(self) -> None:
        """Switch it on."""
        for left in self._folder.glob("Singleton*"):
            left.unlink()
        self.context = self._chromium.launch_persistent_context(
            self._folder, executable_path=CHROMIUM, args=SWITCHES, **self._options
        )
        self.page = self.context.pages[0]
        self.page.set_default_timeout(20_000)
        self.page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def kill(self) -> None:
        """Pull the battery: SIGKILL to this browser, found by its own folder, and to no other."""
        wanted = f"--user-data-dir={self._folder}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                if wanted in words and not any(word.startswith(b"--type=") for word in words):
                    os.kill(int(process.name), signal.SIGKILL)
        with suppress(Exception):
            self.context.close()

    def close(self) -> None:
        """Switch it off."""
        with suppress(Exception):
            self.context.close()

    def log_in(self, name: str = "filipe") -> None:
        """Log in at the hub and go to the app."""
        self.page.goto(f"{self._field.url}/login?next=/desk/app")
        self.page.get_by_label("E-mail").fill(f"{name}@example.org")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in", exact=True).click()

    def log_in_again(self) -> None:
        """Log in after the log-in has ended, and open the app with the PIN."""
        self.context.clear_cookies()
        self.log_in()
        self.unlock()
        self.ready()

    def set_up(self, name: str = "filipe") -> None:
        """Log in, choose the PIN, and wait until all that is needed offline is here."""
        self.log_in(name)
        self.page.get_by_label("New PIN").fill(PIN)
        self.page.get_by_label("The PIN once more").fill(PIN)
        self.page.get_by_role("button", name="Use this PIN").click()
        self.ready()
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def ready(self) -> None:
        """Wait for the first screen with its form."""
        self.page.locator(".new-report:enabled").wait_for()

    def open(self) -> None:
        """Open the app as from its icon."""
        self.page.goto(f"{self._field.url}/desk/app")

    def unlock(self, pin: str = PIN) -> None:
        """Enter the PIN."""
        self.page.get_by_label("PIN", exact=True).fill(pin)
        self.page.get_by_role("button", name="Unlock", exact=True).click()

    def writes(self, text: str) -> None:
        """Take a report in the shortest way: what was said, and hand it in."""
        self.page.locator(".new-report").click()
        self.page.get_by_role("button", name="Next").click()
        self.page.get_by_label("In the person's own words").fill(text)
        self.page.locator("[data-hand-in]:enabled").click()
        self.page.get_by_role("heading", name="It was received").wait_for()

    def done(self) -> None:
        """Back to the first screen."""
        self.page.get_by_role("button", name="Done").click()
        self.ready()

    def waits(self, words: str) -> None:
        """Wait until the strip on top says so."""
        self.page.locator("[data-strip]").get_by_text(words, exact=False).first.wait_for()

    def sends_all(self, seconds: float = 60.0) -> None:
        """Press "Try now" wherever it is offered, until nothing waits."""

        def sent() -> bool:
            again = self.page.locator("[data-strip]").get_by_role("button", name="Try now")
            with suppress(TimeoutError):
                # It may be gone already: the app tries by itself as well.
                again.click(timeout=200)
            strip = self.page.locator("[data-strip]")
            return strip.get_by_text("Nothing waits to be sent").is_visible()

        until(sent, seconds)

    def stored(self) -> str:
        """All that lies on the device, as somebody reads it who has found it."""
        with suppress(Exception):
            self.context.close()
        parts = [one.read_bytes() for one in self._folder.rglob("*") if one.is_file()]
        return b"\n".join(parts).decode("latin-1") + b"\n".join(parts).decode(
            "utf-16-le", "replace"
        )

    def faults(self) -> list[str]:
        """What axe finds on the screen."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]

    def is_narrow_enough(self) -> bool:
        """Whether nothing sticks out sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)

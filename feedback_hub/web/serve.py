"""The web role: gunicorn around the application, in this process and its forked workers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from sqlalchemy.orm import configure_mappers

from feedback_hub.adapters.engine import make_engine
from feedback_hub.adapters.heaps import before_forks
from feedback_hub.adapters.left_out import left_out
from feedback_hub.bootstrap import Hub, database_url
from feedback_hub.web.front import create_front
from feedback_hub.web.timings import Timings

if TYPE_CHECKING:
    from flask import Flask

WORKERS = 2
THREADS = 8
_AT_ONCE = ("/channels/", "/healthz", "/readyz")


class Website:
    """The whole site: what providers call goes to a small application, all else to the large one.

    Log-in, pages and their guards cost a provider's call nothing. Both are loaded before the
    processes that serve them are forked: what is loaded once is in memory once, and a process that
    takes another's place has nothing to load.
    """

    def __init__(self, hub: Hub) -> None:
        """Loads nothing yet."""
        self._hub = hub
        self._prefix = urlsplit(hub.config.hub.base_url).path.rstrip("/")
        self.timings = Timings()

    @cached_property
    def _front(self) -> WSGIApplication:
        return create_front(self._hub)

    @cached_property
    def _whole(self) -> WSGIApplication:
        # Half a second to load: not for the commands that serve nothing.
        create_app: Callable[..., Flask]
        by_others = () if self._hub.config.security.oidc_issuer else ("authlib", "joserfc")
        # Twilio's is for a code by SMS as the log-in's second step, which a hub does not offer.
        with left_out(*by_others, "twilio.rest"):
            create_app = import_module("feedback_hub.web.app").create_app
        app = create_app(self._hub, self.timings)
        import_module("feedback_hub.web.i18n").load(app)
        return app

    def load(self) -> None:
        """Load all of it, opening no connection: before a fork."""
        configure_mappers()
        make_engine(database_url(self._hub.config)).dispose()  # loads the driver, connects nothing
        _ = self._front, self._whole
        self._hub.channels.load()

    def __call__(self, environ: WSGIEnvironment, answer: StartResponse) -> Iterable[bytes]:
        """One request, to the part that answers for its path, below the prefix of ``base_url``."""
        if self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            path = environ["PATH_INFO"]
            # A proxy may have taken it off already.
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        path, began = environ["PATH_INFO"], time.perf_counter()
        part = self._front if path.startswith(_AT_ONCE) else self._whole

        def timed(status: str, *more: Any) -> Callable[[bytes], object]:
            # Until the first byte: how long the rest takes is the reader's network.
            self.timings.note(path, status, time.perf_counter() - began)
            return answer(status, *more)

        return part(environ, cast("StartResponse", timed))


class DiscreetLog(Logger):
    """Gunicorn's log without what it quotes of a request that it cannot read or serve.

    A gateway that forgets to encode a space puts a person's words into the request line.
    """

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Who sent what cannot be read, not what it was."""
        said = str(msg)
        unreadable = said.startswith("Invalid request from")
        super().warning(said.partition(": ")[0] if unreadable else said, *args, **kwargs)

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        """That serving a request failed, not its address."""
        if str(msg).startswith("Error handling request"):
            kind = sys.exc_info()[0]
            super().error("Error handling a request: %s", kind.__name__ if kind else "unknown")
        else:
            super().exception(msg, *args, **kwargs)


class _Server(BaseApplication):
    def __init__(self, site: Website, bind: list[str], workers: int) -> None:
        self._site = site
        self._bind = bind
        self._workers = workers
        self._held: list[bytes] = []
        super().__init__()

    def load_config(self) -> None:
        """Settings in code: there is no second configuration file."""
        for name, value in {
            "bind": self._bind,
            "workers": self._workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "graceful_timeout": 7,
            "timeout": 60,
            "keepalive": 5,
            "accesslog": None,
            "logger_class": DiscreetLog,
            # The most there is: a long text in a gateway's GET, each letter as three or six.
            "limit_request_line": 8190,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": lambda _server, worker: self._site.timings.take_place(worker.age),
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  its stub wants exactly its own alias
        """The application; connections open in the workers, after their fork."""
        self._site.load()
        self._held = before_forks()
        return self._site


def run_web(site: Website, bind: list[str], *, workers: int = WORKERS) -> None:
    """Serve until SIGTERM, then finish what is being answered.

    No access log: a query string may hold what a person sent.
    """
    _Server(site, bind, workers).run()

"""The web role: gunicorn around the application, in this process and its forked workers."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from sqlalchemy.orm import configure_mappers

from feedback_hub.bootstrap import Hub
from feedback_hub.web.front import create_front

WORKERS = 2
THREADS = 8
_AT_ONCE = ("/channels/", "/healthz", "/readyz")


class FrontFirst:
    """Takes in providers' calls at once, and loads the screens meanwhile.

    Log-in, pages and API take longer to load than all that a message needs to be kept; after a
    crash or an upgrade no message should wait for them. A request that needs them waits.
    """

    def __init__(self, hub: Hub) -> None:
        """Opens no connection: safe to make before a fork."""
        configure_mappers()
        self._hub = hub
        self._prefix = urlsplit(hub.config.hub.base_url).path.rstrip("/")
        self._front = create_front(hub)
        self._whole: WSGIApplication | None = None
        self._loading = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, answer: StartResponse) -> Iterable[bytes]:
        """One request, to the part that answers for its path, below the prefix of ``base_url``."""
        if self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            path = environ["PATH_INFO"]
            # A proxy may have taken it off already.
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        if environ["PATH_INFO"].startswith(_AT_ONCE):
            return self._front(environ, answer)
        return self.whole()(environ, answer)

    def load_the_rest(self) -> None:
        """Start loading the screens beside the first requests. Once a process, after its fork."""
        # The database's driver first: loaded by a request at the same time as the screens, whose
        # libraries import the same modules in another order, either could find one half made.
        _ = self._hub.engine
        threading.Thread(target=self.whole, daemon=True).start()

    def whole(self) -> WSGIApplication:
        """The whole application, loaded once a process."""
        with self._loading:
            if self._whole is None:
                create_app: Callable[[Hub], WSGIApplication]
                create_app = import_module("feedback_hub.web.app").create_app
                self._whole = create_app(self._hub)
        return self._whole


class DiscreetLog(Logger):
    """Gunicorn's log without what it quotes of a request that it cannot read or serve.

    A gateway that forgets to encode a space puts a person's words into the request line.
    """

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:  # noqa: ANN401  its own
        """Who sent what cannot be read, not what it was."""
        said = str(msg)
        unreadable = said.startswith("Invalid request from")
        super().warning(said.partition(": ")[0] if unreadable else said, *args, **kwargs)

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:  # noqa: ANN401  its own
        """That serving a request failed, not its address."""
        if str(msg).startswith("Error handling request"):
            kind = sys.exc_info()[0]
            super().error("Error handling a request: %s", kind.__name__ if kind else "unknown")
        else:
            super().exception(msg, *args, **kwargs)


class _Server(BaseApplication):
    def __init__(self, hub: Hub, bind: list[str], workers: int) -> None:
        self._app = FrontFirst(hub)
        self._bind = bind
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Settings in code: there is no second configuration file."""
        for name, value in {
            "bind": self._bind,
            "workers": self._workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "post_worker_init": lambda _worker: self._app.load_the_rest(),
            "graceful_timeout": 7,
            "timeout": 60,
            "keepalive": 5,
            "accesslog": None,
            "logger_class": DiscreetLog,
            # The most there is: a long text in a gateway's GET, each letter as three or six.
            "limit_request_line": 8190,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  its stub wants exactly its own alias
        """The application; connections open in the workers, after their fork."""
        return self._app


def run_web(hub: Hub, bind: list[str], *, workers: int = WORKERS) -> None:
    """Serve until SIGTERM, then finish what is being answered.

    No access log: a query string may hold what a person sent.
    """
    _Server(hub, bind, workers).run()

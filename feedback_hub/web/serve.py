"""The web role: gunicorn around the application, in this process and its forked workers."""

from __future__ import annotations

from flask import Flask
from gunicorn.app.base import BaseApplication

from feedback_hub.bootstrap import Hub
from feedback_hub.web.app import create_app

WORKERS = 2
THREADS = 8


class _Server(BaseApplication):
    def __init__(self, hub: Hub, bind: list[str], workers: int) -> None:
        self._hub = hub
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
            "graceful_timeout": 7,
            "timeout": 60,
            "keepalive": 5,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:  # type: ignore[override]  # its stub wants exactly its own alias
        """The application; connections open in the workers, after their fork."""
        return create_app(self._hub)


def run_web(hub: Hub, bind: list[str], *, workers: int = WORKERS) -> None:
    """Serve until SIGTERM, then finish what is being answered.

    No access log: a query string may hold what a person sent.
    """
    _Server(hub, bind, workers).run()

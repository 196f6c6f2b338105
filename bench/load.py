"""Clients that post as Twilio does: keep-alive connections, each waiting for its answer.

``python -m bench.load PORT CLIENTS SECONDS FIRST COUNT TIMES``: a process of its own, so that it
takes nothing of the server's interpreter. Prints JSON: answered, refused, seconds, durations.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
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


def post(url: str, number: int) -> bytes:
    """The bytes of one webhook: message ``number`` of a person of its own."""
    form = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "Body": TEXTS[number % len(TEXTS)].format(n=number % 150),
        "From": f"+25884{number:07}",
        "MessageSid": f"SM{number:032x}",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "To": NUMBER,
    }
    signed = (url + "".join(key + form[key] for key in sorted(form))).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha1).digest()).decode()
    body = urlencode(form).encode()
    host, path = url.removeprefix("http://").split("/", 1)
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nX-Twilio-Signature: {signature}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Client(threading.Thread):
    def __init__(self, url: str, until: float, mine: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._url, self._until, self._mine = url, until, mine
        self.took: list[float] = []
        self.refused = 0

    def run(self) -> None:
        """Post until time or messages are over; what is not answered 2xx is posted again."""
        host, _, port = self._url.removeprefix("http://").partition("/")[0].partition(":")
        line: socket.socket | None = None
        for number in self._mine:
            ready = post(self._url, number)
            while time.monotonic() < self._until:
                began = time.perf_counter()
                try:
                    line = line or socket.create_connection((host, int(port)), timeout=30)
                    line.sendall(ready)
                    good = _answer(line)
                except OSError:
                    good, line = False, None
                if good:
                    self.took.append(time.perf_counter() - began)
                    break
                self.refused += 1
            else:
                return


def _answer(line: socket.socket) -> bool:
    got = b""
    while b"\r\n\r\n" not in got:
        more = line.recv(65536)
        if not more:
            raise ConnectionError
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = 0
    for one in head.split(b"\r\n")[1:]:
        name, _, value = one.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += line.recv(65536)
    return head[9:10] == b"2"


def main() -> int:
    """Post ``count`` messages (0: as many as time allows), each ``times`` times."""
    port, clients, seconds, first, messages, times = (int(word) for word in sys.argv[1:])
    url = f"http://127.0.0.1:{port}/channels/sms/inbound"
    numbers = count(first) if messages == 0 else iter(range(first, first + messages))
    lock = threading.Lock()

    def shared() -> Iterator[int]:
        waiting: list[int] = []
        while True:
            if not waiting:
                with lock:
                    one = next(numbers, None)
                if one is None:
                    return
                waiting = [one] * times
            yield waiting.pop()

    began = time.monotonic()
    workers = [_Client(url, began + seconds, shared()) for _ in range(clients)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    took = [seconds for one in workers for seconds in one.took]
    json.dump(
        {
            "answered": len(took),
            "refused": sum(one.refused for one in workers),
            "seconds": time.monotonic() - began,
            "took": took,
        },
        sys.stdout,
    )
    return 0


def drive(
    port: int, *, clients: int, seconds: int, first: int, messages: int = 0, times: int = 1
) -> dict[str, object]:
    """Run it and read what it found."""
    words = [str(word) for word in (port, clients, seconds, first, messages, times)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *words], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())

"""The same work by others, where they are installed (``make peers``): ``peers``.

Each as its own documentation sets it up, on the database that it comes with. A message is what the
program takes over HTTP as one: an e-mail handed to django-helpdesk's own intake, an issue posted to
Roundup's REST interface, Twilio's webhook here. A case is there when the program answers; here,
when a worker has registered it, which is later than the answer.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import func, select

from bench.fill import register
from bench.filled import filled
from bench.frame import Bench, free_port, share_of, tree_of
from bench.hubs import RunningHub, memory_of, wait_ready
from bench.load import TEXTS, drive
from feedback_hub.adapters import tables
from tests.pages_world import log_in

CLIENTS = 8
_PLACE = Path(os.environ.get("FEEDBACK_HUB_PEERS", Path.home() / ".cache/feedback_hub/peers"))
_HERE = Path(__file__).parent / "peers"
_TIMES = 10
"""How much faster than the best of them a hub is to be."""

Headers = Mapping[str, str]


@dataclass(frozen=True)
class _Peer:
    """``fill`` makes its database with so many cases; ``serve`` starts it on the port."""

    name: str
    fill: Callable[[Path, int, int], list[str]]
    serve: Callable[[Path, int], list[str]]
    path: str
    message: Callable[[int, int], tuple[bytes, Headers]]
    queue: str
    enter: str = ""

    @property
    def python(self) -> Path:
        """Its own."""
        return _PLACE / self.name / "bin" / "python"


def peers(bench: Bench) -> None:
    """Messages to cases a second with 8 clients, the queue's page at 100,000 cases, and memory."""
    best = 0.0
    for peer in (_HELPDESK, _ROUNDUP):
        if not peer.python.exists():
            bench.say(f"peers: {peer.name} is not in {_PLACE} (make peers)")
            continue
        best = max(best, _peer(bench, peer))
    rate = _hub(bench)
    if best:
        bench.found("peers", "the hub to the best of them", rate / best, "x", least=_TIMES)


def _peer(bench: Bench, peer: _Peer) -> float:
    rows = bench.sizes["peer_rows"]
    bench.say(f"peers: {peer.name}")
    home, port = bench.home(f"peer-{peer.name}"), free_port()
    # Roundup serves as nobody, who must come through to its folder.
    bench.folder.chmod(0o755)
    environ = {**os.environ, "PEER_HOME": str(home), "PYTHONPATH": str(_HERE)}
    with (home / "said.txt").open("wb") as said:
        began = time.monotonic()
        words = [str(peer.python), *peer.fill(home, port, rows)]
        subprocess.run(words, env=environ, check=True, stdout=said, stderr=said)
        bench.say(f"  filled with {rows:,} cases in {time.monotonic() - began:.0f} s")
        with _served(peer, home, port, environ) as pid:
            _post(peer, port, 1)
            wanted = bench.sizes["peers"]
            began = time.monotonic()
            with ThreadPoolExecutor(CLIENTS) as clients:
                list(clients.map(lambda one: _post(peer, port, one), range(10, 10 + wanted)))
            rate = wanted / (time.monotonic() - began)
            bench.found("peers", f"{peer.name}: message to case", rate, "/s")
            took = _looked(peer, port)
            what = f"{peer.name}: queue page, {rows:,} cases, 95 %"
            bench.found("peers", what, share_of(took, 0.95), "ms")
            bench.found("peers", f"{peer.name}: memory", memory_of(tree_of(pid)), "MB")
    return rate


@contextmanager
def _served(peer: _Peer, home: Path, port: int, environ: Mapping[str, str]) -> Iterator[int]:
    with (
        (home / "served.txt").open("wb") as said,
        subprocess.Popen(
            [str(peer.python), *peer.serve(home, port)],
            env=environ,
            cwd=_HERE,
            stdout=said,
            stderr=said,
        ) as process,
    ):
        try:
            wait_ready(f"http://127.0.0.1:{port}{peer.enter or '/bench/'}")
            yield process.pid
        finally:
            for pid in reversed(tree_of(process.pid)):
                os.kill(pid, signal.SIGTERM)


def _asked(
    port: int, method: str, path: str, body: bytes = b"", headers: Headers | None = None
) -> tuple[int, Headers]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as line:
        line.request(method, path, body, dict(headers or {}))
        answer = line.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())


def _post(peer: _Peer, port: int, number: int) -> None:
    body, headers = peer.message(port, number)
    status, _ = _asked(port, "POST", peer.path, body, headers)
    if status != 201:
        raise RuntimeError(f"{peer.name} answered {status} to a message")


def _looked(peer: _Peer, port: int) -> list[float]:
    """Seconds of each look at the queue's page, its log-in behind it."""
    headers: Headers = _BY_NAME
    if peer.enter:
        _, answered = _asked(port, "GET", peer.enter)
        headers = {"Cookie": answered["Set-Cookie"].partition(";")[0]}
    took = []
    for _ in range(10):
        began = time.perf_counter()
        status, _ = _asked(port, "GET", peer.queue, headers=headers)
        took.append(time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"{peer.name} answered {status} for its queue")
    return took[1:]


def _hub(bench: Bench) -> float:
    """The same of a hub on its embedded parts: until each message is a registered case."""
    bench.say("peers: feedback_hub on its embedded parts")
    wanted = 10 * bench.sizes["peers"]
    running = RunningHub(bench.home("peer-hub"), "", full=False)
    with closing(running.hub), running.running() as process:
        register(running.hub)
        began = time.monotonic()
        drive(running.port, clients=CLIENTS, seconds=600, first=1, messages=wanted)
        while time.monotonic() - began < 600:
            with running.hub.reading() as uow:
                cases = uow.session.scalar(select(func.count()).select_from(tables.case)) or 0
            if cases >= wanted:
                break
            time.sleep(0.1)
        rate = wanted / (time.monotonic() - began)
        bench.found("peers", "feedback_hub: message to case", rate, "/s")
        bench.found("peers", "feedback_hub: memory", memory_of(tree_of(process.pid)), "MB")
    rows = bench.sizes["peer_rows"]
    held = filled(bench, "sqlite", rows)
    took, _, _ = held.timed(log_in(held.app, "ana"), "/cases", 10)
    what = f"feedback_hub: queue page, {rows:,} cases, 95 %"
    bench.found("peers", what, share_of(took, 0.95), "ms")
    return rate


def _mail(_port: int, number: int) -> tuple[bytes, Headers]:
    text = TEXTS[number % len(TEXTS)].format(n=number % 150)
    lines = (
        f"From: p{number}@example.org",
        "To: bench@example.org",
        f"Subject: {text[:40]}",
        f"Message-ID: <{number}@example.org>",
        "",
        text,
    )
    return "\n".join(lines).encode(), {"Content-Type": "message/rfc822"}


_BY_NAME: Headers = {"Authorization": "Basic " + base64.b64encode(b"admin:bench").decode()}


def _issue(port: int, number: int) -> tuple[bytes, Headers]:
    text = TEXTS[number % len(TEXTS)].format(n=number % 150).replace(" ", "+")
    address = f"http://127.0.0.1:{port}"
    return f"title={text}".encode(), {
        **_BY_NAME,
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Requested-With": "rest",
        "Origin": address,
        "Referer": f"{address}/bench/",
    }


_HELPDESK = _Peer(
    "django-helpdesk",
    fill=lambda _home, _port, rows: [str(_HERE / "helpdesk_site.py"), "fill", str(rows)],
    serve=lambda _home, port: [
        *("-m", "gunicorn", "--workers", "2", "--threads", str(CLIENTS)),
        *("--bind", f"127.0.0.1:{port}", "helpdesk_site:application"),
    ],
    path="/mail",
    message=_mail,
    queue="/queue",
    enter="/enter",
)
_ROUNDUP = _Peer(
    "roundup",
    fill=lambda home, port, rows: [
        *(str(_HERE / "roundup_tracker.py"), str(home / "tracker"), str(port), str(rows)),
    ],
    serve=lambda home, port: [
        str(_PLACE / "roundup" / "bin" / "roundup-server"),
        *(("-u", "nobody") if os.getuid() == 0 else ()),
        *("-n", "127.0.0.1", "-p", str(port), "-t", "fork", f"bench={home / 'tracker'}"),
    ],
    path="/bench/rest/data/issue",
    message=_issue,
    queue="/bench/issue",
)

"""The embedded queue server, as a real process that a real client talks to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from redis import Redis

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey, NoEmbeddedValkey
from feedback_hub.adapters.rates import Rates

_RUN = (
    "import sys; from pathlib import Path; "
    "from feedback_hub.adapters.embedded_valkey import EmbeddedValkey; "
    "EmbeddedValkey(Path(sys.argv[1])).run()"
)

Process = subprocess.Popen[str]
Start = Callable[[Path], Process]


def until(met: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Look every 10 ms until ``met``; fail with ``what`` after the deadline."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []
    sockets: list[Path] = []

    def start_one(home: Path) -> Process:
        sockets.append(EmbeddedValkey(home).socket)
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(home)],
            env={**os.environ, "FEEDBACK_HUB_SECURITY_KEY": "secret"},
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate(timeout=10)
    for path in sockets:  # those that had no place in the home
        if path.parent.exists() and not path.is_relative_to(tmp_path):
            path.unlink(missing_ok=True)
            path.parent.rmdir()


def test_what_several_processes_count_there_is_counted_together(
    start: Start, tmp_path: Path
) -> None:
    valkey = EmbeddedValkey(tmp_path / "home")
    start(tmp_path / "home")
    until(valkey.answers, "Valkey answers")
    machines = [Rates(valkey.url), Rates(valkey.url)]
    waits = [machines[n % 2].wait("a-hash", 10) for n in range(40)]
    # A new minute may begin once, and then ten more go through.
    assert 10 <= waits.count(0) <= 20
    with closing(Redis.from_url(valkey.url)) as client:
        for key in client.keys("feedback_hub:rate:*"):
            assert 0 < client.ttl(key) <= 120


@pytest.mark.parametrize("name", ["home", "o meu lar 'é' \"este\" #1?a=b%20"])
def test_a_client_reaches_it_by_its_url(start: Start, tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    valkey = EmbeddedValkey(home)
    assert not valkey.answers()
    start(home)
    until(valkey.answers, "the server answers")
    with closing(Redis.from_url(valkey.url)) as client:
        assert client.set("key", "value")
        assert client.get("key") == b"value"


def test_it_keeps_nothing_listens_nowhere_else_and_knows_no_secret(
    start: Start, tmp_path: Path
) -> None:
    valkey = EmbeddedValkey(tmp_path)
    process = start(tmp_path)
    until(valkey.answers, "the server answers")
    with closing(Redis.from_url(valkey.url)) as client:
        client.set("key", "value")
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory") == {"maxmemory": str(64 * 1024 * 1024)}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert valkey.socket.stat().st_mode & 0o077 == 0
    assert Path(f"/proc/{process.pid}/environ").read_bytes() == b""
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["queue.log"]


def test_killed_it_comes_back_empty_at_the_same_url(start: Start, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    process = start(tmp_path)
    until(valkey.answers, "the server answers")
    with closing(Redis.from_url(valkey.url)) as client:
        client.set("key", "value")
    process.kill()
    process.wait(10)
    assert valkey.socket.exists()
    assert not valkey.answers()
    start(tmp_path)
    until(valkey.answers, "the server answers again")
    with closing(Redis.from_url(EmbeddedValkey(tmp_path).url)) as client:
        assert client.dbsize() == 0
    assert (tmp_path / "queue.log.1").exists()


def test_a_former_server_that_still_listens_is_reaped(start: Start, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    former = start(tmp_path)
    until(valkey.answers, "the former server answers")
    start(tmp_path)
    assert former.wait(10) == -signal.SIGKILL
    until(valkey.answers, "the new server answers")


def test_where_the_home_is_too_long_for_a_socket_a_short_private_folder_serves(
    start: Start, tmp_path: Path
) -> None:
    home = tmp_path / "a-very-long-name-for-a-home" / ("x" * 100)
    valkey = EmbeddedValkey(home)
    assert valkey.url == EmbeddedValkey(home).url != EmbeddedValkey(home.parent).url
    start(home)
    until(valkey.answers, "the server answers")
    assert valkey.socket.parent.stat().st_mode & 0o777 == 0o700
    with closing(Redis.from_url(valkey.url)) as client:
        assert client.ping()


def test_a_short_folder_that_others_may_write_to_is_refused(start: Start, tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    folder = EmbeddedValkey(home).socket.parent
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    process = start(home)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"{folder} is not a folder of ours alone" in said


def test_somebody_else_on_the_socket_does_not_pass_for_the_server(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(valkey.socket))
        listener.listen()
        assert not valkey.answers()


def test_a_platform_without_a_server_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="pdp11"))
    with pytest.raises(NoEmbeddedValkey, match=r"linux-pdp11; set \[queue\] url"):
        EmbeddedValkey(tmp_path)

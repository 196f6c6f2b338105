"""Many people log in at once, on a small machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from feedback_hub.web.passwords import OneAtATime
from tests.integration.system import wait_for

_AT_ONCE = 6
_ONE_HASH = 64
"""What Argon2id takes while it reckons, MB."""
_PROGRAM = f"""
import sys
import threading
from pathlib import Path
from flask import Flask
from flask_security import hash_password, verify_password
from feedback_hub.bootstrap import build
from feedback_hub.config import parse_config
from feedback_hub.web.app import create_app

hub = build(parse_config({{"hub": {{"home": sys.argv[1]}}}}, {{}}))
app = create_app(hub)
def most():
    said = Path("/proc/self/status").read_text()
    return int(said.split("VmHWM:")[1].split()[0]) / 1024
def log_in(hashed):
    with app.app_context():
        right.append(verify_password("a long pass phrase", hashed))
right = []
Path("/proc/self/clear_refs").write_text("5")  # the most so far is what it is now
before = most()
with app.app_context():
    hashed = hash_password("a long pass phrase")
many = [threading.Thread(target=log_in, args=(hashed,)) for _ in range({_AT_ONCE})]
for one in many:
    one.start()
for one in many:
    one.join()
assert right == [True] * {_AT_ONCE}, right
print(most() - before)
"""


def test_their_passwords_are_checked_one_after_the_other_not_with_64_mb_each(
    tmp_path: object,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert _ONE_HASH * 0.8 < float(done.stdout) < _ONE_HASH * 1.9


def test_processes_take_turns_too_and_whoever_dies_has_given_it_back() -> None:
    turns, kept = OneAtATime(schemes=["argon2"]), ExitStack()
    with _forked(lambda: kept.enter_context(turns._memory.held())) as (first, held):
        assert os.read(held, 1) == b"1"
        with _forked(lambda: turns.hash("a long pass phrase")) as (second, hashed):
            # The kernel's own list: an arrow stands before whoever waits.
            queued = re.compile(rf"-> POSIX +ADVISORY +WRITE +{second}\b")
            wait_for(lambda: queued.search(Path("/proc/locks").read_text()), "the second waits")
            os.kill(first, signal.SIGKILL)
            assert os.read(hashed, 1) == b"1"


@contextmanager
def _forked(do: Callable[[], object]) -> Iterator[tuple[int, int]]:
    """A process that does it, says so on the pipe, and stays until it is killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            do()
            os.write(writing, b"1")
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    try:
        yield child, reading
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)

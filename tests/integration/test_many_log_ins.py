"""Many people log in at once, on a small machine."""

from __future__ import annotations

import subprocess
import sys

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

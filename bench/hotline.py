"""What ``import ivr`` costs: ``python -m bench.hotline [--rows N] [--share S] [--work-off N]``.

Writes an invented Master.csv of which a share of the calls needs a case (half with an operator's
note, half nobody took), imports it into a fresh SQLite database in a process of its own, twice, and
says seconds, rows a second and the most memory that process had, for a tenth of the rows too:
memory that grows with the file would show. ``--work-off`` also registers and reads so many of the
accepted calls, which a hub's workers otherwise do.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from feedback_hub.adapters.call_logs import LogFormat, Source, read_log
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.migrations import migrate
from feedback_hub.services.records.work import Queue
from workers.call_import import CallImport
from workers.drain import drain

_START = datetime(2025, 1, 1)  # noqa: DTZ001  a switchboard's local time
_WORDS = ("Não há água no bloco", "A lona rasgou na tenda", "Faltou comida no bloco")


def main() -> int:
    """Measure and print. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.hotline")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--work-off", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        return _import_twice(told.child, told.work_off)
    sys.stdout.write(f"{platform.machine()}, Python {platform.python_version()}\n")
    for rows in (told.rows // 10, told.rows):
        with tempfile.TemporaryDirectory(prefix="fh-bench-") as folder:
            log = Path(folder) / "Master.csv"
            _write(log, rows, told.share)
            words = [sys.executable, "-m", "bench.hotline", "--child", str(log)]
            work_off = ["--work-off", str(told.work_off if rows == told.rows else 0)]
            done = subprocess.run([*words, *work_off], check=True, capture_output=True, text=True)
            sys.stdout.write(f"{rows:>9,} rows: {_line(json.loads(done.stdout))}\n")
    return 0


def imported(folder: Path, rows: int, share: float = 0.3) -> dict[str, float]:
    """What importing an invented log of ``rows`` calls takes, in a process of its own."""
    log = folder / "Master.csv"
    _write(log, rows, share)
    words = [sys.executable, "-m", "bench.hotline", "--child", str(log)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _line(found: dict[str, float]) -> str:
    line = (
        f"first {found['first']:.1f} s, again {found['again']:.1f} s, "
        f"{found['added']:,.0f} to the inbox, most memory {found['peak']:.0f} MB "
        f"({found['idle']:.0f} MB before)"
    )
    if found["worked_off"]:
        each = 1000 * found["work_off"] / found["worked_off"]
        line += f", registered and read {found['worked_off']:,.0f} at {each:.1f} ms each"
    return line


def _write(path: Path, rows: int, share: float) -> None:
    chance = random.Random(4)  # noqa: S311  the same file every time
    at = _START
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            at += timedelta(seconds=chance.randint(1, 60))
            caller = f"2588{chance.choice('4567')}{chance.randint(1_000_000, 9_999_999)}"
            luck = chance.random()
            missed, noted = luck < share / 2, share / 2 <= luck < share
            note = f"note={chance.choice(_WORDS)} {number % 40}" if noted else ""
            length = chance.randint(5, 300)
            agent, state = ("", "NO ANSWER") if missed else ("PJSIP/201-1", "ANSWERED")
            cells: Sequence[object] = (
                *("", caller, "1458", "from-trunk", caller, f"PJSIP/trunk-{number}", agent),
                *("Queue", "linha", at, "" if missed else at, at + timedelta(seconds=length)),
                *(length, 0 if missed else length - 2, state, "DOCUMENTATION"),
                *(f"{int(at.timestamp())}.{number}", note),
            )
            file.write(",".join(f'"{cell}"' for cell in cells) + "\n")


def _import_twice(log: Path, work_off: int) -> int:
    home = log.parent / "home"
    hub = build(parse_config({"hub": {"home": str(home)}}, {}))
    migrate(hub.engine)
    idle = _peak()
    first, added = _import(hub, log)
    again, _ = _import(hub, log)
    peak = _peak()
    began = time.monotonic()
    worked_off = 0
    while worked_off < work_off and (step := drain(hub, Queue.INTAKE, lambda: False)):
        worked_off += step
        while drain(hub, Queue.TRIAGE):
            pass
    sys.stdout.write(
        json.dumps(
            {
                "first": first,
                "again": again,
                "added": added,
                "idle": idle,
                "peak": peak,
                "worked_off": worked_off,
                "work_off": time.monotonic() - began,
            }
        )
    )
    hub.close()
    return 0


def _import(hub: Hub, log: Path) -> tuple[float, int]:
    began = time.monotonic()
    source = Source(log, hub.config.hub.timezone, hub.clock())
    with closing(RejectedFile(log)) as rejected:
        tally = CallImport(hub, "hotline").run(read_log(LogFormat.ASTERISK_CDR, source), rejected)
    return time.monotonic() - began, tally.became.total()


def _peak() -> float:
    """The most memory this process ever had, MB."""
    # getrusage would say what the process that started this one had.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())

"""Files in and out: ``import`` of a hotline's log, ``export`` of every case."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from bench import hotline
from bench.filled import filled
from bench.frame import Bench

_MEASURED = """
import sys, json, time
def most():  # getrusage would say what the process that started this one had
    with open("/proc/self/status") as status:
        return int(status.read().partition("VmHWM:")[2].split()[0])
from feedback_hub.cli import main
import feedback_hub.cli.exporting, feedback_hub.bootstrap
idle = most()
began = time.monotonic()
try:
    main(sys.argv[1:])
except SystemExit as over:
    if over.code:
        raise
print(json.dumps([time.monotonic() - began, idle / 1024, most() / 1024]), file=sys.stderr)
"""


def imports(bench: Bench) -> None:
    """A switchboard's log: a tenth of it and all of it, so that growing memory shows."""
    rows = bench.sizes["import"]
    bench.say(f"import: {rows:,} rows of a hotline")
    peaks = {}
    for number in (rows // 10, rows):
        found = hotline.imported(bench.home("import"), number)
        peaks[number] = found["peak"]
        most = 60 * number / 100_000 if number == rows else None
        bench.found("import", f"{number:,} rows", found["first"], "s", most=most)
        bench.found("import", f"{number:,} rows, again", found["again"], "s")
        bench.found("import", f"{number:,} rows, most memory", found["peak"], "MB")
    grown = peaks[rows] - peaks[rows // 10]
    bench.found("import", "memory more for ten times the rows", grown, "MB", most=30)


def exports(bench: Bench) -> None:
    """Every case to a CSV file."""
    rows = bench.sizes["rows"]
    for kind in bench.databases:
        bench.say(f"export, {kind}: {rows:,} cases")
        held = filled(bench, kind, rows)
        home, url = held.hub.config.hub.home, held.url
        config = home / "config.toml"
        config.write_text(f'[hub]\nhome = "{home}"\n[database]\nurl = "{url}"\n')
        seconds, more = _export(config, home / "cases.csv")
        with (home / "cases.csv").open(encoding="utf-8") as written:
            lines = sum(1 for _ in written)
        bench.found("export", f"{kind}: {rows:,} cases", seconds, "s")
        bench.found("export", f"{kind}: memory over idle", more, "MB", most=100)
        bench.found("export", f"{kind}: lines written", lines, "")


def _export(config: Path, file: Path) -> tuple[float, float]:
    words = ["--config", str(config), "export", "cases", str(file), "--as", "ana@example.org"]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    _, idle, peak = json.loads(done.stderr.strip().splitlines()[-1])
    return time.monotonic() - began, peak - idle

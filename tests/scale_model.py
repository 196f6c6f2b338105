"""``docs/scale.md``: how far a hub goes and what breaks first, from what was measured.

``python -m tests.scale_model`` reads ``docs/performance/measured.json`` (``make bench`` and
``python -m bench.report`` make it), has ``tests.queueing`` simulate, and writes the figures of the
page between its marks; ``--check`` writes nothing and exits with 1 where it says something else.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.queueing import ANSWER, BUSY, Hub, Taken, most_a_second, needed, simulate

PAGE = Path("docs/scale.md")
KEPT = Path("docs/performance/measured.json")
BEGIN, END = "<!-- modelled: begin -->", "<!-- modelled: end -->"
CRISIS, MINUTES = 1000.0, 10
SCREENS = 500.0
"""Pages a second: 5,000 people who each open one every ten seconds."""
CORE_MONTH, GIGABYTE_MONTH, TEXT = 20.0, 0.1, 0.03
"""US dollars that others charge: a core, a GB of fast disk, a text (the cheap end)."""
HUBS, CASES_A_MONTH = 100_000, 450
MILLION, BILLION = 10**6, 10**9


class Measured:
    """The figures of ``measured.json``."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._findings = {(one["part"], one["what"]): one for one in whole["findings"]}
        self._runs = whole["runs"]

    def __getitem__(self, name: tuple[str, str]) -> float:
        if name not in self._findings:
            raise SystemExit(f"not measured: {': '.join(name)} (make bench PART={name[0]})")
        return float(self._findings[name]["value"])

    def __contains__(self, name: tuple[str, str]) -> bool:
        return name in self._findings

    def machine(self, part: str) -> Mapping[str, Any]:
        """What a part was last measured on."""
        run = next(one["run"] for key, one in self._findings.items() if key[0] == part)
        return dict(self._runs[run - 1])

    def taken(self) -> Taken:
        """The service times."""

        def ms(what: str) -> float:
            return self["shares", what] / 1000

        return Taken(
            web=ms("web, a delivery, first"),
            web_again=ms("web, a delivery, again"),
            kept=ms("database, a delivery, first"),
            kept_again=ms("database, a delivery, again"),
            worker=ms("worker, a message"),
            worked=ms("database, working a message off"),
            page=ms("web, queue page"),
            page_read=ms("database, queue page"),
        )


def written(page: str, measured: Measured) -> str:
    """``page`` with these figures between its marks. Raises ``ValueError`` without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the figures: {BEGIN} and {END}")
    taken = measured.taken()
    parts = (_times, _checked, _crisis, _one_database, _billion, _hubs, _costs)
    lines = [line for part in parts for line in ("", *part(measured, taken))]
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n\n{END}{after}"


def _times(measured: Measured, taken: Taken) -> Iterator[str]:
    run = measured.machine("shares")
    yield "### Service times"
    yield ""
    yield (
        f"Processor, measured at {run['at']} on commit `{run['commit']}`, {run['cores']} cores "
        f"{run['processor']}, load before {run['load_before']:.1f} (`make bench PART=shares`):"
    )
    yield ""
    yield "| part | its first delivery | the same repeated | read, routed, acknowledged |"
    yield "|---|---:|---:|---:|"
    yield f"| web | {_ms(taken.web)} | {_ms(taken.web_again)} | |"
    yield f"| database | {_ms(taken.kept)} | {_ms(taken.kept_again)} | {_ms(taken.worked)} |"
    yield f"| worker | | | {_ms(taken.worker)} |"
    yield f"| **a message delivered twice** | | | **{_ms(taken.whole)}** |"
    yield ""
    yield (
        f"The queue's first page: {_ms(taken.page)} of the web, {_ms(taken.page_read)} of the "
        f"database. A provider's answer to a send: {_ms(ANSWER)}, **assumed** (no provider can be "
        "asked from here; the page says below what another figure would change)."
    )


def _checked(measured: Measured, taken: Taken) -> Iterator[str]:
    cores = float(measured.machine("burst")["cores"])
    count = 100_000
    burst = measured["burst", "all read, routed and acknowledged"]
    predicted = count * taken.whole / cores / 60
    yield "### The model against a whole hub"
    yield ""
    yield (
        f"{count:,} messages at once, each delivered twice, on {cores:.0f} cores: the model says "
        f"{predicted:.1f} minutes, `make bench PART=burst` measured {burst:.1f} "
        f"({predicted / burst:.2f} of it; the clients that post take of the same cores)."
    )


def _crisis(_: Measured, taken: Taken) -> Iterator[str]:
    enough = needed(taken, CRISIS)
    screens = needed(taken, CRISIS, SCREENS)
    apart = needed(taken, CRISIS, SCREENS, replica=True)
    two_cores = Hub("one machine, two cores", cores=2, sends=16)
    rows = [
        (two_cores, 5000 / 300, 0.0, 5, "a radio spot: 5,000 messages in 5 minutes"),
        (two_cores, CRISIS, 0.0, MINUTES, "1,000 a second"),
        (Hub("one machine, 20 cores", cores=20, sends=128), CRISIS, 0.0, MINUTES, "1,000 a second"),
        (enough, CRISIS, 0.0, MINUTES, "1,000 a second"),
        (enough, 3 * CRISIS, 0.0, 1, "three times that for a minute"),
        (_limited(enough, 100), CRISIS, 0.0, MINUTES, "its sender may send 100 a second"),
        (enough, CRISIS, SCREENS, MINUTES, f"and {SCREENS:.0f} pages a second"),
        (screens, CRISIS, SCREENS, MINUTES, "the same, reckoned with its pages"),
        (apart, CRISIS, SCREENS, MINUTES, "the same, pages read from a replica (not built)"),
    ]
    yield "### A national crisis"
    yield ""
    yield (
        f"Each message delivered twice, {MINUTES} minutes unless it says otherwise. *Kept* and "
        "*acknowledged*: 95 of 100 within. *Use*: of the busiest part; above 1 its queue grows."
    )
    yield ""
    yield "| what runs (cores) | what comes | breaks first | use | kept | acknowledged |"
    yield "|---|---|---|---:|---:|---:|"
    for hub, rate, pages, minutes, what in rows:
        found = simulate(hub.pools(), hub.flows(taken, rate, pages), minutes * 60)
        name = "nothing" if found.use <= 0.9 else f"**{found.busiest}**"
        yield (
            f"| {_shown(hub)} | {what} | {name} | {found.use:.2f} | {_span(found.durable)} | "
            f"{_span(found.late)} |"
        )
    yield ""
    two = most_a_second(two_cores, taken)
    yield (
        f"Two cores carry {two:.0f} messages a second for as long as one likes, that is "
        f"{two * 86400 * 30 / 1e6:,.0f} million a month. A core of the web takes "
        f"{1 / (taken.web + taken.web_again):,.0f} messages a second (each delivered twice), of "
        f"the workers {1 / taken.worker:,.0f}, of the database {1 / taken.database:,.0f}. Were the "
        f"provider to take 0.5 s for an answer instead of {_ms(ANSWER)}, 1,000 a second would need "
        f"{math.ceil(CRISIS * 0.5 / BUSY):,} sends under way instead of "
        f"{math.ceil(CRISIS * ANSWER / BUSY):,}, of which a worker has 8: more workers, no more "
        "cores."
    )


def _one_database(measured: Measured, taken: Taken) -> Iterator[str]:
    commits = measured["shares", "database, commits a message, all told"]
    log = measured["shares", "database, log a message, all told"]
    yield "### The database as one server"
    yield ""
    yield (
        f"A message makes {commits:.1f} transactions and {log / 1000:.0f} KB of log (measured), "
        "which a standby or replica must take in, in order:"
    )
    yield ""
    yield "| messages a second | database cores | transactions a second | log | a day's log |"
    yield "|---:|---:|---:|---:|---:|"
    for rate in (10, 100, 1000, 10_000, 30_000):
        cores = math.ceil(rate * taken.database / BUSY)
        yield (
            f"| {rate:,} | {cores:,} | {rate * commits:,.0f} | {rate * log / 1e6:,.1f} MB/s | "
            f"{rate * log * 86400 / 1e9:,.0f} GB |"
        )
    most = 64 * BUSY / taken.database
    yield ""
    yield (
        f"A server of 64 cores takes {most:,.0f} a second by its processor; its log then is "
        f"{most * log / 1e6:,.0f} MB/s. Beyond that there is no larger machine to buy: the "
        "country is split (below)."
    )


def _billion(measured: Measured, _: Taken) -> Iterator[str]:
    disk = {name: measured["shares", f"{name}: a case on disk"] for name in ("postgres", "sqlite")}
    backup = measured["shares", "postgres: backup, processor a case"] / 1000
    size = measured["shares", "postgres: backup, bytes a case"]
    export = measured["export", "sqlite: 1,000,000 cases"]
    packing = ("dashboard", "sqlite: packing all cases, once")
    yield "### A billion cases in one database"
    yield ""
    yield (
        f"A case with its message, its acknowledgement, history, keys and index takes "
        f"{disk['postgres']:,.0f} bytes in PostgreSQL and {disk['sqlite']:,.0f} in SQLite "
        "(measured over the whole road). What grows with all cases, from what was measured:"
    )
    yield ""
    yield "| | a million | a hundred million | a billion |"
    yield "|---|---:|---:|---:|"
    sizes = (MILLION, 100 * MILLION, BILLION)
    for name, each, unit in (
        ("PostgreSQL's disk", disk["postgres"], "bytes"),
        ("SQLite's file", disk["sqlite"], "bytes"),
        ("a backup's file", size, "bytes"),
        ("a backup, one core", backup, "s"),
        ("an export of all, one core", export / MILLION, "s"),
        # A kept database came packed, and nothing is said of how long that took.
        *(
            [("the measures from scratch, one core", measured[packing] / MILLION, "s")]
            if packing in measured
            else []
        ),
    ):
        shown = [_bytes(each * n) if unit == "bytes" else _span(each * n) for n in sizes]
        yield f"| {name} | {' | '.join(shown)} |"


def _hubs(measured: Measured, taken: Taken) -> Iterator[str]:
    idle = measured["memory", "light: after it"]
    rate = HUBS * CASES_A_MONTH / (30 * 86400)
    a_machine = int(0.8 * 64_000 / idle)
    yield "### A hundred thousand hubs"
    yield ""
    yield (
        f"{CASES_A_MONTH} cases a month each are {rate:,.0f} messages a second over all of them, "
        f"{rate * taken.whole:,.2f} cores at work. A hub at rest takes {idle:.0f} MB (measured, "
        f"light model): {a_machine} on a machine of 64 GB, {math.ceil(HUBS / a_machine):,} "
        f"machines for all. A hub's own cases of ten years are "
        f"{_bytes(120 * CASES_A_MONTH * measured['shares', 'sqlite: a case on disk'])}."
    )


def _costs(measured: Measured, taken: Taken) -> Iterator[str]:
    month = BUSY * 30 * 86400 / taken.whole
    disk = measured["shares", "postgres: a case on disk"]
    core = CORE_MONTH / month
    kept = 12 * GIGABYTE_MONTH * disk / 1e9
    yield "### What it costs"
    yield ""
    yield (
        f"At others' prices ({CORE_MONTH:.0f} USD a core and month, {GIGABYTE_MONTH} USD a GB and "
        f"month, {TEXT} USD a text): a core does {month / 1e6:,.0f} million messages a month, so a "
        f"message costs {1e6 * core:,.2f} USD a million of processor, {1e6 * kept:,.0f} USD a "
        f"million for a year on disk, and {1e6 * TEXT:,.0f} USD a million for one text each: "
        f"{TEXT / (core + kept):,.0f} times the rest."
    )


def _limited(hub: Hub, rate: float) -> Hub:
    return Hub(
        hub.name,
        web=hub.web,
        database=hub.database,
        workers=hub.workers,
        sends=hub.sends,
        sends_a_second=rate,
    )


def _shown(hub: Hub) -> str:
    if hub.cores:
        return hub.name
    said = f"{hub.web} web, {hub.database} database, {hub.workers} worker, {hub.sends} sends"
    return f"{said}, {hub.replica} replica" if hub.replica else said


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def _span(seconds: float) -> str:
    for least, name in ((2 * 86400, "days"), (2 * 3600, "hours"), (120, "minutes")):
        if seconds >= least:
            unit = {"days": 86400, "hours": 3600, "minutes": 60}[name]
            return f"{seconds / unit:,.0f} {name}"
    return f"{seconds:,.1f} s"


def _bytes(number: float) -> str:
    for least, name in ((1e12, "TB"), (1e9, "GB")):
        if number >= least:
            return f"{number / least:,.1f} {name}"
    return f"{number / 1e6:,.0f} MB"


def main() -> int:
    """Write the page, or only compare it."""
    page = PAGE.read_text("utf-8")
    made = written(page, Measured(json.loads(KEPT.read_text("utf-8"))))
    if "--check" in sys.argv[1:]:
        return int(page != made)
    PAGE.write_text(made, "utf-8")
    sys.stdout.write(f"{PAGE}: written from {KEPT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

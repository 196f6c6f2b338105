"""A small queueing model of a hub, with its service times: which part breaks first, and when.

``python -m tests.scale_model [RESULTS.json …]`` reads what ``make bench`` kept (else the figures
that ``docs/scale.md`` shows), and prints the scenarios of that page. Each station is a queue with
so many servers; a message visits them one after the other, so a station's departures are the next
one's arrivals. Service times are exponential about their mean.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
"""Seconds to an acknowledgement, 95 of 100, that people in a crisis should not wait longer than."""

TAKEN: Mapping[str, float] = {
    "web": 2.2,
    "database": 2.5,
    "worker": 8.5,
    "provider": 60.0,
}
"""What is taken without a file, of ``bench`` (worker, database) or assumed (web, provider).

Milliseconds: processor of the web for a delivery; of the database for a message, all told; of a
worker for a message (register, read, route, acknowledge); and until a provider answers a send."""


@dataclass(frozen=True)
class Station:
    """``servers`` that each take ``seconds`` for a message, on the mean."""

    name: str
    servers: int
    seconds: float

    @property
    def capacity(self) -> float:
        """Messages a second at which it is always busy."""
        return self.servers / self.seconds


@dataclass(frozen=True)
class Outcome:
    """``busiest``: the station that has least left; ``late``: 95 of 100 were done within (s)."""

    busiest: str
    use: float
    late: float
    longest_queue: str


@dataclass(frozen=True)
class Hub:
    """What runs. Web, database and workers share ``cores`` where they are on one machine."""

    web: int
    database: int
    workers: int
    sends: int
    provider_a_second: float = math.inf
    times: int = 2
    """How often a message is delivered: a provider that is not answered in time repeats it."""

    def stations(self, measured: Mapping[str, float]) -> tuple[Station, ...]:
        """The way of a message."""
        sending = Station("provider's answers", self.sends, measured["provider"] / 1000)
        if sending.capacity > self.provider_a_second:
            sending = Station("provider's limit", 1, 1 / self.provider_a_second)
        return (
            Station("web", self.web, self.times * measured["web"] / 1000),
            Station("database", self.database, measured["database"] / 1000),
            Station("workers", self.workers, measured["worker"] / 1000),
            sending,
        )


def simulate(
    stations: Sequence[Station], rate: float, seconds: float, *, seed: int = 1, most: int = 200_000
) -> Outcome:
    """``rate`` messages a second for so long, and until the last of them is acknowledged."""
    dice = random.Random(seed)
    count = min(most, max(100, int(rate * seconds)))
    at = 0.0
    began = []
    for _ in range(count):
        at += dice.expovariate(rate)
        began.append(at)
    waiting: dict[str, float] = {}
    arrivals = began
    for station in stations:
        free = [0.0] * station.servers
        done = []
        waited = 0.0
        for arrival in arrivals:
            start = max(arrival, heapq.heappop(free))
            waited += start - arrival
            end = start + dice.expovariate(1 / station.seconds)
            heapq.heappush(free, end)
            done.append(end)
        waiting[station.name] = waited / count
        arrivals = done if station.servers == 1 else sorted(done)
    # Sorted departures lose who is who; nobody overtakes by much, and shares are all we ask for.
    took = sorted(end - start for end, start in zip(arrivals, began, strict=True))
    busiest = min(stations, key=lambda one: one.capacity)
    return Outcome(
        busiest=busiest.name,
        use=rate / busiest.capacity,
        late=took[int(0.95 * (count - 1))],
        longest_queue=max(waiting, key=lambda name: waiting[name]),
    )


def most_a_second(stations: Sequence[Station], seconds: float = 600.0) -> float:
    """The highest steady rate at which 95 of 100 are acknowledged within ``PATIENCE``."""
    low, high = 0.0, 1.5 * min(one.capacity for one in stations)
    for _ in range(12):
        middle = (low + high) / 2
        if simulate(stations, middle, seconds, most=40_000).late <= PATIENCE:
            low = middle
        else:
            high = middle
    return low


def needed(measured: Mapping[str, float], rate: float, times: int = 2) -> Mapping[str, int]:
    """Servers of each kind that ``rate`` messages a second keep seven tenths busy."""
    each = {
        "web": times * measured["web"],
        "database": measured["database"],
        "worker": measured["worker"],
        "provider": measured["provider"],
    }
    return {name: math.ceil(rate * spent / 1000 / 0.7) for name, spent in each.items()}


def read(paths: Sequence[Path]) -> dict[str, float]:
    """Service times from what ``make bench`` kept, where it has them."""
    found = dict(TAKEN)
    for path in paths:
        whole = json.loads(path.read_text("utf-8"))
        by_what = {one["what"]: one["value"] for one in whole["findings"]}
        cores = float(whole["machine"]["cores"])
        if rate := by_what.get("postgres: hub, durable"):
            found["web"] = 1000 * cores / rate
        for what, value in by_what.items():
            if what.startswith("postgres: a message with") and what.endswith("of the worker"):
                found["worker"] = value
    return found


SCENARIOS: Sequence[tuple[str, Hub, float]] = (
    ("one machine, two cores", Hub(1, 1, 1, 2), 50),
    ("one machine, eight cores", Hub(2, 2, 4, 8), 200),
    ("a national crisis: 1,000 a second, two cores", Hub(1, 1, 1, 2), 1000),
    ("a national crisis, as large as reckoned", Hub(7, 4, 13, 90), 1000),
    ("the same, its provider sends 100 a second", Hub(7, 4, 13, 90, 100), 1000),
)


def main() -> int:
    """Print the scenarios."""
    measured = read([Path(word) for word in sys.argv[1:]])
    said = ", ".join(f"{name} {value:.1f} ms" for name, value in measured.items())
    sys.stdout.write(f"service times: {said}\n\n")
    for name, hub, rate in SCENARIOS:
        stations = hub.stations(measured)
        found = simulate(stations, rate, 600)
        most = most_a_second(stations)
        sys.stdout.write(
            f"{name}: {rate:g}/s for 10 minutes\n"
            f"  breaks first: {found.busiest} ({found.use:.1f} of what it can), "
            f"95 % acknowledged within {found.late:,.0f} s\n"
            f"  most it carries within {PATIENCE:.0f} s: {most:,.0f}/s\n"
        )
    sys.stdout.write("\n1,000 a second, each delivered twice, seven tenths busy: ")
    parts = needed(measured, 1000)
    sys.stdout.write(", ".join(f"{count} {name}" for name, count in parts.items()) + "\n")
    once = needed(measured, 1000, times=1)
    sys.stdout.write(f"each delivered once: {once['web']} web\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

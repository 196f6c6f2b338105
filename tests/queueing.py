"""A small queueing simulation of a hub: which part breaks first, and how late it makes people.

Whatever works is a pool of so many servers, first come, first served. A flow (messages, repeated
deliveries, pages that staff open) passes its steps one after the other; each takes an exponential
time about its measured mean. On one machine all steps share one pool, its cores.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANSWER = 0.06
"""Seconds until a provider has answered a send: the one figure that is not ours to measure."""
MOST = 20_000
"""Messages simulated at most; what is overloaded for longer is late in proportion."""
BUSY = 0.7
"""How busy a part should be at most: above that, queues grow out of proportion."""


@dataclass(frozen=True)
class Taken:
    """Seconds of processor; ``again`` is a delivery repeated."""

    web: float
    web_again: float
    kept: float
    kept_again: float
    worker: float
    worked: float
    """Of the database, while the workers register, read, route and acknowledge it."""
    page: float
    page_read: float
    """Of the database, for the queue's first page."""

    @property
    def database(self) -> float:
        """All the database's, for a message delivered twice."""
        return self.kept + self.kept_again + self.worked

    @property
    def whole(self) -> float:
        """All of a message delivered twice."""
        return self.web + self.web_again + self.worker + self.database


@dataclass(frozen=True)
class Flow:
    """``rate`` a second for ``seconds``, through these (pool, seconds) one after the other."""

    name: str
    rate: float
    steps: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Outcome:
    """``late``: 95 of 100 of the first flow were done within so many seconds, ``durable`` kept."""

    busiest: str
    use: float
    late: float
    durable: float


@dataclass(frozen=True)
class Hub:
    """What runs: cores of each, or ``cores`` that all share on one machine; sends under way."""

    name: str
    cores: int = 0
    web: int = 0
    database: int = 0
    workers: int = 0
    sends: int = 8
    sends_a_second: float = math.inf
    """What the sender's number, or the provider, lets pass."""
    replica: int = 0
    """Cores of a read replica that the pages are read from."""

    def pools(self) -> dict[str, int]:
        """Servers by the pool's name."""
        apart = {"web": self.web, "database": self.database, "workers": self.workers}
        shown = {"the machine's cores": self.cores} if self.cores else apart
        more = {"the replica": self.replica} if self.replica else {}
        limited = {"the provider's limit": 1} if self.sends_a_second < math.inf else {}
        return shown | more | {"the provider's answers": self.sends} | limited

    def flows(self, taken: Taken, rate: float, pages: float = 0.0) -> list[Flow]:
        """Messages, each delivered twice, and ``pages`` opened a second."""
        web, base, work = (
            ("the machine's cores",) * 3 if self.cores else ("web", "database", "workers")
        )
        sending = [("the provider's answers", ANSWER)]
        if self.sends_a_second < math.inf:
            sending.append(("the provider's limit", 1 / self.sends_a_second))
        read = "the replica" if self.replica else base
        found = [
            Flow(
                "messages",
                rate,
                [
                    (web, taken.web),
                    (base, taken.kept),
                    (work, taken.worker),
                    (base, taken.worked),
                    *sending,
                ],
            ),
            Flow("repeated", rate, [(web, taken.web_again), (base, taken.kept_again)]),
        ]
        looked = Flow("pages", pages, [(web, taken.page), (read, taken.page_read)])
        return [*found, looked] if pages else found


def uses(pools: Mapping[str, int], flows: Sequence[Flow]) -> dict[str, float]:
    """How busy each pool is, by arithmetic: above 1 its queue grows as long as it lasts."""
    found = dict.fromkeys(pools, 0.0)
    for flow in flows:
        for pool, seconds in flow.steps:
            found[pool] += flow.rate * seconds / pools[pool]
    return found


def simulate(
    pools: Mapping[str, int],
    flows: Sequence[Flow],
    seconds: float,
    *,
    seed: int = 1,
    most: int = MOST,
    kept_after: int = 2,
) -> Outcome:
    """All flows for so long, and until the last is done; the first flow is what is judged.

    ``kept_after``: steps of it after which it counts as kept.
    """
    used = uses(pools, flows)
    busiest = max(used, key=lambda name: used[name])
    lasts = min(seconds, most / flows[0].rate)
    done, kept = _run(pools, flows, lasts, random.Random(seed), kept_after)
    # What is more than busy is late in proportion to how long that lasts.
    longer = seconds / lasts if used[busiest] > 1 else 1.0
    return Outcome(busiest, used[busiest], _share(done) * longer, _share(kept) * longer)


def _run(
    pools: Mapping[str, int],
    flows: Sequence[Flow],
    seconds: float,
    dice: random.Random,
    kept_after: int,
) -> tuple[list[float], list[float]]:
    """Seconds that each of the first flow took until done, and until kept."""
    free = dict(pools)
    waiting: dict[str, deque[tuple[int, int, float]]] = {name: deque() for name in pools}
    # (when, a number that keeps the order, flow, the step that it is done with, began)
    events = _arrivals(flows, seconds, dice)
    count = len(events)
    done: list[float] = []
    kept: list[float] = []
    while events:
        now, _, number, step, began = heapq.heappop(events)
        steps = flows[number].steps
        entering: list[tuple[str, int, int, float]] = []
        if step >= 0:
            pool = steps[step][0]
            free[pool] += 1
            if waiting[pool]:
                entering.append((pool, *waiting[pool].popleft()))
        if number == 0 and step + 1 == kept_after:
            kept.append(now - began)
        if step + 1 < len(steps):
            pool = steps[step + 1][0]
            if free[pool] and not (entering and entering[0][0] == pool):
                entering.append((pool, number, step + 1, began))
            else:
                waiting[pool].append((number, step + 1, began))
        elif number == 0:
            done.append(now - began)
        for pool, flow_number, at_step, since in entering:
            free[pool] -= 1
            took = dice.expovariate(1 / flows[flow_number].steps[at_step][1])
            count += 1
            heapq.heappush(events, (now + took, count, flow_number, at_step, since))
    return done, kept


def _arrivals(
    flows: Sequence[Flow], seconds: float, dice: random.Random
) -> list[tuple[float, int, int, int, float]]:
    events: list[tuple[float, int, int, int, float]] = []
    for number, flow in enumerate(flows):
        at = dice.expovariate(flow.rate)
        while at < seconds:
            events.append((at, len(events), number, -1, at))
            at += dice.expovariate(flow.rate)
    heapq.heapify(events)
    return events


def _share(took: list[float], share: float = 0.95) -> float:
    took.sort()
    return took[int(share * (len(took) - 1))]


def needed(taken: Taken, rate: float, pages: float = 0.0, *, replica: bool = False) -> Hub:
    """A hub that ``rate`` messages a second, each delivered twice, keep seven tenths busy."""

    def enough(busy: float) -> int:
        return max(1, math.ceil(busy / BUSY))

    looked = pages * taken.page_read
    return Hub(
        "as large as reckoned",
        web=enough(rate * (taken.web + taken.web_again) + pages * taken.page),
        database=enough(rate * taken.database + (0 if replica else looked)),
        workers=enough(rate * taken.worker),
        sends=enough(rate * ANSWER),
        replica=enough(looked) if replica else 0,
    )


def most_a_second(hub: Hub, taken: Taken) -> float:
    """Messages a second, each delivered twice, at which the busiest part is always busy."""
    return 1 / max(uses(hub.pools(), hub.flows(taken, 1.0)).values())

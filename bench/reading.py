"""How fast, how large and how fearful what reads messages is: ``python -m bench reading``.

Whole processes by the clock, as many as would read in a hub. What two readings raise together is
what people have to look at: nothing that one has raised is lowered by the other.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

from bench.frame import Bench
from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.adapters.sentences import E5Sentences
from feedback_hub.cli.learning import exam
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.frame import load_frame

_WARM = 20
_TOGETHER = 32
Reader = Callable[[Sequence[str]], Sequence[Suggestion]]


class _Pace(NamedTuple):
    """Messages for each second by the clock and of processor time; MB."""

    speed: float
    free: float
    memory: float


def reading(bench: Bench) -> None:
    """Messages a second and memory of whole processes; recall, and ordinary messages raised."""
    _speed(bench, "light", processes=1, goal=300.0)
    _speed(bench, "full", processes=2, goal=40.0)
    frame = load_frame()
    told = exam(frame)
    feared = [frame.sensitivity_of(one.codes) is Sensitivity.L3 for one in told]
    raised = {
        "light alone": _raised(reader(full=False), [one.text for one in told]),
        "light, read again": _raised(
            reader(full=False, read_again=True), [one.text for one in told]
        ),
        "full": _raised(reader(full=True), [one.text for one in told]),
    }
    raised["either"] = [
        a or b for a, b in zip(raised["light, read again"], raised["full"], strict=True)
    ]
    for part in ("tuned", "unseen", "fresh"):
        mine = [one.family.startswith(part) for one in told]
        for name, said in raised.items():
            for what, is_l3 in (("L3 recall", True), ("ordinary raised", False)):
                asked = [
                    up
                    for up, ours, l3 in zip(said, mine, feared, strict=True)
                    if ours and l3 is is_l3
                ]
                bench.found("reading", f"{name}, {part}: {what}", sum(asked) / len(asked), "")


def reader(*, full: bool, read_again: bool = False) -> Reader:
    """The shipped classifier, ready. ``read_again``: as the light one reads before a full one."""
    store = ModelStore(Path("nowhere"), full=full)
    frame = load_frame()
    made = LightClassifier(
        frame,
        LexiconClassifier.shipped(frame),
        store.active(),
        store.load,
        E5Sentences() if full else None,
        read_again=read_again,
    )
    made.prepare()
    return lambda texts: made.classify_all([(text, "und") for text in texts])


def _raised(read: Reader, texts: Sequence[str]) -> list[bool]:
    return [one.sensitivity is Sensitivity.L3 for one in read(texts)]


def _speed(bench: Bench, name: str, *, processes: int, goal: float) -> None:
    # A fresh start each, not a fork: what this process has loaded is not theirs.
    fresh = multiprocessing.get_context("spawn")
    ready = fresh.Barrier(processes)
    found: multiprocessing.Queue[_Pace] = fresh.Queue()
    seconds = bench.sizes["seconds"]
    started = [
        fresh.Process(target=_read_on, args=(name == "full", seconds, ready, found))
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    told = [found.get(timeout=300) for _ in started]
    for process in started:
        process.join()
    on = "a process" if processes == 1 else f"{processes} processes"
    bench.found(
        "reading", f"{name}, {on}", sum(one.speed for one in told), "messages/s", least=goal
    )
    # Others may be at work on the machine.
    free = sum(one.free for one in told)
    bench.found("reading", f"{name}, {on}, by processor time", free, "messages/s", least=goal)
    bench.found("reading", f"{name}: memory of each", max(one.memory for one in told), "MB")


def _read_on(
    full: bool,
    seconds: int,
    ready: Barrier,
    found: multiprocessing.Queue[_Pace],
) -> None:
    read = reader(full=full)
    texts = [one.text for one in exam(load_frame())]
    read(texts[:_WARM])
    ready.wait()
    began, worked, count = time.perf_counter(), time.process_time(), 0
    while (took := time.perf_counter() - began) < seconds:
        at = count % len(texts)
        some = texts[at : at + _TOGETHER]
        read(some)
        count += len(some)
    status = Path("/proc/self/status").read_text("ascii")
    memory = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    found.put(_Pace(count / took, count / (time.process_time() - worked), memory))

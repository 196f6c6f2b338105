"""What is free between the objects of a process is taken before it forks."""

from __future__ import annotations

import ctypes

from feedback_hub.adapters.heaps import fill_holes


def test_nothing_made_later_goes_between_what_is_there() -> None:
    there = [bytes(100) for _ in range(20_000)]
    holes = {id(block) for block in there[::2]}
    del there[::2]

    held = fill_holes()

    made = [bytes(100) for _ in range(10_000)]
    assert len(holes & {id(block) for block in held}) > 0.95 * len(holes)
    assert len(holes & {id(block) for block in made}) < 0.05 * len(holes)


def test_nor_does_what_is_not_pythons() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
    there = [libc.malloc(3000) for _ in range(2000)]
    holes = set(there[::2])
    for block in holes:
        libc.free(block)

    held = fill_holes()

    made = [libc.malloc(3000) for _ in range(1000)]
    assert held
    assert len(holes.intersection(made)) < 0.05 * len(holes)
    for block in (*there[1::2], *made):
        libc.free(block)

"""How much memory processes with many threads, or forked from one another, keep for themselves."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

_M_ARENA_MAX = -8
_HEAPS = 2
_ASKED = "MALLOC_ARENA_MAX"

_ROUND, _MOST = 16, 512
"""Python keeps blocks of up to so many bytes, in steps of so many, in pools of one size."""
_POOL, _POOL_HEAD = 16384, 48
_BYTES_HEAD = sys.getsizeof(b"")
_LARGEST = 60_000
"""Well below what glibc takes from the system apart."""


def few_heaps() -> None:
    """Let threads share two heaps, where glibc gives each its own: 17 MB less in a web process.

    They wait for each other next to never: one lock lets one of them run Python at a time. Children
    inherit it; who sets ``MALLOC_ARENA_MAX`` decides otherwise. Where there is no glibc: nothing.
    """
    libc = ctypes.CDLL(None)
    if _ASKED not in os.environ and hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _HEAPS)


def before_forks() -> list[bytes]:
    """What is loaded now is shared with every child, as far as may be; hold what is returned.

    A page of it is copied by whoever writes to it, if only a count of references.
    """
    gc.collect()
    held = fill_holes()
    # It remembers 4,096 names that types were asked for: a child that asks for others would count
    # each of those down, all over the heap. 1 MB less in every process.
    sys._clear_type_cache()
    gc.freeze()  # a collection in a child would touch, and so copy, every shared page
    return held


def fill_holes() -> list[bytes]:
    """Take what is free between the objects that are there; hold it as long as the process lives.

    For before a fork: what a child makes would go into these holes first, all over the pages that
    it shares with its parent, and each page written to is copied. Filled, 8 MB fewer are, of some
    30; it costs nothing, since the pages are there anyway, and 25 ms.
    """
    _fill_heap()
    return _fill_pools()


def _fill_heap() -> None:
    """Glibc's heap, for what is larger than ``_MOST`` or not Python's: left taken.

    Never more than it says is free: where another allocator stands in for it that is nothing.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        return
    libc.mallinfo2.restype, libc.mallinfo2.argtypes = _Heap, []
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
    libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_ssize_t]
    heap = libc.mallinfo2()
    # Beyond are the room at the heap's end, the heaps of threads and what was taken apart.
    end = (libc.sbrk(0) or 0) - heap.keepcost
    left, size = heap.fordblks - heap.keepcost, _LARGEST
    while left > 0 and size >= _ROUND:
        block = libc.malloc(size)
        if block and block < end:
            left -= size
        else:
            libc.free(block)
            size = size * 3 // 4 if size > 2 * _MOST else size - _ROUND


class _Heap(ctypes.Structure):
    """mallinfo(3), bytes: ``fordblks`` are free, ``keepcost`` of them at the end."""

    _fields_ = (
        *((f"_{number}", ctypes.c_size_t) for number in range(8)),
        ("fordblks", ctypes.c_size_t),
        ("keepcost", ctypes.c_size_t),
    )


def _fill_pools() -> list[bytes]:
    """Python's own pools: a whole pool in one run is one that was empty, so no hole is left."""
    held: list[bytes] = []
    for size in range(3 * _ROUND, _MOST + 1, _ROUND):
        run = last = 0
        while run < (_POOL - _POOL_HEAD) // size - 1:
            block = bytes(size - _BYTES_HEAD)
            held.append(block)
            run = run + 1 if id(block) == last + size else 0
            last = id(block)
    return held

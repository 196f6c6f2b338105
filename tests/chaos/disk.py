"""A disk of its own that can be full: a small file system in a file, where root may mount one."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

_MEGABYTES = 6000
"""Its size; the file takes what is written only."""
_PIECE = 1 << 20


class Disk:
    """Mounted at ``place``; taken away with the stack it was made with."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._filler = place / "filler"

    def fill(self) -> None:
        """Leave no byte: whoever writes on gets ENOSPC."""
        size = _PIECE
        with self._filler.open("ab", buffering=0) as file:
            # In ever smaller pieces, so that the last block goes too.
            while size >= 512:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), self._room(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Room again."""
        self._filler.unlink(missing_ok=True)

    def _room(self, size: int) -> int:
        seen = os.statvfs(self.place)
        return max(size, seen.f_bavail * seen.f_frsize - 64 * size)


def make_disk(folder: Path, stack: ExitStack) -> Disk | None:
    """A disk below ``folder``; None where this machine lets us mount none."""
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_MEGABYTES << 20)
    for words in (
        ["mkfs.ext4", "-q", "-m", "0", str(image)],
        ["mount", "-o", "loop", str(image), str(place)],
    ):
        try:
            done = subprocess.run(words, check=False, capture_output=True)
        except FileNotFoundError:
            return None
        if done.returncode:
            return None
    stack.callback(_unmount, place)
    # PostgreSQL runs as another user.
    place.chmod(0o777)
    return Disk(place)


def _unmount(place: Path) -> None:
    # Lazily: whoever still has a file open there keeps nobody waiting.
    with suppress(subprocess.CalledProcessError):
        subprocess.run(["umount", "-l", str(place)], check=True)

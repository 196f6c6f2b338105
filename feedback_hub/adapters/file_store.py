"""Sealed files in a folder: random names, readable by the hub's own user only, whole or not at all.

Fulfils ``services.ports.FileStore``. What is written here is ciphertext already.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{32}")


class FolderStore:
    """Files in ``folder``, which is made on the first write, in 256 folders by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, sealed: bytes) -> None:
        """Keep it under ``name``, in place of what was there. Raises ``OSError``."""
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Left behind by a worker that was killed in the middle.
        for stale in path.parent.glob(f"{name}.*"):
            stale.unlink(missing_ok=True)
        part = path.with_name(f"{name}.{secrets.token_hex(8)}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _settle(path.parent)

    def read(self, name: str) -> bytes:
        """What is kept under ``name``. Raises ``FileNotFoundError``."""
        return self._path(name).read_bytes()

    def remove(self, name: str) -> None:
        """Nothing is kept under ``name`` any more."""
        with suppress(FileNotFoundError):
            self._path(name).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not a stored file's name")
        return self._folder / name[:2] / name


def _settle(folder: Path) -> None:
    """Have the new name on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

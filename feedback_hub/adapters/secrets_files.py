"""Keys nobody gave: made on the first run, kept in the home folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_key(path: Path, key: str) -> None:
    """A new file that only its owner reads. Raises ``FileExistsError``."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())


def load_or_make(directory: Path, name: str) -> tuple[str, bool]:
    """``(the secret, whether it was made just now)``; 0600 in a 0700 folder.

    Two processes starting at once agree: whoever creates the file first wins, the other reads.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / name
    if path.exists():
        return path.read_text("ascii").strip(), False
    fresh = directory / f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, refuses to replace a key that another process just made.
        os.link(fresh, path)
        made = True
    except FileExistsError:
        made = False
    finally:
        fresh.unlink()
    return path.read_text("ascii").strip(), made

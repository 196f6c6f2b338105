"""The keys that wrap data keys: the hub's own, and those that ``keys rotate`` made after it.

``wrapping_keys`` in the secrets folder holds one file a key, named by its fingerprint, and
``current``, which names the one that wraps from now on. Running processes look at that file before
they wrap and look a key up when they meet its fingerprint, so that nobody needs a restart.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CURRENT = "current"
GRACE = timedelta(hours=1)
"""How long an old key is kept: a transaction that wrapped with it may not have committed."""


class WrappingKeys:
    """The folder of wrapping keys; without one, or empty, the hub's own key is the only one."""

    def __init__(self, folder: Path | None = None) -> None:
        # Nowhere is a folder that cannot be.
        self._folder = folder or Path(os.devnull) / "none"
        self._known: dict[str, bytes] = {}
        self._stamp = -1
        self._named = ""

    def current(self) -> str:
        """The fingerprint of the key to wrap with; empty for the hub's own."""
        try:
            stamp = (self._folder / _CURRENT).stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return ""
        if stamp != self._stamp:
            self._named = (self._folder / _CURRENT).read_text("ascii").strip()
            self._stamp = stamp
        return self._named

    def get(self, fingerprint: str) -> bytes | None:
        """The key with this fingerprint; None if this machine has none."""
        if fingerprint not in self._known:
            try:
                written = (self._folder / fingerprint).read_text("ascii").strip()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return None
            self._known[fingerprint] = hashlib.sha256(written.encode()).digest()
        return self._known[fingerprint]

    def make(self) -> str:
        """Make a key, to be used from now on; its fingerprint."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = secrets.token_urlsafe(48)
        fingerprint = fingerprint_of(hashlib.sha256(written.encode()).digest())
        _write(self._folder / fingerprint, written)
        # Last, and at once: whoever reads it finds the key.
        fresh = self._folder / f".{_CURRENT}.{fingerprint}"
        _write(fresh, fingerprint)
        fresh.replace(self._folder / _CURRENT)
        return fingerprint

    def old(self, now: datetime) -> list[str]:
        """Keys that have not been the current one for longer than ``GRACE``."""
        current = self.current()
        if not current:
            return []
        since = datetime.fromtimestamp((self._folder / _CURRENT).stat().st_mtime, UTC)
        if now - since < GRACE:
            return []
        found = (path.name for path in self._folder.iterdir() if not path.name.startswith("."))
        return sorted(name for name in found if name not in {_CURRENT, current})

    def remove(self, fingerprint: str) -> None:
        """Delete an old key's file."""
        (self._folder / fingerprint).unlink()
        self._known.pop(fingerprint, None)


def fingerprint_of(key: bytes) -> str:
    """What a key is known by: tells nothing of the key."""
    return hashlib.sha256(b"feedback_hub key" + key).hexdigest()[:16]


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())

"""Which model reads messages here: the one that ships, or one this hub trained and approved.

``<home>/classifier/`` holds ``<sha256>.npz`` for each light model kept, and ``active``: the
checksums in the order they were taken into use, a line each, the last one reading. Empty or absent:
the shipped. ``<home>/classifier/full/`` the same for full models.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from importlib.resources import files
from pathlib import Path

from feedback_hub.adapters.light_model import LightModel
from feedback_hub.domain.errors import Invalid

SHIPPED = "classifier_model.npz"
SHIPPED_FULL = "classifier_full.npz"
_ACTIVE = "active"
_DIGEST = 64


class ModelStore:
    """The models of one hub. Each process that reads messages takes a new one at its start."""

    def __init__(self, home: Path, *, full: bool = False) -> None:
        """``home``: the hub's; nothing is made in it before the first ``keep``."""
        self._folder = home / "classifier" / "full" if full else home / "classifier"
        self._name = SHIPPED_FULL if full else SHIPPED

    def active(self) -> str:
        """The SHA-256 of the model that reads. Raises ``Invalid`` if the list is damaged."""
        used = self._used()
        return used[-1] if used else shipped_digest(self._name)

    def is_own(self) -> bool:
        """Whether a model that was trained here reads, not the shipped one."""
        return bool(self._used())

    def load(self, digest: str) -> LightModel:
        """Raises ``Invalid`` where it is missing, altered, or made for another version."""
        if digest == shipped_digest(self._name):
            return LightModel.from_bytes(_shipped(self._name), digest)
        try:
            packed = (self._folder / f"{digest}.npz").read_bytes()
        except FileNotFoundError:
            raise Invalid("classifier model", f"{digest[:12]} is not in {self._folder}") from None
        return LightModel.from_bytes(packed, digest)

    def keep(self, packed: bytes) -> str:
        """Keep a model, not yet in use; its SHA-256."""
        digest = self.digest(packed)
        self._write(f"{digest}.npz", packed)
        return digest

    @staticmethod
    def digest(packed: bytes) -> str:
        """The SHA-256 by which a model is known."""
        return hashlib.sha256(packed).hexdigest()

    def use(self, digest: str) -> None:
        """From now on ``digest`` reads. Raises ``Invalid`` if it cannot be loaded."""
        self.load(digest)
        self._write(_ACTIVE, "".join(f"{one}\n" for one in [*self._used(), digest]).encode())

    def roll_back(self) -> str:
        """The one before reads again; its SHA-256. Raises ``Invalid`` at the shipped one."""
        used = self._used()
        if not used:
            raise Invalid("classifier model", "the shipped one reads: there is none before it")
        self._write(_ACTIVE, "".join(f"{one}\n" for one in used[:-1]).encode())
        return self.active()

    def _used(self) -> list[str]:
        try:
            used = (self._folder / _ACTIVE).read_text("ascii").split()
        except FileNotFoundError:
            return []
        if any(len(one) != _DIGEST or not one.isalnum() for one in used):
            raise Invalid(str(self._folder / _ACTIVE), "has a line that is no checksum")
        return used

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._folder / f"{name}.{secrets.token_hex(8)}"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)


def shipped_digest(name: str = SHIPPED) -> str:
    """The checksum the shipped model ``name`` was released with."""
    return _shipped(f"{name}.sha256").decode("ascii").strip()


def _shipped(name: str) -> bytes:
    return files("feedback_hub.frame").joinpath(name).read_bytes()

"""The project's own data: the coding frame and the keyword lexicons."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

from feedback_hub.domain.coding import COLUMNS, CodingFrame

_NAME = "coding_frame.csv"


def load_frame(home: Path | None = None) -> CodingFrame:
    """The coding frame of the hub in ``home``; without its own, the one that ships.

    Raises ``Invalid`` if the file is damaged.
    """
    own = None if home is None else _own(home)
    if own is not None and own.exists():
        return _read(own.read_text("utf-8"))
    return _read(files(__name__).joinpath(_NAME).read_text("utf-8"))


def keep_frame(home: Path, frame: CodingFrame) -> None:
    """Make ``frame`` the hub's own, whole or not at all. Raises ``OSError``."""
    own = _own(home)
    own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = own.with_suffix(".part")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(code.row() for code in frame)
    fresh.replace(own)


def _own(home: Path) -> Path:
    return home / "frame" / _NAME


def _read(text: str) -> CodingFrame:
    return CodingFrame.from_rows(csv.DictReader(text.splitlines(keepends=True)))

"""The project's own data: the coding frame and the keyword lexicons."""

from __future__ import annotations

import csv
from importlib.resources import files

from feedback_hub.domain.coding import CodingFrame


def load_frame() -> CodingFrame:
    """The coding frame that ships with the project. Raises ``Invalid`` if the file is damaged."""
    with files(__name__).joinpath("coding_frame.csv").open(encoding="utf-8", newline="") as lines:
        return CodingFrame.from_rows(csv.DictReader(lines))

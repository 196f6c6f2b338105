"""The project's own data: the coding frame and the keyword lexicons."""

from __future__ import annotations

import csv
from importlib.resources import files

from feedback_hub.domain.coding import CodingFrame


def load_frame() -> CodingFrame:
    """The coding frame that ships with the project. Raises ``Invalid`` if the file is damaged."""
    text = files(__name__).joinpath("coding_frame.csv").read_text("utf-8")
    return CodingFrame.from_rows(csv.DictReader(text.splitlines()))

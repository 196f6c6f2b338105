"""The list of what an import could not take: ``FILE.rejected.csv``."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import IO, Any

COLUMNS = ("row", "line", "column", "reason")


class RejectedFile:
    """Row and line number, column and reason of each rejected row; made with the first one.

    The rows stay in FILE: a second copy of people's words is one more thing to lose. Stands beside
    FILE, or in the working directory where that folder cannot be written.
    """

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(f"{source.name}.rejected.csv")
        self.count = 0
        self._file: IO[str] | None = None
        self._writer: Any = None  # the csv module does not name its writer's type

    def add(self, row: int, line: int, column: str, reason: str) -> None:
        """One more rejected row. Raises ``OSError`` where the list cannot be written."""
        if self._file is None:
            self._open()
        self.count += 1
        # A column's name comes from a stranger's file; a spreadsheet would run it as a formula.
        shown = f"'{column}" if column.startswith(("=", "+", "-", "@", "\t", "\r")) else column
        self._writer.writerow((row, line, shown, reason))

    def close(self) -> None:
        """Finish the list; without any row the list of an earlier run is taken away."""
        if self._file is not None:
            self._file.close()
        elif os.access(self.path.parent, os.W_OK):
            self.path.unlink(missing_ok=True)

    def _open(self) -> None:
        if not os.access(self.path.parent, os.W_OK):
            self.path = Path.cwd() / self.path.name
        self._file = self.path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

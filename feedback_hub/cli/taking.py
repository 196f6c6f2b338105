"""The road every import goes: rows in batches, each row whole or rejected with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import click
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from feedback_hub.adapters.register_import import Taken
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.table_files import Damaged, Row, TableFile, Unreadable, open_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.context import Failure
from feedback_hub.cli.progress import Progress
from feedback_hub.domain.errors import Invalid

BATCH = 200
"""Rows a transaction: few enough that a running hub's writers wait a fraction of a second."""

T = TypeVar("T")


@dataclass
class Tally:
    """What became of the rows."""

    taken: Counter[Taken] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def usable(self) -> bool:
        """Whether any row was of use."""
        return self.taken.total() > 0

    def line(self, kinds: Sequence[Taken]) -> str:
        """The counts in one line."""
        parts = [f"{self.taken[kind]} {kind}" for kind in kinds]
        rows = self.taken.total() + self.rejected
        return f"{rows} rows: {', '.join(parts)}, {self.rejected} rejected"


@dataclass
class Taking(Generic[T]):
    """``read`` makes a row's cells into what ``take`` puts in the database.

    Both raise ``Invalid`` naming one of our columns, before anything is changed; ``columns`` says
    what the file calls it.
    """

    hub: Hub
    read: Callable[[Mapping[str, str]], T]
    take: Callable[[SqlUnitOfWork, T], Taken]
    columns: Mapping[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def run(self, table: Iterable[Row | Damaged], path: Path) -> Tally:
        """Take every row. Raises ``Failure`` when the database goes away, ``OSError``."""
        rejected = RejectedFile(path)
        batch: list[tuple[Row, T]] = []
        with closing(rejected), Progress("rows read") as progress:
            for row in table:
                progress.step()
                if isinstance(row, Damaged):
                    rejected.add(row.number, row.line, "", row.reason)
                    continue
                try:
                    batch.append((row, self.read(row.cells)))
                except Invalid as error:
                    self._reject(rejected, row, error)
                if len(batch) == BATCH:
                    self._put(batch, rejected)
                    batch = []
            self._put(batch, rejected)
        self.tally.rejected = rejected.count
        if rejected.count:
            click.echo(f"What was rejected and why: {rejected.path}", err=True)
        return self.tally

    def _put(self, batch: Sequence[tuple[Row, T]], rejected: RejectedFile) -> None:
        """All of ``batch`` in one transaction; if the database refuses, one row at a time."""
        refused: list[tuple[Row, Invalid]] = []
        taken: Counter[Taken] = Counter()
        try:
            with self.hub.unit_of_work() as uow:
                for row, item in batch:
                    try:
                        taken[self.take(uow, item)] += 1
                    except Invalid as error:
                        refused.append((row, error))
                uow.commit()
        except OperationalError as error:
            raise Failure(
                "the database went away; run this again, rows taken before are recognised"
            ) from error
        except (SQLAlchemyError, ValueError):
            if len(batch) > 1:
                for one in batch:
                    self._put([one], rejected)
            else:
                row = batch[0][0]
                rejected.add(row.number, row.line, "", "holds what the database cannot keep")
            return
        self.tally.taken += taken
        for row, refusal in refused:
            self._reject(rejected, row, refusal)

    def _reject(self, rejected: RejectedFile, row: Row, error: Invalid) -> None:
        column = self.columns.get(error.field, error.field)
        rejected.add(row.number, row.line, column, error.problem)


@contextmanager
def opened(
    path: Path, read: Callable[[Path], AbstractContextManager[TableFile]] = open_table
) -> Iterator[TableFile]:
    """The table in ``path``. Raises ``Failure`` where it is none, ``OSError``."""
    try:
        with read(path) as table:
            yield table
    except Unreadable as error:
        raise Failure(f"{path} {error}") from error


def refuse_unknown(
    path: Path, found: Sequence[str], known: Sequence[str], needed: Sequence[str], ignore: bool
) -> None:
    """Raises ``Failure`` for columns that nobody asked for and for those that are missing."""
    missing = [name for name in needed if name not in found]
    if missing:
        raise Failure(
            f"{path}, first row: column {', '.join(missing)} is missing; "
            f"known columns: {', '.join(known)}"
        )
    unknown = [name for name in found if name and name not in known]
    if unknown and not ignore:
        raise Failure(
            f"{path}, first row: unknown column {', '.join(ascii(n)[1:-1] for n in unknown)}; "
            f"known columns: {', '.join(known)}. Rename it, or give --ignore-unknown"
        )

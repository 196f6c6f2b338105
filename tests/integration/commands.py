"""The command line as a person uses it, on a home of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from feedback_hub.cli import main


@dataclass
class Commands:
    """``run`` gives what a command said; ``rows`` what is in the database afterwards."""

    folder: Path

    def run(self, *words: str, fails: int = 0, given: str = "") -> Result:
        # A command may tell the processes it starts something; here they are everybody's.
        before = dict(os.environ)
        try:
            result = CliRunner().invoke(
                main,
                words,
                env={"FEEDBACK_HUB_HOME": str(self.folder / "home"), "FEEDBACK_HUB_CONFIG": ""},
                input=given,
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        assert result.exit_code == fails, result.output
        assert "Traceback" not in result.output
        return result

    def rows(self, query: str) -> Sequence[Any]:
        engine = create_engine(f"sqlite:///{self.folder / 'home' / 'hub.sqlite3'}")
        try:
            with engine.connect() as connection:
                return connection.execute(text(query)).all()
        finally:
            engine.dispose()

    def count(self, table: str) -> int:
        return int(self.rows(f'SELECT count(*) FROM "{table}"')[0][0])  # noqa: S608  our own names

    def file(self, name: str, content: str | bytes | Iterable[str]) -> str:
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            lines = content if isinstance(content, str) else "\n".join(content) + "\n"
            path.write_text(lines, "utf-8")
        return str(path)

    def rejected(self, name: str) -> str:
        return (self.folder / f"{name}.rejected.csv").read_text("utf-8")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    return Commands(tmp_path)

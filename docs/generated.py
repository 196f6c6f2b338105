# ruff: noqa: INP001  a hook of mkdocs, and no package
"""Pages that the program writes itself whenever the site is built, so that they are never old."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from feedback_hub.cli import describing
from feedback_hub.web.api.table import OPERATIONS


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add them to what is built."""
    for name, text in {
        "generated/data_dictionary.md": describing.text(),
        "generated/routes.md": _routes(),
        "generated/configuration.md": _settings(),
    }.items():
        files.append(File.generated(config, name, content=text))
    return files


def _routes() -> str:
    lines = [
        "# Every route of the API",
        "",
        "From `GET /api/v1/openapi.json`, which also says what each takes and answers.",
        "",
        "| | path under `/api/v1` | what |",
        "|---|---|---|",
    ]
    lines += [f"| {one.method.upper()} | `{one.path}` | {one.summary} |" for one in OPERATIONS]
    return "\n".join(lines) + "\n"


def _settings() -> str:
    example = Path(__file__).parents[1] / "config.example.toml"
    lines = example.read_text("utf-8").splitlines()
    head = "# Every setting\n\nThis is `config.example.toml`: each key with its default.\n\n"
    return head + "\n".join(f"    {line}" for line in lines) + "\n"

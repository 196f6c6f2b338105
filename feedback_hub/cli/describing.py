"""``dictionary``: what every table, word and figure means, from the program itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import click

from feedback_hub.adapters import column_types, tables
from feedback_hub.cli.context import OutFile, reporting
from feedback_hub.domain import monitoring, person
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import measures
from feedback_hub.reads.measure_rows import COLUMNS

_WORDS: tuple[type[StrEnum], ...] = (
    CaseState,
    Outcome,
    ReferralState,
    DeclineReason,
    Sensitivity,
    Priority,
    FeedbackType,
    Sector,
    person.Sex,
    person.AgeBand,
    person.Disability,
    person.PopulationGroup,
    person.SpeaksFor,
    monitoring.ServiceState,
    monitoring.CommitteeFault,
)
_MEASURES = {
    "cases": "Cases received in the period, none highly sensitive.",
    "cases_by": "The same by type, sector, site, channel, sex, age band and disability.",
    "cases_by_code": "The same by code; a case with two codes counts under both.",
    "cases_by_channel_sex_age": "The same by all three; a small cell and what would give it away "
    "is empty.",
    "handled": "Cases that ran through the hub: imported history is not among them.",
    "acknowledged_in_time": "Of the cases whose time for it is over or that were acknowledged: "
    "acknowledged within the target.",
    "time_to_answer": "From received to the first answer or attempt to tell it: median and 90th "
    "percentile (nearest rank) in hours, of the handled.",
    "on_the_spot": "Of those told something: answered on the spot.",
    "open_by_age": "Open cases by the time since they were received.",
    "funnel": "Handled cases that came as far as each stage and all stages before.",
    "closed": "Of the closed: loop closed with the person; resolved; unreachable. Three numbers.",
    "reopened": "Of those that were ever closed: opened again.",
    "appealed": "Of those that were ever closed: appealed.",
    "referrals_by_partner": "Of the referrals sent: accepted, answered, and the median hours.",
    "satisfied_by_sex": "Of every time a person was asked: content with the answer.",
    "issues_acted_upon": "AAP-1: of the issues opened in the period, decided on since.",
    "highly_sensitive_by_month": "One number for each whole month that is over; never by site.",
}


@click.command("dictionary")
@click.argument("file", type=OutFile())
@reporting
def dictionary(file: Path) -> None:
    """Write the data dictionary (Markdown): measures, HXL tags, words on the wire, tables."""
    file.write_text(text(), encoding="utf-8")
    click.echo(f"The data dictionary is in {file}")


def text() -> str:
    """The whole dictionary; the same for every hub of this version."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made by `feedback-hub dictionary FILE` from the program itself; do not edit it by hand."
    yield ""
    yield "## Measures"
    yield ""
    yield "| measure | what it counts, of what |"
    yield "|---|---|"
    yield from (f"| `{name}` | {words} |" for name, words in _MEASURES.items())
    yield ""
    yield f"Dimensions: {', '.join(f'`{name}`' for name in measures.DIMENSIONS)}. Ages of open"
    yield f"cases: {', '.join(f'`{name}`' for name, _ in measures.AGES)}. Stages of the funnel:"
    yield f"{', '.join(f'`{name}`' for name in measures.STAGES)}."
    yield ""
    yield "## Columns of the exports, and their HXL tags"
    yield ""
    yield "| column | tag |"
    yield "|---|---|"
    yield from (f"| `{name}` | `{tag}` |" for name, tag in COLUMNS.items())
    yield ""
    yield "## Words on the wire"
    for words in _WORDS:
        yield ""
        yield f"### {words.__name__}"
        yield ""
        yield (inspect.getdoc(words) or "").splitlines()[0]
        yield ""
        yield ", ".join(f"`{word.value}`" for word in words)
    yield ""
    yield "## Tables"
    yield ""
    yield "What ends with `_sealed` is encrypted under the row's `key_id`; `_index` is keyed."
    for table in tables.metadata.sorted_tables:
        yield ""
        yield f"### {table.name}"
        yield ""
        yield "| column | kind | may be empty | points to |"
        yield "|---|---|---|---|"
        for column in table.columns:
            points = ", ".join(sorted(key.target_fullname for key in column.foreign_keys))
            empty = "yes" if column.nullable else "no"
            yield f"| `{column.name}` | {_kind(column.type)} | {empty} | {points} |"


def _kind(kind: object) -> str:
    if isinstance(kind, column_types.Word):
        return f"word ({kind.words.__name__})"
    name = type(kind).__name__
    length = getattr(kind, "length", None)
    return f"{name.lower()}({length})" if length else name.lower()

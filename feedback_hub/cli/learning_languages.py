"""``classifier language``: a language that nobody has open text of, from a hub's own samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from feedback_hub.adapters.languages import (
    UNKNOWN,
    Languages,
    Profile,
    forget_profile,
    keep_profile,
    own_profiles,
    shipped_profiles,
)
from feedback_hub.adapters.table_files import Damaged
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.cli.taking import opened, refuse_unknown
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import Invalid

_CODE_LENGTH = 3
_ONE_IN = 5


@click.command("language")
@click.argument("code")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--remove", is_flag=True, help="Know it no more.")
@click.pass_context
@reporting
def language(ctx: click.Context, code: str, file: Path | None, remove: bool) -> None:
    """Learn to tell the language CODE (ISO 639-3, such as ndc) from the samples in FILE.

    FILE has a column text and optionally language: then only the rows in CODE count. They are
    sentences that somebody who speaks it has approved, at least 30. What is kept of them are words
    that come more than once, with how often; no sentence.
    """
    hub = ready_hub(ctx)
    home = hub.config.hub.home
    if len(code) != _CODE_LENGTH or not code.isascii() or not code.islower() or code == UNKNOWN:
        raise Failure(f"{code!r} is no ISO 639-3 code: three small letters, such as ndc")
    if remove == (file is not None):
        raise click.UsageError("Give a FILE of samples to learn from, or --remove.")
    if remove:
        if not forget_profile(home, code):
            raise Failure(f"{code} was not learnt here")
        click.echo(f"{code} is known no more than what ships knows of it")
    else:
        assert file is not None  # noqa: S101  narrowed by the line above
        samples = list(_samples(file, code))
        try:
            count, words = keep_profile(home, code, samples)
        except Invalid as error:
            raise Failure(f"{file}: {error.field} {error.problem}") from None
        held = samples[::_ONE_IN]
        seen = (text for at, text in enumerate(samples) if at % _ONE_IN)
        trial = Languages({**shipped_profiles(), **own_profiles(home), code: Profile.of(seen)})
        right = sum(trial.guess(text) == code for text in held)
        click.echo(f"{code}: {count} samples, {words} words kept")
        click.echo(f"learnt without {len(held)} of them, {right} of those were told to be {code}")
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.CLASSIFIER_CHANGED,
            operator(),
            hub.clock(),
            kind="language",
            object_id=code,
        )
        uow.commit()
    click.echo("Workers know it once they are started again.")


def _samples(file: Path, code: str) -> Iterator[str]:
    with opened(file) as table:
        refuse_unknown(file, table.columns, ("id", "text", "language"), ("text",), False)
        for row in table:
            if isinstance(row, Damaged):
                raise Failure(f"{file}, row {row.number}: {row.reason}")
            if row.cells.get("language", "").strip() in {"", code} and row.cells["text"].strip():
                yield row.cells["text"]

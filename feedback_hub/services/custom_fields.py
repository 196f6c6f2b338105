"""The answers to a hub's own questions: read, kept sealed, and shown to whom they are for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from feedback_hub.domain.coding import Label
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn, read_tag
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules

Answers = Mapping[str, str]


def checked(rules: Rules, submission: Submission, *, asked_in: ShownIn | None = None) -> Submission:
    """``submission`` with its answers and tags as they are kept. Raises ``Invalid``.

    ``asked_in``: only questions that are asked there are taken.
    """
    known = {field.name: field for field in rules.fields}
    fields = []
    for name, said in submission.fields:
        field = known.get(name)
        if field is None or (asked_in is not None and asked_in not in field.shown_in):
            raise Invalid("fields", "has an answer to a question that is not asked here")
        if answer := field.read(said):
            fields.append((name, answer))
    tags = tuple(dict.fromkeys(read_tag(tag) for tag in submission.tags))
    return replace(submission, fields=tuple(fields), tags=tags)


def fitted(rules: Rules, submission: Submission) -> Submission:
    """``submission`` with the answers that fit; the others beneath the text: nothing is refused."""
    known = {field.name: field for field in rules.fields}
    fields, others = [], []
    for name, said in submission.fields:
        try:
            fields.append((name, known[name].read(said)))
        except (KeyError, Invalid):
            others.append(f"{name}: {said}")
    message = submission.message
    if others:
        message = replace(message, text="\n".join(filter(None, (message.text, *others))))
    kept = tuple((name, answer) for name, answer in fields if answer)
    return replace(submission, fields=kept, message=message)


def keep(uow: UnitOfWork, rules: Rules, case_id: str, key_id: str, submission: Submission) -> None:
    """Keep what a form answered, sealed, and its tags; what it corrects is replaced."""
    if submission.fields:
        answers = {**answers_of(uow, [case_id]).get(case_id, {}), **dict(submission.fields)}
        written = json.dumps(answers, ensure_ascii=False)
        uow.keep_fields(case_id, key_id, uow.vault.seal(key_id, written, _bound_to(case_id)))
        _index(uow, rules, case_id, answers)
    for tag in submission.tags:
        uow.add_tag(case_id, tag)


def filtering(rules: Rules) -> tuple[CustomField, ...]:
    """The questions by whose answers cases are found: a choice, L1, and the hub says so."""
    return tuple(
        field
        for field in rules.fields
        if field.filters and field.kind is FieldKind.CHOICE and field.sensitivity is Sensitivity.L1
    )


def read_filters(rules: Rules, written: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """``name:answer`` of each, as pairs. Raises ``Invalid``: nobody filters by that."""
    known = {field.name: field for field in filtering(rules)}
    found = []
    for one in written:
        name, _, answer = one.partition(":")
        field = known.get(name)
        if field is None or answer not in (field.choices or {}):
            raise Invalid("field", "must be name:answer of a question with filter = true")
        found.append((name, answer))
    return tuple(found)


def answer_index(uow: UnitOfWork, name: str, answer: str) -> str:
    """The keyed hash of an answer to one question."""
    return uow.vault.index(answer, f"own question:{name}")


def index_again(uow: UnitOfWork, rules: Rules, most: int) -> int:
    """Index answers kept before the hub filtered by these questions; how many cases there were."""
    waiting = uow.fields_to_index(_made_for(rules), most)
    answers = answers_of(uow, waiting)
    for case_id in waiting:
        _index(uow, rules, case_id, answers[case_id])
    return len(waiting)


def _index(uow: UnitOfWork, rules: Rules, case_id: str, answers: Answers) -> None:
    found = {
        field.name: answer_index(uow, field.name, answers[field.name])
        for field in filtering(rules)
        if field.name in answers
    }
    uow.index_fields(case_id, _made_for(rules), found)


def _made_for(rules: Rules) -> str:
    """Names these questions together; empty for none."""
    names = sorted(field.name for field in filtering(rules))
    return hashlib.sha256("\0".join(names).encode()).hexdigest() if names else ""


def answers_of(uow: UnitOfWork, case_ids: Sequence[str]) -> dict[str, Answers]:
    """Every answer of these cases, by case and name, for the hub itself."""
    kept = uow.fields_of(case_ids)
    uow.vault.load({key_id for key_id, _ in kept.values()})
    return {
        # What was erased says nothing.
        case_id: json.loads(uow.vault.open(key_id, sealed, _bound_to(case_id)) or "{}")
        for case_id, (key_id, sealed) in kept.items()
    }


def visible(rules: Rules, answers: Answers, *, team: bool) -> list[tuple[CustomField, str]]:
    """The answers that a reader may see, in the order of the questions.

    L2, and what the configuration no longer knows, is for the case team only.
    """
    shown = [(field, answers[field.name]) for field in rules.fields if field.name in answers]
    known = {field.name for field, _ in shown}
    shown += [
        (CustomField(name, FieldKind.TEXT, Label(name, name), Sensitivity.L2), answer)
        for name, answer in answers.items()
        if name not in known
    ]
    return [(f, answer) for f, answer in shown if team or f.sensitivity is Sensitivity.L1]


def _bound_to(case_id: str) -> str:
    return f"case.fields:{case_id}"

"""A hub's own questions: what is taken as an answer, and what a tag cannot hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.bootstrap.settled import own_fields
from feedback_hub.config import ConfigError, parse_config
from feedback_hub.domain.coding import Label
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn, read_tag
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.sensitivity import Sensitivity

RIVER = {"river": Label("River", "Rio")}


def field(kind: FieldKind) -> CustomField:
    return CustomField("one", kind, Label("One", "Um"), choices=RIVER)


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        (FieldKind.TEXT, "  duas palavras ", "duas palavras"),
        (FieldKind.NUMBER, "3,5", "3.5"),
        (FieldKind.NUMBER, " 12 ", "12"),
        (FieldKind.DATE, "2026-03-04", "2026-03-04"),
        (FieldKind.CHOICE, "river", "river"),
        (FieldKind.CHOICE, " ", ""),
    ],
)
def test_an_answer_is_kept_as_it_is_meant(kind: FieldKind, said: str, kept: str) -> None:
    assert field(kind).read(said) == kept


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FieldKind.NUMBER, "many"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.NUMBER, "Infinity"),
        (FieldKind.DATE, "4 March"),
        (FieldKind.CHOICE, "lake"),
        (FieldKind.TEXT, "x" * 2001),
    ],
)
def test_what_is_no_answer_is_refused_by_the_field_s_name(kind: FieldKind, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        field(kind).read(said)
    assert refused.value.field == "fields.one"


@given(st.sampled_from(FieldKind), st.text(max_size=60))
def test_whatever_is_written_is_kept_or_refused(kind: FieldKind, said: str) -> None:
    try:
        kept = field(kind).read(said)
    except Invalid:
        return
    assert field(kind).read(kept) == kept


@given(st.text(max_size=40))
def test_a_tag_holds_no_number_of_somebody(written: str) -> None:
    try:
        tag = read_tag(written)
    except Invalid:
        return
    assert not re.search(r"\d{5}", tag)
    assert read_tag(tag) == tag


def test_a_tag_is_words_joined() -> None:
    assert read_tag("  Ciclone Freddy 2023 ") == "ciclone-freddy-2023"
    for wrong in ("841234567", "a@b", "", "84 123 4567", "x" * 31):
        with pytest.raises(Invalid):
            read_tag(wrong)


def test_questions_come_from_the_configuration_alone() -> None:
    section = {
        "kind": "choice",
        "label_por": "Água?",
        "label_eng": "Water?",
        "sensitivity": "L2",
        "shown_in": ["desk"],
        "choices": ["river: Rio | River", "none"],
    }
    (made,) = own_fields(parse_config({"fields": {"water": section}}, {}))
    assert (made.name, made.kind, made.sensitivity) == ("water", FieldKind.CHOICE, Sensitivity.L2)
    assert made.shown_in == {ShownIn.DESK}
    assert made.label == Label("Water?", "Água?")
    assert (made.shown("river", "por"), made.shown("none", "eng")) == ("Rio", "none")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "colour"},
        {"kind": "choice", "choices": []},
        {"kind": "choice", "choices": ["Two Words"]},
        {"kind": "text", "choices": ["a"]},
        {"kind": "text", "sensitivity": "L3"},
        {"kind": "text", "label_por": ""},
    ],
)
def test_a_question_that_cannot_be_asked_is_a_fault(wrong: dict[str, object]) -> None:
    labels: dict[str, object] = {"label_por": "Um", "label_eng": "One"}
    with pytest.raises(ConfigError):
        own_fields(parse_config({"fields": {"one": labels | wrong}}, {}))

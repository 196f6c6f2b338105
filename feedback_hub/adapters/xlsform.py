"""The shipped form for KoboToolbox and ODK, as an XLSForm made from the coding frame.

Questions and words are data (``frame/form.toml``). Format: https://xlsform.org.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from feedback_hub.domain.coding import TYPE_LABELS, CodingFrame
from feedback_hub.domain.custom_field import CustomField, FieldKind
from feedback_hub.domain.sensitivity import Sensitivity

ENGLISH, PORTUGUESE = "English (en)", "Português (pt)"
SURVEY = (
    "type",
    "name",
    f"label::{PORTUGUESE}",
    f"label::{ENGLISH}",
    "required",
    "relevant",
    "default",
    "appearance",
    "parameters",
    "constraint",
    f"constraint_message::{PORTUGUESE}",
    f"constraint_message::{ENGLISH}",
)
CHOICES = ("list_name", "name", f"label::{PORTUGUESE}", f"label::{ENGLISH}")
SETTINGS = ("form_title", "form_id", "version", "default_language")

Sites = Sequence[tuple[str, str]]
"""Code and name of each."""
Row = tuple[str, ...]


@dataclass(frozen=True)
class XlsForm:
    """The three sheets, each with its header."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: tuple[Row, ...]


def build(frame: CodingFrame, sites: Sites = (), fields: Sequence[CustomField] = ()) -> XlsForm:
    """The form for ``frame``; a list of ``sites`` to choose from, or a place to write one.

    The hub's own ``fields`` come last.
    """
    form = tomllib.loads(files("feedback_hub.frame").joinpath("form.toml").read_text("utf-8"))
    asked = [*form["question"], *_own_questions(fields)]
    survey = (SURVEY, *(_question(one, frame, bool(sites)) for one in asked))
    choices = (CHOICES, *_choices(form["choices"], frame, sites), *_own_choices(fields))
    # A phone takes a new form only if it has another version.
    content = "\x1e".join("\x1f".join(row) for row in (*survey, *choices))
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    return XlsForm(survey, choices, (SETTINGS, (form["title"], form["id"], version, PORTUGUESE)))


def write(form: XlsForm, file: Path, at: datetime) -> None:
    """Write the workbook, dated ``at`` (UTC). Raises ``OSError``."""
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name in ("survey", "choices", "settings"):
        sheet = workbook.create_sheet(name)
        for number, row in enumerate(getattr(form, name), start=1):
            for column, cell in enumerate(row, start=1):
                # As text, whatever it looks like: a site's name is no formula.
                sheet.cell(number, column, cell or None).data_type = "s" if cell else "n"
        sheet.freeze_panes = "A2"
    workbook.properties.creator = "feedback_hub"
    workbook.properties.created = workbook.properties.modified = at.replace(tzinfo=None)
    workbook.save(file)


def _question(one: Mapping[str, Any], frame: CodingFrame, has_sites: bool) -> Row:
    kind = "select_one sites" if has_sites else "text"
    return (
        one["type"].replace("$site", kind),
        one.get("name", ""),
        one.get("pt", ""),
        one.get("en", ""),
        "yes" if one.get("required") else "",
        one.get("relevant", "").replace("$L3", _highly_sensitive(frame)),
        one.get("default", ""),
        # A long list is looked through by typing.
        one.get("appearance", "autocomplete" if one["type"] == "$site" and has_sites else ""),
        one.get("parameters", ""),
        one.get("constraint", ""),
        one.get("constraint_pt", ""),
        one.get("constraint_en", ""),
    )


def _own_questions(fields: Sequence[CustomField]) -> Iterator[dict[str, Any]]:
    if not fields:
        return
    relevant = "${report_kind} = 'one'"
    yield {"type": "begin_group", "name": "besides", "en": "Besides", "pt": "Além disso"} | {
        "relevant": relevant
    }
    for field in fields:
        # The name by which channels/kobo.py finds the hub's own questions.
        name = f"field_{field.name}"
        kind = {
            FieldKind.TEXT: "text",
            FieldKind.NUMBER: "decimal",
            FieldKind.DATE: "date",
            FieldKind.CHOICE: f"select_one {name}",
        }[field.kind]
        yield {"type": kind, "name": name, "en": field.label.en, "pt": field.label.pt}
    yield {"type": "end_group"}


def _own_choices(fields: Sequence[CustomField]) -> Iterator[Row]:
    for field in fields:
        for word, label in (field.choices or {}).items():
            yield f"field_{field.name}", word, label.pt, label.en


def _highly_sensitive(frame: CodingFrame) -> str:
    # By a path within the group: the same question stands in the form and in its repeat.
    codes = (code.code for code in frame if code.sensitivity is Sensitivity.L3)
    return " or ".join(f"selected(../codes, '{code}')" for code in codes)


def _choices(
    lists: Mapping[str, Mapping[str, Sequence[str]]],
    frame: CodingFrame,
    sites: Iterable[tuple[str, str]],
) -> Iterator[Row]:
    for name, choices in lists.items():
        for choice, (english, portuguese) in choices.items():
            yield name, choice, portuguese, english
    for code in frame:
        of = TYPE_LABELS[code.type]
        label = code.label
        yield "codes", code.code, f"{of.pt}: {label.pt}", f"{of.en}: {label.en}"
    for site, label_of_site in sites:
        yield "sites", site, label_of_site, label_of_site

"""The shapes that the bodies of the API are made of, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from feedback_hub.domain.case import SCORES
from feedback_hub.domain.consent import Answered

Schema = dict[str, object]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
REAL: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANSWERED: Schema = {
    "description": "What was said; the words mean the same. Left out: it was not asked.",
    "enum": [True, False, *Answered],
}
TEXTS: Schema = {"type": "array", "items": TEXT}
WHEN: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
SCORE: Schema = {"type": "integer", "minimum": SCORES.start, "maximum": SCORES.stop - 1}
LANGUAGE: Schema = {"type": "string", "examples": ["por"]}
REFERENCE: Schema = {"type": "string", "pattern": "^[1-9][0-9]{8}$"}


def word(words: type[StrEnum], *more: str) -> Schema:
    """One of a set of words, or of ``more``."""
    return {"type": "string", "enum": [*(one.value for one in words), *more]}


def word_but(words: type[StrEnum], *not_these: StrEnum) -> Schema:
    """One of a set of words, but none of ``not_these``."""
    return {"type": "string", "enum": [one.value for one in words if one not in not_these]}


def named(name: str) -> Schema:
    """The schema with this name in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(properties: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    """An object; ``needed`` are the properties that must be there."""
    schema: Schema = {"type": "object", "properties": dict(properties)}
    if required := list(needed):
        schema["required"] = required
    return schema


def answer(properties: Mapping[str, Schema]) -> Schema:
    """An object of ours: everything named is always there."""
    return record(properties, properties)


def page_of(name: str) -> Schema:
    """A keyset page."""
    return answer({"items": list_of(named(name)), "next": or_null(TEXT)})


def items_of(name: str) -> Schema:
    """All of them."""
    return answer({"items": list_of(named(name))})


COUNT = or_null(NUMBER) | {"description": "Null where it is below the threshold."}
OWN_FIELDS: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
VERSION = {"version": NUMBER | {"description": "The version that was read; may be left out."}}

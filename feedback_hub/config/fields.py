"""``[fields.<name>]``: a hub's own extra questions, without code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from feedback_hub.config.convert import listed, named
from feedback_hub.config.faults import Unfit
from feedback_hub.config.settings import setting

_CHOICE = re.compile(r"([a-z0-9_]{1,40})(?::\s*([^|]+)\|\s*(.+))?")


class FieldLevel(StrEnum):
    """Who reads the answers: L1 whoever sees the case, L2 the case team only."""

    L1 = "L1"
    L2 = "L2"


class FieldPlace(StrEnum):
    """Where it is asked."""

    DESK = "desk"
    FORM = "form"
    API = "api"


def _choices(raw: object) -> tuple[tuple[str, str, str], ...]:
    found = {}
    for one in listed(raw):
        match = _CHOICE.fullmatch(named(one))
        if not match or match[1] in found:
            raise Unfit(
                "has a choice that is none, or one twice",
                'Write each like "river: Rio | River": a word in small letters, then both labels.',
            )
        word = match[1]
        found[word] = (word, (match[2] or word).strip(), (match[3] or word).strip())
    if not found:
        raise Unfit("has nothing to choose from")
    return tuple(found.values())


@dataclass(frozen=True)
class PlainField:
    """A question whose answer is written: ``text``, ``number`` or ``date``."""

    label_por: str = setting("The question in Portuguese.", parse=named)
    label_eng: str = setting("The question in English.", parse=named)
    sensitivity: FieldLevel = setting(
        "L2: the answers are for the case team only, never for partners.", default=FieldLevel.L1
    )
    shown_in: tuple[FieldPlace, ...] = setting(
        "Where it is asked: desk (the form of the help desk), form (KoboToolbox and ODK), api.",
        default=tuple(FieldPlace),
    )


@dataclass(frozen=True)
class ChoiceField(PlainField):
    """A question with a list of answers."""

    choices: tuple[tuple[str, str, str], ...] = setting(
        'The answers: word, Portuguese and English, like "river: Rio | River".', parse=_choices
    )
    filter: bool = setting(
        "Cases can be filtered by its answer, of which a keyed hash is then kept beside the case: "
        "only for what is not sensitive.",
        default=False,
    )

    def __post_init__(self) -> None:
        if self.filter and self.sensitivity is not FieldLevel.L1:
            raise Unfit("is for answers of level L1 only", "Take one of both out.", key="filter")


FIELD_KINDS: Mapping[str, type[PlainField]] = MappingProxyType(
    {"text": PlainField, "number": PlainField, "date": PlainField, "choice": ChoiceField}
)

# ruff: noqa: RUF009 - setting() makes a dataclass field, which is what belongs there
"""Which question of a form is which field of ours, and which of its words are which of ours.

The defaults are the shipped form's names (``feedback-hub form``); ``[channels.<name>.mapping]`` and
``[channels.<name>.values]`` take an organisation's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.config import Unfit, setting
from feedback_hub.config.convert import named
from feedback_hub.domain.consent import Share
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity

Paths = tuple[str, ...]

_PATH = re.compile(r"[^\s/]+(/[^\s/]+)*")


def _paths(raw: object) -> Paths:
    """One question's path, or a list of them; from the environment, separated by commas."""
    listed = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(listed, list):
        raise Unfit("must be a question's path", 'Write it like "group/question", or a list.')
    paths = tuple(path for one in listed if (path := named(one).strip("/")))
    if not all(_PATH.fullmatch(path) for path in paths):
        raise Unfit("is not a question's path", 'Write it like "group/question", without spaces.')
    return paths


def question(doc: str, *default: str) -> Paths:
    """Declare which questions fill one field; several are read in order."""
    return setting(doc, default=default, parse=_paths)


@dataclass(frozen=True)
class Questions:
    """``[channels.<name>.mapping]``: the path of the question that fills each field.

    A path without a slash is a question of that name in any group. Of several, the first that was
    answered counts; for ``text`` all of them, in order.
    """

    text: Paths = question("What was said; several questions are put together.", "text")
    points: Paths = question("A repeat group: each round of it is a matter of its own.", "points")
    codes: Paths = question("Codes of the frame, or words that [values.codes] knows.", "codes")
    sensitivity: Paths = question("L1, L2 or L3; it can only raise.", "sensitivity")
    site: Paths = question("The site's code.", "site")
    place: Paths = question("The place in words.", "place")
    language: Paths = question("ISO 639-3 code of the language spoken.", "language")
    received_at: Paths = question(
        "When the person said it: a date, or date and time.", "received_at", "start"
    )
    sex: Paths = question("Sex.", "sex")
    age_band: Paths = question("Age band, or age in years.", "age_band")
    disability: Paths = question("Whether the person lives with a disability.", "disability")
    group: Paths = question("Relation to displacement.", "population_group")
    speaks_for: Paths = question("Whose matter it is.", "speaks_for")
    phone: Paths = question("The person's number.", "phone")
    name: Paths = question("The person's name.", "name")
    how: Paths = question("How the person wants to hear: text, call or desk.", "how")
    when: Paths = question("When it is safe to reach the person.", "when")
    private: Paths = question("Whether the phone is private.", "private_phone")
    leave_message: Paths = question("Whether a message may be left.", "leave_message")
    record: Paths = question("Consent: record it?", "consent_record")
    share: Paths = question("Consent: share it, with name, without, or not?", "consent_share")
    contact: Paths = question("Consent: contact the person?", "consent_contact")
    content_in_text: Paths = question(
        "Consent: may a text say what it is about?", "consent_content"
    )
    accused_organisation: Paths = question(
        "The accused party's organisation.", "accused_organisation"
    )
    accused_class: Paths = question("What the accused is.", "accused_class")
    location: Paths = question("A geopoint.", "location", "_geolocation")
    enumerator: Paths = question("Who filled it in.", "enumerator", "_submitted_by")


@dataclass(frozen=True)
class Words:
    """A form's words, in small letters, each with ours."""

    pairs: tuple[tuple[str, str], ...] = ()

    def ours(self, said: str) -> str:
        """Our word for ``said``, capitals or not; ``said`` itself where there is none."""
        small = said.casefold()
        return next((own for theirs, own in self.pairs if theirs == small), said)


def words(doc: str, ours: Iterable[str] | type[StrEnum] = ()) -> Words:
    """Declare a table from the form's words to ``ours``; any target where there are none."""
    known = frozenset(str(word) for word in ours)

    def parse(raw: object) -> Words:
        if not isinstance(raw, Mapping):
            raise Unfit("must be a table", 'Write the form\'s word = "ours" beneath it.')
        for target in raw.values():
            if not isinstance(target, str) or (known and target not in known):
                listed = f"Choose from: {', '.join(sorted(known))}." if known else "Write text."
                raise Unfit("has a word on its right side that is not ours", listed)
        return Words(tuple((theirs.casefold(), own) for theirs, own in raw.items()))

    return setting(doc, default=Words(), parse=parse)


@dataclass(frozen=True)
class Values:
    """``[channels.<name>.values.<field>]``: the form's word → ours, capitals or not."""

    sex: Words = words("Sex.", Sex)
    age_band: Words = words("Age band.", AgeBand)
    disability: Words = words("Disability.", Disability)
    group: Words = words("Relation to displacement.", PopulationGroup)
    speaks_for: Words = words("Whose matter it is.", SpeaksFor)
    share: Words = words("Consent to share.", Share)
    yes_no: Words = words("Every other question of yes and no.", ("yes", "no", "not_asked"))
    how: Words = words("How the person wants to hear.", ("text", "call", "desk"))
    accused_class: Words = words("What the accused is.", AccusedClass)
    sensitivity: Words = words("Level.", Sensitivity)
    codes: Words = words("Codes of the frame.")
    site: Words = words("Site codes.")
    language: Words = words("ISO 639-3 codes.")

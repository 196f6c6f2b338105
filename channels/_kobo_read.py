"""Reads one submission of KoboToolbox or ODK: its answers, by the names a mapping gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from channels._kobo_form import Paths, Questions, Values, Words
from channels.base import Unparseable, identifier, phone_address
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.message import Attachment, InboundMessage, Location, MessageKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    Person,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity, highest
from feedback_hub.domain.submission import Submission, safe_time, wants_text

W = TypeVar("W", bound=StrEnum)
Answers = Mapping[str, Any]

_IDS = ("_uuid", "meta/instanceID", "__id", "instanceID", "KEY")
_YES = frozenset({"yes", "y", "sim", "s", "true", "1"})
_NO = frozenset({"no", "n", "nao", "não", "false", "0"})
_LANGUAGES = {"pt": "por", "en": "eng", "fr": "fra", "sw": "swh"}
_BANDS = ((17, AgeBand.UNDER_18), (39, AgeBand.FROM_18), (59, AgeBand.FROM_40))
_OLDEST = 120
# Groups in groups in groups: nobody builds such a form, and reading it must end.
_DEEPEST = 12
_LONGEST_SITE = 64
_OWN, _MOST_OWN = "field_", 50
_LONGEST_ID = 80


def read(
    submission: Mapping[str, Any], questions: Questions, values: Values, where: Where, now: datetime
) -> list[Submission]:
    """The matters in one submission: the form itself, and each round of its ``points``.

    A meeting's form that says nothing beyond its points is no matter of its own. Raises
    ``Unparseable`` where nothing tells which submission it is.
    """
    answers = flat(submission)
    uuid = _uuid(answers)
    root = _revised(answers, uuid)
    rounds = _rounds(answers, questions.points)
    whole = _Sheet(answers, {}, questions, values, where, now)
    matters = {} if rounds and not whole.says_something else {0: whole.matter(uuid, root)}
    for number, entry in rounds.items():
        point = _Sheet(answers, entry, questions, values, where, now)
        matters[number] = point.matter(f"{uuid}:{number}", f"{root}:{number}" if root else "")
    return _with_files(matters, submission.get("_attachments"))


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """The answers by their ``group/question`` paths: Kobo writes them so, ODK nests the groups."""
    found: dict[str, Any] = {}
    waiting = [("", table, 0)]
    while waiting:
        prefix, group, depth = waiting.pop()
        for name, value in group.items():
            # A point of GeoJSON is one answer.
            if isinstance(value, dict) and "coordinates" not in value and depth < _DEEPEST:
                waiting.append((f"{prefix}{name}/", value, depth + 1))
            else:
                found[f"{prefix}{name}"] = value
    return found


@dataclass(frozen=True)
class Where:
    """``country`` (ISO 3166-1) is where numbers without a prefix are from, ``zone`` where a date
    without an offset is.
    """

    country: str
    zone: tzinfo


@dataclass(frozen=True)
class _Sheet:
    """The answers that make one matter: a round's own (``entry``) before the form's."""

    form: Answers
    entry: Answers
    questions: Questions
    values: Values
    where: Where
    now: datetime

    @property
    def says_something(self) -> bool:
        return bool(self._text() or self._codes())

    def matter(self, external_id: str, revises: str) -> Submission:
        ask, values = self.questions, self.values
        phone = self._words(ask.phone)[:60]
        how = values.how.ours(self._words(ask.how)[:60])
        agreed = self._yes_no(ask.contact)
        site = self._site()
        return Submission(
            message=InboundMessage(
                external_id=external_id,
                received_at=self._received_at(),
                text=self._text(),
                sender=phone,
                address=phone_address(phone, self.where.country) if phone else "",
                kind=MessageKind.FORM,
                language=self._language(),
                site=site if len(site) <= _LONGEST_SITE else "",
                sender_name=self._words(ask.name)[:200],
                sent_at=_time(self.form.get("_submission_time"), UTC),
                metadata=self._metadata(),
                revises=revises,
                location=self._location(),
            ),
            by_text=bool(phone) and wants_text(how, agreed),
            person=Person(
                sex=self._word(ask.sex, Sex, values.sex) or Sex.NOT_ASKED,
                age_band=self._age_band(),
                disability=self._word(ask.disability, Disability, values.disability)
                or Disability(self._yes_no(ask.disability)),
                group=self._word(ask.group, PopulationGroup, values.group)
                or PopulationGroup.NOT_ASKED,
                speaks_for=self._word(ask.speaks_for, SpeaksFor, values.speaks_for)
                or SpeaksFor.NOT_ASKED,
            ),
            consent=Consent(
                record=self._yes_no(ask.record),
                share=self._word(ask.share, Share, values.share) or Share.NOT_ASKED,
                contact=agreed,
                content_in_text=self._yes_no(ask.content_in_text),
            ),
            private_phone=self._yes_no(ask.private),
            leave_message=self._yes_no(ask.leave_message),
            safe_time=safe_time(self._words(ask.when)[:200], how),
            place=self._words(ask.place)[:200] or (site[:200] if len(site) > _LONGEST_SITE else ""),
            accused_organisation=self._words(ask.accused_organisation)[:64],
            accused_class=self._word(ask.accused_class, AccusedClass, values.accused_class),
            codes=self._codes(),
            sensitivity=self._sensitivity(),
            fields=self._own_fields(),
        )

    def _answers(self, paths: Paths) -> list[Any]:
        own = [_answer(self.entry, path) for path in paths] if self.entry else []
        return [one for one in (*own, *(_answer(self.form, p) for p in paths)) if one is not None]

    def _words(self, paths: Paths) -> str:
        said = (_said(one) for one in self._answers(paths))
        return next((words for words in said if words and words != Answered.NOT_ASKED), "")

    def _own(self, paths: Paths) -> list[str]:
        """What this matter's own part of the form says: a point does not repeat the meeting."""
        answers = self.entry or self.form
        return [said for path in paths if (said := _said(_answer(answers, path)))]

    def _text(self) -> str:
        return "\n".join(self._own(self.questions.text))

    def _codes(self) -> tuple[str, ...]:
        chosen = [code for said in self._own(self.questions.codes) for code in said.split()]
        return tuple(dict.fromkeys(self.values.codes.ours(code) for code in chosen))

    def _word(self, paths: Paths, ours: type[W], values: Words) -> W | None:
        """The first answer that is a word of ours, as it is or by the table."""
        for one in self._answers(paths):
            word = values.ours(_said(one)).casefold()
            if word in ours.__members__.values():
                return ours(word)
        return None

    def _yes_no(self, paths: Paths) -> Answered:
        for one in self._answers(paths):
            word = self.values.yes_no.ours(_said(one)).casefold()
            if word in _YES:
                return Answered.YES
            if word in _NO:
                return Answered.NO
        return Answered.NOT_ASKED

    def _own_fields(self) -> tuple[tuple[str, str], ...]:
        """The answers to the hub's own questions: they have a name of their own in any group."""
        named = ((path.rpartition("/")[2], a) for path, a in (self.entry or self.form).items())
        said = ((name.removeprefix(_OWN), _said(a)) for name, a in named if name.startswith(_OWN))
        return tuple((name[:40], words) for name, words in said if words)[:_MOST_OWN]

    def _sensitivity(self) -> Sensitivity | None:
        """The highest level that any part of the form claims."""
        levels = {level.casefold(): level for level in Sensitivity}
        said = map(_said, self._answers(self.questions.sensitivity))
        words = [self.values.sensitivity.ours(one).casefold() for one in said]
        found = [levels[word] for word in words if word in levels]
        return highest(*found) if found else None

    def _age_band(self) -> AgeBand:
        band = self._word(self.questions.age_band, AgeBand, self.values.age_band)
        if band is not None:
            return band
        years = _number(self._words(self.questions.age_band))
        if years is None or not 0 <= years <= _OLDEST:
            return AgeBand.NOT_ASKED
        return next((band for most, band in _BANDS if math.floor(years) <= most), AgeBand.FROM_60)

    def _site(self) -> str:
        said = self._words(self.questions.site)
        return self.values.site.ours(said)

    def _language(self) -> str:
        said = self._words(self.questions.language).casefold()
        code = self.values.language.ours(_LANGUAGES.get(said, said))
        return code if len(code) == len("por") and code.isascii() and code.isalpha() else "und"

    def _received_at(self) -> datetime:
        zone = self.where.zone
        said = (_time(one, zone) for one in self._answers(self.questions.received_at))
        sent = _time(self.form.get("_submission_time"), UTC)
        at = next((one for one in said if one), None) or sent or self.now
        # A phone whose clock runs ahead must not make a case from the future.
        return min(at, self.now)

    def _location(self) -> Location | None:
        found = (_point(one) for one in self._answers(self.questions.location))
        return next((point for point in found if point), None)

    def _metadata(self) -> dict[str, str]:
        kept = {
            "form": _said(self.form.get("_xform_id_string")),
            "version": _said(self.form.get("__version__") or self.form.get("_version_")),
            "number": _said(self.form.get("_id")),
            "enumerator": self._words(self.questions.enumerator)[:100],
        }
        return {name: value for name, value in kept.items() if value}


def _uuid(answers: Answers) -> str:
    for name in _IDS:
        if isinstance(answers.get(name), str) and (uuid := _id(answers[name])):
            return uuid
    number = _id(answers.get("_id"))
    if not number:
        raise Unparseable("no _uuid, meta/instanceID or _id")
    return f"id-{number}"


def _revised(answers: Answers, uuid: str) -> str:
    """The submission that this one is a newer version of, empty if it is the first.

    Kobo gives an edited one a new ``_uuid`` and names the first (``meta/rootUuid``) and the one
    before (``meta/deprecatedID``); older servers only the latter.
    https://github.com/kobotoolbox/kpi/issues/3940
    """
    for name in ("meta/rootUuid", "meta/deprecatedID", "deprecatedID"):
        before = _id(answers.get(name))
        if before and before != uuid:
            return before
    return ""


def _id(value: object) -> str:
    said = _said(value).removeprefix("uuid:")
    try:
        # A point's number comes behind it.
        return identifier(said, "id") if len(said) <= _LONGEST_ID else ""
    except Unparseable:
        return ""


def _rounds(answers: Answers, paths: Paths) -> dict[int, Answers]:
    """The rounds in which something was answered, by their number."""
    for path in paths:
        found = _answer(answers, path)
        if isinstance(found, list):
            listed = [flat(one) if isinstance(one, dict) else {} for one in found]
            return {
                n: one for n, one in enumerate(listed, start=1) if any(map(_said, one.values()))
            }
    return {}


def _answer(answers: Answers, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The answer at ``path``; a bare name is also found in any group, the first one answered."""
    if (found := answers.get(path)) not in (None, ""):
        return found
    if "/" in path:
        return None
    ending = f"/{path}"
    return next(
        (a for key, a in answers.items() if key.endswith(ending) and a not in (None, "")), None
    )


def _said(value: object) -> str:
    """An answer as one text: JSON numbers and choices in a list too, tables not."""
    if isinstance(value, list):
        return " ".join(said for one in value if not isinstance(one, list) and (said := _said(one)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return ""
    # JSON can write half an emoji and a NUL, which no database stores.
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "").strip()


def _number(said: str) -> float | None:
    try:
        number = float(said)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _time(value: object, zone: tzinfo) -> datetime | None:
    """A date (noon of it) or time as UTC, without an offset in ``zone``; None if it is neither."""
    said = _said(value)
    try:
        if len(said) == len("2026-03-04"):
            at = datetime.combine(date.fromisoformat(said), time(12), zone)
        else:
            at = datetime.fromisoformat(said)
        return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _point(value: object) -> Location | None:
    """A geopoint: ``[lat, lon]``, "lat lon altitude accuracy", or GeoJSON's lon before lat."""
    if isinstance(value, dict):
        listed = value.get("coordinates")
        parts = listed[1::-1] if isinstance(listed, list) else []
    elif isinstance(value, list):
        parts = value[:2]
    else:
        parts = _said(value).split()[:2]
    numbers = [number for part in parts if (number := _number(_said(part))) is not None]
    if len(numbers) != 2:
        return None
    latitude, longitude = numbers
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Location(latitude, longitude)


def _with_files(matters: Mapping[int, Submission], listed: object) -> list[Submission]:
    """Each file with the point it was taken for; with the first matter where no point is said."""
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    placed: dict[int, list[Attachment]] = {number: [] for number in matters}
    for file in files:
        url = _said(file.get("download_url"))
        if not url or file.get("is_deleted") is True:
            continue
        number = _round_of(_said(file.get("question_xpath")))
        name = _said(file.get("media_file_basename")) or _said(file.get("filename"))
        kind = _said(file.get("mimetype"))
        attachment = Attachment(url, kind, name.rpartition("/")[2])
        placed[number if number in placed else min(placed)].append(attachment)
    return [
        replace(matter, message=replace(matter.message, attachments=tuple(placed[number])))
        for number, matter in matters.items()
    ]


def _round_of(xpath: str) -> int:
    """2 of ``meeting/points[2]/photo``; 0 outside a repeat."""
    inside = xpath.partition("[")[2].partition("]")[0]
    return int(inside) if inside.isascii() and inside.isdigit() and len(inside) < 5 else 0

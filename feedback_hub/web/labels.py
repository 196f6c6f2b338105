"""What a reader is shown for a code, an enumerated word or a time, in their language.

``install`` makes these functions known to every template. Words are translated at the moment of
use; ``words`` only names them (``N_`` marks a string for extraction).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from flask import Flask, has_app_context
from flask_babel import format_date, format_decimal
from markupsafe import Markup, escape

from feedback_hub.domain.access import Role
from feedback_hub.domain.call_back import Way
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.coding import SECTOR_LABELS, TYPE_LABELS, CodingFrame, FeedbackType, Sector
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.message import SendFault
from feedback_hub.domain.reference import spoken
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads.views.conversation import HistoryLine
from feedback_hub.services.records.watching import Alert, AlertKind
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext, shown
from feedback_hub.web.pictograms import sector_sign
from feedback_hub.web.words import LANGUAGES, SECTOR_SHORT, word
from feedback_hub.web.words.history import history_sentence
from feedback_hub.web.words.remedies import REMEDIES

_HTML_LANG = {"por": "pt-MZ", "eng": "en", "swh": "sw", "tso": "ts", "fra": "fr"}


def shown_language() -> str:
    """What words are shown in now (ISO 639-3): the reader's language, or one forced for once."""
    return shown().language if has_app_context() else "eng"


def html_lang(code: str) -> str:
    """A language (ISO 639-3) as the ``lang`` attribute wants it; empty when unknown."""
    return "" if code == "und" else _HTML_LANG.get(code, code)


def language_name(code: str) -> str:
    """A language's own name; the code where we know none."""
    return LANGUAGES.get(code, code)


def state_label(state: str) -> str:
    """A case's or a referral's state in words; plain text is taken for a case's."""
    if isinstance(state, ReferralState | CaseState):
        return word(state)
    return word(CaseState(state))


def sector_label(code: str) -> str:
    """A sector's full name."""
    return SECTOR_LABELS[Sector(code)].in_language(shown_language())


def sector_short(code: str) -> str:
    """A sector's name for a narrow column."""
    return gettext(SECTOR_SHORT[Sector(code)])


def type_label(code: str) -> str:
    """A type of the frame in words."""
    return TYPE_LABELS[FeedbackType(code or "other")].in_language(shown_language())


def exact(at: datetime) -> str:
    """A time in the hub's time zone, as the reader writes it: 12 Nov 2025, 09:14."""
    local = at.astimezone(current_hub().config.hub.timezone)
    month = shown().months[local.month]
    return f"{local.day} {month} {local.year}, {local.hour:02}:{local.minute:02}"


def day_of(day: date) -> str:
    """A day as the reader writes it: 12 Nov 2025."""
    return str(format_date(day, "d MMM y"))


def own_label(field: CustomField) -> str:
    """A question of the hub's own."""
    return field.label.in_language(shown_language())


def own_choices(field: CustomField) -> list[tuple[str, str]]:
    """What a form offers for it; the first is that it was not asked."""
    offered = [(word, own_answer(field, word)) for word in field.choices or {}]
    return [("", gettext("Not asked")), *offered]


def own_answer(field: CustomField, said: str) -> str:
    """An answer to a question of the hub's own; a choice in words."""
    return field.shown(said, shown_language())


def purpose_label(value: str) -> str:
    """What a text of ours is for, in words."""
    return word(Purpose(value))


def way_label(value: str) -> str:
    """How people reach a person, in words."""
    return word(Way(value))


def number(value: float) -> str:
    """A number as the reader writes it."""
    return str(format_decimal(value))


def span(seconds: float) -> str:
    """A length of time in its largest sensible unit: 3 d, 2 h, 5 min."""
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return gettext("%(n)s min", n=max(1, minutes))
    if minutes < 48 * 60:
        return gettext("%(n)s h", n=minutes // 60)
    return gettext("%(n)s d", n=minutes // (24 * 60))


def outcome_choices(outcomes: Iterable[str]) -> list[tuple[str, str]]:
    """Outcomes as choices of a form."""
    return [(str(outcome), word(Outcome(outcome))) for outcome in outcomes]


def decline_choices() -> list[tuple[str, str]]:
    """Why a partner cannot take a referral, as choices of a form."""
    return [(reason.value, word(reason)) for reason in DeclineReason]


_SAYS_ALL = {
    AlertKind.COST_LIMIT,
    AlertKind.NOT_TAKEN,
    AlertKind.NOBODY_ON_CALL,
    AlertKind.DISK_LOW,
    AlertKind.BACKUP_OLD,
    AlertKind.WORKER_BROKE_OFF,
}
"""What these are about is a word of ours, or a number that nobody knows."""


@dataclass(frozen=True)
class Words:
    """The functions that need to know the frame, the places, the channels and the time."""

    frame: CodingFrame
    site_name: Callable[[str], str]
    channel_label: Callable[[str], str]
    clock: Callable[[], datetime]

    def label(self, value: str) -> str:
        """A member of a word set, a code of the frame, a priority or level; else as it stands."""
        if isinstance(value, StrEnum):
            return word(value)
        if value in self.frame:
            return self.frame[value].label.in_language(shown_language())
        for words in (Priority, Sensitivity, SendFault, Role):
            if value in set(words):
                return word(words(value))
        return sector_label(value) if value in set(Sector) else value

    def ago(self, at: datetime) -> str:
        """How long ago."""
        passed = (self.clock() - at).total_seconds()
        return gettext("just now") if passed < 60 else gettext("%(span)s ago", span=span(passed))

    def moment(self, at: datetime, *, exactly: bool = False) -> Markup:
        """A time in a page: how long ago, and ``exactly`` when, at first sight or on asking."""
        when = escape(exact(at))
        said = when if exactly else escape(self.ago(at))
        return Markup(f'<time datetime="{at.isoformat()}" title="{when}">{said}</time>')  # noqa: S704  ours

    def due(self, at: datetime) -> str:
        """How much time is left, or by how much it is overdue."""
        left = (at - self.clock()).total_seconds()
        if left < 0:
            return gettext("%(span)s overdue", span=span(left))
        return gettext("%(span)s left", span=span(left))

    def alert_line(self, alert: Alert) -> str:
        """What is wrong, in one sentence, with the figures that go with it."""
        if alert.kind is AlertKind.SILENT_CHANNEL:
            silence = self.clock() - datetime.fromisoformat(alert.detail["since"])
            return gettext(
                "Nothing came in for %(silence)s; usual is one message every %(usual)s.",
                silence=span(silence.total_seconds()),
                usual=span(float(alert.detail["usual"])),
            )
        fault, code = alert.detail.get("fault", ""), alert.detail.get("code", "")
        why = (self.label(fault) + (f" ({code})" if code else "")) if fault else code
        return f"{word(alert.kind)}: {why}." if why else f"{word(alert.kind)}."

    def alert_about(self, alert: Alert) -> str:
        """What an alert is about as its title; empty where the sentence says all there is."""
        return "" if alert.kind in _SAYS_ALL else alert.subject

    def alert_remedy(self, alert: Alert) -> str:
        """What whoever runs the hub can do about it."""
        return gettext(REMEDIES[alert.kind])

    def history_line(self, line: HistoryLine) -> str:
        """What happened, in one sentence."""
        return history_sentence(line, self.label)


def install(app: Flask, words: Words) -> None:
    """Give every template these functions, as globals so that macros see them too."""
    app.extensions["feedback_hub_words"] = words
    app.jinja_env.globals.update(
        # A list says the same word or sign in many lines: {% set state = once(ui.state) %}.
        once=cache,
        label=words.label,
        site_name=words.site_name,
        channel_label=words.channel_label,
        ago=words.ago,
        moment=words.moment,
        due=words.due,
        history_line=words.history_line,
        alert_line=words.alert_line,
        alert_about=words.alert_about,
        alert_remedy=words.alert_remedy,
        span=span,
        state_label=state_label,
        sector_label=sector_label,
        sector_short=sector_short,
        sector_sign=sector_sign,
        type_label=type_label,
        language_name=language_name,
        spoken=spoken,
        purpose_label=purpose_label,
        way_label=way_label,
        html_lang=html_lang,
        outcome_choices=outcome_choices,
        decline_choices=decline_choices,
        exact=exact,
        own_label=own_label,
        own_answer=own_answer,
        own_choices=own_choices,
        day_of=day_of,
        number=number,
    )
    app.jinja_env.filters["language_name"] = language_name
    app.jinja_env.filters["label"] = words.label
    app.jinja_env.filters["sector_short"] = sector_short

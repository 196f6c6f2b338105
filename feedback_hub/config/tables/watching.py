"""What is watched: sites, the hub's own state, and what a machine reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.config.settings import setting


@dataclass(frozen=True)
class AlertsConfig:
    """``[alerts]``: what the operator hears of without looking for it."""

    silent_after_hours: int = setting(
        "Hours without a message after which a channel counts as silent, and at least five times "
        "the usual gap between its messages; 0: never.",
        default=24,
        least=0,
        most=8760,
    )
    emails: tuple[str, ...] = setting("E-mail addresses that alerts go to.", default=())
    telegram: str = setting(
        "A Telegram chat that alerts go to: the channel account's name, a colon and the chat's "
        "number, such as bot:-100123.",
        default="",
    )
    disk_free_mb: int = setting(
        "Megabytes that must be free on the home's disk.", default=1000, least=0, most=10_000_000
    )
    backup_days: int = setting(
        "Days after which a backup is old; 0: backups are somebody else's.",
        default=7,
        least=0,
        most=365,
    )
    waiting_minutes: int = setting(
        "Minutes after which waiting work is an alert.", default=15, least=1, most=1440
    )


@dataclass(frozen=True)
class MonitoringConfig:
    """``[monitoring]``: what a site should have, and who is sent the reports."""

    wash_residents: int = setting(
        "Residents that one working water point may serve (Sphere: 250 a tap, 500 a hand pump); 0: "
        "no standard.",
        default=500,
        least=0,
        most=1_000_000,
    )
    health_residents: int = setting(
        "Residents that one health post may serve; 0: no standard.",
        default=10_000,
        least=0,
        most=1_000_000,
    )
    education_residents: int = setting(
        "Residents that one classroom may serve; 0: no standard.",
        default=250,
        least=0,
        most=1_000_000,
    )
    visit_days: int = setting(
        "Days after which what a visit found counts as old.", default=30, least=1, most=365
    )
    meeting_days: int = setting(
        "Days after which a committee that did not meet is marked.", default=45, least=1, most=365
    )
    women_on_committee: float = setting(
        "The least share of a committee's seats that women have.", default=0.4, least=0.0, most=1.0
    )
    report_to: tuple[str, ...] = setting(
        "E-mail addresses that the weekly, monthly and quarterly reports are sent to.",
        default=(),
    )
    report_language: str = setting(
        "The language of the reports that are sent, por or eng.", default="por"
    )


class ClassifierKind(StrEnum):
    """How messages are read."""

    FULL = "full"
    LIGHT = "light"
    LEXICON = "lexicon"


@dataclass(frozen=True)
class ClassifierConfig:
    """``[classifier]``: the machine that suggests."""

    kind: ClassifierKind = setting(
        "How messages are read: full (a light model at once, and one that knows what sentences mean"
        " after it), light (that one alone) or lexicon (keywords).",
        default=ClassifierKind.FULL,
    )
    confidence_threshold: float = setting(
        "Between 0 and 1: below this a suggestion is marked as a guess.",
        default=0.5,
        least=0.0,
        most=1.0,
    )

"""The hub itself, and where it keeps things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedback_hub.config.addresses import parse_base_url, parse_database_url, parse_queue_url
from feedback_hub.config.convert import named
from feedback_hub.config.faults import Unfit
from feedback_hub.config.settings import secret, setting
from feedback_hub.config.times import parse_timezone
from feedback_hub.config.values import parse_code, parse_country, parse_hotline, parse_languages


@dataclass(frozen=True)
class HubConfig:
    """``[hub]``: who and where the mechanism is."""

    name: str = setting(
        "What the mechanism is called on its pages.", default="Feedback hub", parse=named
    )
    home: Path = setting(
        "The folder that holds the embedded database, secrets and files.",
        default=Path("~/.local/share/feedback_hub"),
        env="FEEDBACK_HUB_HOME",
    )
    base_url: str = setting(
        "The public address; providers sign their webhooks over it.",
        default="http://127.0.0.1:8000",
        parse=parse_base_url,
    )
    timezone: ZoneInfo = setting(
        "IANA name of the time zone of the people served.",
        default=ZoneInfo("Africa/Maputo"),
        parse=parse_timezone,
    )
    languages: tuple[str, ...] = setting(
        "ISO 639-3 codes of the languages written in; the first is the one to fall back to.",
        default=("por", "eng"),
        parse=parse_languages,
    )
    hotline: str = setting(
        "The free number that messages and pages tell people to ring.",
        default="1458",
        parse=parse_hotline,
    )
    organisation: str = setting(
        "Code of the organisation that runs this hub.", default="hub", parse=parse_code
    )
    default_country: str = setting(
        "ISO 3166-1 code of the country whose phone numbers may come without a prefix.",
        default="MZ",
        parse=parse_country,
    )
    development: bool = setting(
        "Shows what is only for who builds pages: /styleguide.", default=False
    )


@dataclass(frozen=True)
class DatabaseConfig:
    """``[database]``. Once loaded, ``url`` is complete: driver, password, path of the file."""

    url: str = setting(
        "PostgreSQL address, or empty for SQLite in the home folder.",
        default="",
        parse=parse_database_url,
        private=True,
    )
    password: str = secret("The password that belongs into the address.", default="")

    def __post_init__(self) -> None:
        user = urlsplit(self.url).username if self.url.startswith("postgresql") else None
        if self.password and not user:
            remedy = 'Set url to "postgresql://user@host/name", or take the password out.'
            raise Unfit("has no user and address to belong to", remedy, key="password")


@dataclass(frozen=True)
class QueueConfig:
    """``[queue]``. ``url`` is empty for the embedded Valkey, else complete with its password."""

    url: str = setting(
        "Redis or Valkey address, or empty for the embedded one.",
        default="",
        parse=parse_queue_url,
        private=True,
    )
    password: str = secret("The password that belongs into the address.", default="")

    def __post_init__(self) -> None:
        if self.password and not self.url.startswith(("redis://", "rediss://")):
            remedy = 'Set url to "redis://host:6379/0", or take the password out.'
            raise Unfit("has no address to belong to", remedy, key="password")


@dataclass(frozen=True)
class ProcessesConfig:
    """``[processes]``: how many of each ``feedback-hub run`` starts."""

    web: int = setting(
        "Processes that answer pages, API and webhooks. On a small machine: 1.",
        default=2,
        least=1,
        most=64,
    )
    workers: int = setting(
        "Processes that work on what waits. On a small machine: 1.", default=2, least=1, most=64
    )


@dataclass(frozen=True)
class AttachmentsConfig:
    """``[attachments]``: files that people send."""

    max_bytes: int = setting(
        "Bytes that one file may have; what is larger is not fetched.",
        default=20_000_000,
        least=10_000,
        most=100_000_000,
    )
    timeout: float = setting(
        "Seconds that one file may take to come.", default=60.0, least=0.1, most=90
    )


@dataclass(frozen=True)
class UpkeepConfig:
    """``[upkeep]``: how often providers are asked how the channel accounts are."""

    catch_up_minutes: int = setting(
        "Minutes between two looks into providers' lists for messages that never reached us.",
        default=15,
        least=1,
        most=1440,
    )
    check_minutes: int = setting(
        "Minutes between two checks of each account's credentials and webhook.",
        default=60,
        least=5,
        most=1440,
    )

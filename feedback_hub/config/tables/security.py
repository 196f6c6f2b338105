"""Who gets in, and how long what is kept stays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.config.addresses import (
    parse_audit_copy,
    parse_clamd,
    parse_hosts,
    parse_other_url,
)
from feedback_hub.config.settings import secret, setting
from feedback_hub.config.values import parse_handlers_key, parse_key_material


class SecondFactor(StrEnum):
    """Whether the roles that reach the most may work with a password alone."""

    REQUIRED = "required"
    OFFERED = "offered"


@dataclass(frozen=True)
class SecurityConfig:
    """``[security]``. A key that is empty here is made on the first run, in ``secrets`` of home."""

    encryption_key: str = secret(
        "Wraps the keys of all message text, names and addresses. Lost, all of it is lost.",
        default="",
        parse=parse_key_material,
    )
    handlers_key: str = secret(
        "Opens highly sensitive cases; for the handlers' processes only.",
        default="",
        parse=parse_handlers_key,
    )
    handlers_public_key: str = setting(
        "Closes highly sensitive cases, on every machine; else secrets/handlers_public counts.",
        default="",
        parse=parse_handlers_key,
    )
    handlers_url: str = setting(
        "Where handlers log in, if not here: said to them by the other processes.",
        default="",
        parse=parse_other_url,
    )
    session_key: str = secret("Signs log-in sessions.", default="", parse=parse_key_material)
    trusted_hosts: tuple[str, ...] = setting(
        "Host names answered besides that of base_url; a leading dot takes in all beneath it.",
        default=(),
        parse=parse_hosts,
    )
    trusted_proxies: int = setting(
        "How many proxies of yours stand in front and set X-Forwarded-For.",
        default=0,
        least=0,
        most=10,
    )
    clamd: str = setting(
        "A ClamAV daemon that looks through each file before anybody may have it: its socket's "
        "path, or host:port. Empty: none.",
        default="",
        parse=parse_clamd,
    )
    session_idle_minutes: int = setting(
        "Minutes without a click after which a person is logged out.",
        default=30,
        least=1,
        most=1440,
    )
    audit_copy: str = setting(
        "A second place for the head of the audit log: a file, or a syslog. Empty: none.",
        default="",
        parse=parse_audit_copy,
    )
    emergency_minutes: int = setting(
        "Minutes for which a case stays open to somebody who opened it in an emergency.",
        default=60,
        least=5,
        most=480,
    )
    session_hours: int = setting(
        "Hours after which a person logs in anew, however busy they were.",
        default=12,
        least=1,
        most=24,
    )
    token_per_minute: int = setting(
        "Requests that one API token may make in a minute; 0: any number.",
        default=6000,
        least=0,
        most=1_000_000,
    )
    account_per_minute: int = setting(
        "Requests that one log-in may make in a minute; 0: any number.",
        default=1200,
        least=0,
        most=1_000_000,
    )
    oidc_issuer: str = setting(
        "OpenID Connect provider with which people may log in besides; empty: none. Needs Authlib: "
        "pip install feedback-hub[oidc].",
        default="",
        parse=parse_other_url,
    )
    oidc_client_id: str = setting("What the provider calls this hub.", default="")
    oidc_client_secret: str = secret("What this hub proves itself to the provider by.", default="")
    oidc_name: str = setting(
        "What the provider is called on the log-in page.", default="OpenID Connect"
    )
    second_factor: SecondFactor = setting(
        "Whether protection, admin, case_manager and auditor must have a second factor.",
        default=SecondFactor.REQUIRED,
    )


@dataclass(frozen=True)
class OrdinaryDays:
    """``[retention.L1]``: days after closing; 0 is never."""

    identity_days: int = setting("Number, chat and name.", default=365, least=0, most=7300)
    text_days: int = setting("What was said and written.", default=730, least=0, most=7300)
    case_days: int = setting("What leads back to the case.", default=1825, least=0, most=7300)

    @property
    def whole_days(self) -> int:
        """``case_days``, as the last of the stages is called inside."""
        return self.case_days


@dataclass(frozen=True)
class PersonalDays(OrdinaryDays):
    """``[retention.L2]``: days after closing; 0 is never."""

    identity_days: int = setting("Number, chat and name.", default=180, least=0, most=7300)
    text_days: int = setting("What was said and written.", default=365, least=0, most=7300)


@dataclass(frozen=True)
class HighlySensitiveDays(OrdinaryDays):
    """``[retention.L3]``: days after closing; 0 is never."""

    identity_days: int = setting("Number, chat and name.", default=180, least=0, most=7300)


@dataclass(frozen=True)
class RetentionConfig:
    """``[retention]``: how long what is kept."""

    raw_payload_days: int = setting(
        "Days until a provider's raw request is erased; the message in the case stays.",
        default=30,
        least=1,
        most=3650,
    )
    request_days: int = setting(
        "Days in which a person's request to see or erase what is kept of them is answered.",
        default=30,
        least=1,
        most=365,
    )
    L1: OrdinaryDays = setting(default=OrdinaryDays())
    L2: PersonalDays = setting(default=PersonalDays())
    L3: HighlySensitiveDays = setting(default=HighlySensitiveDays())

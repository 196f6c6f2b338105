# ruff: noqa: RUF009 - setting() makes a dataclass field, which is what belongs there
"""The hub's own tables: every key, what it means and what it is when nothing is said.

``config.example.toml`` says the same to people; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedback_hub.config.convert import named
from feedback_hub.config.faults import Fault, Unfit
from feedback_hub.config.settings import Context, Section, secret, setting
from feedback_hub.config.values import (
    Span,
    WorkingHours,
    every_year,
    parse_audit_copy,
    parse_base_url,
    parse_call_codes,
    parse_call_log,
    parse_channel_name,
    parse_clamd,
    parse_code,
    parse_country,
    parse_database_url,
    parse_folder,
    parse_handlers_key,
    parse_holidays,
    parse_hosts,
    parse_hotline,
    parse_key_material,
    parse_languages,
    parse_mail_address,
    parse_other_url,
    parse_pattern,
    parse_questions,
    parse_queue_url,
    parse_quiet_hours,
    parse_smtp_url,
    parse_span,
    parse_timezone,
    parse_timezone_name,
    parse_working_days,
    parse_working_hours,
)

_HOUR = 3600
_DAY = 24 * _HOUR
# The national holidays of Mozambique, month and day.
_HOLIDAYS = ((1, 1), (2, 3), (4, 7), (5, 1), (6, 25), (9, 7), (9, 25), (10, 4), (12, 25))


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


class _Targets:
    """One span for each priority, ``targets["P2"]``."""

    def __getitem__(self, priority: str) -> Span:
        if priority not in ("P0", "P1", "P2", "P3", "P4"):
            raise KeyError(priority)
        span: Span = getattr(self, str(priority))
        return span


@dataclass(frozen=True)
class AcceptTargets(_Targets):
    """``[clocks.accept]``: until a partner has accepted a referral."""

    P0: Span = setting(
        "Life and safety: everybody hears at once, and this long the partner has to say yes.",
        default=Span(_HOUR),
        parse=parse_span,
    )
    P1: Span = setting("SEA, child, GBV, fraud.", default=Span(_DAY), parse=parse_span)
    P2: Span = setting("Urgent basic need.", default=Span(2 * _DAY), parse=parse_span)
    P3: Span = setting("Complaint or request.", default=Span(working_days=3), parse=parse_span)
    P4: Span = setting(
        "Question, suggestion: DOMAIN.md wants them answered at first contact, so this is for the "
        "few that are referred after all.",
        default=Span(working_days=3),
        parse=parse_span,
    )


@dataclass(frozen=True)
class AnswerTargets(_Targets):
    """``[clocks.answer]``: until the person has an answer (P1: safe contact)."""

    P0: Span = setting("Life and safety.", default=Span(12 * _HOUR), parse=parse_span)
    P1: Span = setting(
        "Safe contact for SEA, child, GBV, fraud.", default=Span(3 * _DAY), parse=parse_span
    )
    P2: Span = setting("Urgent basic need.", default=Span(7 * _DAY), parse=parse_span)
    P3: Span = setting("Complaint or request.", default=Span(14 * _DAY), parse=parse_span)
    P4: Span = setting("Question, suggestion.", default=Span(7 * _DAY), parse=parse_span)


@dataclass(frozen=True)
class ClocksConfig:
    """``[clocks]``: how long each duty may take (DOMAIN.md, Clocks) and when people work."""

    acknowledge: Span = setting(
        "Until the person hears that the message arrived.", default=Span(_DAY), parse=parse_span
    )
    verify: Span = setting(
        "Until a partner's answer was judged.", default=Span(working_days=2), parse=parse_span
    )
    call_back: Span = setting(
        "Until a person who is to be called was called, from the day or the time agreed.",
        default=Span(working_days=1),
        parse=parse_span,
    )
    interim: Span = setting(
        "Until the answer, once the person was told that it takes longer; from the day it came.",
        default=Span(30 * _DAY),
        parse=parse_span,
    )
    remind_after: float = setting(
        "Share of the time after which somebody is reminded, 0 to 1.",
        default=0.75,
        least=0,
        most=1,
    )
    unread_after: Span = setting(
        "An urgent notice that nobody has read by then is given once more.",
        default=Span(15 * 60),
        parse=parse_span,
    )
    conduct_report_hours: int = setting(
        "Hours in which the conduct of somebody with power over aid is reported to the PSEA "
        "channel.",
        default=24,
        least=1,
        most=720,
    )
    escalate_every: Span = setting(
        "Between two steps up the ladder, once time is up.", default=Span(_DAY), parse=parse_span
    )
    last_rung: str = setting(
        "E-mail address that an escalation ends at: AAP and PSEA coordination.", default=""
    )
    working_hours: WorkingHours = setting(
        "Opening hours of a working day, local time.",
        default=WorkingHours(time(7, 30), time(15, 30)),
        parse=parse_working_hours,
    )
    working_days: frozenset[int] = setting(
        "Days of the week worked.", default=frozenset(range(5)), parse=parse_working_days
    )
    holidays: frozenset[date] = setting(
        "Days off: month-day in every year, or a whole date once.",
        default=frozenset().union(*(every_year(month, day) for month, day in _HOLIDAYS)),
        parse=parse_holidays,
        private=True,
    )
    accept: AcceptTargets = setting(default=AcceptTargets())
    answer: AnswerTargets = setting(default=AnswerTargets())


@dataclass(frozen=True)
class MailConfig:
    """``[mail]``: e-mail to staff and partners that something waits; never what it is."""

    smtp_url: str = setting(
        "Where mail is handed over: smtps://host or smtp://host:587; empty: no e-mail is sent.",
        default="",
        parse=parse_smtp_url,
    )
    address: str = setting("The sender's address.", default="", parse=parse_mail_address)
    username: str = setting("The log-in there. Empty: the address.", default="")
    password: str = secret("The password there. Empty: no log-in.", default="")
    timeout: float = setting(
        "Seconds to wait for the mail server.", default=20.0, least=0.05, most=60
    )

    def __post_init__(self) -> None:
        if self.smtp_url and not self.address:
            remedy = 'Say who the mail comes from, like "voz@example.org".'
            raise Unfit("is missing beside smtp_url", remedy, key="address")


@dataclass(frozen=True)
class ReferralsConfig:
    """``[referrals]``: asking partners."""

    link_days: int = setting(
        "Days until a link that stands in for an account stops working.",
        default=14,
        least=1,
        most=90,
    )
    digest_day: int = setting(
        "The weekday of the weekly e-mail, 0 is Monday.", default=0, least=0, most=6
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


@dataclass(frozen=True)
class ConversationConfig:
    """``[conversation]``: what belongs together of all that one number or chat writes."""

    window_hours: int = setting(
        "Hours of silence after which a message opens a new case. Before, it goes on with the last "
        "one, unless it names a case or is surely about another sector.",
        default=72,
        least=0,
        most=2160,
    )
    ask: tuple[str, ...] = setting(
        "Questions asked after a message is accepted, three at most, in this order: language, "
        "consent, site, safe. Each is a text; on a call they are read out, with safe always.",
        default=(),
        parse=parse_questions,
    )
    contact_per_minute: int = setting(
        "Messages a minute that one number or chat is heard at. More wait; none is lost.",
        default=20,
        least=1,
        most=100_000,
    )
    account_per_minute: int = setting(
        "Messages a minute of one account that go before those of others. More wait a little.",
        default=12_000,
        least=60,
        most=1_000_000,
    )
    acknowledgements_a_day: int = setting(
        "Acknowledgements that one number or chat gets in 24 hours, one a case at most. Of what "
        "comes beyond, the team lets the person know.",
        default=5,
        least=1,
        most=1000,
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
class LoopbackConfig:
    """``[loopback]``: telling the person, and the community (DOMAIN.md, States and Loop back)."""

    attempts: int = setting(
        "Attempts on different days before a person counts as unreachable.",
        default=5,
        least=1,
        most=30,
    )
    quiet_hours: tuple[time, time] | None = setting(
        "Hours, local time, in which an answer waits until morning; empty: none. What a person has "
        "just written is answered at once.",
        default=None,
        parse=parse_quiet_hours,
    )
    texts_a_day: int = setting(
        "SMS parts a day after which answers wait for the next day and an alert is raised; 0: no "
        "limit.",
        default=0,
        least=0,
        most=1_000_000,
    )
    text_price: float = setting(
        "What one SMS part costs, to be shown before sending; 0: not shown.",
        default=0.0,
        least=0.0,
        most=1000.0,
    )
    currency: str = setting("The currency of that price.", default="MZN", parse=named)
    small_number_threshold: int = setting(
        "Counts below this are not published.", default=5, least=1, most=100
    )
    appeal_days: int = setting(
        "Days after closing in which a person may appeal.", default=30, least=1, most=3650
    )
    bank_unasked: bool = setting(
        "Whether an answer of the information bank that is approved for texts may go back on the "
        "channel an ordinary question came by, though the person was not asked whether texts may "
        "say what it is about. A person's no holds.",
        default=False,
    )
    board_delay_hours: int = setting(
        "Hours from an entry's approval until it stands on a site's public board.",
        default=24,
        least=0,
        most=8760,
    )


@dataclass(frozen=True)
class HotlineConfig:
    """``[hotline]``: which calls of a switchboard's or an operator's log need a case."""

    internal: str = setting(
        "Callers that are the hotline's own extensions, as a regular expression.",
        default=r"[0-9*#]{1,5}",
        parse=parse_pattern,
    )
    short_call_seconds: int = setting(
        "A call nobody took that lasted less is not called back. 0: ringing once asks for it too.",
        default=0,
        least=0,
        most=600,
    )
    call_back: bool = setting(
        "Whether a call that nobody took is a request to be called back.", default=True
    )
    call_back_window: Span = setting(
        "Tries of one caller this near to each other are one request.",
        default=Span(12 * _HOUR),
        parse=parse_span,
    )
    codes: tuple[str, ...] = setting(
        "What was pressed or answered, and its code of the frame: 1-2=request.water.",
        default=(),
        parse=parse_call_codes,
    )
    drop_folder: Path | None = setting(
        "A folder whose files are imported as they come; without it none is watched.",
        default=None,
        parse=parse_folder,
    )
    drop_format: str = setting(
        "The format of those files, one of import ivr's; empty: found out from each.",
        default="",
        parse=parse_call_log,
    )
    drop_channel: str = setting(
        "Channel of calls from the drop folder.", default="hotline", parse=parse_channel_name
    )
    drop_timezone: str = setting(
        "Where their times without an offset were written; empty: the hub's time zone.",
        default="",
        parse=parse_timezone_name,
    )
    drop_live: bool = setting(
        "Whether calls from the drop folder are new (clocks run) or history.", default=True
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


@dataclass(frozen=True)
class OnCallConfig:
    """``[on_call]``: handlers of highly sensitive cases are rung for what cannot wait."""

    ring_every: Span = setting(
        "From ringing one handler to ringing the next, until somebody says they take it.",
        default=Span(2 * 60),
        parse=parse_span,
    )
    external_focal_point: str = setting(
        "E-mail of the account, of somebody outside, that takes what accuses the hub's own "
        "organisation; nobody here then sees it. Empty: its handlers do.",
        default="",
        parse=parse_mail_address,
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


@dataclass(frozen=True)
class Config:
    """The whole configuration, checked. ``source`` is the file it came from, None without one.

    ``warnings`` are worth a line in ``feedback-hub check`` and stop nothing. ``context`` is for
    ``build_settings`` of the channels' sections.
    """

    hub: HubConfig
    database: DatabaseConfig
    queue: QueueConfig
    security: SecurityConfig
    clocks: ClocksConfig
    mail: MailConfig
    referrals: ReferralsConfig
    retention: RetentionConfig
    conversation: ConversationConfig
    attachments: AttachmentsConfig
    loopback: LoopbackConfig
    classifier: ClassifierConfig
    hotline: HotlineConfig
    upkeep: UpkeepConfig
    monitoring: MonitoringConfig
    alerts: AlertsConfig
    channels: Mapping[str, Section]
    exchange: Mapping[str, Section]
    on_call: OnCallConfig
    fields: Mapping[str, Section]
    routing: Mapping[str, Section]
    calendars: Mapping[str, Section]
    context: Context
    source: Path | None = None
    warnings: tuple[Fault, ...] = ()

    @property
    def secrets_directory(self) -> Path:
        """Where keys that were not given are made and kept (mode 0700, files 0600)."""
        return self.hub.home / "secrets"

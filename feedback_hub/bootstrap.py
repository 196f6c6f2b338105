"""The one composition root: ``build(config)`` puts the real parts together to a ``Hub``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property
from inspect import signature
from typing import TypeGuard

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels._smtp import MailServer, SmtpPost
from channels.base import (
    Channel,
    Converses,
    HoldsFiles,
    Paced,
    Pulls,
    Registers,
    RemembersSent,
    Rings,
    TellsOfSent,
    is_one_way,
    is_set_by_hand,
    load_kind,
)
from feedback_hub.adapters.audit_head import HeadKeeper
from feedback_hub.adapters.batch import BatchUnitOfWork
from feedback_hub.adapters.clamd import ClamdScanner
from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.engine import make_engine, sqlite_url
from feedback_hub.adapters.file_store import FolderStore
from feedback_hub.adapters.file_types import ContentExaminer
from feedback_hub.adapters.gazetteer import SpeltPlaces
from feedback_hub.adapters.handlers_pair import HandlersPair
from feedback_hub.adapters.languages import languages_of
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.adapters.peers import PeerHubs
from feedback_hub.adapters.rendering import JinjaRenderer, shipped_mails
from feedback_hub.adapters.secrets_files import load_or_make
from feedback_hub.adapters.sentences import E5Sentences, has_sentences
from feedback_hub.adapters.tables import start_mappers
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.vault import Keyring
from feedback_hub.adapters.wrapping_keys import WrappingKeys
from feedback_hub.config import (
    ClassifierKind,
    Config,
    ConfigError,
    Fault,
    Section,
    Span,
    build_settings,
    load_config,
)
from feedback_hub.config.exchange import EXCHANGE_KINDS, FilePeer, HubPeer
from feedback_hub.config.fields import FIELD_KINDS, ChoiceField
from feedback_hub.config.routing import CalendarSettings, RoutingSettings
from feedback_hub.domain.clock import Ladder, Target, WorkingCalendar
from feedback_hub.domain.clocks import Targets
from feedback_hub.domain.coding import CodingFrame, Label, Sector
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn
from feedback_hub.domain.dialogue import Step
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import Peer, hub_id
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.monitoring import Standards
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.pacing import Limits
from feedback_hub.domain.quiet import QuietHours
from feedback_hub.domain.routing import RoutingRule
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.frame import load_frame
from feedback_hub.services.attachments import Shelf
from feedback_hub.services.ports import Classifier, Gazetteer, Post
from feedback_hub.services.records import Checked, WebhookState
from feedback_hub.services.rules import OwnCalendar, Rules

_PHONE_KINDS = frozenset({"twilio_sms", "sms_http"})

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock; tests pass another."""
    return datetime.now(UTC)


class ChannelAccounts:
    """Every configured channel account by name; fulfils ``services.ports.Channels``."""

    def __init__(self, accounts: Mapping[str, Channel], base_url: str = "") -> None:
        self.accounts = accounts
        self.base_url = base_url

    def send(self, message: OutboundMessage) -> str:
        """Send on ``message.channel``. Raises ``DeliveryError``."""
        return self._account(message).send(message)

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Ask the provider. Raises ``CannotAsk``, ``DeliveryError``."""
        return self._account(message).find_sent(message)

    def pace(self, message: OutboundMessage) -> tuple[Limits, int] | None:
        """What ``message.channel`` may send, and as how many parts the message counts."""
        account: object = self.accounts.get(message.channel)
        limits = account.limits() if isinstance(account, Paced) else None
        return (limits, account.parts(message)) if limits and isinstance(account, Paced) else None

    def ringers(self) -> Mapping[RingWay, str]:
        """The first account that dials, and the first bot."""
        found: dict[RingWay, str] = {}
        for name, account in self.accounts.items():
            if isinstance(account, Rings):
                found.setdefault(RingWay.VOICE, name)
            if account.__class__.__module__ == "channels.telegram":
                found.setdefault(RingWay.TELEGRAM, name)
        return found

    def ring(self, name: str, number: str, ring_try_id: str) -> str:
        """Ring a telephone. Raises ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, Rings):
            raise DeliveryError(SendFault.UNREACHABLE, permanent=True, provider_code="no channel")
        return account.ring(number, ring_try_id)

    def remembers_sent(self, name: str) -> bool:
        """Whether the account's provider can be asked what it was given."""
        account: object = self.accounts.get(name)
        return isinstance(account, RemembersSent) and account.remembers_sent()

    def tells_of_sent(self, name: str) -> bool:
        """Whether the account's provider can be asked what became of a text."""
        return isinstance(self.accounts.get(name), TellsOfSent)

    def state_of(self, name: str, provider_id: str, now: datetime) -> DeliveryReceipt:
        """Ask it. Raises ``CannotAsk``, ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, TellsOfSent):
            raise CannotAsk("the provider does not tell")
        return account.state_of(provider_id, now)

    def missed(self, name: str, since: datetime) -> Sequence[InboundMessage | Submission]:
        """Ask the provider for its list. Raises ``DeliveryError``."""
        return self.accounts[name].missed(since)

    def fetch(self, name: str, attachment: Attachment, most: int, seconds: float) -> bytes:
        """A file that the account's provider holds. Raises ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, HoldsFiles):
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="no_files")
        return account.fetch(attachment, most, seconds)

    def examine(self, name: str) -> Checked:
        """Ask the provider how the account is, and where its webhook goes."""
        account = self.accounts[name]
        try:
            return Checked(account.check(), webhook=self._webhook(name, account))
        except DeliveryError as error:
            return Checked(fault=error.fault, code=error.provider_code)

    def register(self, name: str) -> bool:
        """Have the provider call this hub, where it can be told. Raises ``DeliveryError``."""
        account = self.accounts[name]
        if not calls_us(account):
            return False
        account.register()
        return True

    def _webhook(self, name: str, account: Channel) -> WebhookState | None:
        if not calls_us(account):
            return None
        address = account.registered()
        ours = f"{self.base_url}/channels/{name}/"
        if address.startswith(ours):
            return WebhookState.OURS
        return WebhookState.ELSEWHERE if address else WebhookState.NOWHERE

    def _account(self, message: OutboundMessage) -> Channel:
        account = self.accounts.get(message.channel)
        if account is None:
            # Configured again it could be sent; until then nobody can.
            raise DeliveryError(SendFault.UNREACHABLE, permanent=True, provider_code="no channel")
        return account


def calls_us(account: Channel) -> TypeGuard[Registers]:
    """Whether the account's provider is to call us and can be told, and asked, where."""
    by_hand = is_pulled(account) or is_set_by_hand(account)
    return isinstance(account, Registers) and not by_hand


def is_pulled(account: Channel) -> bool:
    """Whether this hub fetches what came, instead of being called."""
    return isinstance(account, Pulls) and account.pulls()


# No repr: one that is printed by chance would hold the session key.
@dataclass(repr=False)
class Hub:
    """Everything a process needs. Cheap to make before a fork: connections open on first use."""

    config: Config
    keyring: Keyring
    session_key: str
    rules: Rules
    classifier: Classifier
    thorough: Classifier | None
    """Reads again what ``classifier`` took at once, where it can be installed."""
    gazetteer: Gazetteer
    channels: ChannelAccounts
    attachments: Shelf
    peers: PeerHubs
    exchanges: Mapping[str, FilePeer | HubPeer]
    post: Post | None = None
    clock: Clock = utc_now
    keys_made: bool = False
    handlers_only: bool = False
    """Whether this process serves handlers and nobody else (``web --role handlers``)."""
    device: Callable[[], str] = str
    """An opaque mark of the machine that asks, for the audit log."""
    _engines: list[Engine] = field(default_factory=list)

    @cached_property
    def engine(self) -> Engine:
        """The database. Touch it only after the last fork: connections cannot be shared."""
        engine = make_engine(database_url(self.config))
        self._engines.append(engine)
        return engine

    @cached_property
    def audit_heads(self) -> HeadKeeper:
        """Keeps where the audit log ends, outside the database."""
        return HeadKeeper(self.config.hub.home, self.config.security.audit_copy)

    def unit_of_work(self) -> SqlUnitOfWork:
        """A new transaction."""
        return SqlUnitOfWork(
            self._session(self.engine),
            self.keyring,
            device=self.device,
            keep_head=self.audit_heads.keep,
        )

    def batch(self) -> BatchUnitOfWork:
        """A new transaction for many rows of one kind of work."""
        return BatchUnitOfWork(
            Session(self.engine, expire_on_commit=False),
            self.keyring,
            device=self.device,
            keep_head=self.audit_heads.keep,
        )

    @contextmanager
    def reading(self) -> Iterator[SqlUnitOfWork]:
        """A transaction that only reads: on SQLite it never waits for a writer.

        Who opened a sensitive case in it is in the audit log before anything of it is shown.
        """
        engine = self.engine.execution_options(readonly=True)
        with SqlUnitOfWork(self._session(engine), self.keyring) as uow:
            yield uow
            seen = dict(uow.seen)
        if seen:
            with self.unit_of_work() as noting:
                noting.seen.update(seen)
                noting.audit_seen(self.clock())
                noting.commit()

    def _session(self, engine: Engine) -> Session:
        """A session that knows who stands in where the hub's own organisation is accused."""
        known = {
            "own_organisation": self.config.hub.organisation,
            "external_focal_point": self.config.on_call.external_focal_point,
            "reply_channels": self.rules.reply_channels,
        }
        return Session(engine, expire_on_commit=False, info=known)

    def close(self) -> None:
        """Let every connection go."""
        for engine in self._engines:
            engine.dispose()


def database_url(config: Config) -> str:
    """Where the database is; SQLite in the home folder unless configured."""
    return config.database.url or sqlite_url(config.hub.home / "hub.sqlite3")


def build(config: Config, *, clock: Clock = utc_now) -> Hub:
    """Put the hub together. Makes missing keys; opens no connection. Raises ``ConfigError``."""
    start_mappers()
    config.hub.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, made = _secret(config, config.security.encryption_key, "encryption_key")
    session_key, _ = _secret(config, config.security.session_key, "session_key")
    frame = _frame(config)
    classifier, thorough = _classifiers(config, frame)
    keyring = Keyring(
        hashlib.sha256(key.encode()).digest(),
        WrappingKeys(config.secrets_directory / "wrapping_keys"),
        HandlersPair(
            config.secrets_directory,
            public=config.security.handlers_public_key,
            private=config.security.handlers_key,
        ),
    )
    channels = ChannelAccounts(
        {section.name: _channel(config, section, keyring) for section in config.channels.values()},
        config.hub.base_url,
    )
    exchanges = _exchanges(config)
    return Hub(
        config=config,
        keyring=keyring,
        session_key=session_key,
        rules=Rules(
            frame=frame,
            targets=_targets(config),
            calendar=_calendar(config),
            renderer=JinjaRenderer(),
            organisation=config.hub.organisation,
            hotline=config.hub.hotline,
            default_language=config.hub.languages[0],
            attempts_before_unreachable=config.loopback.attempts,
            appeal_days=config.loopback.appeal_days,
            last_rung=config.clocks.last_rung,
            contact_per_minute=config.conversation.contact_per_minute,
            account_per_minute=config.conversation.account_per_minute,
            acknowledgements_a_day=config.conversation.acknowledgements_a_day,
            quiet=QuietHours(*config.loopback.quiet_hours, config.hub.timezone)
            if config.loopback.quiet_hours
            else None,
            segments_a_day=config.loopback.texts_a_day,
            price=(config.loopback.text_price, config.loopback.currency),
            conduct_within=timedelta(hours=config.clocks.conduct_report_hours),
            bank_unasked=config.loopback.bank_unasked,
            fields=own_fields(config),
            conversation_window=timedelta(hours=config.conversation.window_hours),
            ask=tuple(Step(one) for one in config.conversation.ask),
            sure_from=config.classifier.confidence_threshold,
            reply_channels=frozenset(
                name for name, s in config.channels.items() if not is_one_way(load_kind(s.kind))
            ),
            call_channels=frozenset(
                name
                for name, s in config.channels.items()
                if issubclass(load_kind(s.kind), Converses)
            ),
            phone_channel=next(
                (name for name, s in config.channels.items() if s.kind in _PHONE_KINDS), ""
            ),
            base_url=config.hub.base_url,
            sends_mail=bool(config.mail.smtp_url),
            mails=shipped_mails(),
            link_days=config.referrals.link_days,
            digest_day=config.referrals.digest_day,
            unread_after=timedelta(seconds=config.clocks.unread_after.seconds),
            peers=_peers(exchanges),
            hub=hub_id(config.hub.base_url),
            routing=_routing(config),
            calendars=_calendars(config),
            ring_every=timedelta(seconds=config.on_call.ring_every.seconds),
            rereads=thorough is not None,
        ),
        classifier=classifier,
        thorough=thorough,
        gazetteer=SpeltPlaces(),
        channels=channels,
        attachments=Shelf(
            channels=channels,
            examiner=ContentExaminer(),
            store=FolderStore(config.hub.home / "files"),
            scanner=ClamdScanner(config.security.clamd) if config.security.clamd else None,
            most=config.attachments.max_bytes,
            seconds=config.attachments.timeout,
        ),
        peers=PeerHubs(
            {name: one for name, one in exchanges.items() if isinstance(one, HubPeer)},
            config.hub.base_url,
            clock,
        ),
        exchanges=exchanges,
        post=_post(config),
        clock=clock,
        keys_made=made,
    )


@cache
def process_hub() -> Hub:
    """This process's hub, from ``$FEEDBACK_HUB_CONFIG``.

    Made before a fork, the children find frame and settings loaded; it opens no connection until
    a child needs one.
    """
    return build(load_config(None, os.environ, settings_of))


def settings_of(family: str, kind: str) -> type:
    """The settings class of a kind of channel or question. Raises ``LookupError``."""
    if family == "fields":
        return FIELD_KINDS[kind]
    if family == "exchange":
        return EXCHANGE_KINDS[kind]
    if family != "channels":
        raise LookupError(kind)
    return load_kind(kind).Settings


def _secret(config: Config, given: str, name: str) -> tuple[str, bool]:
    return (given, False) if given else load_or_make(config.secrets_directory, name)


def _channel(config: Config, section: Section, keyring: Keyring) -> Channel:
    adapter = load_kind(section.kind)
    settings: object = build_settings(adapter.Settings, section, config.context)
    public_url = f"{config.hub.base_url}/channels/{section.name}"
    known = {
        "signing_key": keyring.handset_key(),
        "country": config.hub.default_country,
        "timezone": config.hub.timezone,
    }
    wanted = signature(adapter).parameters
    extra = {key: value for key, value in known.items() if key in wanted}
    made: Channel = adapter(section.name, settings, public_url, **extra)  # type: ignore[call-arg]
    return made


def _frame(config: Config) -> CodingFrame:
    try:
        return load_frame(config.hub.home)
    except Invalid as error:
        place = f"{config.hub.home}/frame, {error.field}"
        raise ConfigError(
            [Fault(place, error.problem, "Take the file away and import it again.")]
        ) from None


def _classifiers(config: Config, frame: CodingFrame) -> tuple[Classifier, Classifier | None]:
    """The one that decides at once and the one that reads again, if there is one.

    Nothing is loaded here: every process builds a hub, and few ever classify.
    """
    home = config.hub.home
    rules = LexiconClassifier.shipped(frame, lambda: languages_of(home))
    if config.classifier.kind is ClassifierKind.LEXICON:
        return rules, None
    light, full = ModelStore(home), ModelStore(home, full=True)
    try:
        quick = LightClassifier(frame, rules, light.active(), light.load)
        if config.classifier.kind is ClassifierKind.LIGHT or not has_sentences():
            return quick, None
        return quick, LightClassifier(frame, rules, full.active(), full.load, E5Sentences())
    except Invalid as error:
        raise ConfigError([Fault(error.field, error.problem, "Take the file away.")]) from None


def _post(config: Config) -> Post | None:
    """The hub's own mail; None where none is configured."""
    mail = config.mail
    if not mail.smtp_url:
        return None
    server = MailServer(mail.smtp_url, mail.username or mail.address, mail.password, mail.timeout)
    return SmtpPost(server, mail.address)


def _exchanges(config: Config) -> dict[str, FilePeer | HubPeer]:
    """The other mechanisms, by name. Raises ``ConfigError``."""
    found: dict[str, FilePeer | HubPeer] = {}
    for section in config.exchange.values():
        kind = EXCHANGE_KINDS.get(section.kind)
        if kind is None:
            known = ", ".join(EXCHANGE_KINDS)
            place = f"{section.table}.kind"
            raise ConfigError([Fault(place, "is no kind of exchange", f"One of: {known}.")])
        settings: FilePeer | HubPeer = build_settings(kind, section, config.context)
        if any(other.organisation == settings.organisation for other in found.values()):
            raise ConfigError(
                [
                    Fault(
                        f"{section.table}.organisation",
                        "stands for another mechanism already",
                        "Give each mechanism an organisation of its own.",
                    )
                ]
            )
        found[section.name] = settings
    return found


def _peers(exchanges: Mapping[str, FilePeer | HubPeer]) -> dict[str, Peer]:
    return {
        settings.organisation: Peer(
            name,
            settings.organisation,
            hub=hub_id(settings.url) if isinstance(settings, HubPeer) else "",
            handler=settings.handler,
            our_handler=settings.our_handler,
            by_file=isinstance(settings, FilePeer),
        )
        for name, settings in exchanges.items()
    }


def standards(config: Config) -> Standards:
    """What a site should have."""
    asked = config.monitoring
    return Standards(
        {
            Sector.WASH: asked.wash_residents,
            Sector.HEALTH: asked.health_residents,
            Sector.EDUCATION: asked.education_residents,
        },
        asked.visit_days,
        asked.meeting_days,
        asked.women_on_committee,
    )


def own_fields(config: Config) -> tuple[CustomField, ...]:
    """The hub's own extra questions, as configured. Raises ``ConfigError``."""
    return tuple(_own_field(config, section) for section in config.fields.values())


def _own_field(config: Config, section: Section) -> CustomField:
    kind = FIELD_KINDS.get(section.kind)
    if kind is None:
        known = ", ".join(FIELD_KINDS)
        fault = Fault(f"{section.table}.kind", "no question is of this kind", f"One of: {known}.")
        raise ConfigError([fault])
    settings = build_settings(kind, section, config.context)
    choices, filters = {}, False
    if isinstance(settings, ChoiceField):
        filters = settings.filter
        choices = {word: Label(en=eng, pt=por) for word, por, eng in settings.choices}
    return CustomField(
        name=section.name,
        kind=FieldKind(section.kind),
        label=Label(en=settings.label_eng, pt=settings.label_por),
        sensitivity=Sensitivity(settings.sensitivity.value),
        shown_in=frozenset(ShownIn(place.value) for place in settings.shown_in),
        choices=choices,
        filters=filters,
    )


def _targets(config: Config) -> Targets:
    clocks = config.clocks
    return Targets(
        accept={priority: _target(clocks.accept[priority.value]) for priority in Priority},
        answer={priority: _target(clocks.answer[priority.value]) for priority in Priority},
        acknowledge=_target(clocks.acknowledge),
        verify=_target(clocks.verify),
        call_back=_target(clocks.call_back),
        interim=_target(clocks.interim),
        ladder=Ladder(clocks.remind_after, timedelta(seconds=clocks.escalate_every.seconds)),
    )


def _target(span: Span) -> Target:
    return Target(span.seconds, span.working_days)


def _calendar(config: Config) -> WorkingCalendar:
    clocks = config.clocks
    return WorkingCalendar(
        zone=config.hub.timezone,
        opens=_plain(clocks.working_hours.start),
        closes=_plain(clocks.working_hours.end),
        weekdays=clocks.working_days,
        holidays=clocks.holidays,
    )


def _calendars(config: Config) -> tuple[OwnCalendar, ...]:
    """Who works at other times; what a section leaves out is as ``[clocks]`` has it."""
    usual, made = _calendar(config), []
    for section in config.calendars.values():
        own = build_settings(CalendarSettings, section, config.context)
        hours = own.working_hours
        calendar = replace(
            usual,
            zone=own.timezone or usual.zone,
            opens=_plain(hours.start) if hours else usual.opens,
            closes=_plain(hours.end) if hours else usual.closes,
            weekdays=own.working_days or usual.weekdays,
            holidays=own.holidays or usual.holidays,
        )
        made.append(OwnCalendar(calendar, own.organisations, own.sites))
    return tuple(made)


def _routing(config: Config) -> tuple[RoutingRule, ...]:
    """The rules that come before the services."""
    made = []
    for section in config.routing.values():
        rule = build_settings(RoutingSettings, section, config.context)
        hours, level = rule.hours, rule.sensitivity
        made.append(
            RoutingRule(
                name=section.name,
                organisation=rule.organisation,
                focal_point=rule.focal_point,
                backup=rule.backup,
                site=rule.site,
                sector=rule.sector,
                code=rule.code,
                sensitivity=Sensitivity(level.value) if level.value else None,
                language=rule.language,
                opens=_plain(hours.start) if hours else None,
                closes=_plain(hours.end) if hours else None,
            )
        )
    return tuple(made)


def _plain(at: time) -> time:
    return at.replace(tzinfo=None)

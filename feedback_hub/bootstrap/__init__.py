"""The one composition root: ``build(config)`` puts the real parts together to a ``Hub``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from inspect import signature
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from channels._smtp import MailServer, SmtpPost
from channels.base import Channel, load_kind
from feedback_hub.adapters.arrivals import Arrivals
from feedback_hub.adapters.audit_head import HeadKeeper
from feedback_hub.adapters.batch import BatchUnitOfWork
from feedback_hub.adapters.clamd import ClamdScanner
from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.engine import (
    for_reading,
    make_arrivals_engine,
    make_engine,
    sqlite_url,
    writes_late,
)
from feedback_hub.adapters.file_store import FolderStore
from feedback_hub.adapters.file_types import ContentExaminer
from feedback_hub.adapters.gazetteer import SpeltPlaces
from feedback_hub.adapters.handlers_pair import HandlersPair
from feedback_hub.adapters.languages import languages_of
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.adapters.peers import PeerHubs
from feedback_hub.adapters.secrets_files import load_or_make
from feedback_hub.adapters.sentences import E5Sentences, has_sentences
from feedback_hub.adapters.shared_clock import SharedClock
from feedback_hub.adapters.tables import start_mappers
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.vault import Keyring, sealed_by
from feedback_hub.adapters.wrapping_keys import WrappingKeys
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.bootstrap.settled import rules_of
from feedback_hub.config import (
    ClassifierKind,
    Config,
    ConfigError,
    Fault,
    Section,
    build_settings,
    load_config,
)
from feedback_hub.config.exchange import EXCHANGE_KINDS, FilePeer, HubPeer
from feedback_hub.config.fields import FIELD_KINDS
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.domain.errors import Invalid
from feedback_hub.frame import load_frame
from feedback_hub.services.attachments import Shelf
from feedback_hub.services.ports import Classifier, Gazetteer, Post
from feedback_hub.services.rules import Rules

Clock = Callable[[], datetime]

KEYS_BACK = (
    "Put the keys back from where you keep their copy (the whole secrets folder), or name the key "
    "with FEEDBACK_HUB_SECURITY_ENCRYPTION_KEY. None is made: with a new one nobody could read "
    "what people sent. To begin anew instead, give this hub an empty database"
)


def utc_now() -> datetime:
    """The wall clock; tests pass another."""
    return datetime.now(UTC)


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
        if isinstance(self.clock, SharedClock):
            self.clock.ask(engine)
        self._engines.append(engine)
        return engine

    @cached_property
    def _late_engine(self) -> Engine:
        return writes_late(self.engine)

    @cached_property
    def arrivals(self) -> Arrivals:
        """Where webhooks keep what they bring. Touch it only after the last fork, as ``engine``."""
        engine = self.engine
        if engine.dialect.name == "postgresql":
            engine = make_arrivals_engine(database_url(self.config))
            self._engines.append(engine)
        return Arrivals(engine, self.keyring)

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
            Session(self._late_engine, expire_on_commit=False),
            self.keyring,
            device=self.device,
            keep_head=self.audit_heads.keep,
        )

    @contextmanager
    def reading(self, *, streaming: bool = False) -> Iterator[SqlUnitOfWork]:
        """Only reads (``engine.for_reading``): on SQLite it never waits for a writer.

        Who opened a sensitive case in it is in the audit log before anything of it is shown.
        """
        session = self._session(for_reading(self.engine, streaming=streaming))
        # What a read changes of what it read is nobody's: it is never written.
        session.autoflush = False
        with SqlUnitOfWork(session, self.keyring, reads_only=True) as uow:
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


def build(config: Config, *, clock: Clock | None = None) -> Hub:
    """Put the hub together; keeps no connection. Raises ``ConfigError``.

    Makes missing keys, but never a new encryption key over what the lost one sealed.
    It goes by the database's clock where several machines may share the database.
    """
    start_mappers()
    if clock is None:
        clock = utc_now if database_url(config).startswith("sqlite") else SharedClock()
    config.hub.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.security.encryption_key:
        _refuse_to_replace(config.secrets_directory / "encryption_key", database_url(config))
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
        rules=rules_of(config, frame, exchanges, rereads=thorough is not None),
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


def _refuse_to_replace(file: Path, url: str) -> None:
    """Raise ``ConfigError`` where the encryption key is gone and the database holds its data."""
    location = make_url(url)
    if file.exists() or (
        location.drivername.startswith("sqlite")
        and not (location.database and Path(location.database).exists())
    ):
        return
    engine = make_engine(url)
    try:
        by = sealed_by(engine)
    except SQLAlchemyError:
        return  # it cannot be asked; ``run`` and ``migrate`` compare again when it can
    finally:
        engine.dispose()
    if by is not None:
        problem = f"is gone, and what the database holds was sealed with it or its like ({by})"
        raise ConfigError([Fault(str(file), problem, KEYS_BACK)])


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
    made: Channel = adapter(section.name, settings, public_url, **extra)  # type: ignore[call-arg]  # what it asks for
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
        if config.classifier.kind is ClassifierKind.LIGHT or not has_sentences():
            return LightClassifier(frame, rules, light.active(), light.load), None
        return (
            LightClassifier(frame, rules, light.active(), light.load, read_again=True),
            LightClassifier(frame, rules, full.active(), full.load, E5Sentences()),
        )
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

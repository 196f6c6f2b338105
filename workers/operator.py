"""What the machine's operator must hear of: found out here, and told by e-mail and Telegram."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, or_, select, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.certificate import certificate_ends, shown_host
from feedback_hub.adapters.engine import change
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import DeliveryError, OutboundMessage
from feedback_hub.reads import machine
from feedback_hub.services import alerts
from feedback_hub.services.records.watching import Alert, AlertKind

CERTIFICATE_DAYS = 21
"""Certificates are renewed a month before their end; by then somebody must look."""
TOKEN_DAYS = 14
"""Whoever uses a token (another hotline, Prometheus) needs time to be given the next."""
WORKERS = "workers"
CALM = timedelta(hours=1)
"""So long after the last worker that broke off the alert is over."""
STALE = timedelta(days=1)
"""What was over longer ago is no news: nobody could be told all day."""
_FALLBACK = "eng"
_NAMELESS = frozenset({AlertKind.NOT_TAKEN, AlertKind.NOBODY_ON_CALL})
"""Their subject is an id that says nothing to anybody."""

log = structlog.get_logger()


def watch(hub: Hub, now: datetime) -> int:
    """Raise and resolve what the machine itself shows; how many alerts began or ended."""
    settings = hub.config.alerts
    with hub.reading() as uow:
        queues, backup_at, began_at = machine.looked_at(uow, now)
        tokens = machine.tokens_ending(uow, now, timedelta(days=TOKEN_DAYS))
        known = {(alert.kind, alert.subject) for alert in uow.lasting_alerts()}
    free = shutil.disk_usage(hub.config.hub.home).free // 1_000_000
    found: dict[tuple[AlertKind, str], dict[str, str]] = {}
    if free < settings.disk_free_mb:
        found[AlertKind.DISK_LOW, "disk"] = {}
    too_old = now - timedelta(days=settings.backup_days)
    since = backup_at or began_at
    if settings.backup_days and since is not None and since < too_old:
        found[AlertKind.BACKUP_OLD, "backup"] = {}
    for token in tokens:
        found[AlertKind.TOKEN_EXPIRES, token.name[:64]] = {"until": token.at.isoformat()}
    for queue in queues:
        waits = timedelta(minutes=settings.waiting_minutes)
        if queue.oldest_at is not None and now - queue.oldest_at > waits:
            found[AlertKind.WORK_WAITS, queue.name] = {}
        if queue.set_aside:
            found[AlertKind.SET_ASIDE, queue.name] = {}
    ours = {key for key in known if key[0] in _OURS}
    if found.keys() == ours:
        return 0
    with hub.unit_of_work() as uow:
        changed = sum(
            alerts.raise_once(uow, *key, now, detail) for key, detail in found.items()
        ) + sum(alerts.resolve(uow, *key, now) for key in ours - found.keys())
        uow.commit()
    return changed


_OURS = frozenset(
    {
        AlertKind.DISK_LOW,
        AlertKind.BACKUP_OLD,
        AlertKind.WORK_WAITS,
        AlertKind.SET_ASIDE,
        AlertKind.TOKEN_EXPIRES,
    }
)


def watch_workers(hub: Hub, broken_off: int, now: datetime) -> None:
    """So many workers broke off since the last look: one alert, over an hour after the last."""
    with hub.reading() as uow:
        known = {(one.kind, one.subject): one for one in uow.lasting_alerts()}
    mine = known.get((AlertKind.WORKER_BROKE_OFF, WORKERS))
    if not broken_off and (mine is None or now - _last(mine) < CALM):
        return
    with hub.unit_of_work() as uow:
        if broken_off:
            detail = {"at": now.isoformat()}
            alerts.raise_once(uow, AlertKind.WORKER_BROKE_OFF, WORKERS, now, detail)
        else:
            alerts.resolve(uow, AlertKind.WORKER_BROKE_OFF, WORKERS, now)
        uow.commit()


def _last(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert.detail["at"])


def watch_certificate(hub: Hub, now: datetime) -> None:
    """Look at the certificate that the hub's own address shows. Asks over the network."""
    host = shown_host(hub.config.hub.base_url)
    if not host:
        return
    ends_at = certificate_ends(*host)
    soon = ends_at is not None and ends_at < now + timedelta(days=CERTIFICATE_DAYS)
    with hub.unit_of_work() as uow:
        if soon:
            alerts.raise_once(uow, AlertKind.CERTIFICATE_EXPIRES, host[0][:64], now)
        elif ends_at is not None:
            alerts.resolve(uow, AlertKind.CERTIFICATE_EXPIRES, host[0][:64], now)
        uow.commit()


def tell(hub: Hub, now: datetime) -> int:
    """Say of each alert once that it began and once that it is over, to whom ``[alerts]`` names.

    How many were told; what surely did not go, goes later. Each is claimed before it is sent: two
    schedulers tell once. Of one that was over before anybody heard of it nothing is said.
    """
    settings = hub.config.alerts
    if not settings.emails and not settings.telegram:
        return 0
    alert = tables.alert.c
    begun = and_(alert.told_at.is_(None), alert.lasting.is_not(None))
    over = and_(alert.told_at.is_not(None), alert.resolved_at > now - STALE)
    with hub.reading() as uow:
        news = uow.session.scalars(select(Alert).where(or_(begun, over)).limit(20)).all()
    return sum(_tell_once(hub, one, now) for one in news)


def _tell_once(hub: Hub, alert: Alert, now: datetime) -> bool:
    """Claim it by ``told_at``: set once its beginning is told, None again once its end is."""
    before, after = (None, now) if alert.resolved_at is None else (alert.told_at, None)
    if not _note_told(hub, alert, before, after):
        return False
    if _send(hub, alert, now):
        return True
    _note_told(hub, alert, after, before)
    return False


def _note_told(hub: Hub, alert: Alert, before: datetime | None, after: datetime | None) -> bool:
    kept = tables.alert.c
    with hub.unit_of_work() as uow:
        as_before = kept.told_at.is_(None) if before is None else kept.told_at == before
        mine = update(tables.alert).where(kept.id == alert.id, as_before)
        noted = change(uow.session, mine.values(told_at=after))
        uow.commit()
    return noted == 1


def _send(hub: Hub, alert: Alert, now: datetime) -> bool:
    """Whether anything went, or may have gone."""
    settings, went = hub.config.alerts, False
    subject, _, text = _written(hub, alert).partition("\n")
    # Another id than the beginning's, or it would count as sent already.
    word = f"alert-{alert.id}" if alert.resolved_at is None else f"alert-{alert.id}-over"
    for number, address in enumerate(settings.emails):
        if hub.post is None:
            break
        try:
            hub.post.send(f"{word}-{number}", address, subject, text.strip(), now)
            went = True
        except DeliveryError as error:
            log.warning("alert not mailed", kind=alert.kind.value, fault=error.fault.value)
            went = went or error.outcome_unknown
    channel, _, chat = settings.telegram.partition(":")
    if chat:
        message = OutboundMessage(
            id=word, channel=channel, address=chat, text=f"{subject}\n{text.strip()}"
        )
        try:
            hub.channels.send(message)
            went = True
        except DeliveryError as error:
            log.warning("alert not sent", kind=alert.kind.value, fault=error.fault.value)
            went = went or error.outcome_unknown
    return went


def _written(hub: Hub, alert: Alert) -> str:
    language = hub.config.hub.languages[0]
    template = hub.rules.mails.get(f"{language}/alert") or hub.rules.mails[f"{_FALLBACK}/alert"]
    local = alert.raised_at.astimezone(hub.config.hub.timezone)
    return hub.rules.renderer.render(
        template,
        {
            "kind": alert.kind.value,
            "subject": "" if alert.kind in _NAMELESS else alert.subject,
            "hub": hub.config.hub.name,
            "since": f"{local:%Y-%m-%d %H:%M}",
            "over": "over" if alert.resolved_at else "",
            "link": f"{hub.config.hub.base_url}/health",
        },
    )

"""Reports that are due are mailed, each to each address once, whatever process looks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from flask import Flask, g
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters.tables import report_mail
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.message import DeliveryError
from feedback_hub.domain.place import SiteStatus
from feedback_hub.domain.reporting import ReportKind, last_over
from feedback_hub.services.ports import Post
from feedback_hub.web.i18n import gettext
from feedback_hub.web.labels import Words
from feedback_hub.web.reporting import document, files

STILL_SENT = timedelta(days=7)
"""A report that is older than this is no news: a hub that was off does not send it late."""
READER = Actor("reports", ActorKind.MACHINE, (Membership(Role.COORDINATOR),), leads=True)
"""Whom the mailed reports are for: totals only, as a coordinator sees them.

Who is accused may be among those who read one mail, and could count it beside what they may see:
so whatever accuses anybody is left out, as it is for a community's leaders.
"""

log = structlog.get_logger()


def send_due(hub: Hub, app: Flask, now: datetime) -> int:
    """Mail what is due; how many mails went out. Does nothing without addresses or mail server."""
    post, asked = hub.post, hub.config.monitoring
    if post is None or not asked.report_to:
        return 0
    today = local_day(now, hub.rules.calendar)
    sent = 0
    for kind in ReportKind:
        _, last = last_over(kind, today)
        if today - last > STILL_SENT:
            continue
        for about in _abouts(hub, kind):
            for address in asked.report_to:
                index = hub.keyring.index(address.lower(), "report.address")
                row = {"kind": kind, "about": about, "last_day": last, "address_index": index}
                if not _claim(hub, row, now):
                    continue
                sent += _send(hub, post, app, _Due(kind, about, last, address), row, now)
    return sent


@dataclass(frozen=True)
class _Due:
    kind: ReportKind
    about: str
    last: date
    address: str


def _abouts(hub: Hub, kind: ReportKind) -> list[str]:
    if kind is not ReportKind.MONTHLY:
        return [""]
    with hub.reading() as uow:
        return [site.code for site in uow.sites() if site.status is SiteStatus.ACTIVE]


def _claim(hub: Hub, row: dict[str, object], now: datetime) -> bool:
    """Write down that it is sent, before it is: a report lost is better than one sent twice."""
    columns = report_mail.c
    with hub.reading() as uow:
        known = select(columns.sent_at).where(
            *(columns[name] == value for name, value in row.items())
        )
        if uow.session.scalar(known) is not None:
            return False
    try:
        with hub.unit_of_work() as uow:
            uow.session.execute(insert(report_mail).values(**row, sent_at=now))
            uow.commit()
    except IntegrityError:
        return False
    return True


def _send(
    hub: Hub,
    post: Post,
    app: Flask,
    due: _Due,
    row: dict[str, object],
    now: datetime,
) -> int:
    with app.test_request_context(base_url=hub.config.hub.base_url):
        g.language = "eng" if hub.config.monitoring.report_language == "eng" else "por"
        words: Words = app.extensions["feedback_hub_words"]
        with hub.reading() as uow:
            report = document.make(uow, hub, words, READER, due.kind, due.last, due.about)
        attached = [
            (f"{report.file_name}.{ending}", media_type.partition(";")[0], write(report))
            for ending, (write, media_type) in files.WRITERS.items()
            if ending != "csv"
        ]
        subject = f"{report.title}, {report.subtitle}"
        lines = [report.title, report.subtitle, ""]
        lines += [f"{big} {words_} {below}".rstrip() for words_, big, below in report.figures]
        lines += ["", *report.notes, "", gettext("The whole report is attached.")]
    try:
        text = "\n".join(lines)
        post.send(uuid.uuid4().hex, due.address, subject, text, now, attached)
    except DeliveryError as error:
        log.warning("report not sent", kind=due.kind.value, fault=error.fault.value)
        if not error.outcome_unknown and not error.permanent:
            with hub.unit_of_work() as uow:
                columns = report_mail.c
                uow.session.execute(
                    delete(report_mail).where(
                        *(columns[name] == value for name, value in row.items())
                    )
                )
                uow.commit()
        return 0
    with hub.unit_of_work() as uow:
        uow.audit(
            AuditAction.EXPORTED, READER.id, now, kind=f"report {due.kind}", object_id=due.about
        )
        uow.commit()
    return 1

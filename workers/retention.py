"""Retention as a duty: once a day, a few cases a transaction, everything in the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from feedback_hub.adapters import case_words, erasing, person_requests, retention
from feedback_hub.adapters.person_requests import SOON
from feedback_hub.adapters.retention import Stage
from feedback_hub.adapters.tables import audit
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import notices
from feedback_hub.services.records.staff import NoticeKind

AT_ONCE = 50
EVERY = timedelta(days=1)


def days_of(hub: Hub, stage: Stage) -> dict[Sensitivity, int]:
    """Days after closing until ``stage`` is erased, by sensitivity; 0 is never."""
    kept = hub.config.retention
    of_level = {Sensitivity.L1: kept.L1, Sensitivity.L2: kept.L2, Sensitivity.L3: kept.L3}
    return {level: getattr(days, f"{stage.value}_days") for level, days in of_level.items()}


def counts(hub: Hub, now: datetime) -> dict[Stage, int]:
    """How many cases a run would touch now, by stage."""
    with hub.reading() as uow:
        return {
            stage: retention.count_due(uow.session, stage, days_of(hub, stage), now)
            for stage in Stage
        }


def run(hub: Hub, now: datetime, actor: str = "machine") -> dict[Stage, int]:
    """Erase what is past its time; how many cases, by stage. Can be stopped and run again."""
    done = dict.fromkeys(Stage, 0)
    for stage in Stage:
        while True:
            with hub.unit_of_work() as uow:
                due = retention.due(uow.session, stage, days_of(hub, stage), now, AT_ONCE)
                keys: set[str] = set()
                files: list[str] = []
                for case_id in due:
                    erased = retention.erase(uow.session, case_id, stage, now)
                    keys |= erased.keys
                    files.extend(erased.files)
                    uow.audit(
                        AuditAction.ERASED,
                        actor,
                        now,
                        kind="case",
                        object_id=case_id,
                        reason=stage.value,
                    )
                # Before the commit: a key too many in the ledger is one that is gone next time.
                erasing.write_ledger(ledgers_of(hub), keys)
                uow.commit()
            remove(hub, files)
            done[stage] += len(due)
            if len(due) < AT_ONCE:
                break
    with hub.unit_of_work() as uow:
        erasing.forget_repeats(uow.session, now)
        said = ",".join(f"{stage.value}={count}" for stage, count in done.items())
        uow.audit(AuditAction.RETENTION_RUN, actor, now, kind="hub", reason=said[:64])
        uow.commit()
    return done


def remind_of_requests(hub: Hub, now: datetime) -> int:
    """Tell who works on a case that its person waits for an answer about their data.

    A week before the deadline and when it is over, each once; how many were told.
    """
    with hub.reading() as uow:
        pressing = person_requests.pressing(uow.session, now)
    told = 0
    for one in pressing:
        since = one.due_at if one.due_at <= now else max(one.asked_at, one.due_at - SOON)
        with hub.unit_of_work() as uow:
            case = uow.case(one.case_id)
            if case is None or any(
                before.at >= since for before in uow.notices_of(case.id, NoticeKind.DATA_DUE)
            ):
                continue
            people = notices.team_of(uow, case, 2)
            told += len(notices.tell(uow, hub.rules, case, None, NoticeKind.DATA_DUE, people, now))
            uow.commit()
    return told


def ledgers_of(hub: Hub) -> list[Path]:
    """Where destroyed keys are written down."""
    return erasing.ledgers(hub.config.hub.home, hub.config.secrets_directory)


def remove(hub: Hub, files: Iterable[str]) -> None:
    """Take files that nobody can read any more out of the store."""
    for name in files:
        hub.attachments.store.remove(name)


def daily(hub: Hub, now: datetime) -> int:
    """Run if no run was within a day; how many cases were touched."""
    with hub.reading() as uow:
        last = uow.session.scalar(
            select(audit.c.at)
            .where(audit.c.action == AuditAction.RETENTION_RUN)
            .order_by(audit.c.sequence.desc())
            .limit(1)
        )
    if last is not None and now - last < EVERY:
        return 0
    case_words.seal_open_ones(hub.engine, hub.keyring)
    return sum(run(hub, now).values())

"""What must be true after any faults, and what was found."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.message import DeliveryState
from tests.integration.system import System


@dataclass(frozen=True)
class Line:
    """One thing that must be so."""

    what: str
    found: str
    holds: bool


def lines(system: System, numbers: Sequence[str], orphans: Sequence[int]) -> Iterator[Line]:
    """Every invariant, for messages sent once from each of ``numbers``."""
    wanted = len(numbers)
    with system.hub.reading() as uow:
        session = uow.session
        cases = session.scalar(select(func.count()).select_from(tables.case)) or 0
        messages = session.scalar(select(func.count()).select_from(tables.message)) or 0
        contacts = session.scalar(select(func.count()).select_from(tables.contact)) or 0
        states = Counter(
            session.scalars(
                select(tables.delivery.c.state).where(
                    tables.delivery.c.purpose == Purpose.ACKNOWLEDGEMENT
                )
            )
        )
        waiting = sum(
            session.scalar(
                select(func.count()).where(
                    table.c.handled_at.is_(None), table.c.set_aside_at.is_not(None)
                )
            )
            or 0
            for table in (tables.inbox, tables.outbox)
        )
        notice = tables.notice.c
        told = (notice.case_id, notice.kind, notice.duty, notice.account_id, notice.email)
        twice = session.execute(
            select(func.count())
            .select_from(tables.notice)
            .group_by(*told, notice.referral_id)
            .having(func.count() > 1)
        ).all()
    accepted = Counter(message.recipient for message in system.twilio.sent)
    heard = sum(accepted[number] > 0 for number in numbers)
    unknown = states[DeliveryState.OUTCOME_UNKNOWN]
    yield Line("messages kept", f"{messages} of {wanted}", messages == wanted)
    yield Line("cases, one a message", f"{cases} of {wanted}", cases == wanted)
    yield Line("people, one a number", f"{contacts} of {wanted}", contacts == wanted)
    yield Line("nobody was texted twice", f"{_again(accepted)} were", not _again(accepted))
    settled = heard + unknown + states[DeliveryState.FAILED] + states[DeliveryState.WITHHELD]
    said = ", ".join(f"{count} {state.value}" for state, count in sorted(states.items()))
    yield Line("acknowledged once, or said to be unknown", said, settled >= wanted)
    sent = states[DeliveryState.SENT] + states[DeliveryState.DELIVERED]
    yield Line("what is written down as sent was sent", f"{sent} and {heard}", sent <= heard)
    yield Line("nothing set aside", f"{waiting} are", not waiting)
    yield Line("no notice and no escalation twice", f"{len(twice)} were", not twice)
    verified = subprocess.run(
        [sys.executable, "-m", "feedback_hub", "audit", "verify"],
        env=system.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (verified.stdout + verified.stderr).strip().splitlines()[-1:] or [""]
    yield Line("the audit log's chain", last[0][:90], verified.returncode == 0)
    yield Line("no process left", f"{len(orphans)} are", not orphans)


def _again(accepted: Counter[str]) -> int:
    return sum(count > 1 for count in accepted.values())

"""The call list, the desk's list of today and the sheet of one call, as one reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy import case as choose

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import languages_of
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.call_back import CallBack, CallReason, Way, local_day
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.place import Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.names import Names, names_for
from feedback_hub.reads.views.calls import CallRow
from feedback_hub.services import call_list, confided, loopback, remarks, typed
from feedback_hub.services.rules import Rules
from feedback_hub.services.typed import Typed

LIMIT = 200


@dataclass(frozen=True)
class CallPage:
    """Whom to reach now, the most urgent first, and whom later. ``languages``: the reader's own."""

    now: tuple[CallRow, ...]
    later: tuple[CallRow, ...]
    languages: tuple[str, ...]
    more: bool = False


@dataclass(frozen=True)
class DeskList:
    """Whom a site's desk is to find or expect on ``day``."""

    site: str
    day: datetime
    rows: tuple[CallRow, ...]


@dataclass(frozen=True)
class ScriptLine:
    """What to say: an approved wording; empty ``text`` where nobody approved any."""

    purpose: Purpose
    text: str
    language: str


@dataclass(frozen=True)
class CallSheet:
    """One call for whoever has claimed it; number, name and answer only for them."""

    row: CallRow
    script: tuple[ScriptLine, ...]
    number: str = ""
    name: str = ""
    safe_time: str = ""
    private_phone: Answered = Answered.NOT_ASKED
    may_leave_message: Answered = Answered.NOT_ASKED
    answer: str = ""
    attempts: int = 0
    attempts_needed: int = 0


def page(
    uow: SqlUnitOfWork,
    actor: Actor,
    now: datetime,
    *,
    way: Way | None = None,
    site: str = "",
) -> CallPage:
    """The list by urgency, then the reader's languages, then the time that was agreed."""
    spoken = languages_of(uow.session, actor.id)
    line, case = tables.call_back.c, tables.case.c
    query = _visible(actor)
    if way is not None:
        query = query.where(line.way == way)
    if site:
        query = query.where(case.site == site)
    order = (
        choose((line.not_before <= now, 0), else_=1),
        case.priority,
        choose((case.language.in_(spoken), 0), else_=1),
        line.not_before,
        line.id,
    )
    found = _found(uow, query.order_by(*order).limit(LIMIT + 1))
    rows = _rows(uow, actor, found[:LIMIT], now, spoken)
    return CallPage(
        tuple(row for row in rows if row.not_before <= now),
        tuple(row for row in rows if row.not_before > now),
        spoken,
        more=len(found) > LIMIT,
    )


def desk_today(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, site: str, now: datetime
) -> DeskList | None:
    """Whom the desk of ``site`` is to find or expect today; None where no such site is."""
    if uow.session.get(Site, site) is None:
        return None
    calendar = rules.calendar
    tomorrow = local_day(now, calendar) + timedelta(days=1)
    until = datetime.combine(tomorrow, time(), calendar.zone)
    line, case = tables.call_back.c, tables.case.c
    found = _found(
        uow,
        _visible(actor)
        .where(line.way == Way.DESK, case.site == site, line.not_before < until)
        .order_by(case.priority, line.not_before, line.id)
        .limit(LIMIT),
    )
    rows = _rows(uow, actor, found, now, (), with_names=True)
    # Whoever goes round the site does one place after the other.
    return DeskList(site, now, tuple(sorted(rows, key=lambda row: row.place)))


def waiting(
    uow: SqlUnitOfWork, actor: Actor, now: datetime, *, safely: bool
) -> tuple[int, datetime | None]:
    """How many people are to be reached now, and since when the first waits.

    ``safely``: those whom their handler contacts safely; else all others.
    """
    line = tables.call_back.c
    safe = line.reason == CallReason.SAFE_CONTACT
    counted = (
        select(func.count(), func.min(line.not_before))
        .join(tables.case, tables.case.c.id == line.case_id)
        .where(*_conditions(actor), line.not_before <= now, safe if safely else ~safe)
    )
    count, oldest = uow.session.execute(counted).one()
    return count, oldest


def lines_of(uow: SqlUnitOfWork, actor: Actor, case: Case, now: datetime) -> tuple[CallRow, ...]:
    """The open lines of one case that the reader may see."""
    found = _found(uow, _visible(actor).where(tables.call_back.c.case_id == case.id))
    # Most cases have none: then nothing is asked about whom they name.
    return _rows(uow, actor, found, now, ()) if found else ()


def sheet(uow: SqlUnitOfWork, rules: Rules, actor: Actor, line_id: str, now: datetime) -> CallSheet:
    """One call. Raises ``NotFound``."""
    line, case = call_list.reach(uow, actor, line_id)
    spoken = languages_of(uow.session, actor.id)
    (row,) = _rows(uow, actor, [(line, case)], now, spoken)
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if not row.mine:
        return CallSheet(row, (), attempts=case.loop_attempts)
    uow.saw(actor, case)
    answer = remarks.read(uow, case.answer_id)
    return CallSheet(
        row,
        script=_script(uow, rules, line, case, contact, answer),
        number=call_list.address(uow, contact) if contact else "",
        name=confided.name_of(uow, contact),
        safe_time=confided.safe_time_of(uow, contact),
        private_phone=contact.private_phone if contact else Answered.NOT_ASKED,
        may_leave_message=contact.may_leave_message if contact else Answered.NOT_ASKED,
        answer=answer,
        attempts=case.loop_attempts,
        attempts_needed=rules.attempts_before_unreachable,
    )


def row_of(uow: SqlUnitOfWork, actor: Actor, line: CallBack, case: Case, now: datetime) -> CallRow:
    """One line of the list."""
    return _rows(uow, actor, [(line, case)], now, ())[0]


def _conditions(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        tables.call_back.c.ended_at.is_(None),
        case_visible(scope_of(actor, Action.CALL_BACK)),
    )


def _visible(actor: Actor) -> Select[CallBack, Case]:
    return (
        select(CallBack, Case)
        .join(tables.case, tables.case.c.id == tables.call_back.c.case_id)
        .where(*_conditions(actor))
    )


def _found(uow: SqlUnitOfWork, query: Select[CallBack, Case]) -> list[tuple[CallBack, Case]]:
    return [(row[0], row[1]) for row in uow.session.execute(query)]


def _rows(
    uow: SqlUnitOfWork,
    actor: Actor,
    found: Sequence[tuple[CallBack, Case]],
    now: datetime,
    spoken: Sequence[str],
    *,
    with_names: bool = False,
) -> tuple[CallRow, ...]:
    if with_names:
        uow.saw_list(actor, (case for _, case in found))
    names = names_for(uow, {line.claimed_by for line, _ in found})
    words = typed.of(uow, [case.id for _, case in found])
    return tuple(
        _row(
            line,
            case,
            actor,
            now,
            names,
            spoken,
            _named(uow, case) if with_names else "",
            words.get(case.id, Typed()).place,
        )
        for line, case in found
    )


def _row(
    line: CallBack,
    case: Case,
    actor: Actor,
    now: datetime,
    names: Names,
    spoken: Sequence[str],
    name: str,
    place: str,
) -> CallRow:
    holder = line.holder(now)
    return CallRow(
        id=line.id,
        way=line.way,
        reason=line.reason,
        ref=case.ref,
        priority=case.priority,
        sensitivity=case.sensitivity,
        language=case.language,
        site=case.site,
        place=place,
        opened_at=line.opened_at,
        not_before=line.not_before,
        agreed=line.agreed,
        tries=line.tries,
        tried_at=line.tried_at,
        holder=names.person(holder) or ("?" if holder else ""),
        mine=holder == actor.id,
        speaks=case.language in spoken,
        name=name,
    )


def _script(
    uow: SqlUnitOfWork,
    rules: Rules,
    line: CallBack,
    case: Case,
    contact: Contact | None,
    answer: str,
) -> tuple[ScriptLine, ...]:
    """What to say, in order. Until the right person is there, nothing of what it is about."""
    purposes = [Purpose.SCRIPT_OPENING, Purpose.SCRIPT_WRONG_PERSON, Purpose.SCRIPT_PRIVACY]
    if line.reason is CallReason.REQUEST:
        purposes.append(Purpose.SCRIPT_REQUEST)
    if answer:
        purposes.append(Purpose.SCRIPT_ANSWER)
    languages = (contact.language, case.language) if contact else (case.language,)
    lines = []
    for purpose in purposes:
        wording = loopback.approved(uow, rules, languages, purpose)
        text = loopback.fill(rules, wording, case, answer) if wording else ""
        lines.append(ScriptLine(purpose, text, wording.language if wording else ""))
    return tuple(lines)


def _named(uow: SqlUnitOfWork, case: Case) -> str:
    """The name, only if the person agreed that others may have it, and never of an L3."""
    if case.consent.share is not Share.NAME or case.sensitivity is Sensitivity.L3:
        return ""
    return confided.name_of(uow, uow.contact(case.contact_id) if case.contact_id else None)

"""Cases as a table for people who count: chosen columns, pseudonymous unless it is asked otherwise.

A case is known by its number, which leads to nobody without the hub. Names, numbers and words are
columns of their own (``PERSONAL``), of cases that the reader works on, and each one that is
sensitive is in the audit log like a case that was opened. The last column is the export's id:
wherever a line turns up, the log says whose export it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import case_list, wire
from feedback_hub.services import custom_fields, seals, sharing
from feedback_hub.services.case_history import MARK
from feedback_hub.services.rules import Rules

COLUMNS = (
    "ref",
    "state",
    "type",
    "codes",
    "sector",
    "sensitivity",
    "priority",
    "site",
    "language",
    "channel",
    "received_at",
    "due_at",
    "closed_at",
    "outcome",
    "referred_to",
    "tags",
)
PERSONAL = ("name", "contact", "said")
"""Who it was and what they said: such a table leaves only behind a password."""


def header(rules: Rules, columns: Sequence[str] = COLUMNS) -> list[str]:
    """The first row for these columns: the hub's own questions and the mark follow them."""
    return [*columns, *(f"field_{field.name}" for field in rules.fields), MARK]


def chosen(written: str) -> tuple[str, ...]:
    """Columns as somebody names them, with commas between; empty: all but the personal ones.

    Raises ``Invalid``.
    """
    names = tuple(dict.fromkeys(name.strip() for name in written.split(",") if name.strip()))
    unknown = [name for name in names if name not in (*COLUMNS, *PERSONAL)]
    if unknown:
        known = ", ".join((*COLUMNS, *PERSONAL))
        raise Invalid("columns", f"has {unknown[0]!a}, which is none; there are {known}")
    return names or COLUMNS


def is_personal(columns: Sequence[str]) -> bool:
    """Whether any of these says who somebody is or what they said."""
    return bool(set(columns) & set(PERSONAL))


def rows(
    reading: Callable[[], AbstractContextManager[SqlUnitOfWork]],
    rules: Rules,
    actor: Actor,
    now: datetime,
    filters: case_list.Filters,
    columns: Sequence[str] = COLUMNS,
    mark: str = "",
) -> Iterator[list[str]]:
    """A line a case that ``actor`` handles, newest first. Raises ``Invalid``."""
    cursor = ""
    while True:
        with reading() as uow:
            page = case_list.page(uow, actor, filters, now, cursor=cursor, limit=case_list.MOST)
            own = wire.own_questions(uow, rules, page.cases)
            lines = []
            for case in page.cases:
                partners = [one.organisation for one in page.referrals.get(case.id, ())]
                cells = _cells(case, partners, own[case.id].tags)
                if is_personal(columns):
                    cells |= _personal(uow, actor, case)
                fields = _fields(uow, rules, actor, case, own[case.id])
                lines.append([*(cells[name] for name in columns), *fields, mark])
        yield from lines
        cursor = page.older
        if not cursor:
            return


def _personal(uow: SqlUnitOfWork, actor: Actor, case: Case) -> dict[str, str]:
    if not scope_of(actor, Action.READ_HISTORY).admits(uow.facts(case)):
        return dict.fromkeys(PERSONAL, "")
    uow.saw(actor, case)
    contact = uow.contact(case.contact_id) if case.contact_id else None
    address = ""
    if contact is not None:
        bound = seals.address_bound_to(contact.id)
        address = uow.vault.open(contact.key_id, contact.address_sealed, bound)
    return {
        "name": sharing.shared_name(uow, case, Share.NAME),
        "contact": address,
        "said": sharing.shared_words(uow, case, Share.NAME),
    }


def _fields(uow: SqlUnitOfWork, rules: Rules, actor: Actor, case: Case, own: wire.Own) -> list[str]:
    """The answers to the hub's own questions; what is personal for the case team alone."""
    team = scope_of(actor, Action.READ_HISTORY).admits(uow.facts(case))
    answers = {field.name: said for field, said in own.fields}
    seen = {field.name for field, _ in custom_fields.visible(rules, answers, team=team)}
    return [answers[f.name] if f.name in seen else "" for f in rules.fields]


def _cells(case: Case, partners: list[str], tags: Sequence[str]) -> dict[str, str]:
    def when(name: str) -> str:
        at = getattr(case, name)
        return at.isoformat() if at else ""

    return {
        "ref": case.ref,
        "state": case.state,
        "type": case.type,
        "codes": ";".join(case.codes),
        "sector": case.sector,
        "sensitivity": case.sensitivity,
        "priority": case.priority,
        "site": case.site,
        "language": case.language,
        "channel": case.channel,
        "received_at": when("received_at"),
        "due_at": when("due_at"),
        "closed_at": when("closed_at"),
        "outcome": case.outcome or "",
        "referred_to": ";".join(partners),
        "tags": ";".join(tags),
    }

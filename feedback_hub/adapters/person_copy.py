"""A person's own data: a copy of it, and erasing it, as far as one account works on their cases.

Command line and pages both come here. What the account may not see is neither shown nor erased, and
how much of that there is is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedback_hub.adapters import person_requests, retention
from feedback_hub.adapters.person_requests import RequestEnd, Wish
from feedback_hub.adapters.retention import Stage
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid
from feedback_hub.services import confided, seals, typed
from feedback_hub.services.remarks import bound_to


@dataclass(frozen=True)
class Gone:
    """What an erasure did: keys for the ledger before the commit, files to remove after it."""

    cases: int
    keys: frozenset[str]
    files: tuple[str, ...]


def copy_of(uow: SqlUnitOfWork, actor: Actor, about: Case, now: datetime) -> dict[str, Any]:
    """What is kept of the person of a case, for JSON; it ends their request to see it."""
    cases = _theirs(uow, actor, about)
    held = {
        "contact": _contact(uow, about),
        "cases": [_case(uow, one) for one in cases],
    }
    for one in cases:
        uow.audit(AuditAction.PERSON_EXPORTED, actor.id, now, kind="case", object_id=one.id)
    _end(uow, cases, Wish.SEE, actor, now)
    return held


def erase(uow: SqlUnitOfWork, actor: Actor, about: Case, now: datetime) -> Gone:
    """Erase who the person of a case is and what was said; it ends their request for it.

    Raises ``Invalid`` where a legal hold keeps one of these cases.
    """
    cases = _theirs(uow, actor, about)
    ids = [one.id for one in cases]
    if retention.is_held(uow.session, ids):
        raise Invalid("held", "a legal hold keeps this; see retention hold --release")
    keys: set[str] = set()
    files: list[str] = []
    for stage in (Stage.IDENTITY, Stage.TEXT):
        for case_id in ids:
            erased = retention.erase(uow.session, case_id, stage, now)
            keys |= erased.keys
            files.extend(erased.files)
    for case_id in ids:
        uow.audit(AuditAction.PERSON_ERASED, actor.id, now, kind="case", object_id=case_id)
    _end(uow, cases, Wish.ERASE, actor, now)
    return Gone(len(cases), frozenset(keys), tuple(files))


def _theirs(uow: SqlUnitOfWork, actor: Actor, about: Case) -> list[Case]:
    found = (uow.case(one) for one in retention.cases_of_person(uow.session, about.id))
    mine = (uow.visible_case(actor, Action.WORK_CASE, one.ref) for one in found if one)
    return [one for one in mine if one is not None]


def _end(
    uow: SqlUnitOfWork, cases: Sequence[Case], wish: Wish, actor: Actor, now: datetime
) -> None:
    ids = [one.id for one in cases]
    person_requests.end(uow.session, ids, wish, RequestEnd.DONE, actor.id, now)


def _contact(uow: SqlUnitOfWork, case: Case) -> dict[str, str]:
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if contact is None:
        return {}
    address = seals.address_bound_to(contact.id)
    return {
        "channel": contact.channel,
        "address": uow.vault.open(contact.key_id, contact.address_sealed, address),
        "name": confided.name_of(uow, contact),
        "safe_time": confided.safe_time_of(uow, contact),
    }


def _case(uow: SqlUnitOfWork, case: Case) -> dict[str, object]:
    answer = uow.remark(case.answer_id) if case.answer_id else None
    return {
        "ref": case.ref,
        "received_at": case.received_at.isoformat(),
        "state": case.state.value,
        "place": typed.of_case(uow, case).place,
        "said": [
            uow.vault.open(one.key_id, one.text_sealed, seals.text_bound_to(one.id))
            for one in uow.shown_of(case)
        ],
        "answer": uow.vault.open(answer.key_id, answer.text_sealed, bound_to(answer.id))
        if answer
        else "",
    }

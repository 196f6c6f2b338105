"""What stands beside a case: asked once, so that nothing is looked for where nothing is."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, or_, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.case import Case
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.sensitivity import Sensitivity


class Beside(NamedTuple):
    """Of what there is any. It says nothing of other cases, nor of whoever asks."""

    answers: bool = True
    attachments: bool = True
    call_backs: bool = True
    emergencies: bool = True
    issues: bool = True
    meeting: bool = True
    moved: bool = True
    passages: bool = True
    places: bool = True
    referrals: bool = True
    remarks: bool = True
    tags: bool = True
    typed: bool = True


ANYTHING = Beside()
"""For whoever sees only some of it: how long a page takes must not tell of the rest."""


def of_case(uow: SqlUnitOfWork, case: Case) -> Beside:
    """What stands beside ``case``, for whoever sees all of it."""
    found = Beside(*uow.session.execute(_asked(), {"case_id": case.id}).one())
    # Files of a message that is in doubt are there for the handlers of an L3 alone.
    if case.sensitivity is Sensitivity.L3:
        return found._replace(attachments=True)
    return found


@cache
def _asked() -> Select[*tuple[bool, ...]]:
    case, event, line = tables.case.c, tables.case_event.c, tables.call_back.c
    message, typed = tables.message.c, tables.case_typed.c
    this: BindParameter[str] = bindparam("case_id")
    files = tables.attachment.join(tables.message, message.id == tables.attachment.c.message_id)
    ways: dict[str, ColumnElement[bool]] = {
        "answers": exists().where(tables.case_fields.c.case_id == this),
        "attachments": exists()
        .select_from(files)
        .where(message.case_id == this, message.doubted_at.is_(None)),
        "call_backs": exists().where(line.case_id == this, line.ended_at.is_(None)),
        "emergencies": exists().where(tables.emergency.c.case_id == this),
        "issues": exists().where(tables.issue_case.c.case_id == this),
        "meeting": exists().where(tables.meeting_case.c.case_id == this),
        "moved": exists().where(event.case_id == this, event.kind == EventKind.SPLIT),
        "passages": exists().where(tables.passage.c.case_id == this),
        "places": exists().where(tables.case_place.c.case_id == this),
        "referrals": exists().where(tables.referral.c.case_id == this),
        "remarks": exists().where(tables.remark.c.case_id == this),
        "tags": exists().where(tables.case_tag.c.case_id == this),
        # Not sealed yet: written by a program of before.
        "typed": or_(
            exists().where(typed.case_id == this),
            exists().where(case.id == this, case.place != ""),
        ),
    }
    return select(*(ways[name] for name in Beside._fields))

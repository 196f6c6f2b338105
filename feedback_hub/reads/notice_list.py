"""What the reader was told, the newest first, with a way there only where they may go."""

from __future__ import annotations

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_list import own_scope
from feedback_hub.reads.views.frame import NoticeLine
from feedback_hub.services.records import Notice, NoticeKind

LIMIT = 100


def lines(uow: SqlUnitOfWork, actor: Actor) -> tuple[NoticeLine, ...]:
    """The latest notices of an account."""
    found = uow.session.scalars(
        select(Notice)
        .where(tables.notice.c.account_id == actor.id)
        .order_by(tables.notice.c.at.desc(), tables.notice.c.id)
        .limit(LIMIT)
    )
    return tuple(_line(uow, actor, notice) for notice in found)


def _line(uow: SqlUnitOfWork, actor: Actor, notice: Notice) -> NoticeLine:
    case = uow.case(notice.case_id)
    if case is None:
        return NoticeLine(notice.id, notice.kind, notice.at, is_read=notice.read_at is not None)
    opens_case = own_scope(actor).admits(uow.facts(case))
    referral = notice.referral_id or ""
    if opens_case or not uow.visible_referral(actor, Action.ANSWER_REFERRAL, referral):
        referral = ""
    return NoticeLine(
        id=notice.id,
        kind=notice.kind,
        at=notice.at,
        is_read=notice.read_at is not None,
        ref=case.ref if opens_case else "",
        referral_id=referral,
        # That a case was opened in an emergency is said as it is: it tells nothing of the case.
        sensitive=case.sensitivity is Sensitivity.L3 and notice.kind is not NoticeKind.GLASS_BROKEN,
    )

"""Notices and who gets them: what the unit of work asks the database for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    distinct,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from feedback_hub.adapters import tables
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.place import MailWish
from feedback_hub.services.records.staff import (
    OF_CLOSED_TOO,
    Mailbox,
    MailState,
    Notice,
    NoticeKind,
)


def mailbox(session: Session, account: str) -> Mailbox | None:
    """How an account hears by e-mail, by its id or address, active or not."""
    if not account:
        return None
    columns = tables.account.c
    row = session.execute(
        select(
            columns.id,
            columns.email,
            columns.locale,
            columns.mail,
            columns.active,
            columns.absent_until,
            columns.chat,
        ).where(or_(columns.id == account, columns.email == account.strip().lower()))
    ).one_or_none()
    return Mailbox(*row) if row else None


def of_case(session: Session, case_id: str, kind: NoticeKind) -> Sequence[Notice]:
    """The notices of a kind that a case has caused."""
    notice = tables.notice.c
    return session.scalars(
        select(Notice).where(notice.case_id == case_id, notice.kind == kind)
    ).all()


def claim_mails(session: Session, wanted: Notice, now: datetime) -> Sequence[str]:
    """Mark all that waits for the same person as being mailed, unless somebody else did.

    One statement decides: two workers that wake up for two notices of one person send one e-mail.
    """
    notice = tables.notice.c
    whose = (
        notice.account_id == wanted.account_id
        if wanted.account_id
        else (notice.account_id.is_(None)) & (notice.email == wanted.email)
    )
    claimed = session.scalars(
        update(tables.notice)
        .where(whose, notice.mail.is_(None), notice.read_at.is_(None))
        .values(mail=MailState.ATTEMPTING, mailed_at=now)
        .returning(notice.id)
    ).all()
    session.expire_all()
    return claimed


def claim_chats(session: Session, wanted: Notice) -> Sequence[str]:
    """The same for messages to an account's Telegram: one statement decides."""
    notice = tables.notice.c
    claimed = session.scalars(
        update(tables.notice)
        .where(
            notice.account_id == wanted.account_id, notice.chat.is_(None), notice.read_at.is_(None)
        )
        .values(chat=MailState.ATTEMPTING)
        .returning(notice.id)
    ).all()
    session.expire_all()
    return claimed


def waiting(
    session: Session,
    account_id: str,
    *,
    ref: str = "",
    referral_id: str = "",
    ids: Sequence[str] = (),
) -> Sequence[str]:
    """The ids of what an account has not read: about one case, referral, or of ``ids`` if given."""
    given = {"ref": ref, "referral_id": referral_id, "ids": list(ids)}
    asked = {name: value for name, value in given.items() if value}
    return session.scalars(_unread(tuple(asked)), {"account_id": account_id, **asked}).all()


@cache
def _unread(about: tuple[str, ...]) -> Select[str]:
    notice, case = tables.notice.c, tables.case.c
    ways: dict[str, ColumnElement[bool]] = {
        "ref": notice.case_id.in_(select(case.id).where(case.ref == bindparam("ref"))),
        "referral_id": notice.referral_id == bindparam("referral_id"),
        "ids": notice.id.in_(bindparam("ids", expanding=True)),
    }
    return select(notice.id).where(
        notice.account_id == bindparam("account_id"),
        notice.read_at.is_(None),
        *(ways[one] for one in about),
    )


def count_waiting(quiet: Sequence[NoticeKind] = ()) -> ScalarSelect[int]:
    """The number of cases that an account has something to read about, ``quiet`` kinds aside.

    The account is the parameter ``account_id``. A case that was closed meanwhile asks for nothing
    any more; that somebody opened one in an emergency, and what a person asks of their data, is
    told whatever became of it.
    """
    notice, case = tables.notice.c, tables.case.c
    counted = (
        select(func.count(distinct(notice.case_id)))
        .join(tables.case, case.id == notice.case_id)
        .where(
            notice.account_id == bindparam("account_id"),
            notice.read_at.is_(None),
            or_(case.state != CaseState.CLOSED, notice.kind.in_(OF_CLOSED_TOO)),
        )
    )
    if quiet:
        counted = counted.where(notice.kind.not_in(quiet))
    return counted.scalar_subquery()


def mark_read(session: Session, ids: Sequence[str], now: datetime) -> None:
    """These were read."""
    if ids:
        session.execute(
            update(tables.notice).where(tables.notice.c.id.in_(ids)).values(read_at=now)
        )


def keep_wish(
    session: Session,
    account_id: str,
    wish: MailWish,
    absent_until: date | None,
    chat: MailWish = MailWish.NONE,
) -> None:
    """When an account wants e-mail and Telegram, and until when its back-up is asked instead."""
    session.execute(
        update(tables.account)
        .where(tables.account.c.id == account_id)
        .values(mail=wish, absent_until=absent_until, chat=chat)
    )

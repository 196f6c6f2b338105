"""What a partner sees: the referrals of the reader's organisation, and one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.tables import case as case_table
from feedback_hub.adapters.tables import referral as referral_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import referral_visible
from feedback_hub.domain.access import Action, Actor, Role, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.referral import MOVES, Referral, ReferralState, ReferralVerb
from feedback_hub.reads import conversation, keyset
from feedback_hub.reads.names import Names, names_for
from feedback_hub.reads.referral_view import referral_view
from feedback_hub.reads.rows import code_of, referral_row, snippets, type_of
from feedback_hub.reads.views.conversation import HistoryLine
from feedback_hub.reads.views.referrals import InboxTab, ReferralInbox, ReferralRow, ReferralView
from feedback_hub.services import sharing

LIMIT = 50
STATES: dict[InboxTab, tuple[ReferralState, ...]] = {
    InboxTab.ACCEPT: (ReferralState.SENT, ReferralState.EXPIRED),
    InboxTab.ANSWER: (ReferralState.ACCEPTED, ReferralState.IN_ACTION, ReferralState.RETURNED),
    InboxTab.DONE: (
        ReferralState.ANSWERED,
        ReferralState.VERIFIED,
        ReferralState.DECLINED,
        ReferralState.REFERRED_ON,
    ),
}
_PARTNER_VERBS = {
    "accept": ReferralVerb.ACCEPT,
    "decline": ReferralVerb.DECLINE,
    "return": ReferralVerb.RETURN,
    "start": ReferralVerb.START,
    "answer": ReferralVerb.ANSWER,
    "refer": ReferralVerb.REFER_ON,
}
_OURS = {Role.FOCAL_POINT}


def page(
    uow: SqlUnitOfWork, actor: Actor, tab: InboxTab | None, now: datetime, cursor: str = ""
) -> ReferralInbox:
    """One page of a list, the newest first; without ``tab`` of the first one where something waits.

    Raises ``Invalid`` for a cursor nobody gave out.
    """
    counts = {each: _count(uow, actor, STATES[each]) for each in InboxTab}
    if tab is None:
        only_to_answer = counts[InboxTab.ANSWER] and not counts[InboxTab.ACCEPT]
        tab = InboxTab.ANSWER if only_to_answer else InboxTab.ACCEPT
    backwards = cursor.startswith("-")
    sent, key = referral_table.c.sent_at, referral_table.c.id
    query = _of(actor, tab)
    if cursor:
        query = query.where(keyset.beyond(sent, key, cursor.lstrip("-"), backwards=backwards))
    order = (sent.asc(), key.asc()) if backwards else (sent.desc(), key.desc())
    rows = uow.session.execute(query.order_by(*order).limit(LIMIT + 1))
    found = [(row[0], row[1]) for row in rows]
    more, found = len(found) > LIMIT, found[:LIMIT]
    if backwards:
        found.reverse()
    older = bool(found) and (more or backwards)
    newer = bool(found) and (more if backwards else bool(cursor))
    names = names_for(uow)
    own = {m.organisation for m in actor.memberships if m.role in _OURS}
    return ReferralInbox(
        tab=tab,
        rows=_rows(uow, actor, found, now),
        counts=counts,
        organisation=", ".join(sorted(names.organisation(code) for code in own)),
        older=_cursor(found[-1][0]) if older else "",
        newer="-" + _cursor(found[0][0]) if newer else "",
    )


def waiting(uow: SqlUnitOfWork, actor: Actor, tab: InboxTab) -> tuple[int, datetime | None]:
    """How many referrals the organisation owes something on, and since when."""
    states = tuple(state for state in STATES[tab] if state is not ReferralState.RETURNED)
    count = _count(uow, actor, states)
    oldest: datetime | None = uow.session.scalar(
        select(func.min(referral_table.c.sent_at))
        .join(case_table, case_table.c.id == referral_table.c.case_id)
        .where(*_mine(actor, states))
    )
    return count, oldest


def most_pressing(
    uow: SqlUnitOfWork, actor: Actor, now: datetime, limit: int
) -> tuple[ReferralRow, ...]:
    """What to open first: the nearest deadline."""
    states = tuple(
        state
        for tab in (InboxTab.ACCEPT, InboxTab.ANSWER)
        for state in STATES[tab]
        if state is not ReferralState.RETURNED
    )
    found = uow.session.execute(
        select(Referral, Case)
        .join(case_table, case_table.c.id == referral_table.c.case_id)
        .where(*_mine(actor, states))
        .order_by(func.coalesce(referral_table.c.due_at, referral_table.c.sent_at))
        .limit(limit)
    )
    return _rows(uow, actor, [(row[0], row[1]) for row in found], now)


def view(
    uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime, hub_name: str
) -> ReferralView:
    """One referral as its partner may see it. Raises ``NotFound``."""
    found = uow.visible_referral(actor, Action.ANSWER_REFERRAL, referral_id)
    if found is None:
        raise NotFound
    referral, case = found
    said = conversation.remarks_of(uow, case.id)
    names = names_for(uow, conversation.actors_of(uow, case.id), [referral.focal_point])
    parent = uow.referral(referral.parent_id) if referral.parent_id else None
    return replace(
        referral_view(referral, said, names, now),
        moves=partner_moves(referral),
        ref=case.ref,
        code=code_of(case),
        type=type_of(case),
        sector=case.sector,
        site=case.site,
        priority=case.priority,
        text=sharing.shared_words(uow, case, referral.share),
        language=case.language,
        name=sharing.shared_name(uow, case, referral.share),
        received_at=case.received_at,
        from_organisation=names.organisation(parent.organisation) if parent else "",
        history=_history(uow, actor, case, referral, names, hub_name),
    )


def others(uow: SqlUnitOfWork, organisation: str) -> tuple[tuple[str, str], ...]:
    """Whom a partner may pass a referral on to: code and name. The accused is among them, or the
    list would tell who it is.
    """
    columns = tables.organisation.c
    rows = uow.session.execute(
        select(columns.code, columns.name)
        .where(columns.active, columns.name != organisation)
        .order_by(columns.name)
    )
    return tuple((code, name or code) for code, name in rows)


def partner_moves(referral: Referral) -> frozenset[str]:
    """The verbs a partner may use on this referral now."""
    return frozenset(name for name, verb in _PARTNER_VERBS.items() if referral.state in MOVES[verb])


def _history(
    uow: SqlUnitOfWork,
    actor: Actor,
    case: Case,
    referral: Referral,
    names: Names,
    hub_name: str,
) -> tuple[HistoryLine, ...]:
    """What happened to this referral. Who of the case team did it is not the partner's to know."""
    colleagues = set(
        uow.session.scalars(
            select(tables.membership.c.account_id).where(
                tables.membership.c.organisation.in_(sorted(actor.organisations))
            )
        )
    )
    only = Names(
        {
            person: names.person(person) if person in colleagues else hub_name
            for person in names.people
        },
        names.organisations,
    )
    return conversation.history(uow, case, only, referral_id=referral.id)


def _mine(actor: Actor, states: tuple[ReferralState, ...]) -> tuple[ColumnElement[bool], ...]:
    visible = referral_visible(scope_of(actor, Action.ANSWER_REFERRAL))
    return visible, referral_table.c.state.in_(states)


def _of(actor: Actor, tab: InboxTab) -> Select[Referral, Case]:
    return (
        select(Referral, Case)
        .join(case_table, case_table.c.id == referral_table.c.case_id)
        .where(*_mine(actor, STATES[tab]))
    )


def _count(uow: SqlUnitOfWork, actor: Actor, states: tuple[ReferralState, ...]) -> int:
    counted = (
        select(func.count())
        .select_from(referral_table)
        .join(case_table, case_table.c.id == referral_table.c.case_id)
        .where(*_mine(actor, states))
    )
    return uow.session.scalar(counted) or 0


def _rows(
    uow: SqlUnitOfWork, actor: Actor, found: list[tuple[Referral, Case]], now: datetime
) -> tuple[ReferralRow, ...]:
    words = snippets(uow, actor, [case for _, case in found])
    return tuple(
        referral_row(referral, case, words.get(case.id, ""), now) for referral, case in found
    )


def _cursor(referral: Referral) -> str:
    return keyset.cursor_at(referral.sent_at or referral.created_at, referral.id)

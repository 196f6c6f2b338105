"""One case as one reader may see it, and what they may do with it now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from feedback_hub.adapters import meetings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, CaseFacts, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.languages import needs_speaker
from feedback_hub.domain.masking import mask
from feedback_hub.domain.referral import MOVES as REFERRAL_MOVES
from feedback_hub.domain.referral import Referral, ReferralState, ReferralVerb
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE
from feedback_hub.reads import (
    attachments,
    audience,
    audit_pages,
    bank,
    beside,
    call_list,
    case_list,
    case_panels,
    conversation,
    exchange,
    issue_list,
    likely,
    related,
)
from feedback_hub.reads.beside import Beside
from feedback_hub.reads.case_choices import choices, with_referral
from feedback_hub.reads.case_list import own_scope
from feedback_hub.reads.case_moves import KnownCase, moves_of, next_step, outcomes_of
from feedback_hub.reads.conversation import Remarks
from feedback_hub.reads.names import names_for
from feedback_hub.reads.referral_view import referral_view
from feedback_hub.reads.rows import code_of, type_of
from feedback_hub.reads.views.case import (
    CaseChoices,
    CaseView,
    EmergencyLine,
    PersonView,
)
from feedback_hub.reads.views.conversation import MessageView
from feedback_hub.reads.views.referrals import Audience, ReferralView
from feedback_hub.reads.views.related import Related
from feedback_hub.reads.wire import message_text
from feedback_hub.services import typed
from feedback_hub.services.conversation import as_said_now
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.rules import Rules
from feedback_hub.services.typed import Typed


def reach(uow: SqlUnitOfWork, actor: Actor, ref: str) -> Case:
    """The case, if ``actor`` handles it: a referral alone opens no case. Raises ``NotFound``."""
    return _reached(uow, actor, ref)[0]


def _reached(uow: SqlUnitOfWork, actor: Actor, ref: str) -> tuple[Case, CaseFacts]:
    case = uow.visible_case(actor, Action.READ_CASE, ref)
    if case is None:
        raise NotFound
    facts = uow.facts(case)
    if not own_scope(actor).admits(facts):
        raise NotFound
    return case, facts


def view(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, ref: str, now: datetime, sure_from: float
) -> CaseView:
    """The case page. ``sure_from``: from this confidence on a suggestion is no guess.

    Who handles the case sees all of it; a desk sees what was said without names and numbers.
    Raises ``NotFound``.
    """
    return page(uow, rules, actor, ref, now, sure_from)[0]


def page(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, ref: str, now: datetime, sure_from: float
) -> tuple[CaseView, CaseChoices]:
    """The same, with what its forms offer. Raises ``NotFound``."""
    case, facts = _reached(uow, actor, ref)
    team = scope_of(actor, Action.READ_HISTORY).admits(facts)
    there = beside.of_case(uow, case) if team else beside.ANYTHING
    known = _known(uow, rules, actor, case, facts, there, team=team)
    shown = _view(uow, rules, actor, known, there, now, sure_from, team=team)
    return shown, choices(uow, rules, known, now)


def _known(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    case: Case,
    facts: CaseFacts,
    there: Beside,
    *,
    team: bool,
) -> KnownCase:
    referrals: tuple[Referral, ...] = ()
    if team and there.referrals:
        referrals = case_list.referrals_of(uow, actor, [case.id]).get(case.id, ())
    opened = uow.emergencies_of(case.id) if team and there.emergencies else ()
    return KnownCase(
        case=case,
        facts=facts,
        messages=uow.shown_of(case),
        referrals=referrals,
        said=conversation.remarks_of(uow, case.id) if there.remarks else Remarks((), {}),
        read=conversation.readings(uow, case.id) if team else {},
        names=names_for(
            uow,
            {case.owner, *conversation.actors_of(uow, case.id), *(e.account_id for e in opened)},
            {case.route_focal_point, *(r.focal_point for r in referrals)},
        ),
        elsewhere=exchange.of_case(uow, rules.peers, case) if there.passages else (),
        learnt=case.sensitivity is Sensitivity.L3 and uow.may_be_learnt(case.id),
        opened=opened,
    )


def _view(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    known: KnownCase,
    there: Beside,
    now: datetime,
    sure_from: float,
    *,
    team: bool,
) -> CaseView:
    case, facts, said = known.case, known.facts, known.said
    words = typed.of_case(uow, case) if there.typed else Typed()
    moves = moves_of(known, rules, actor, now)
    partners, named = _partners(known)
    history = conversation.history(uow, case, known.names, said) if team else ()
    shown = CaseView(
        ref=case.ref,
        version=case.version,
        state=case.state,
        code=code_of(case),
        type=type_of(case),
        sensitivity=case.sensitivity,
        priority=case.priority,
        received_at=case.received_at,
        channel=case.channel,
        codes=case.codes,
        sector=case.sector,
        site=case.site,
        place=words.place,
        accused_organisation=known.names.organisation(typed.accused_in(case, words))
        if team
        else "",
        accused_class=case.accused_class if team else None,
        language=case.language,
        owner=known.names.person(case.owner),
        suspected=case.suspected,
        audience=_audience(case),
        readers=audience.readers(uow, facts),
        partners=partners,
        partners_named=named,
        person=case_panels.person(uow, case) if team else PersonView(),
        messages=_messages(uow, known, actor, there, team=team),
        suggestion=case_panels.suggestion(known, sure_from),
        needs_speaker=needs_speaker(case.language, case.codes)
        and not any(r.kind is RemarkKind.TRANSLATION for r in said.rows),
        where=case_panels.where(uow, case, there) if team else NOWHERE,
        history=history,
        opened_by=audit_pages.opened_by(uow, case.id) if team and _is_watched(case) else (),
        emergencies=tuple(
            EmergencyLine(
                by=known.names.person(one.account_id),
                at=one.at,
                until=one.ended_at or one.until,
                reason=said.text(one.reason_id),
                lasts=one.lasts(now),
            )
            for one in known.opened
        ),
        meeting=meetings.of_case(uow.session, case.id) if there.meeting else None,
        own=case_panels.own_answers(uow, rules, case, team=team) if there.answers else (),
        tags=uow.tags_of([case.id]).get(case.id, ()) if there.tags else (),
        related=related.of_case(uow, actor, case) if team else Related(),
        likely=likely.of_case(uow, rules, actor, case, facts),
        issues=issue_list.of_case(uow, actor, case)
        if there.issues and actor.may(Action.READ_ISSUE)
        else (),
        referrals=tuple(_referral(uow, known, r, actor, now) for r in known.referrals),
        clocks=case_panels.clocks(case, rules, now),
        next_step=next_step(known, moves),
        moves=moves,
        consent=case.consent,
        answer=said.text(case.answer_id),
        outcome=case.outcome,
        closing_reason=case_panels.closing_reason(known) if case.outcome else "",
        satisfied=case.satisfied,
        satisfaction=case.satisfaction,
        outcomes=outcomes_of(case, rules),
        attempts=case.loop_attempts,
        attempts_needed=rules.attempts_before_unreachable,
        loop_back=case_panels.loop_back(uow, rules, case, now) if "loop-back" in moves else None,
        answers=bank.suggested(uow, rules, case, now) if "inform" in moves else (),
        safeguards=case_panels.safeguards(uow, rules, known, now)
        if "conduct-report" in moves
        else None,
        to_reach=call_list.lines_of(uow, actor, case, now)
        if there.call_backs and scope_of(actor, Action.CALL_BACK).admits(facts)
        else (),
        elsewhere=known.elsewhere if team else (),
    )
    return with_referral(uow, rules, known, shown, now) if "refer" in moves else shown


def _is_watched(case: Case) -> bool:
    """Whether each opening of it is written down: of an ordinary case it is not."""
    return case.sensitivity is not Sensitivity.L1


def _audience(case: Case) -> Audience:
    if case.sensitivity is Sensitivity.L3:
        return Audience.HANDLERS
    return Audience.TEAM if case.site else Audience.ALL_CASE_MANAGERS


def _partners(known: KnownCase) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who sees the words without the name, and who with it (``access``, focal points)."""
    if known.case.sensitivity is Sensitivity.L3:
        return (), ()
    sent = [
        referral
        for referral in known.referrals
        if referral.state is not ReferralState.DRAFTED
        and referral.organisation != known.case.accused_organisation
    ]
    named = {r.organisation for r in sent if r.share is Share.NAME}
    others = {r.organisation for r in sent} - named
    return (
        tuple(sorted(known.names.organisation(code) for code in others)),
        tuple(sorted(known.names.organisation(code) for code in named)),
    )


def _messages(
    uow: SqlUnitOfWork, known: KnownCase, actor: Actor, there: Beside, *, team: bool
) -> tuple[MessageView, ...]:
    if team:
        return conversation.whole(
            uow,
            known.messages,
            known.case.id,
            known.said,
            known.referrals,
            known.names,
            known.read,
            attachments.by_message(uow, known.case) if there.attachments else {},
            any_moved=there.moved,
        )
    wrote_it = known.case.entered_by == actor.id
    uow.vault.load({message.key_id for message in known.messages})
    return tuple(
        conversation.inbound(
            said, text if wrote_it else mask(text), (earlier[0] if earlier else said).at
        )
        for said, earlier in as_said_now(known.messages)
        for text in (message_text(uow, said),)
    )


def _referral(
    uow: SqlUnitOfWork, known: KnownCase, referral: Referral, actor: Actor, now: datetime
) -> ReferralView:
    said = known.said
    verbs = {"resume": ReferralVerb.RESUME, "verify": ReferralVerb.VERIFY}
    mine = scope_of(actor, Action.WORK_CASE).admits(known.facts)
    return replace(
        referral_view(referral, said, known.names, now),
        moves=frozenset(
            name for name, verb in verbs.items() if mine and referral.state in REFERRAL_MOVES[verb]
        ),
        linked=mine
        and any(
            link.revoked_at is None and link.expires_at > now
            for link in uow.partner_links_of(referral.id)
        ),
    )

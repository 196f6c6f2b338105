"""One case as one reader may see it, and what they may do with it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from feedback_hub.adapters import meetings
from feedback_hub.adapters.tables import organisation as organisation_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, CaseFacts, scope_of
from feedback_hub.domain.case import MOVES, Case, CaseState, CaseVerb, Outcome, may_close
from feedback_hub.domain.coding import FeedbackType, Sector
from feedback_hub.domain.consent import Share
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.custom_field import FieldKind
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.domain.languages import needs_speaker
from feedback_hub.domain.masking import mask
from feedback_hub.domain.place import Organisation
from feedback_hub.domain.referral import MOVES as REFERRAL_MOVES
from feedback_hub.domain.referral import Referral, ReferralState, ReferralVerb
from feedback_hub.domain.safeguarding import concerns_child, owes_report, report_due
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE
from feedback_hub.reads import (
    attachments,
    audience,
    audit_pages,
    bank,
    call_list,
    case_list,
    conversation,
    exchange,
    issue_list,
    likely,
    related,
)
from feedback_hub.reads.case_list import own_scope
from feedback_hub.reads.conversation import Reading, Remarks
from feedback_hub.reads.names import Names, names_for, site_names
from feedback_hub.reads.rows import WITH_PARTNER, clock_to, code_of, referral_clock, type_of
from feedback_hub.reads.views.case import (
    CaseChoices,
    CaseView,
    EmergencyLine,
    LoopBackView,
    NextStep,
    OrganisationChoice,
    PassageLine,
    PersonView,
    SafeguardView,
    ServiceView,
)
from feedback_hub.reads.views.conversation import MessageView, SuggestionView
from feedback_hub.reads.views.queue import ClockLevel, ClockView
from feedback_hub.reads.views.referrals import Audience, ReferralView
from feedback_hub.reads.views.related import Related
from feedback_hub.reads.wire import message_text
from feedback_hub.services import (
    confided,
    custom_fields,
    loopback,
    routing,
    safeguarding,
    seals,
    typed,
)
from feedback_hub.services.conversation import as_said_now
from feedback_hub.services.records import Message, RemarkKind
from feedback_hub.services.rules import Rules
from feedback_hub.services.sharing import shared_words

_VERBS = {
    "triage": (Action.TRIAGE, CaseVerb.TRIAGE),
    "refer": (Action.WORK_CASE, CaseVerb.REFER),
    "hand-off": (Action.WORK_CASE, CaseVerb.HAND_OFF),
    "answer": (Action.WORK_CASE, CaseVerb.RESPOND),
    "loop-back": (Action.WORK_CASE, CaseVerb.ATTEMPT_LOOP),
    "reopen": (Action.WORK_CASE, CaseVerb.REOPEN),
}
_STEPS: Mapping[CaseState, NextStep] = {
    CaseState.RECEIVED: NextStep.TRIAGE,
    CaseState.REOPENED: NextStep.TRIAGE,
    CaseState.APPEALED: NextStep.TRIAGE,
    CaseState.HANDED_OFF: NextStep.ANSWER,
    CaseState.RESPONSE_READY: NextStep.LOOP_BACK,
    CaseState.LOOP_ATTEMPTED: NextStep.CLOSE,
    CaseState.ANSWERED_ON_SPOT: NextStep.CLOSE,
}


@dataclass(frozen=True)
class _Known:
    """What was fetched of one case."""

    case: Case
    facts: CaseFacts
    messages: Sequence[Message]
    referrals: tuple[Referral, ...]
    said: Remarks
    read: Mapping[str, Reading]
    names: Names
    elsewhere: tuple[PassageLine, ...]

    @property
    def came(self) -> bool:
        """Whether another mechanism sent the case: it tells the person, we tell it."""
        return any(one.came for one in self.elsewhere)


def reach(uow: SqlUnitOfWork, actor: Actor, ref: str) -> Case:
    """The case, if ``actor`` handles it: a referral alone opens no case. Raises ``NotFound``."""
    case = uow.visible_case(actor, Action.READ_CASE, ref)
    if case is None or not own_scope(actor).admits(uow.facts(case)):
        raise NotFound
    return case


def view(
    uow: SqlUnitOfWork, rules: Rules, actor: Actor, ref: str, now: datetime, sure_from: float
) -> CaseView:
    """The case page. ``sure_from``: from this confidence on a suggestion is no guess.

    Who handles the case sees all of it; a desk sees what was said without names and numbers.
    Raises ``NotFound``.
    """
    case = reach(uow, actor, ref)
    facts = uow.facts(case)
    team = scope_of(actor, Action.READ_HISTORY).admits(facts)
    referrals = case_list.referrals_of(uow, actor, [case.id]).get(case.id, ()) if team else ()
    said = conversation.remarks_of(uow, case.id)
    opened = uow.emergencies_of(case.id) if team else ()
    known = _Known(
        case=case,
        facts=facts,
        messages=uow.messages_of(case.id),
        referrals=referrals,
        said=said,
        read=conversation.readings(uow, case.id) if team else {},
        names=names_for(
            uow,
            {case.owner, *conversation.actors_of(uow, case.id), *(e.account_id for e in opened)},
            {case.route_focal_point, *(r.focal_point for r in referrals)},
        ),
        elsewhere=exchange.of_case(uow, rules.peers, case),
    )
    moves = _moves(known, rules, actor, now)
    partners, named = _partners(known)
    history = conversation.history(uow, case.id, known.names, said) if team else ()
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
        place=typed.of_case(uow, case).place,
        language=case.language,
        owner=known.names.person(case.owner),
        suspected=case.suspected,
        audience=_audience(case),
        readers=audience.readers(uow, facts),
        partners=partners,
        partners_named=named,
        person=_person(uow, case) if team else PersonView(),
        messages=_messages(uow, known, actor, team=team),
        suggestion=_suggestion(known, sure_from),
        needs_speaker=needs_speaker(case.language, case.codes)
        and not any(r.kind is RemarkKind.TRANSLATION for r in said.rows),
        where=uow.whereabouts_of([case]).get(case.id, NOWHERE) if team else NOWHERE,
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
            for one in opened
        ),
        meeting=meetings.of_case(uow.session, case.id),
        own=tuple(
            (field, said if team or field.kind is not FieldKind.TEXT else mask(said))
            for field, said in custom_fields.visible(
                rules, custom_fields.answers_of(uow, [case.id]).get(case.id, {}), team=team
            )
        ),
        tags=uow.tags_of([case.id]).get(case.id, ()),
        related=related.of_case(uow, actor, case) if team else Related(),
        likely=likely.of_case(uow, rules, actor, case),
        issues=issue_list.of_case(uow, actor, case) if actor.may(Action.READ_ISSUE) else (),
        referrals=tuple(_referral(uow, known, r, actor, now) for r in referrals),
        clocks=_clocks(case, rules, now),
        next_step=_next_step(known, moves),
        moves=moves,
        consent=case.consent,
        answer=said.text(case.answer_id),
        outcome=case.outcome,
        closing_reason=_closing_reason(known) if case.outcome else "",
        satisfied=case.satisfied,
        satisfaction=case.satisfaction,
        outcomes=_outcomes(case, rules),
        attempts=case.loop_attempts,
        attempts_needed=rules.attempts_before_unreachable,
        loop_back=_loop_back(uow, rules, case, now) if "loop-back" in moves else None,
        answers=bank.suggested(uow, rules, case, now) if "inform" in moves else (),
        safeguards=_safeguards(uow, rules, known, now) if "conduct-report" in moves else None,
        to_reach=call_list.lines_of(uow, actor, case, now),
        elsewhere=known.elsewhere if team else (),
    )
    return _with_referral(uow, rules, known, shown, now) if "refer" in moves else shown


def choices(uow: SqlUnitOfWork, rules: Rules, ref_case: CaseView, now: datetime) -> CaseChoices:
    """What the forms of a case offer."""
    here = {
        service.organisation: service.focal_point
        for service in uow.services_on(ref_case.sector, now.date())
        if service.serves(ref_case.site, ref_case.sector, now.date())
    }
    handled = {code for code, peer in rules.peers.items() if peer.handler}
    names = names_for(uow, (), here.values())
    organisations = uow.session.scalars(
        select(Organisation).where(organisation_table.c.active).order_by(organisation_table.c.name)
    )
    return CaseChoices(
        codes=rules.frame.by_type(),
        sectors=tuple(Sector),
        sites=tuple(site_names(uow)),
        organisations=tuple(
            OrganisationChoice(
                code=one.code,
                name=one.name or one.code,
                focal_point=names.focal_point(here.get(one.code, "")),
                serves_here=one.code in here,
            )
            for one in organisations
            if one.code != rules.organisation
            and (one.code in handled or ref_case.sensitivity is not Sensitivity.L3)
        ),
    )


def _moves(known: _Known, rules: Rules, actor: Actor, now: datetime) -> frozenset[str]:
    case = known.case
    moves = {
        name
        for name, action, possible in (
            ("note", Action.NOTE, True),
            ("consent", Action.WORK_CASE, case.is_open),
            ("place", Action.TRIAGE, case.is_open and not case.site),
            ("sensitivity", Action.CHANGE_SENSITIVITY, True),
            ("confirm", Action.CHANGE_SENSITIVITY, case.suspected),
            ("close", Action.WORK_CASE, bool(_outcomes(case, rules))),
            (
                "interim",
                Action.WORK_CASE,
                case.interim_at is None
                and case.state in {CaseState.TRIAGED, CaseState.REFERRED, CaseState.REOPENED},
            ),
            ("split", Action.WORK_CASE, len(as_said_now(known.messages)) > 1),
            ("appeal", Action.WORK_CASE, _may_appeal(case, rules, now)),
            (
                "satisfaction",
                Action.CALL_BACK,
                case.may_be_judged and case.answered_by != actor.id,
            ),
            (
                "inform",
                Action.INFORM,
                case.type == FeedbackType.QUESTION
                and case.state in {CaseState.RECEIVED, CaseState.TRIAGED},
            ),
            ("conduct-report", Action.WORK_CASE, case.sensitivity is Sensitivity.L3),
            ("service-referral", Action.WORK_CASE, case.sensitivity is Sensitivity.L3),
            ("unlink", Action.WORK_CASE, True),
            ("take", Action.WORK_CASE, case.is_open and case.owner != actor.id),
            *((name, action, case.state in MOVES[verb]) for name, (action, verb) in _VERBS.items()),
        )
        if possible and scope_of(actor, action).admits(known.facts)
    }
    if known.came:
        moves.discard("loop-back")
        if "answer" in moves:
            moves.add("ask-origin")
    if case.suspected:
        # First somebody says whether it is one.
        moves &= {"note", "sensitivity", "confirm"}
    # No partner sees a highly sensitive case, only handlers that another mechanism has named; and
    # nobody what the person wants to keep.
    handled_elsewhere = any(peer.handler for peer in rules.peers.values())
    sensitive = case.sensitivity is Sensitivity.L3
    if (sensitive and not handled_elsewhere) or case.consent.share is Share.NO:
        moves.discard("refer")
    if case.sensitivity is not Sensitivity.L3:
        moves.discard("hand-off")
    return frozenset(moves)


def _may_appeal(case: Case, rules: Rules, now: datetime) -> bool:
    """Once, within the time set (DOMAIN.md, States)."""
    closed = case.closed_at
    in_time = closed is not None and now - closed <= timedelta(days=rules.appeal_days)
    return in_time and case.appealed_at is None


def _next_step(known: _Known, moves: frozenset[str]) -> NextStep:
    states = {referral.state for referral in known.referrals}
    if "confirm" in moves:
        return NextStep.CONFIRM
    if not moves - {"note"} or not known.case.is_open:
        return NextStep.NONE
    if ReferralState.ANSWERED in states:
        return NextStep.VERIFY
    if known.case.state is CaseState.REFERRED:
        if states & WITH_PARTNER:
            return NextStep.WAIT
        return NextStep.ANSWER if ReferralState.VERIFIED in states else NextStep.REFER
    if known.case.state is CaseState.TRIAGED:
        if "hand-off" in moves:
            return NextStep.HAND_OFF
        return NextStep.REFER if "refer" in moves else NextStep.ANSWER
    step = _STEPS.get(known.case.state, NextStep.NONE)
    return step if step.value in moves else NextStep.NONE


def _outcomes(case: Case, rules: Rules) -> tuple[Outcome, ...]:
    needed = rules.attempts_before_unreachable
    return tuple(
        outcome
        for outcome in Outcome
        if may_close(
            case.state, outcome, case.loop_attempts, needed, fallback_tried=case.fallback_tried
        )
    )


def _is_watched(case: Case) -> bool:
    """Whether each opening of it is written down: of an ordinary case it is not."""
    return case.sensitivity is not Sensitivity.L1


def _audience(case: Case) -> Audience:
    if case.sensitivity is Sensitivity.L3:
        return Audience.HANDLERS
    return Audience.TEAM if case.site else Audience.ALL_CASE_MANAGERS


def _partners(known: _Known) -> tuple[tuple[str, ...], tuple[str, ...]]:
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
    uow: SqlUnitOfWork, known: _Known, actor: Actor, *, team: bool
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
            attachments.by_message(uow, known.case),
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


def _person(uow: SqlUnitOfWork, case: Case) -> PersonView:
    contact = uow.contact(case.contact_id) if case.contact_id else None
    address = name = ""
    if contact is not None:
        opened = uow.vault.open(
            contact.key_id, contact.address_sealed, seals.address_bound_to(contact.id)
        )
        address = f"··· {opened[-3:]}"
        name = confided.name_of(uow, contact)
    known = (
        {}
        if contact is None
        else {
            "private_phone": contact.private_phone,
            "may_leave_message": contact.may_leave_message,
        }
    )
    return PersonView(
        address=address,
        name=name,
        sex=case.person.sex,
        age_band=case.person.age_band,
        disability=case.person.disability,
        group=case.person.group,
        speaks_for=case.person.speaks_for,
        content_in_text=case.consent.content_in_text,
        share=case.consent.share,
        stopped=contact is not None and contact.stopped_at is not None,
        **known,
    )


def _suggestion(known: _Known, sure_from: float) -> SuggestionView | None:
    readings = [known.read[m.id] for m in known.messages if m.id in known.read]
    if not readings:
        return None
    # The first message says what it is about; a later "still waiting" does not.
    row, reasons = readings[0].row, readings[0].reasons
    return SuggestionView(
        codes=row.codes,
        sector=row.sector,
        sensitivity=row.sensitivity,
        priority=row.priority,
        words=tuple(dict.fromkeys(words for words, _ in reasons if words)),
        site=row.site,
        sure=row.confidence >= sure_from,
    )


def _clocks(case: Case, rules: Rules, now: datetime) -> tuple[ClockView, ...]:
    """Every duty's latest clock, the most pressing first: running, waiting, or met in time."""
    latest = {clock.duty: clock for clock in case.clocks}
    shown = []
    calendar = rules.calendar_of(site=case.site)
    for clock in latest.values():
        due = clock.deadline(calendar)
        if due is not None:
            shown.append(clock_to(clock.duty, due, now))
        elif clock.ended_at is None:
            shown.append(ClockView(clock.duty, ClockLevel.PAUSED))
        elif clock.was_met(calendar):
            shown.append(ClockView(clock.duty, ClockLevel.MET, clock.ended_at))
    return tuple(sorted(shown, key=_pressing))


def _pressing(clock: ClockView) -> tuple[int, float]:
    ranks = {ClockLevel.PAUSED: 1, ClockLevel.MET: 2}
    return ranks.get(clock.level, 0), clock.at.timestamp() if clock.at else 0.0


def _referral(
    uow: SqlUnitOfWork, known: _Known, referral: Referral, actor: Actor, now: datetime
) -> ReferralView:
    said = known.said
    verbs = {"resume": ReferralVerb.RESUME, "verify": ReferralVerb.VERIFY}
    mine = scope_of(actor, Action.WORK_CASE).admits(known.facts)
    return ReferralView(
        id=referral.id,
        version=referral.version,
        state=referral.state,
        organisation=known.names.organisation(referral.organisation),
        share=referral.share,
        focal_point=known.names.focal_point(referral.focal_point),
        note=said.text(referral.note_id),
        question=said.last(RemarkKind.QUESTION, referral.id),
        answer=said.text(referral.answer_id),
        answer_outcome=referral.answer_outcome,
        decline_reason=referral.decline_reason,
        decline_text=said.last(RemarkKind.DECLINE, referral.id),
        reply=said.last(RemarkKind.RESUME, referral.id),
        sent_back=said.last(RemarkKind.SENT_BACK, referral.id),
        sent_at=referral.sent_at,
        clock=referral_clock(referral, now),
        moves=frozenset(
            name for name, verb in verbs.items() if mine and referral.state in REFERRAL_MOVES[verb]
        ),
        linked=mine
        and any(
            link.revoked_at is None and link.expires_at > now
            for link in uow.partner_links_of(referral.id)
        ),
    )


def _safeguards(uow: SqlUnitOfWork, rules: Rules, known: _Known, now: datetime) -> SafeguardView:
    case = known.case
    reports = tuple(uow.conduct_reports(case.id))
    return SafeguardView(
        owed=owes_report(case) and not reports,
        due_at=report_due(case, rules.conduct_within),
        reports=reports,
        services=tuple(
            ServiceView(
                known.names.organisation(made.organisation),
                made,
                known.said.text(made.explained_id),
                known.names.person(made.explained_by),
            )
            for made in uow.service_referrals(case.id)
        ),
        specialists=safeguarding.specialists(uow, case, now) if concerns_child(case) else None,
        may_name=case.consent.allows_share(Share.NAME),
    )


def _with_referral(
    uow: SqlUnitOfWork, rules: Rules, known: _Known, shown: CaseView, now: datetime
) -> CaseView:
    """With what a referral would carry and who would get it."""
    case = known.case
    found = routing.find(uow, rules, case, now)
    chosen = OrganisationChoice(
        code=found.organisation,
        name=known.names.organisation(found.organisation),
        focal_point=known.names.focal_point(found.focal_point),
        serves_here=True,
    )
    offered = (Share.ANONYMOUS, Share.NAME)
    return replace(
        shown,
        shares=tuple(share for share in offered if case.consent.allows_share(share)),
        shared_text=shared_words(uow, case, Share.ANONYMOUS),
        shared_whole=shared_words(uow, case, Share.NAME),
        shared_name=shown.person.name,
        route_why=found.why,
        route=chosen if found.organisation else None,
    )


def _loop_back(uow: SqlUnitOfWork, rules: Rules, case: Case, now: datetime) -> LoopBackView | None:
    way = loopback.preview(uow, rules, case, now)
    if way is None:
        return None
    length = sms_length(way.text)
    goes_at = rules.quiet.over(now) if rules.quiet else now
    return LoopBackView(
        channel=way.channel,
        text=way.text,
        carries_content=way.purpose is Purpose.ANSWER,
        length=length.units,
        segments=length.segments,
        withheld=way.withheld,
        cost=length.segments * rules.price[0],
        currency=rules.price[1],
        goes_at=goes_at if goes_at != now else None,
    )


def _closing_reason(known: _Known) -> str:
    reasons = [r.id for r in known.said.rows if r.kind is RemarkKind.REASON]
    return known.said.text(reasons[-1]) if reasons else ""

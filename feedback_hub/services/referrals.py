"""Referrals: a partner is asked and answers, the mechanism's owner verifies (DOMAIN, States)."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.access import Action, Actor, ActorKind
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.clocks import keep_case, keep_referral
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.referral import DeclineReason, Referral, ReferralState
from feedback_hub.services import escalation, passages, remarks, routing
from feedback_hub.services.notices import tell_partner, tell_referred, tell_team
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.rules import Rules


def refer(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    organisation: str,
    now: datetime,
    *,
    share: Share | None = None,
    note: str = "",
    version: int | None = None,
) -> Referral:
    """Ask a partner to act on a case. Raises ``NotFound``, ``IllegalMove``, ``Invalid``.

    It carries what the person agreed to and no more; the accused is never asked.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref, version)
    share = share or _least(case.consent.share)
    if not case.consent.allows_share(share):
        raise Invalid("share", "the person did not agree to that")
    if share is Share.NO:
        raise Invalid("share", "the person does not want it shared")
    _check_partner(uow, rules, case, organisation)
    referral = draft(uow, rules, case, organisation, actor.id, now, share=share)
    referral.note_id = _note(uow, referral, note, actor, now)
    referral.send(actor.id, now)
    case.refer(referral.id, actor.id, now)
    _keep(referral, case, rules, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    tell_referred(uow, rules, case, referral, now)
    return referral


def refer_on(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral_id: str,
    organisation: str,
    now: datetime,
    *,
    note: str = "",
) -> Referral:
    """A partner asks another one; the answer travels back hop by hop. Returns the new referral.

    Raises ``NotFound``, ``IllegalMove``, ``Invalid`` (also for a chain that would come round).
    """
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id)
    share = referral.share
    return pass_on(uow, rules, actor, referral, case, organisation, share, now, note=note)


def pass_on(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral: Referral,
    case: Case,
    organisation: str,
    share: Share,
    now: datetime,
    *,
    note: str = "",
) -> Referral:
    """The same by whoever may: the partner, or the case team for one that leaves.

    Carries no more than before. Raises ``IllegalMove``, ``Invalid``.
    """
    _check_partner(uow, rules, case, organisation)
    above: Referral | None = referral
    while above is not None:
        if above.organisation == organisation:
            raise Invalid("organisation", "has this referral already")
        above = uow.referral(above.parent_id) if above.parent_id else None
    less = referral.share is not Share.NAME
    carried = Share.ANONYMOUS if less else share
    child = draft(uow, rules, case, organisation, actor.id, now, share=carried)
    child.parent_id = referral.id
    child.note_id = _note(uow, child, note, actor, now)
    referral.refer_on(child.id, actor.id, now)
    child.send(actor.id, now)
    _keep(referral, case, rules, now)
    _keep(child, case, rules, now)
    tell_referred(uow, rules, case, child, now)
    return child


def accept(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral_id: str,
    now: datetime,
    version: int | None = None,
) -> Referral:
    """The partner takes it. Raises ``NotFound``, ``IllegalMove``."""
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id, version)
    referral.accept(actor.id, now)
    _keep(referral, case, rules, now)
    return referral


def decline(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral_id: str,
    reason: DeclineReason,
    text: str,
    now: datetime,
    version: int | None = None,
) -> Referral:
    """The partner cannot take it. ``other`` needs words. Raises ``NotFound``, ``IllegalMove``."""
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id, version)
    if reason is DeclineReason.OTHER and not text.strip():
        raise Invalid("text", "say why in a few words")
    remark_id = _write(uow, RemarkKind.DECLINE, referral, text, actor, now)
    referral.decline(reason, remark_id, actor.id, now)
    _keep(referral, case, rules, now)
    if not _give_back_to_parent(uow, rules, referral, case, now):
        tell_team(uow, rules, case, referral, NoticeKind.DECLINED, now)
    return referral


def give_back(
    uow: UnitOfWork, rules: Rules, actor: Actor, referral_id: str, question: str, now: datetime
) -> Referral:
    """The partner needs to know more first. Raises ``NotFound``, ``IllegalMove``, ``Invalid``."""
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id)
    question_id = remarks.write(
        uow,
        RemarkKind.QUESTION,
        case.id,
        question,
        actor.id,
        now,
        referral_id=referral.id,
        field="question",
    )
    referral.give_back(question_id, actor.id, now)
    _keep(referral, case, rules, now)
    tell_team(uow, rules, case, referral, NoticeKind.RETURNED, now)
    return referral


def resume(
    uow: UnitOfWork, rules: Rules, actor: Actor, referral_id: str, text: str, now: datetime
) -> Referral:
    """The case team answers the partner's question. Raises ``NotFound``, ``IllegalMove``."""
    referral, case = _reach(uow, actor, Action.WORK_CASE, referral_id)
    remark_id = _write(uow, RemarkKind.RESUME, referral, text, actor, now)
    referral.resume(remark_id, actor.id, now)
    _keep(referral, case, rules, now)
    tell_partner(uow, rules, case, referral, NoticeKind.RESUMED, now)
    return referral


def start(uow: UnitOfWork, rules: Rules, actor: Actor, referral_id: str, now: datetime) -> Referral:
    """The partner is working on it. Raises ``NotFound``, ``IllegalMove``."""
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id)
    referral.start(actor.id, now)
    _keep(referral, case, rules, now)
    return referral


def answer(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral_id: str,
    text: str,
    outcome: Outcome,
    now: datetime,
    version: int | None = None,
) -> Referral:
    """The partner says what was done; it reaches every referral up the chain.

    Raises ``NotFound``, ``IllegalMove``, ``Invalid``.
    """
    referral, case = _reach(uow, actor, Action.ANSWER_REFERRAL, referral_id, version)
    answer_id = remarks.write(
        uow,
        RemarkKind.PARTNER_ANSWER,
        case.id,
        text,
        actor.id,
        now,
        referral_id=referral.id,
    )
    referral.answer(answer_id, outcome, actor.id, now)
    _keep(referral, case, rules, now)
    child = referral
    while child.parent_id and (parent := uow.referral(child.parent_id)) is not None:
        if parent.state is not ReferralState.REFERRED_ON:
            break  # it was taken back or answered meanwhile, and goes its own way
        parent.receive_answer(child, now)
        _keep(parent, case, rules, now)
        child = parent
    _keep_case(uow, rules, case, now)
    if not child.parent_id:
        tell_team(uow, rules, case, child, NoticeKind.ANSWERED, now)
    return referral


def verify(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    referral_id: str,
    ok: bool,
    text: str,
    now: datetime,
    version: int | None = None,
) -> Referral:
    """The case team judges the answer: good, or back in action with what is missing.

    An answer that came up a chain is judged for the whole chain: sent back, it goes down again to
    the partner who gave it, and their new answer comes up the same way.

    Raises ``NotFound``, ``IllegalMove``, ``Invalid`` (sending back needs words).
    """
    referral, case = _reach(uow, actor, Action.WORK_CASE, referral_id, version)
    chain = _chain(uow, referral)
    if ok:
        for one in chain:
            one.verify(actor.id, now)
            _keep(one, case, rules, now)
        if passages.is_peer(rules, chain[-1]):
            passages.tell_peer(uow, rules, case, chain[-1], NoticeKind.ANSWERED, now)
    else:
        for one, below in zip(chain, [*chain[1:], None], strict=True):
            remark_id = remarks.write(
                uow, RemarkKind.SENT_BACK, case.id, text, actor.id, now, referral_id=one.id
            )
            one.send_back(remark_id, actor.id, now)
            if below is not None:
                # It was not their own answer: the one who gave it is asked, and it comes up again.
                one.refer_on(below.id, actor.id, now)
            _keep(one, case, rules, now)
        tell_partner(uow, rules, case, chain[-1], NoticeKind.SENT_BACK, now)
    _keep_case(uow, rules, case, now)
    return referral


def _chain(uow: UnitOfWork, referral: Referral) -> list[Referral]:
    """The referrals that an answer came through, from the case team's down to who gave it."""
    every = {one.id: one for one in uow.referrals_of(referral.case_id)}

    def same(one: Referral | None) -> bool:
        return (
            one is not None
            and one.state is ReferralState.ANSWERED
            and one.answer_id == referral.answer_id
        )

    top = every[referral.id]
    while top.parent_id and same(above := every.get(top.parent_id)):
        assert above is not None  # noqa: S101  what ``same`` has seen
        top = above
    chain = [top]
    while below := next(
        (one for one in every.values() if one.parent_id == chain[-1].id and same(one)), None
    ):
        chain.append(below)
    return chain


def expire(uow: UnitOfWork, rules: Rules, referral_id: str, now: datetime) -> None:
    """Nobody accepted in time: silence expires, it never accepts. Nothing if it moved meanwhile."""
    referral = uow.referral(referral_id)
    case = uow.case(referral.case_id) if referral else None
    if referral is None or case is None or referral.state is not ReferralState.SENT:
        return
    if referral.due_at is None or referral.due_at > now:
        return
    referral.expire(now)
    escalation.tell_expired(uow, rules, case, referral, now)
    _keep(referral, case, rules, now)
    _give_back_to_parent(uow, rules, referral, case, now)


def _reach(
    uow: UnitOfWork, actor: Actor, action: Action, referral_id: str, version: int | None = None
) -> tuple[Referral, Case]:
    found = (
        _of_peer(uow, actor, referral_id)
        if actor.kind is ActorKind.PEER
        else uow.visible_referral(actor, action, referral_id)
    )
    if found is None:
        raise NotFound
    uow.expect(found[0], version)
    return found


def _of_peer(uow: UnitOfWork, actor: Actor, referral_id: str) -> tuple[Referral, Case] | None:
    """What a mechanism answers was sent to it, whatever the case has become since."""
    referral = uow.referral(referral_id)
    case = uow.case(referral.case_id) if referral else None
    if referral is None or case is None or referral.organisation not in actor.organisations:
        return None
    return referral, case


def _least(agreed: Share) -> Share:
    return Share.ANONYMOUS if agreed is Share.NOT_ASKED else agreed


def _check_partner(uow: UnitOfWork, rules: Rules, case: Case, organisation: str) -> None:
    if not uow.organisation_exists(organisation):
        raise Invalid("organisation", "is not an active organisation of this hub")
    if case.accused_organisation and organisation == case.accused_organisation:
        raise Invalid("organisation", "cannot be asked about this case")
    if routing.accuses(case) and uow.is_community(organisation):
        raise Invalid("organisation", "cannot be asked about this case")
    passages.check(uow, rules, case, organisation)


def draft(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    organisation: str,
    actor: str,
    now: datetime,
    *,
    share: Share = Share.ANONYMOUS,
) -> Referral:
    """A referral that is not sent yet, with the people of the service that fits the case."""
    referral = Referral(new_id(), case.id, organisation, now, actor, share)
    routed = routing.people_of(uow, rules, case, organisation, now)
    referral.focal_point, referral.backup = routed.focal_point, routed.backup
    words = {"referral": referral.id, "organisation": organisation}
    referral.record(Event(EventKind.REFERRAL_DRAFTED, case.id, actor, now, referral.id, words))
    uow.add(referral)
    return referral


def _give_back_to_parent(
    uow: UnitOfWork, rules: Rules, child: Referral, case: Case, now: datetime
) -> bool:
    """Whether it is the partner's again that had passed it on; they are told."""
    parent = uow.referral(child.parent_id) if child.parent_id else None
    if parent is None or parent.state is not ReferralState.REFERRED_ON:
        return False
    parent.take_back(now)
    parent.accepted_at = parent.accepted_at or now
    _keep(parent, case, rules, now)
    tell_partner(uow, rules, case, parent, NoticeKind.DECLINED, now)
    return True


def _note(uow: UnitOfWork, referral: Referral, text: str, actor: Actor, now: datetime) -> str:
    return _write(uow, RemarkKind.REFERRAL_NOTE, referral, text, actor, now)


def _write(
    uow: UnitOfWork,
    kind: RemarkKind,
    referral: Referral,
    text: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Keep words that may be left out."""
    if not text.strip():
        return ""
    return remarks.write(uow, kind, referral.case_id, text, actor.id, now, referral_id=referral.id)


def _keep(referral: Referral, case: Case, rules: Rules, now: datetime) -> None:
    calendar = rules.calendar_of(organisation=referral.organisation, site=case.site)
    keep_referral(referral, case.priority, rules.targets, calendar, now)


def _keep_case(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """What the case team owes depends on what partners did: an answer waits to be judged."""
    waiting = any(
        one.state is ReferralState.ANSWERED and not one.parent_id
        for one in uow.referrals_of(case.id)
    )
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now, to_verify=waiting)

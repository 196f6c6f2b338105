"""Letters from other mechanisms, taken in (``domain.exchange``).

What comes in is no stranger's: who calls has proved which peer it is, or an operator holds its
file. A referral becomes a case by the road of every submission; what the one who was asked says of
it is said by the partner that the peer stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import MOVES as CASE_MOVES
from feedback_hub.domain.case_states import CaseVerb, Outcome
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.errors import IllegalMove, Invalid
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.exchange import (
    TO_ASKED,
    Carried,
    Letter,
    LetterKind,
    Peer,
    Receipt,
    Refusal,
    SitePlace,
    Way,
    refusal,
)
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.person import Person
from feedback_hub.domain.place import Site
from feedback_hub.domain.referral import DeclineReason, Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity, most_urgent
from feedback_hub.domain.submission import Submission
from feedback_hub.services import intake, notices, referrals, remarks
from feedback_hub.services.ports import Classifier, UnitOfWork
from feedback_hub.services.records.exchange import Passage, SeenKind
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.rules import Rules

_METHOD = "exchange"
_NO_WORDS = "-"


def receive(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    peer: Peer,
    letter: Letter,
    now: datetime,
) -> Receipt:
    """What a letter of ``peer`` does here; the same one again does nothing more.

    Raises ``Invalid`` for a referral that nobody here knows.
    """
    uow.exchange.heard(peer.name, now)
    if letter.kind is LetterKind.REFERRAL:
        return _take_in(uow, rules, classifier, peer, letter, now)
    if letter.kind in TO_ASKED:
        passage = uow.exchange.came(peer.name, letter.referral)
    else:
        passage = uow.exchange.went(peer.name, letter.referral)
    case = uow.case(passage.case_id) if passage else None
    if passage is None or case is None:
        raise Invalid("referral", "is none that this hub knows of you")
    ours = Receipt(case.ref)
    if not uow.exchange.first_time(peer.name, SeenKind.LETTER, letter.id, now):
        return replace(ours, repeated=True)
    passage.reference = letter.reference or passage.reference
    try:
        if letter.kind in TO_ASKED:
            _hear_asker(uow, rules, peer, case, letter, now)
        else:
            hear_asked(uow, rules, peer, passage, letter, now)
    except IllegalMove:
        return replace(ours, applied=False)
    return ours


def _take_in(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    peer: Peer,
    letter: Letter,
    now: datetime,
) -> Receipt:
    known = uow.exchange.came(peer.name, letter.referral)
    before = uow.case(known.case_id) if known else None
    if before is not None:
        return Receipt(before.ref, repeated=True)
    why = refusal(letter, rules.hub, peer)
    handler = uow.actor(peer.our_handler) if peer.our_handler else None
    carried = letter.case
    if carried is None or why is not None:
        return Receipt(declined=why or Refusal.NO_CONSENT)
    sensitive = carried.sensitivity is Sensitivity.L3
    if sensitive and (handler is None or Role.PROTECTION not in handler.roles):
        return Receipt(declined=Refusal.NOT_NAMED)
    actor = _speaker(peer)
    submission = _submission(rules, uow.sites(), peer, letter, carried, now)
    ref, _ = intake.submit(uow, rules, classifier, actor, submission, now)
    case = uow.case_by_ref(ref)
    assert case is not None  # noqa: S101  submitted a line above
    case.priority = most_urgent(case.priority, carried.priority)
    if sensitive and handler is not None:
        case.owner = handler.id
    if letter.text:
        noted = remarks.write(uow, RemarkKind.NOTE, case.id, letter.text, actor.id, now)
        case.note(EventKind.NOTED, noted, actor.id, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    uow.add(
        Passage(
            new_id(),
            peer.name,
            Way.IN,
            letter.referral,
            case.id,
            now,
            reference=letter.reference,
            trail=letter.trail,
            handled=sensitive,
        )
    )
    return Receipt(case.ref)


def _submission(
    rules: Rules,
    sites: Sequence[Site],
    peer: Peer,
    letter: Letter,
    carried: Carried,
    now: datetime,
) -> Submission:
    """A peer's case as any other system hands one in. The clocks run from its arrival here."""
    site = _site_here(sites, carried.site)
    described = ", ".join(
        filter(None, (carried.site.name or carried.site.code, carried.site.place))
    )
    message = InboundMessage(
        external_id=f"{peer.name}:{letter.referral}",
        received_at=now,
        text=carried.text,
        # The person is the other mechanism's to reach: this names them, it is no address.
        address=letter.referral if carried.name else "",
        sender_name=carried.name,
        kind=MessageKind.FORM,
        language=carried.language,
        site=site,
        sent_at=carried.received_at,
    )
    return Submission(
        message,
        channel=peer.name,
        person=Person(carried.sex, carried.age_band, carried.disability, carried.group),
        consent=Consent(record=Answered.YES, share=carried.share, contact=Answered.NO),
        place=carried.site.place if site else described,
        accused_organisation=carried.accused_organisation,
        accused_class=carried.accused_class,
        codes=tuple(code for code in carried.codes if code in rules.frame),
        sensitivity=carried.sensitivity,
    )


def _site_here(sites: Sequence[Site], there: SitePlace) -> str:
    """Our code of a site: by P-code of the same scheme, else by code, else by name."""
    if there.pcode and there.pcode_scheme:
        same = [
            one.code
            for one in sites
            if (one.pcode, one.pcode_scheme) == (there.pcode, there.pcode_scheme)
        ]
        if len(same) == 1:
            return same[0]
    for named in (
        [one.code for one in sites if there.code and one.code == there.code],
        [
            one.code
            for one in sites
            if there.name.casefold() in {name.casefold() for name in (one.name, *one.aliases)}
        ],
    ):
        if len(named) == 1:
            return named[0]
    return ""


def _hear_asker(
    uow: UnitOfWork, rules: Rules, peer: Peer, case: Case, letter: Letter, now: datetime
) -> None:
    """Who referred the case to us answers a question, or judges our answer."""
    by = peer.actor_id
    said = ""
    if letter.text:
        said = remarks.write(uow, RemarkKind.NOTE, case.id, letter.text, by, now)
        case.note(EventKind.NOTED, said, by, now)
    tellable = case.state in CASE_MOVES[CaseVerb.ATTEMPT_LOOP]
    if letter.kind is LetterKind.RESUMED:
        _tell_team(uow, rules, case, NoticeKind.RESUMED, now)
    elif letter.kind is LetterKind.SENT_BACK:
        # As when a person says no: what was over begins again.
        if tellable:
            case.attempt_loop(_METHOD, "", by, now, day=None)
            case.close(case.answer_outcome or Outcome.PARTLY, said, by, now, 0)
        if not case.is_open:
            case.reopen(said, by, now)
        _tell_team(uow, rules, case, NoticeKind.SENT_BACK, now)
    elif letter.kind is LetterKind.VERIFIED and tellable:
        case.attempt_loop(_METHOD, "", by, now, day=None)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)


def hear_asked(
    uow: UnitOfWork, rules: Rules, peer: Peer, passage: Passage, letter: Letter, now: datetime
) -> None:
    """Who we referred a case to says what becomes of it: as any partner would."""
    actor = _speaker(peer)
    referral = uow.referral(passage.referral_id or "")
    if referral is None:
        return
    match letter.kind:
        case LetterKind.ACCEPTED:
            referrals.accept(uow, rules, actor, referral.id, now)
        case LetterKind.STARTED:
            _take(uow, rules, actor, referral, now)
            referrals.start(uow, rules, actor, referral.id, now)
        case LetterKind.RETURNED:
            referrals.give_back(uow, rules, actor, referral.id, letter.text, now)
        case LetterKind.DECLINED if referral.state is ReferralState.SENT:
            reason = letter.reason or DeclineReason.OTHER
            text = letter.text or _NO_WORDS
            referrals.decline(uow, rules, actor, referral.id, reason, text, now)
        case LetterKind.DECLINED:
            _take(uow, rules, actor, referral, now)
            text = letter.text or _NO_WORDS
            referrals.answer(uow, rules, actor, referral.id, text, Outcome.NOT_POSSIBLE, now)
        case LetterKind.ANSWERED:
            _take(uow, rules, actor, referral, now)
            outcome = letter.outcome or Outcome.PARTLY
            referrals.answer(uow, rules, actor, referral.id, letter.text, outcome, now)


def _take(uow: UnitOfWork, rules: Rules, actor: Actor, referral: Referral, now: datetime) -> None:
    """Who answers has taken it, whether it was said or not."""
    if referral.state is ReferralState.RETURNED:
        referral.resume("", actor.id, now)
    if referral.state in {ReferralState.SENT, ReferralState.EXPIRED}:
        referrals.accept(uow, rules, actor, referral.id, now)


def _speaker(peer: Peer) -> Actor:
    held = (Membership(Role.FOCAL_POINT, peer.organisation),)
    return Actor(peer.actor_id, ActorKind.PEER, held)


def _tell_team(uow: UnitOfWork, rules: Rules, case: Case, kind: NoticeKind, now: datetime) -> None:
    notices.tell(uow, rules, case, None, kind, notices.team_of(uow, case, 1), now)

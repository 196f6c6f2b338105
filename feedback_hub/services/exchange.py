"""Letters between mechanisms: one is handed over, one is taken in (``domain.exchange``).

What comes in is no stranger's: who calls has proved which peer it is, or an operator holds its
file. A referral becomes a case by the road of every submission; what the one who was asked says of
it is said by the partner that the peer stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from feedback_hub.domain.access import Action, Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import MOVES as CASE_MOVES
from feedback_hub.domain.case import Case, CaseVerb, Outcome
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
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
    dump,
    load_receipt,
    refusal,
)
from feedback_hub.domain.message import DeliveryError, InboundMessage, MessageKind
from feedback_hub.domain.person import Person
from feedback_hub.domain.place import Site
from feedback_hub.domain.referral import DeclineReason, Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity, most_urgent
from feedback_hub.domain.submission import Submission
from feedback_hub.services import intake, notices, referrals, remarks, sharing, typed
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import PeerPost, UnitOfWork, VaultClosed
from feedback_hub.services.reaching import reach
from feedback_hub.services.records import (
    LetterState,
    NoticeKind,
    Passage,
    QueuedLetter,
    RemarkKind,
    SeenKind,
)
from feedback_hub.services.rules import Rules

HELD = "held"
"""The fault of a letter about a case that became highly sensitive: it waits for its handlers."""
GIVE_UP = timedelta(days=30)
_BACK_OFF = (30, 60, 120, 300, 600)
"""Seconds; the last one over again, so that a peer that is back hears within ten minutes."""
_LOOK_AGAIN = timedelta(hours=1)
_BREATH = timedelta(seconds=20)
_METHOD = "exchange"
_NO_WORDS = "-"
_SAID = {LetterKind.RESUMED: RemarkKind.RESUME, LetterKind.SENT_BACK: RemarkKind.SENT_BACK}


def peer_named(rules: Rules, name: str) -> Peer | None:
    """The mechanism of ``[exchange.<name>]``."""
    return next((peer for peer in rules.peers.values() if peer.name == name), None)


# --- handing over ---


def deliver(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    post: PeerPost,
    letter_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Hand over a letter, after those of the same referral that wait before it.

    ``Again`` while the peer is away: nothing is lost, and what arrives twice is one there.
    """
    with open_uow() as uow:
        letter = uow.exchange.letter(letter_id)
        ahead = uow.exchange.ahead_of(letter) if letter else ()
    for one in ahead:
        again = _hand_over(open_uow, rules, post, one, clock)
        if again is not None:
            return again
    return None


def _hand_over(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    post: PeerPost,
    letter_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    with open_uow() as uow:
        row = uow.exchange.letter(letter_id)
        peer = peer_named(rules, row.peer) if row else None
        if row is None or row.state is not LetterState.WAITING or (peer and peer.by_file):
            return None
        if uow.exchange.just_missed(row.peer, clock() - _BREATH):
            # A peer that is away keeps one letter waiting for its time-out, not every one.
            return Again(clock() + _BREATH)
        letter = write(uow, rules, row, peer) if peer else None
        row.tries += 1
        ended = row.state is not LetterState.WAITING
        if letter is None and not ended:
            row.fault = HELD
        uow.commit()
    if letter is None:
        return None if ended else Again(clock() + _LOOK_AGAIN)
    try:
        receipt = load_receipt(post.post(row.peer, dump(letter)))
    except (DeliveryError, Invalid) as error:
        return _missed(open_uow, rules, letter_id, error, clock())
    with open_uow() as uow:
        settle(uow, rules, letter_id, receipt, clock())
        uow.commit()
    return None


def write(uow: UnitOfWork, rules: Rules, row: QueuedLetter, peer: Peer) -> Letter | None:
    """The letter as it may leave now; None: it may not now, or (``row`` says so) never more."""
    passage = uow.exchange.passage(row.passage_id)
    case = uow.case(passage.case_id) if passage else None
    if passage is None or case is None:
        return None
    if row.kind is LetterKind.REFERRAL:
        if not peer.may_have(case):
            return None
        passage.handled = case.sensitivity is Sensitivity.L3
    elif case.sensitivity is Sensitivity.L3 and (case.suspected or not passage.handled):
        return None
    letter = Letter(
        row.id,
        row.kind,
        passage.wire_id,
        row.made_at,
        hub=rules.hub,
        reference=case.ref,
        outcome=row.outcome,
    )
    try:
        about = row.about
        if row.kind in _SAID and passage.referral_id:
            about = uow.exchange.last_remark(passage.referral_id, _SAID[row.kind], row.made_at)
        referral = uow.referral(passage.referral_id) if passage.referral_id else None
        if row.kind is LetterKind.REFERRAL and referral is not None:
            carried = _carried(uow, peer, case, referral)
            note = remarks.read(uow, referral.note_id)
            return replace(letter, text=note, trail=passage.trail, case=carried)
        return replace(letter, text=remarks.read(uow, about))
    except VaultClosed:
        # What it would have said was erased meanwhile.
        _end(row, LetterState.FAILED, "erased", row.made_at)
        return None


def settle(uow: UnitOfWork, rules: Rules, letter_id: str, receipt: Receipt, now: datetime) -> None:
    """A letter was taken, or the referral in it declined at once."""
    row = uow.exchange.letter(letter_id)
    passage = uow.exchange.passage(row.passage_id) if row else None
    if row is None or passage is None or row.state is LetterState.SENT:
        return
    _end(row, LetterState.SENT, "", now)
    uow.exchange.reached(row.peer, now)
    passage.reference = receipt.reference or passage.reference
    peer = peer_named(rules, row.peer)
    if receipt.declined is not None and peer is not None:
        said = Letter(row.id, LetterKind.DECLINED, passage.wire_id, now)
        _hear_asked(uow, rules, peer, passage, replace(said, text=receipt.declined.words), now)


def _missed(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    letter_id: str,
    error: DeliveryError | Invalid,
    now: datetime,
) -> Again | None:
    permanent = isinstance(error, DeliveryError) and error.permanent
    wait = error.retry_after if isinstance(error, DeliveryError) else None
    fault = error.fault.value if isinstance(error, DeliveryError) else "refused"
    with open_uow() as uow:
        row = uow.exchange.letter(letter_id)
        if row is None or row.state is not LetterState.WAITING:
            return None
        uow.exchange.missed(row.peer, fault, now)
        again = None
        if permanent or now - row.made_at > GIVE_UP:
            _end(row, LetterState.FAILED, fault, now)
            _tell_team_instead(uow, rules, row, now)
        else:
            row.fault = fault
            wait = wait or _BACK_OFF[min(row.tries, len(_BACK_OFF)) - 1]
            again = Again(now + timedelta(seconds=wait))
        uow.commit()
    return again


def _end(row: QueuedLetter, state: LetterState, fault: str, now: datetime) -> None:
    row.state, row.fault, row.ended_at = state, fault, now


def _tell_team_instead(uow: UnitOfWork, rules: Rules, row: QueuedLetter, now: datetime) -> None:
    """What cannot reach the other mechanism is the case team's to say by telephone."""
    passage = uow.exchange.passage(row.passage_id)
    case = uow.case(passage.case_id) if passage else None
    if passage is not None and case is not None:
        referral = uow.referral(passage.referral_id) if passage.referral_id else None
        people = notices.team_of(uow, case, 1)
        notices.tell(uow, rules, case, referral, NoticeKind.UNREACHED, people, now)


def _carried(uow: UnitOfWork, peer: Peer, case: Case, referral: Referral) -> Carried:
    site = next((one for one in uow.sites() if one.code == case.site), None)
    words = typed.of_case(uow, case)
    return Carried(
        text=sharing.shared_words(uow, case, referral.share),
        share=referral.share,
        received_at=case.received_at,
        site=SitePlace(
            case.site,
            site.name if site else "",
            site.pcode if site else "",
            site.pcode_scheme if site else "",
            words.place,
        ),
        language=case.language,
        codes=case.codes,
        sector=case.sector,
        priority=case.priority,
        sensitivity=case.sensitivity,
        handler=peer.handler if case.sensitivity is Sensitivity.L3 else "",
        name=sharing.shared_name(uow, case, referral.share),
        accused_organisation=typed.accused_in(case, words),
        accused_class=case.accused_class,
    )


# --- taking in ---


def receive(uow: UnitOfWork, rules: Rules, peer: Peer, letter: Letter, now: datetime) -> Receipt:
    """What a letter of ``peer`` does here; the same one again does nothing more.

    Raises ``Invalid`` for a referral that nobody here knows.
    """
    uow.exchange.heard(peer.name, now)
    if letter.kind is LetterKind.REFERRAL:
        return _take_in(uow, rules, peer, letter, now)
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
            _hear_asked(uow, rules, peer, passage, letter, now)
    except IllegalMove:
        return replace(ours, applied=False)
    return ours


def ask(uow: UnitOfWork, actor: Actor, ref: str, question: str, now: datetime) -> Case:
    """Ask the mechanism that a case came from, which asks the person.

    Raises ``NotFound`` (also for a case that came from nobody), ``IllegalMove``, ``Invalid``.
    """
    case = reach(uow, actor, Action.WORK_CASE, ref)
    origin = uow.exchange.origin_of(case.id)
    if origin is None:
        raise NotFound
    if not case.is_open:
        raise IllegalMove("case", "ask", case.state.value)
    asked = remarks.write(
        uow, RemarkKind.QUESTION, case.id, question, actor.id, now, field="question"
    )
    case.note(EventKind.NOTED, asked, actor.id, now)
    uow.exchange.queue(origin, LetterKind.RETURNED, now, asked)
    return case


def _take_in(uow: UnitOfWork, rules: Rules, peer: Peer, letter: Letter, now: datetime) -> Receipt:
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
    ref, _ = intake.submit(uow, rules, actor, submission, now)
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
            uuid4().hex,
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


def _hear_asked(
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

"""Letters to other mechanisms: written, and handed over (``domain.exchange``).

What one that comes in does is in ``exchange_in``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import IllegalMove, Invalid, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.exchange import Carried, Letter, LetterKind, Peer, Receipt, SitePlace
from feedback_hub.domain.exchange_wire import dump, load_receipt
from feedback_hub.domain.message import DeliveryError
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import notices, remarks, sharing, typed
from feedback_hub.services.delivery import Again
from feedback_hub.services.exchange_in import hear_asked
from feedback_hub.services.ports import PeerPost, UnitOfWork, VaultClosed
from feedback_hub.services.reaching import reach
from feedback_hub.services.records.exchange import LetterState, QueuedLetter
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.rules import Rules

HELD = "held"
"""The fault of a letter about a case that became highly sensitive: it waits for its handlers."""
GIVE_UP = timedelta(days=30)
_BACK_OFF = (30, 60, 120, 300, 600)
"""Seconds; the last one over again, so that a peer that is back hears within ten minutes."""
_LOOK_AGAIN = timedelta(hours=1)
_BREATH = timedelta(seconds=20)

_SAID = {LetterKind.RESUMED: RemarkKind.RESUME, LetterKind.SENT_BACK: RemarkKind.SENT_BACK}


def peer_named(rules: Rules, name: str) -> Peer | None:
    """The mechanism of ``[exchange.<name>]``."""
    return next((peer for peer in rules.peers.values() if peer.name == name), None)


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
        hear_asked(uow, rules, peer, passage, replace(said, text=receipt.declined.words), now)


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

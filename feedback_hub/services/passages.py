"""Referrals to an organisation that another mechanism stands for: they travel, nobody is mailed."""

from __future__ import annotations

from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import LetterKind, Way
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.referral import Referral
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.exchange import Passage
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.rules import Rules

_LETTER = {
    NoticeKind.RESUMED: LetterKind.RESUMED,
    NoticeKind.SENT_BACK: LetterKind.SENT_BACK,
    NoticeKind.ANSWERED: LetterKind.VERIFIED,
}


def check(uow: UnitOfWork, rules: Rules, case: Case, organisation: str) -> None:
    """Whether a case may be referred there. Raises ``Invalid``.

    A suspected L3 never travels, an L3 only to a handler that both sides have named, and no case
    goes back to a hub that it has been through.
    """
    peer = rules.peers.get(organisation)
    if peer is None:
        return
    if not peer.may_have(case):
        raise Invalid("organisation", "takes no highly sensitive case on this road")
    origin = uow.exchange.origin_of(case.id)
    if origin is not None and (origin.peer == peer.name or peer.hub in origin.trail):
        raise Invalid("organisation", "has had this case already")


def is_peer(rules: Rules, referral: Referral) -> bool:
    """Whether what this partner is told travels to another mechanism."""
    return referral.organisation in rules.peers


def tell_peer(
    uow: UnitOfWork, rules: Rules, case: Case, referral: Referral, kind: NoticeKind, now: datetime
) -> None:
    """Queue what the mechanism is to hear of the referral: the same that a partner is told."""
    peer = rules.peers[referral.organisation]
    passage = uow.exchange.went(peer.name, referral.id)
    if kind is NoticeKind.REFERRED and passage is None:
        origin = uow.exchange.origin_of(case.id)
        passage = Passage(
            new_id(),
            peer.name,
            Way.OUT,
            referral.id,
            case.id,
            now,
            referral_id=referral.id,
            trail=(*(origin.trail if origin else ()), rules.hub),
        )
        uow.add(passage)
        uow.exchange.queue(passage, LetterKind.REFERRAL, now)
    elif passage is not None and kind in _LETTER:
        uow.exchange.queue(passage, _LETTER[kind], now)

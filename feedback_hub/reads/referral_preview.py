"""What a partner would see of a referral, before it is sent: by the partner's own view of it.

The referral is really made, in a transaction that the caller throws away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.referral import Referral
from feedback_hub.reads import referral_inbox
from feedback_hub.reads.views.referrals import ReferralView


@dataclass(frozen=True)
class Receiver:
    """A partner's person, as ``referral`` reaches them."""

    actor: Actor
    referral: Referral


def receiver_of(uow: SqlUnitOfWork, referral: Referral) -> Receiver:
    """Somebody of the organisation that a referral, made just now, would go to."""
    uow.settle()
    held = Membership(Role.FOCAL_POINT, referral.organisation)
    return Receiver(Actor("preview", memberships=(held,)), referral)


def page(uow: SqlUnitOfWork, receiver: Receiver, now: datetime, hub_name: str) -> ReferralView:
    """Their page of it. Raises ``NotFound`` where they may not see it at all."""
    return referral_inbox.view(uow, receiver.actor, receiver.referral.id, now, hub_name)

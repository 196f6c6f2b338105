"""What a partner does with a referral, with a log-in or by a link in an e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Actor
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.services import referrals
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_
from feedback_hub.web.pages.acting import text, word

Verb = Callable[[SqlUnitOfWork, Actor, str, datetime], object]


def _accept(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    return referrals.accept(uow, current_hub().rules, actor, referral_id, now)


def _decline(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    reason, words = word("reason", DeclineReason), text("text")
    return referrals.decline(uow, current_hub().rules, actor, referral_id, reason, words, now)


def _return(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    question = text("question", needed=True)
    return referrals.give_back(uow, current_hub().rules, actor, referral_id, question, now)


def _start(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    return referrals.start(uow, current_hub().rules, actor, referral_id, now)


def _answer(uow: SqlUnitOfWork, actor: Actor, referral_id: str, now: datetime) -> object:
    words, outcome = text("text", needed=True), word("outcome", Outcome)
    return referrals.answer(uow, current_hub().rules, actor, referral_id, words, outcome, now)


PARTNER_VERBS: Mapping[str, tuple[Verb, str]] = {
    "accept": (_accept, N_("Accepted. Say here what was done.")),
    "decline": (_decline, N_("The feedback team looks for another.")),
    "return": (_return, N_("Asked. Your time stops until they answer.")),
    "start": (_start, N_("The feedback team sees that you work on it.")),
    "answer": (_answer, N_("Answered. The feedback team checks it.")),
}
"""Each with what is said once it is done."""

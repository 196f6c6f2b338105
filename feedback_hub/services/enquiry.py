"""Asking how a case stands with its two numbers, by page, call or message: it tells nothing.

A secret has a million values, so wrong tries are counted: by who asks, and by what is asked about.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from feedback_hub.domain.commands import Enquiry
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.services import loopback
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.messages import WrongTry
from feedback_hub.services.rules import Rules

MOST_WRONG = 5
WITHIN = timedelta(hours=1)
"""After so many wrong tries in this time nothing fits any more, the right numbers included."""
MOST_ANSWERS = 5
"""Texts a contact gets in a day for asking; a machine that asks costs no fortune."""


def fits(uow: UnitOfWork, ref: str, secret: str, asked_by: str, now: datetime) -> bool:
    """Whether these numbers belong together; a wrong try is remembered.

    ``asked_by`` is a contact's id, empty where nobody knows who asks.
    """
    about = uow.vault.index(ref, "enquiry")
    if uow.wrong_tries(asked_by, about, now - WITHIN) >= MOST_WRONG:
        return False
    same = hmac.compare_digest(uow.vault.secret_for(ref).encode(), secret.encode())
    if same and uow.case_by_ref(ref) is not None:
        return True
    uow.add(WrongTry(new_id(), asked_by, about, now))
    return False


def note(uow: UnitOfWork, ref: str, actor: str, now: datetime) -> None:
    """The case team learns that the person asked."""
    case = uow.case_by_ref(ref)
    if case is not None:
        case.note(EventKind.STATUS_ASKED, "", actor, now)


def answer(uow: UnitOfWork, rules: Rules, contact: Contact, asked: Enquiry, now: datetime) -> None:
    """One sentence for every case at every level, and for numbers that do not fit."""
    if asked.ref and fits(uow, asked.ref, asked.secret, contact.id, now):
        note(uow, asked.ref, f"channel:{contact.channel}", now)
    _tell(uow, rules, contact, now)


def answer_numbers(
    uow: UnitOfWork, rules: Rules, contact: Contact, asked: Enquiry, now: datetime
) -> bool:
    """The same for two numbers without a word; False if they do not belong together: no question.

    Else the secret of a case would stand in the words of another.
    """
    if not fits(uow, asked.ref, asked.secret, contact.id, now):
        return False
    note(uow, asked.ref, f"channel:{contact.channel}", now)
    _tell(uow, rules, contact, now)
    return True


def _tell(uow: UnitOfWork, rules: Rules, contact: Contact, now: datetime) -> None:
    told = uow.told_since(contact.id, (Purpose.STATUS,), now - timedelta(days=1))
    if told < MOST_ANSWERS:
        loopback.tell_contact(uow, rules, contact, Purpose.STATUS, now)

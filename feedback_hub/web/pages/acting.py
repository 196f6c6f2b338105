"""How a form changes something: one transaction, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from flask import request
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import IllegalMove, Invalid, StaleVersion
from feedback_hub.reads.views.case import FormView
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.security import require

E = TypeVar("E", bound=StrEnum)

Work = Callable[[SqlUnitOfWork, Actor, datetime], object]

LONGEST = 20_000
_OTHERWISE = N_("Look at this once more.")
_HIDDEN = frozenset({"csrf_token", "version"})

_FAULTS: Mapping[str, str] = {
    "codes": N_("Choose what it is about."),
    "sector": N_("Choose a sector from the list."),
    "site": N_("Choose a site from the list."),
    "priority": N_("Choose how urgent it is."),
    "level": N_("Choose how sensitive it is."),
    "sensitivity": N_("Choose how sensitive it is."),
    "reason": N_("Say why, in a few words."),
    "text": N_("Write it in a few words."),
    "question": N_("Write what you need to know."),
    "outcome": N_("Choose how it ends."),
    "organisation": N_("Choose an organisation that may be asked about this."),
    "share": N_("The person did not agree to share that."),
    "method": N_("Nothing is texted about this case. Reach the person safely."),
    "until": N_("Choose a day and time in the next three months."),
    "result": N_("Choose what came of it."),
    "said": N_("Say in at most twelve words what people said, without a name or a number."),
    "did": N_("Say in at most twelve words what was done, or why it was not, without a number."),
    "not_yet": N_("Say in at most twelve words why not yet, without a name or a number."),
    "issue": N_("Nothing ordinary was said about this at that site: it stands on no board."),
    "language": N_("Choose a language from the list."),
    "valid_from": N_("Choose the first day."),
    "valid_to": N_("Choose a last day that is still to come, not before the first."),
    "answer": N_("This answer is not given to people today. Choose another."),
    "satisfied": N_("Choose what the person says. Somebody who did not answer asks them."),
    "channel": N_("Say who was told."),
    "with_name": N_("The person did not agree that their name is given."),
    "explained": N_("Say what was explained to the person."),
    "how": N_("Choose how it was explained."),
    "title": N_("Say in a few words what the problem is."),
    "cases": N_("Write case numbers of nine digits, each in a line of its own."),
    "decision": N_("Say what will be done."),
    "public_answer": N_("Say what everybody will read."),
    "code": N_("Choose what it is about."),
    "at": N_("Choose a day and a time."),
    "tags": N_("A tag is a few words without numbers or names."),
    "messages": N_("At least one message stays. If all of it is the other matter, link the cases."),
    "occasion": N_("Choose where it was read."),
    "read_on": N_("Choose the day it was read; no day to come."),
    "people": N_("Write how many heard it as a number, or leave it empty."),
    "understood": N_("Write what you understood. Whoever wrote the wording cannot say it."),
    "from": N_("Say whose cases: a colleague's, a partner's or a site's."),
    "to": N_("That case is closed: open it again first."),
    "ref": N_("There is no such case, or nobody could be told. Check the number."),
    "email": N_("Write an e-mail address that nobody here has yet."),
    "name": N_("Write a name that is not too long."),
    "role": N_("Choose a role."),
    "days": N_("Choose when it ends."),
    "absent_until": N_("Choose a day."),
    "account": N_("There is no such account, or it is switched off."),
    "answers": N_("Choose an answer that is approved for texts, one a language."),
    "sites": N_("Choose sites from the list."),
    "told": N_("No text may go to this person. Tell them yourself, and tick that you did."),
    "phone": N_("Write a number with + and the country code."),
    "telegram": N_("Write the number of the chat, digits only."),
    "group": N_("Choose a group."),
    "position": N_("Write whose turn it is as a number."),
    "begins": N_("Choose a day and a time."),
    "ends": N_("Choose a later day and time."),
    "held": N_("A legal hold keeps this. Nothing of it is erased before the hold ends."),
    "again": N_("Type the case number once more, so that nothing else is erased."),
    "second": N_("Whoever wrote the wish down does not erase. Somebody else on the case does."),
    "own_case": N_("You work on no case with this number. Check it."),
    "wish": N_("Choose what the person asks for."),
    "asked_on": N_("Choose the day they asked; no day to come."),
    "number": N_("Write an invented number with + and the country code."),
}
"""What is wrong with a field, in words somebody can act on; never what was typed there."""


def attempt(action: Action, verb: str, work: Work) -> tuple[FormView, int] | None:
    """Do ``work`` in one transaction; None when it is done, else the form to show and its status.

    422: something typed cannot be accepted. 409: somebody else was faster, or the state does not
    allow it. Raises ``Unauthenticated``, ``NotAllowed``, ``NotFound``.
    """
    actor = require(action)
    hub = current_hub()
    try:
        with hub.unit_of_work() as uow:
            work(uow, actor, hub.clock())
            uow.commit()
    except (Invalid, IllegalMove, StaleVersion, IntegrityError) as refused:
        return refused_form(verb, refused)
    return None


def refused_form(
    verb: str, refused: Invalid | IllegalMove | StaleVersion | IntegrityError
) -> tuple[FormView, int]:
    """The form to show again, with what is wrong, and its status."""
    if isinstance(refused, Invalid):
        return _form(verb, {refused.field: _sentence(refused)}), 422
    if isinstance(refused, IllegalMove) and verb == "close" and refused.state != "closed":
        words = gettext("The case cannot end like this yet: the person was not told.")
        return _form(verb, {"outcome": words}), 409
    return _form(verb, {}, stale=True), 409


def version() -> int | None:
    """The version that the form was made for."""
    written = request.form.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


def text(name: str, *, needed: bool = False) -> str:
    """What was typed in a field. Raises ``Invalid``."""
    written = request.form.get(name, "").strip()
    if needed and not written:
        raise Invalid(name, "is needed")
    if len(written) > LONGEST:
        raise Invalid(name, f"is longer than {LONGEST} characters")
    return written


def word(name: str, words: type[E]) -> E:
    """One of a set of words. Raises ``Invalid``."""
    try:
        return words(request.form.get(name, ""))
    except ValueError:
        raise Invalid(name, "is none of the choices") from None


def _form(verb: str, errors: Mapping[str, str], *, stale: bool = False) -> FormView:
    typed = {name: value for name, value in request.form.items() if name not in _HIDDEN}
    return FormView(verb, typed, errors, stale)


def _sentence(refused: Invalid) -> str:
    if "longer" in refused.problem or "at most" in refused.problem:
        return gettext("This is too long. Say it in fewer words.")
    return gettext(_FAULTS.get(refused.field, _OTHERWISE))

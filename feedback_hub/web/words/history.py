"""What happened to a case, each in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.referral import DeclineReason
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.views.conversation import HistoryLine
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.words import word

HISTORY: Mapping[EventKind, str] = {
    EventKind.RECEIVED: N_("The message arrived"),
    EventKind.MESSAGE_ADDED: N_("The person wrote again"),
    EventKind.CLASSIFIED: N_("The machine suggested: %(code)s"),
    EventKind.SUSPECTED: N_("The machine suspects that it is highly sensitive"),
    EventKind.CONFIRMED: N_("Confirmed as highly sensitive"),
    EventKind.TRIAGED: N_("Triaged: %(code)s"),
    EventKind.TRIAGE_UNDONE: N_("The triage was taken back"),
    EventKind.ANSWERED_ON_SPOT: N_("The person was told on the spot"),
    EventKind.REFERRED: N_("Referred"),
    EventKind.HANDED_OFF: N_("Handed to the handlers"),
    EventKind.RESPONSE_READY: N_("The answer is ready: %(outcome)s"),
    EventKind.LOOP_ATTEMPTED: N_("Tried to tell the person: %(method)s"),
    EventKind.CLOSED: N_("Closed: %(outcome)s"),
    EventKind.REOPENED: N_("Opened again"),
    EventKind.APPEALED: N_("The person disagrees"),
    EventKind.PLACED: N_("The site was set"),
    EventKind.NOTED: N_("A note was written"),
    EventKind.TAGGED: N_("A tag was put on"),
    EventKind.UNTAGGED: N_("A tag was taken off"),
    EventKind.ASSIGNED: N_("Given to %(owner)s"),
    EventKind.LEARNING_ALLOWED: N_("The machine may learn from it"),
    EventKind.LEARNING_FORBIDDEN: N_("The machine may no longer learn from it"),
    EventKind.SENSITIVITY_CHANGED: N_("Sensitivity changed from %(from)s to %(to)s"),
    EventKind.LINKED: N_("Linked with another"),
    EventKind.UNLINKED: N_("A link was taken away"),
    EventKind.SPLIT: N_("A part was moved to another case"),
    EventKind.TRANSLATED: N_("Translated"),
    EventKind.STATUS_ASKED: N_("The person asked how it stands"),
    EventKind.DIALOGUE_ANSWERED: N_("The person answered a question of ours"),
    EventKind.SATISFACTION: N_("The person said how good the answer is: %(score)s"),
    EventKind.CONDUCT_REPORTED: N_("The conduct was reported to the PSEA channel"),
    EventKind.SERVICE_REFERRED: N_("Brought to a service of their choice: %(organisation)s"),
    EventKind.ACKNOWLEDGED: N_("The person was told that it arrived"),
    EventKind.WITHHELD: N_("A text was not sent"),
    EventKind.DELIVERY: N_("News of a text"),
    EventKind.CALL_LISTED: N_("To be reached %(way)s: %(why)s"),
    EventKind.CALL_CLAIMED: N_("Took on the call and saw the number"),
    EventKind.CALLED: N_("Tried %(way)s: %(result)s"),
    EventKind.REMINDED: N_("Whoever owes something was reminded"),
    EventKind.ESCALATED: N_("Time is up: those above were told"),
    EventKind.CONSENT_REVIEWED: N_("Asked the person anew what may be done with it"),
    EventKind.INTERIM_NOTICE: N_("The person is told that it takes longer"),
    EventKind.RUNG: N_("A handler on call was rung"),
    EventKind.RING_TAKEN: N_("Said that they take it"),
    EventKind.REFERRAL_DRAFTED: N_("A referral to %(organisation)s was drafted"),
    EventKind.REFERRAL_SENT: N_("Referred to %(organisation)s"),
    EventKind.REFERRAL_ACCEPTED: N_("%(organisation)s accepted"),
    EventKind.REFERRAL_DECLINED: N_("%(organisation)s cannot take it: %(reason)s"),
    EventKind.REFERRAL_RETURNED: N_("%(organisation)s asked a question"),
    EventKind.REFERRAL_RESUMED: N_("The question of %(organisation)s was answered"),
    EventKind.REFERRAL_EXPIRED: N_("%(organisation)s did not react in time"),
    EventKind.REFERRAL_STARTED: N_("%(organisation)s is working on it"),
    EventKind.REFERRAL_ANSWERED: N_("%(organisation)s answered: %(outcome)s"),
    EventKind.REFERRAL_VERIFIED: N_("The answer of %(organisation)s was checked and is good"),
    EventKind.REFERRAL_SENT_BACK: N_("The answer of %(organisation)s is not enough yet"),
    EventKind.REFERRED_ON: N_("%(organisation)s passed it on"),
    EventKind.LINK_OPENED: N_("%(organisation)s opened it by its link"),
    EventKind.LINKS_REVOKED: N_("The links of %(organisation)s were stopped"),
}

METHODS = {
    "message": N_("by text"),
    "call": N_("by call"),
    "desk": N_("at the desk"),
    "in_person": N_("in person"),
    "public": N_("in public"),
}


def history_sentence(line: HistoryLine, label: Callable[[str], str]) -> str:
    """What happened, in one sentence. Codes among the values become words."""
    values = dict(line.values)
    for key, words in (("outcome", Outcome), ("reason", DeclineReason)):
        if values.get(key):
            values[key] = word(words(values[key]))
    said: tuple[tuple[str, type[StrEnum]], ...] = (
        ("way", Way),
        ("why", CallReason),
        ("result", CallResult),
    )
    for key, one_of in said:
        if key in values:
            values[key] = word(one_of(values[key]))
    for key in ("from", "to"):
        if key in values:
            values[key] = word(Sensitivity(values[key]))
    if "code" in values:
        values["code"] = label(values["code"])
    if "method" in values:
        method = METHODS[values["method"]]
        values["method"] = gettext(method)
    if "satisfied" in values:
        score, said_yes = values.get("score"), values["satisfied"] == "yes"
        content = gettext("good") if said_yes else gettext("not good")
        values["score"] = gettext("%(score)s of 5", score=score) if score else content
    known = {"code": "", "outcome": "", "method": "", "owner": "", "organisation": "", "reason": ""}
    return gettext(HISTORY[line.event], **(known | values)).rstrip(": ")

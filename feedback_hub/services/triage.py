"""What a case is about: a machine suggests, a person decides (DOMAIN.md, Sensitivity and Harm)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.errors import IllegalMove, Invalid, NotAllowed, NotFound
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.judgement import BeforeTriage, Judgement
from feedback_hub.domain.judgement import undo as take_back
from feedback_hub.domain.routing import Route
from feedback_hub.domain.sensitivity import Priority, Sensitivity, highest
from feedback_hub.domain.suggestion import Reason, Suggestion
from feedback_hub.domain.whereabouts import NOWHERE, PlaceKind
from feedback_hub.services import (
    conversation,
    dialogue,
    likeness,
    loopback,
    on_call,
    remarks,
    routing,
    typed,
)
from feedback_hub.services.notices import URGENT, tell_urgent
from feedback_hub.services.ports import Classifier, Gazetteer, UnitOfWork
from feedback_hub.services.records.messages import Message, RemarkKind, SuggestionRow
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import text_bound_to

MACHINE = "machine"
UNDO_WITHIN = timedelta(minutes=10)
"""A slip is seen at once; later, colleagues and partners may have acted on it."""


@dataclass(frozen=True)
class Decision:
    """What a person decided; None keeps what stands (CONTRACT, Bodies: triage)."""

    codes: tuple[str, ...] = ()
    sector: str | None = None
    sensitivity: Sensitivity | None = None
    priority: Priority | None = None
    site: str | None = None
    reason: str = ""
    version: int | None = None


class ReadBefore:
    """A classifier that has read some messages already, all at once; others it reads when asked."""

    def __init__(self, classifier: Classifier, texts: Sequence[tuple[str, str]]) -> None:
        """``texts``: what each says, and in which language, as far as that is known."""
        self.version = classifier.version
        self._classifier = classifier
        self._read = dict(zip(texts, classifier.classify_all(texts), strict=True))

    def prepare(self) -> None:
        """See ``services.ports.Classifier``."""
        self._classifier.prepare()

    def classify(self, text: str, *, language: str = "und") -> Suggestion:
        """What it said of ``text``: of the same text it says the same."""
        known = self._read.get((text, language))
        return known or self._classifier.classify(text, language=language)

    def classify_all(self, messages: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        """The same for each (text, language)."""
        return [self.classify(text, language=language) for text, language in messages]


def classify(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    gazetteer: Gazetteer,
    message_id: str,
    now: datetime,
) -> None:
    """Read one message: keep the suggestion, raise where needed, find the route, acknowledge."""
    message = uow.message(message_id)
    case = uow.case(message.case_id) if message else None
    if message is None or case is None:
        return
    text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
    suggestion = classifier.classify(text, language=message.language)
    if suggestion.sensitivity is Sensitivity.L3 and case.classified_at is not None:
        apart = conversation.set_apart(uow, rules, case, message, suggestion.priority, now)
        if apart is not case:
            # It is read again there, as the first words of its own case.
            return
    doubted = rules.rereads and suggestion.in_doubt
    later = case.classified_at is not None and case.sensitivity is not Sensitivity.L3
    if doubted and later and message.doubted_at is None:
        message.doubted_at = now
    if message.doubted_at is not None and later:
        # Nothing is made of it, and nobody sees it, until it has been read again.
        uow.work(Task.REREAD, message.id, now)
        return
    if rules.rereads:
        uow.work(Task.REREAD, message.id, now)
    if doubted and case.classified_at is None and case.triaged_at is None:
        case.doubt(now)
    take_reading(uow, rules, gazetteer, case, message, text, suggestion, now, silent=doubted)


def is_urgent(uow: UnitOfWork, classifier: Classifier, message_id: str) -> bool:
    """Whether a message reads as what somebody is told of at once (``notices.tell_urgent``)."""
    message = uow.message(message_id)
    if message is None:
        return False
    text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
    said = classifier.classify(text, language=message.language)
    return said.sensitivity is Sensitivity.L3 or said.priority in URGENT


def take_reading(
    uow: UnitOfWork,
    rules: Rules,
    gazetteer: Gazetteer,
    case: Case,
    message: Message,
    text: str,
    suggestion: Suggestion,
    now: datetime,
    *,
    silent: bool,
) -> None:
    """What follows from reading one message of a case; ``silent``: the person is told nothing."""
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if not case.site:
        suggestion = _find_place(uow, gazetteer, case, contact, text, suggestion)
    if case.language == loopback.UNKNOWN_LANGUAGE:
        case.language = suggestion.language
    keep_suggestion(uow, suggestion, message, now)
    case.classify(
        suggestion.codes,
        rules.frame.type_of(suggestion.codes),
        suggestion.sector,
        suggestion.sensitivity,
        suggestion.priority,
        now,
    )
    if case.sensitivity is not Sensitivity.L1:
        uow.forget_text(case.id)
    likeness.keep(uow, case)
    suggest_route(uow, rules, case, now)
    if not silent and case.doubted_at is None:
        answer_at_once(uow, rules, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    tell_urgent(uow, rules, case, now)
    on_call.start(uow, case, now)


def answer_at_once(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """Acknowledge, and ask the first question. Not where a second reading has still to say whether
    silence is the safe answer: then that one does it.
    """
    loopback.acknowledge(uow, rules, case, now)
    contact = uow.contact(case.contact_id) if case.contact_id else None
    if contact is not None:
        dialogue.ask_next(uow, rules, contact, case, now)


def _find_place(
    uow: UnitOfWork,
    gazetteer: Gazetteer,
    case: Case,
    contact: Contact | None,
    text: str,
    suggestion: Suggestion,
) -> Suggestion:
    """Set the site if the words name one, else if the person came by way of one; never guess.

    What the words leave open is kept for a person to choose from.
    """
    where = gazetteer.whereabouts(text, uow, told=typed.of_case(uow, case).place)
    came_by = contact.site if contact is not None else ""
    choice = {place.code for place in where.candidates if place.kind is PlaceKind.SITE}
    if where.site is not None:
        case.site = where.site.code
    elif came_by and (came_by in choice or where == NOWHERE):
        case.site = came_by
    if where != NOWHERE:
        uow.keep_whereabouts(case.id, where)
    if not where.words:
        return suggestion
    site = where.site.code if where.site is not None else ""
    area = where.area.name if where.area is not None else ""
    choice_of = ", ".join(dict.fromkeys(place.name for place in where.candidates))
    named = site or area or choice_of
    why = (Reason("site", named, words) for words in where.words)
    return replace(suggestion, site=site, reasons=(*suggestion.reasons, *why))


def set_place(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, site: str, now: datetime
) -> Case:
    """A person says which site it is about. Raises ``NotFound``, ``Invalid``."""
    case = uow.visible_case(actor, Action.TRIAGE, ref)
    if case is None:
        raise NotFound
    if not uow.site_exists(site):
        raise Invalid("site", "is not a site of this hub")
    if case.site != site:
        case.site = site
        case.note(EventKind.PLACED, site, actor.id, now)
        likeness.keep(uow, case)
        suggest_route(uow, rules, case, now)
    return case


def suggest_route(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> Route:
    """Where the case would be referred, kept on it; an L3 is routed by its handlers only."""
    found = routing.find(uow, rules, case, now)
    case.route_organisation = found.organisation
    case.route_focal_point = found.focal_point
    return found


def triage(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, decision: Decision, now: datetime
) -> Case:
    """A person decides what the case is about. Raises ``NotFound``, ``Invalid``, ``IllegalMove``.

    A lower level than the case has needs a reason; an L1 becomes findable by its masked text.
    """
    case = uow.visible_case(actor, Action.TRIAGE, ref)
    if case is None:
        raise NotFound
    uow.expect(case, decision.version)
    if not case.may_decide(actor.id):
        raise NotAllowed("an answer that the person contests is judged by somebody else")
    codes = decision.codes or case.codes
    _check(uow, rules, codes, decision)
    before = BeforeTriage.of(case)
    level = decision.sensitivity or highest(case.sensitivity, rules.frame.sensitivity_of(codes))
    was_suspected = case.suspected
    if decision.site is not None:
        case.site = decision.site
    sector = decision.sector
    case.triage(
        codes,
        rules.frame.type_of(codes),
        (rules.frame.sector_of(codes) or case.sector) if sector is None else sector,
        level,
        decision.priority or rules.frame.priority_of(codes),
        actor.id,
        now,
    )
    if level.rank < case.sensitivity.rank:
        _lower(uow, case, level, decision.reason, actor, now)
    elif was_suspected:
        case.confirm(actor.id, now)
    elif decision.reason.strip():
        _note(uow, case, decision.reason, actor, now)
    _learn(uow, case, before, actor, now)
    uow.end_triage(case.id)
    after_decision(uow, rules, case, now)
    return case


def undo(uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, now: datetime) -> Case:
    """Take back one's own triage of a moment ago. Raises ``NotFound``, ``IllegalMove``.

    Who lowered a case out of their own sight may put it back; who raised it may not: then its
    handlers decide.
    """
    case = uow.case_by_ref(ref) if actor.may(Action.TRIAGE) else None
    judgement = uow.judgement_of(case.id) if case is not None else None
    if case is None or judgement is None or judgement.actor != actor.id:
        raise NotFound
    lowers = judgement.before.sensitivity.rank < case.sensitivity.rank
    if lowers and uow.visible_case(actor, Action.TRIAGE, ref) is None:
        raise NotFound
    if now - judgement.at > UNDO_WITHIN:
        raise IllegalMove("case", "undo triage", case.state.value)
    take_back(case, judgement, actor.id, now)
    uow.remove(judgement)
    uow.hold_to_triage(case.id, actor, now)
    after_decision(uow, rules, case, now)
    return case


def change_sensitivity(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    ref: str,
    level: Sensitivity,
    reason: str,
    now: datetime,
) -> Case:
    """Set the level, with a reason. Raises ``NotFound``, ``Invalid``."""
    case = uow.visible_case(actor, Action.CHANGE_SENSITIVITY, ref)
    if case is None:
        raise NotFound
    before = BeforeTriage.of(case)
    _lower(uow, case, level, reason, actor, now)
    _learn(uow, case, before, actor, now)
    after_decision(uow, rules, case, now)
    return case


def confirm(
    uow: UnitOfWork, rules: Rules, actor: Actor, ref: str, decision: Decision, now: datetime
) -> Case:
    """A handler judges a suspected L3: confirms it, or lowers it with a reason.

    Who says what it is about as well has triaged it. Raises ``NotFound``, ``IllegalMove``,
    ``Invalid``.
    """
    case = uow.visible_case(actor, Action.CHANGE_SENSITIVITY, ref)
    if case is None:
        raise NotFound
    if decision.codes and case.triaged_at is None:
        return triage(uow, rules, actor, ref, decision, now)
    before = BeforeTriage.of(case)
    if decision.sensitivity not in {None, Sensitivity.L3}:
        assert decision.sensitivity is not None  # noqa: S101  narrowed by the line above
        _lower(uow, case, decision.sensitivity, decision.reason, actor, now)
    else:
        case.confirm(actor.id, now)
    _learn(uow, case, before, actor, now)
    after_decision(uow, rules, case, now)
    return case


def after_decision(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """What follows from a new level, site or sector: search index, route and deadline."""
    conversation.make_findable(uow, case)
    likeness.keep(uow, case)
    suggest_route(uow, rules, case, now)
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    tell_urgent(uow, rules, case, now)
    on_call.start(uow, case, now)


def _check(uow: UnitOfWork, rules: Rules, codes: tuple[str, ...], decision: Decision) -> None:
    if not codes:
        raise Invalid("codes", "say what it is about")
    if not all(code in rules.frame for code in codes):
        raise Invalid("codes", "has a code that the coding frame does not know")
    if decision.site and not uow.site_exists(decision.site):
        raise Invalid("site", "is not a site of this hub")
    least = rules.frame.sensitivity_of(codes)
    level = decision.sensitivity or least
    if level.rank < least.rank and not decision.reason.strip():
        raise Invalid("reason", "a lower level than these codes have needs a reason")


def _lower(
    uow: UnitOfWork, case: Case, level: Sensitivity, reason: str, actor: Actor, now: datetime
) -> None:
    reason_id = remarks.write(
        uow, RemarkKind.REASON, case.id, reason, actor.id, now, field="reason"
    )
    case.change_sensitivity(level, actor.id, now, reason_id)


def _note(uow: UnitOfWork, case: Case, text: str, actor: Actor, now: datetime) -> None:
    remark_id = remarks.write(uow, RemarkKind.NOTE, case.id, text, actor.id, now)
    case.note(EventKind.NOTED, remark_id, actor.id, now)


def _learn(uow: UnitOfWork, case: Case, before: BeforeTriage, actor: Actor, now: datetime) -> None:
    read = uow.reading_of(case.id)
    about = case.triaged_at is not None
    uow.add(
        Judgement(
            id=new_id(),
            case_id=case.id,
            suggestion_id=read.id if read else None,
            actor=actor.id,
            at=now,
            codes=case.codes if about else (),
            type=case.type if about else "",
            sector=case.sector if about else "",
            sensitivity=case.sensitivity,
            priority=case.priority,
            site=case.site,
            before=before,
        )
    )


def keep_suggestion(
    uow: UnitOfWork, suggestion: Suggestion, message: Message, now: datetime
) -> None:
    """Keep what a machine read, with its version; the words that spoke are sealed."""
    row_id = new_id()
    reasons = json.dumps([vars(reason) for reason in suggestion.reasons], ensure_ascii=False)
    uow.add(
        SuggestionRow(
            id=row_id,
            case_id=message.case_id,
            message_id=message.id,
            at=now,
            codes=suggestion.codes,
            sector=suggestion.sector,
            sensitivity=suggestion.sensitivity,
            priority=suggestion.priority,
            confidence=suggestion.confidence,
            sector_confidence=suggestion.sector_confidence,
            sensitivity_confidence=suggestion.sensitivity_confidence,
            priority_confidence=suggestion.priority_confidence,
            language=suggestion.language,
            site=suggestion.site,
            classifier=suggestion.version,
            key_id=message.key_id,
            # The words that spoke are the person's own.
            reasons_sealed=uow.vault.seal(message.key_id, reasons, f"suggestion.reasons:{row_id}"),
        )
    )

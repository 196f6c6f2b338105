"""Which case a message belongs to, and how words that belong elsewhere are set apart.

It is decided before anybody sees the message: what reads as highly sensitive is never part of an
ordinary case, not for a second (DOMAIN.md, Sensitivity).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.conversation import continued
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.masking import mask
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.reference import references_in
from feedback_hub.domain.sensitivity import Priority, Sensitivity, most_urgent
from feedback_hub.services import likeness, typed
from feedback_hub.services.ports import Classifier, UnitOfWork
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.work import Task
from feedback_hub.services.rules import Rules
from feedback_hub.services.seals import text_bound_to

FOLLOW_UP = "follow_up"
"""The kind of link from a case to the closed one that it goes on with."""

_MACHINE = "machine"
# A form and a call are whole records: each is a matter.
_TALK = frozenset(MessageKind) - {MessageKind.FORM, MessageKind.CALL, MessageKind.MISSED_CALL}


@dataclass(frozen=True)
class Place:
    """Where a message goes: into ``joins``, else into a case of its own.

    That one ``follows`` a closed case, or was ``moved_from`` an open conversation, which keeps a
    neutral "moved"; ``suspected``: it is opened as a highly sensitive one, this urgent.
    ``in_doubt``: what it joins does not show it before it has been read again.
    """

    joins: Case | None = None
    follows: Case | None = None
    moved_from: Case | None = None
    suspected: Priority | None = None
    in_doubt: bool = False


def place(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    contact: Contact | None,
    message: InboundMessage,
    *,
    from_history: bool = False,
) -> Place:
    """Find where a new message belongs: a case it names or answers, else its conversation."""
    if contact is None:
        return Place()
    meant = _named(uow, contact, message) or _answered(uow, contact, message)
    cases = [meant] if meant else []
    if not meant and not from_history and message.kind in _TALK:
        cases = _talked_about(uow, rules, contact, message)
    if not cases:
        return Place()
    said = classifier.classify(message.text, language=message.language)
    highly = said.sensitivity is Sensitivity.L3
    case = meant or continued(said, cases, rules.sure_from)
    if case is None or (highly and case.sensitivity is not Sensitivity.L3):
        left = next((one for one in cases if one.is_open), None)
        return Place(moved_from=left, suspected=said.priority if highly else None)
    ordinary = case.sensitivity is not Sensitivity.L3
    doubted = ordinary and rules.rereads and said.in_doubt
    if case.is_open:
        return Place(joins=case, in_doubt=doubted)
    if not ordinary:
        return Place(follows=case, suspected=most_urgent(case.priority, said.priority))
    # A case that exists for nobody yet is no line in another's history.
    return Place() if doubted else Place(follows=case)


def guard(
    rules: Rules, classifier: Classifier, case: Case, message: InboundMessage, now: datetime
) -> None:
    """Keep what a new case of ``message`` may be from everybody's eyes from the first moment on.

    It is read in full later, minutes later where much waits, and till then it would be ordinary.
    """
    if case.sensitivity is Sensitivity.L3:
        return
    said = classifier.classify(message.text, language=message.language)
    if said.sensitivity is Sensitivity.L3:
        case.suspect(said.priority, now)
        # More urgent than it was opened as.
        keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    elif rules.rereads and said.in_doubt and case.triaged_at is None:
        case.doubt(now)


def note_place(uow: UnitOfWork, place: Place, case: Case, now: datetime) -> None:
    """Write down how a new case came about, where the reader of either may know of the other."""
    if place.suspected is not None:
        case.suspect(place.suspected, now)
    if place.moved_from is not None:
        _note_moved(place.moved_from, _MACHINE, now)
    before = place.follows
    if before is not None:
        uow.link(case.id, before.id, FOLLOW_UP, _MACHINE, now)
        case.note(EventKind.LINKED, before.id, _MACHINE, now)
        before.note(EventKind.LINKED, case.id, _MACHINE, now)


def original_of(
    uow: UnitOfWork, channel: str, message: InboundMessage, contact: Contact | None = None
) -> Message | None:
    """The message that this one is a newer version of, as it first came; None if it is unknown.

    ``contact`` given, it must be theirs.
    """
    if not message.revises:
        return None
    known = uow.message_at(channel, message.revises)
    if known is None or (contact is not None and known.contact_id != contact.id):
        return None
    return (uow.message(known.revises_id) if known.revises_id else None) or known


def revise(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    original: Message,
    message: InboundMessage,
    now: datetime,
) -> Place | None:
    """Where a newer version of ``original`` is kept, beside it: never a new matter.

    One that reads as highly sensitive takes the message out of an ordinary case, every version of
    it; where nothing else was said, the case itself is raised.
    """
    case = uow.case(original.case_id)
    if case is None:
        return None
    said = classifier.classify(message.text, language=message.language)
    if said.sensitivity is Sensitivity.L3:
        return Place(joins=set_apart(uow, rules, case, original, said.priority, now))
    doubted = rules.rereads and said.in_doubt and case.sensitivity is not Sensitivity.L3
    return Place(joins=case, in_doubt=doubted)


def set_apart(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    message: Message,
    priority: Priority,
    now: datetime,
) -> Case:
    """Take a message that reads as highly sensitive out of an ordinary case; where it then is.

    It stays where it was in a case that is highly sensitive already, or holds nothing else.
    """
    if case.sensitivity is Sensitivity.L3:
        return case
    messages = uow.messages_of(case.id)
    moving = with_versions(messages, {message.id})
    if len(moving) == len(messages):
        case.suspect(priority, now)
        return case
    apart = move_out(uow, case, moving, _MACHINE, now)
    apart.suspect(priority, now)
    keep_case(apart, rules.targets, rules.calendar_of(site=apart.site), now)
    return apart


def move_out(
    uow: UnitOfWork, case: Case, moving: Sequence[Message], actor: str, now: datetime
) -> Case:
    """A new case with these messages of ``case`` and what is known of the person."""
    new = Case(
        id=new_id(),
        ref=uow.new_reference(),
        channel=case.channel,
        received_at=moving[0].received_at,
        entered_at=now,
        entered_by=case.entered_by,
        contact_id=case.contact_id,
        site=case.site,
        language=case.language,
        person=case.person,
        consent=case.consent,
        accused_organisation=case.accused_organisation,
        accused_class=case.accused_class,
        from_history=case.from_history,
    )
    new.record(Event(EventKind.RECEIVED, new.id, actor, now))
    uow.add(new)
    typed.keep(uow, new.id, typed.of_case(uow, case))
    move(uow, case, moving, new, actor, now)
    return new


def move(
    uow: UnitOfWork,
    case: Case,
    moving: Iterable[Message],
    into: Case,
    actor: str,
    now: datetime,
) -> None:
    """Take messages out of ``case``, put them ``into`` another and have them read as a part of it.

    The first keeps a neutral "moved", and neither is found by their words any more nor compared
    with other cases by them.
    """
    for message in moving:
        message.case_id = into.id
        into.note(EventKind.MESSAGE_ADDED, message.id, actor, now)
        uow.work(Task.CLASSIFY, message.id, now)
    _note_moved(case, actor, now)
    make_findable(uow, case)
    # Compared with others by the words that are left, no more by those that went.
    uow.forget_likeness(case.id)
    likeness.keep(uow, case)


def make_findable(uow: UnitOfWork, case: Case) -> None:
    """Have a case found by its masked words as they stand now: a person-confirmed L1 only."""
    if case.sensitivity is not Sensitivity.L1 or case.triaged_at is None:
        uow.forget_text(case.id)
        return
    said = (
        mask(uow.vault.open(m.key_id, m.text_sealed, text_bound_to(m.id)))
        for m, _ in as_said_now(uow.shown_of(case))
    )
    uow.index_text(case.id, "\n".join(said))


def with_versions(messages: Sequence[Message], ids: set[str]) -> list[Message]:
    """The messages that ``ids`` name, each with its original and every version of it."""
    roots = {m.revises_id or m.id for m in messages if m.id in ids}
    return [m for m in messages if (m.revises_id or m.id) in roots]


def as_said_now(messages: Iterable[Message]) -> list[tuple[Message, tuple[Message, ...]]]:
    """Each thing said: its latest wording, and the earlier ones, the oldest first.

    In the order in which they were first said.
    """
    versions: dict[str, list[Message]] = {}
    for message in messages:
        versions.setdefault(message.revises_id or message.id, []).append(message)
    ordered = (sorted(same, key=lambda m: (bool(m.revises_id), m.at)) for same in versions.values())
    return [(same[-1], tuple(same[:-1])) for same in ordered]


def _note_moved(case: Case, actor: str, now: datetime) -> None:
    """The same line whatever was moved and wherever to: it tells nothing about the other case."""
    case.note(EventKind.SPLIT, "", actor, now)


def _named(uow: UnitOfWork, contact: Contact, message: InboundMessage) -> Case | None:
    """The case of this contact whose reference the text carries; nobody else's, ever."""
    named = [uow.case_by_ref(ref) for ref in references_in(message.text)]
    own = [case for case in named if case is not None and case.contact_id == contact.id]
    return next((case for case in own if case.is_open), own[0] if own else None)


def _answered(uow: UnitOfWork, contact: Contact, message: InboundMessage) -> Case | None:
    """The case of the text, ours or theirs, that this message was written as a reply to."""
    if not message.reply_to:
        return None
    ours = uow.delivery_by_provider(contact.channel, message.reply_to)
    theirs = None if ours else uow.message_at(contact.channel, message.reply_to)
    answered = ours or theirs
    if answered is None or answered.contact_id != contact.id or not answered.case_id:
        return None
    return uow.case(answered.case_id)


def _talked_about(
    uow: UnitOfWork, rules: Rules, contact: Contact, message: InboundMessage
) -> list[Case]:
    if contact.channel not in rules.reply_channels:
        return []
    since = message.received_at - rules.conversation_window
    return list(uow.talked_about(contact.id, contact.channel, since))

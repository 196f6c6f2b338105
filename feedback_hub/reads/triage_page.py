"""Triage one after the other: each case with its words, what the machine thinks, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.adapters import triage_queue
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.languages import needs_speaker
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE, Whereabouts
from feedback_hub.reads import attachments, conversation
from feedback_hub.reads.rows import code_of
from feedback_hub.reads.views.conversation import MessageView
from feedback_hub.services import typed
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.rules import Rules

AHEAD = 2
"""The one to decide, and the next, so that it is there when the first is done."""


@dataclass(frozen=True)
class Reading:
    """What the machine thinks of the first words. ``unsure``: fields that a person decides.

    ``reasons`` are (words, what was concluded from them).
    """

    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    site: str
    language: str
    confidence: float
    classifier: str
    reasons: tuple[tuple[str, str], ...]
    unsure: frozenset[str]

    @property
    def because(self) -> dict[str, tuple[str, ...]]:
        """The words that spoke, by what was concluded from them."""
        found: dict[str, tuple[str, ...]] = {}
        for words, value in self.reasons:
            if words:
                found[value] = tuple(dict.fromkeys((*found.get(value, ()), words)))
        return found


@dataclass(frozen=True)
class Card:
    """One case as it is triaged: as it stands, which the machine's suggestion has become."""

    ref: str
    version: int
    state: CaseState
    channel: str
    received_at: datetime
    language: str
    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    suspected: bool
    priority: Priority
    site: str
    place: str
    messages: tuple[MessageView, ...]
    needs_speaker: bool
    translations: tuple[str, ...] = ()
    reading: Reading | None = None
    where: Whereabouts = NOWHERE

    @property
    def unsure(self) -> frozenset[str]:
        """What a person decides without the machine."""
        return self.reading.unsure if self.reading else frozenset({"codes", "sector", "priority"})


@dataclass(frozen=True)
class Deck:
    """What somebody has before them: the first to decide now. ``left`` counts these too.

    ``both``: the reader has the ordinary queue and the handlers'.
    """

    cards: tuple[Card, ...]
    left: int
    handlers: bool = False
    both: bool = False


def queues(actor: Actor) -> frozenset[bool]:
    """Which queues exist for ``actor``: the handlers' (True), the ordinary one (False)."""
    levels = {level for grant in scope_of(actor, Action.TRIAGE).grants for level in grant.levels}
    return frozenset(level is Sensitivity.L3 for level in levels)


def take(
    uow: SqlUnitOfWork,
    rules: Rules,
    actor: Actor,
    now: datetime,
    *,
    handlers: bool,
    most: int = AHEAD,
) -> Deck:
    """Take on up to ``most`` cases and show them. To be committed: it leases, and notes who saw."""
    cases = uow.take_to_triage(actor, now, handlers=handlers, most=most)
    cards = tuple(card(uow, rules, one) for one in cases)
    uow.audit_seen(now)
    return Deck(
        cards=cards,
        left=triage_queue.left(uow.session, actor, now, handlers=handlers),
        handlers=handlers,
        both=len(queues(actor)) > 1,
    )


def card(uow: SqlUnitOfWork, rules: Rules, case: Case) -> Card:
    """One case to triage, with every word of it."""
    said = uow.shown_of(case)
    read = conversation.readings(uow, case.id)
    first = next((read[message.id] for message in said if message.id in read), None)
    remarks = conversation.remarks_of(uow, case.id)
    files = attachments.by_message(uow, case)
    return Card(
        ref=case.ref,
        version=case.version,
        state=case.state,
        channel=case.channel,
        received_at=case.received_at,
        language=case.language,
        codes=case.codes or (code_of(case),),
        sector=case.sector,
        sensitivity=case.sensitivity,
        suspected=case.suspected,
        priority=case.priority,
        site=case.site,
        place=typed.of_case(uow, case).place,
        messages=tuple(conversation.in_their_words(uow, said, read, files)),
        needs_speaker=needs_speaker(case.language, case.codes),
        translations=tuple(
            remarks.text(row.id) for row in remarks.rows if row.kind is RemarkKind.TRANSLATION
        ),
        reading=_reading(rules, first) if first else None,
        where=uow.whereabouts_of([case]).get(case.id, NOWHERE),
    )


def _reading(rules: Rules, found: conversation.Reading) -> Reading:
    row = found.row
    sure = {
        "codes": row.confidence,
        "sector": row.sector_confidence or row.confidence,
        "sensitivity": row.sensitivity_confidence or row.confidence,
        "priority": row.priority_confidence or row.confidence,
    }
    return Reading(
        codes=row.codes,
        sector=row.sector,
        sensitivity=row.sensitivity,
        priority=row.priority,
        site=row.site,
        language=row.language,
        confidence=row.confidence,
        classifier=row.classifier,
        reasons=found.reasons,
        unsure=frozenset(name for name, confidence in sure.items() if confidence < rules.sure_from),
    )

"""What waits for somebody who speaks a language that no machine reads here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from feedback_hub.adapters.accounts import languages_of
from feedback_hub.adapters.tables import case, case_event, message
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible, heard
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.coding import UNCLEAR
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.languages import READ_BY_MACHINE, UNKNOWN
from feedback_hub.domain.masking import mask
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads.case_list import own_scope
from feedback_hub.reads.wire import message_text
from feedback_hub.services.conversation import as_said_now

MOST = 30


@dataclass(frozen=True)
class ToTranslate:
    """One case with its words, as far as the reader may read them."""

    ref: str
    version: int
    language: str
    received_at: datetime
    channel: str
    site: str
    priority: Priority
    texts: tuple[str, ...]


@dataclass(frozen=True)
class TranslationPage:
    """What the reader can translate, and what waits for others: how much, by language."""

    languages: tuple[str, ...]
    mine: tuple[ToTranslate, ...]
    others: tuple[tuple[str, int], ...]


def page(uow: SqlUnitOfWork, actor: Actor) -> TranslationPage:
    """The tasks in the reader's languages, the most urgent first."""
    spoken = languages_of(uow.session, actor.id)
    cases = uow.session.scalars(
        select(Case)
        .where(*_waits(actor), case.c.language.in_((*spoken, UNKNOWN)))
        .order_by(case.c.priority, case.c.received_at, case.c.id)
        .limit(MOST)
    ).all()
    others = uow.session.execute(
        select(case.c.language, func.count())
        .where(*_waits(actor), case.c.language.not_in((*spoken, UNKNOWN)))
        .group_by(case.c.language)
        .order_by(case.c.language)
    )
    return TranslationPage(
        languages=spoken,
        mine=tuple(_task(uow, actor, one) for one in cases),
        others=tuple((language, number) for language, number in others),
    )


def waiting(uow: SqlUnitOfWork, actor: Actor) -> tuple[int, datetime | None]:
    """How many cases wait in the reader's own languages, and since when the oldest."""
    spoken = languages_of(uow.session, actor.id)
    if not spoken:
        return 0, None
    number, oldest = uow.session.execute(
        select(func.count(), func.min(case.c.received_at)).where(
            *_waits(actor), case.c.language.in_(spoken)
        )
    ).one()
    return number, oldest


def _waits(actor: Actor) -> Sequence[ColumnElement[bool]]:
    """``domain.languages.needs_speaker`` as SQL, on what the reader handles and nobody did yet."""
    translated = select(case_event.c.id).where(
        case_event.c.case_id == case.c.id, case_event.c.kind == EventKind.TRANSLATED
    )
    # A missed call has no words.
    worded = select(message.c.id).where(
        message.c.case_id == case.c.id, message.c.kind == MessageKind.TEXT, heard()
    )
    nothing_made_of_it = or_(case.c.codes == (), case.c.codes == (UNCLEAR,))
    return (
        case_visible(own_scope(actor)),
        case.c.state != CaseState.CLOSED,
        or_(
            and_(case.c.language == UNKNOWN, nothing_made_of_it, case.c.classified_at.is_not(None)),
            case.c.language.not_in((UNKNOWN, *sorted(READ_BY_MACHINE))),
        ),
        ~exists(translated),
        exists(worded),
    )


def _task(uow: SqlUnitOfWork, actor: Actor, one: Case) -> ToTranslate:
    team = scope_of(actor, Action.READ_HISTORY).admits(uow.facts(one))
    uow.saw(actor, one)
    said = uow.shown_of(one)
    uow.vault.load({row.key_id for row in said})
    texts = (message_text(uow, latest) for latest, _ in as_said_now(said))
    return ToTranslate(
        ref=one.ref,
        version=one.version,
        language=one.language,
        received_at=one.received_at,
        channel=one.channel,
        site=one.site,
        priority=one.priority,
        texts=tuple(text if team else mask(text) for text in texts if text.strip()),
    )

"""What people decided, as examples to learn from; of an L3, only where a handler let it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from feedback_hub.adapters.tables import case, case_event, judgement, suggestion
from feedback_hub.adapters.training import Example
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.case import Case
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import VaultClosed, VaultSealed
from feedback_hub.services.seals import text_bound_to


def judged(uow: SqlUnitOfWork) -> Iterator[Example]:
    """The message each latest judgement was about, coded as a person coded it.

    Left out: what is or was highly sensitive or suspected to be (its text stays in the vault), what
    has been erased, and what only the sensitivity was decided of.
    """
    latest = select(func.max(judgement.c.at)).where(judgement.c.case_id == case.c.id)
    rows = uow.session.execute(
        select(
            judgement.c.case_id,
            judgement.c.codes,
            judgement.c.sector,
            judgement.c.before,
            suggestion.c.message_id,
            suggestion.c.language,
            suggestion.c.sensitivity.label("suggested"),
        )
        .join(case, case.c.id == judgement.c.case_id)
        .join(suggestion, suggestion.c.id == judgement.c.suggestion_id)
        .where(
            judgement.c.at == latest.correlate(case).scalar_subquery(),
            judgement.c.sensitivity != Sensitivity.L3,
            case.c.sensitivity != Sensitivity.L3,
            case.c.suspected.is_(False),
        )
        .order_by(judgement.c.at, judgement.c.id)
    )
    for row in rows:
        message = uow.message(row.message_id)
        was_feared = Sensitivity.L3 in (row.suggested, row.before.sensitivity)
        if message is None or not row.codes or was_feared:
            continue
        try:
            text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
        except (VaultClosed, VaultSealed):
            continue
        yield Example(text, row.language, f"case {row.case_id}", tuple(row.codes), row.sector)


def let_by_handlers(uow: SqlUnitOfWork) -> tuple[list[Example], int]:
    """The first message of each L3 case that a handler let the machine learn from.

    And how many of those this process cannot open: they are sealed to the handlers alone
    (``keys handlers``), whose private half it then needs. A case that has been lowered, erased or
    taken back since is left out.
    """
    let = select(case_event.c.case_id).where(case_event.c.kind == EventKind.LEARNING_ALLOWED)
    cases = uow.session.scalars(
        select(Case)
        .where(
            case.c.id.in_(let),
            case.c.sensitivity == Sensitivity.L3,
            case.c.suspected.is_(False),
        )
        .order_by(case.c.received_at, case.c.id)
    ).all()
    found, closed = [], 0
    for one in cases:
        if not one.codes or not uow.may_be_learnt(one.id):
            continue
        message = uow.messages_of(one.id)[0]
        try:
            text = uow.vault.open(message.key_id, message.text_sealed, text_bound_to(message.id))
        except VaultSealed:
            closed += 1
        except VaultClosed:
            continue
        else:
            found.append(
                Example(text, one.language, f"case {one.id}", tuple(one.codes), one.sector)
            )
    return found, closed

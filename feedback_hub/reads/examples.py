"""What people decided, as examples to learn from: never a word of what is highly sensitive."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from feedback_hub.adapters.tables import case, judgement, suggestion
from feedback_hub.adapters.training import Example
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
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

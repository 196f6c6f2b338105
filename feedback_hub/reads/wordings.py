"""The wordings page: every text the hub can send, as a person would get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.recordings import digest_of, find_recording
from feedback_hub.adapters.rendering import shipped_wordings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.gsm7 import sms_length
from feedback_hub.reads.names import Names, names_for
from feedback_hub.reads.views.wordings import PacksPage, WordingView
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.rules import Rules
from feedback_hub.services.wordings import Measured, measure


def drafts(uow: SqlUnitOfWork) -> int:
    """How many wordings nobody has approved."""
    wording = tables.wording.c
    waiting = select(func.count()).where(wording.state != WordingState.APPROVED)
    return uow.session.scalar(waiting) or 0


@dataclass(frozen=True)
class WordingPage:
    """One wording to be written: as it is, in the hub's own language, and what it takes.

    ``own_words``: whoever looks wrote it, and cannot say what somebody else understands.
    """

    language: str
    purpose: Purpose
    text: str
    original: str
    measured: Measured
    view: WordingView | None
    own_words: bool
    price: tuple[float, str]


def one(
    uow: SqlUnitOfWork, rules: Rules, home: Path, reader: str, language: str, purpose: Purpose
) -> WordingPage:
    """The page of one wording, also of one that nobody wrote yet."""
    wording = uow.wording(language, purpose)
    original = uow.wording(rules.default_language, purpose)
    text = wording.text if wording else ""
    people = (wording.approved_by, wording.back_translated_by) if wording else ()
    names = names_for(uow, people)
    return WordingPage(
        language=language,
        purpose=purpose,
        text=text,
        original=original.text if original and language != rules.default_language else "",
        measured=measure(rules.renderer, text),
        view=_view(wording, rules, home, names) if wording else None,
        own_words=wording is not None and wording.written_by == reader,
        price=rules.price,
    )


def page(
    uow: SqlUnitOfWork, rules: Rules, home: Path, languages: Sequence[str], *, may_approve: bool
) -> PacksPage:
    """Every wording, filled with an example; those that ship and are not kept yet are drafts."""
    kept = {(w.language, w.purpose): w for w in uow.session.scalars(select(Wording))}
    for shipped in shipped_wordings():
        kept.setdefault((shipped.language, shipped.purpose), shipped)
    names = names_for(
        uow, (name for one in kept.values() for name in (one.approved_by, one.back_translated_by))
    )
    order = list(Purpose)
    found = sorted(
        kept.values(),
        key=lambda w: (
            w.language != rules.default_language,
            w.language,
            order.index(w.purpose),
        ),
    )
    return PacksPage(
        tuple(_view(wording, rules, home, names) for wording in found),
        may_approve,
        {
            language: [purpose for purpose in order if (language, purpose) not in kept]
            for language in languages
        },
    )


def _view(wording: Wording, rules: Rules, home: Path, names: Names) -> WordingView:
    example = {"ref": "482-913-075", "hotline": rules.hotline, "answer": "…", "date": "31/12/2026"}
    text = rules.renderer.render(wording.text, example)
    recorded = None
    if wording.purpose.is_spoken:
        recorded = find_recording(home, wording.language, wording.purpose)
    length = sms_length(text.replace("…", ""))
    return WordingView(
        purpose=wording.purpose,
        language=wording.language,
        text=text,
        # A recording that came or changed since is a draft of its own.
        approved=wording.state is WordingState.APPROVED
        and digest_of(recorded) == wording.recording,
        length=length.units,
        segments=length.segments,
        accented=not length.is_gsm7 and wording.purpose.is_texted,
        spoken=wording.purpose.is_spoken,
        recorded=recorded is not None,
        approved_by=names.person(wording.approved_by),
        back_translation=wording.back_translation,
        back_translated_by=names.person(wording.back_translated_by),
        approved_at=wording.approved_at,
    )

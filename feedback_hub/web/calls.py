"""What a caller may hear: approved wordings, said or played, and the hub's answers to a call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time
from functools import cached_property

from flask import Blueprint, Response, abort, send_file
from sqlalchemy import select

from channels.base import SAYABLE, Item, Numbers, Prompt, Ringing
from feedback_hub.adapters import tables
from feedback_hub.adapters.recordings import TYPES, digest_of, find_recording
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.contact import Purpose, Step
from feedback_hub.domain.place import SiteStatus
from feedback_hub.services import dialogue, inbox, intake, on_call
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.records.work import InboxKind
from feedback_hub.web.hub import current_hub

_MOST_READ_OUT = 9
"""Sites that one key each can stand for; who would listen to more."""

prompts = Blueprint("prompts", __name__, url_prefix="/prompts")


@prompts.get("/<language>/<file>")
def play(language: str, file: str) -> Response:
    """An approved recording, to whoever asks: it is what anybody hears who rings."""
    hub = current_hub()
    name, dot, suffix = file.rpartition(".")
    if name not in set(Purpose) or dot + suffix not in TYPES:
        abort(404)
    with hub.reading() as uow:
        wording = uow.wording(language, Purpose(name))
    if wording is None or wording.state is not WordingState.APPROVED:
        abort(404)
    path = find_recording(hub.config.hub.home, wording.language, wording.purpose)
    if path is None or path.suffix != dot + suffix or digest_of(path) != wording.recording:
        abort(404)
    return send_file(path, mimetype=TYPES[path.suffix], max_age=3600)


class HubDesk:
    """Fulfils ``channels.base.Desk`` for one request of one channel account."""

    def __init__(self, hub: Hub, channel: str, now: datetime) -> None:
        self._hub, self._channel, self._now = hub, channel, now

    @cached_property
    def _approved(self) -> dict[tuple[str, Purpose], Wording]:
        approved = tables.wording.c.state == WordingState.APPROVED
        with self._hub.reading() as uow:
            found = uow.session.scalars(select(Wording).where(approved)).all()
        return {(one.language, one.purpose): one for one in found}

    def languages(self, needed: Collection[Purpose]) -> Sequence[str]:
        """The hub's languages in which every one of ``needed`` can be heard."""
        return [
            language
            for language in self._hub.config.hub.languages
            if all(self.prompt(language, purpose) for purpose in needed)
        ]

    def prompt(self, language: str, purpose: Purpose) -> Prompt | None:
        """The approved recording, else the approved text where a voice speaks the language."""
        wording = self._approved.get((language, purpose))
        if wording is None:
            return None
        if wording.recording:
            path = find_recording(self._hub.config.hub.home, language, purpose)
            if path is not None and digest_of(path) == wording.recording:
                base = self._hub.config.hub.base_url
                return Prompt(audio=f"{base}/prompts/{language}/{path.name}")
        if language not in SAYABLE:
            return None
        # Digit by digit: 1458 is no quantity.
        values = {"hotline": " ".join(self._hub.rules.hotline)}
        return Prompt(text=self._hub.rules.renderer.render(wording.text, values))

    def is_worked(self, opens: time | None, closes: time | None) -> bool:
        """Whether people work now."""
        return self._hub.rules.calendar.is_open(self._now, opens, closes)

    def numbers(self, external_id: str) -> Numbers | None:
        """The numbers of the case that a kept message became."""
        with self._hub.reading() as uow:
            row = uow.accepted(self._channel, InboxKind.MESSAGE, inbox.fitting(external_id))
            case = uow.case(row.case_id) if row and row.case_id else None
            return Numbers(case.ref, uow.vault.secret_for(case.ref)) if case else None

    def questions(self, external_id: str) -> Sequence[Step]:
        """What is open to ask whoever left this message."""
        with self._hub.reading() as uow:
            row = uow.accepted(self._channel, InboxKind.MESSAGE, inbox.fitting(external_id))
            case = uow.case(row.case_id) if row and row.case_id else None
            return dialogue.for_call(uow, self._hub.rules, case) if case else ()

    def sites(self) -> Sequence[tuple[str, str]]:
        """The sites that run, by name; none where there are more than keys."""
        return self._sites if len(self._sites) <= _MOST_READ_OUT else ()

    @cached_property
    def _sites(self) -> Sequence[tuple[str, str]]:
        with self._hub.reading() as uow:
            running = [site for site in uow.sites() if site.status is SiteStatus.ACTIVE]
            return sorted(((site.code, site.name) for site in running), key=lambda site: site[1])

    def ringing(self, key: str) -> Ringing | None:
        """What whoever is rung by this call hears."""
        with self._hub.reading() as uow:
            said = on_call.spoken_in(uow, self._hub.rules, key)
        return Ringing(said.text, said.thanks, said.language) if said else None

    def take(self, key: str) -> bool:
        """Whoever is rung says that they take it. Raises ``SQLAlchemyError``."""
        with self._hub.unit_of_work() as uow:
            taken = on_call.take_try(uow, key, self._now)
            uow.commit()
        return taken

    def keep(self, items: Sequence[Item]) -> None:
        """One commit. Raises ``SQLAlchemyError``."""
        with self._hub.unit_of_work() as uow:
            intake.accept(uow, self._channel, items, b"", self._now)
            uow.commit()

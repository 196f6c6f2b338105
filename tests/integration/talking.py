"""People who write to a hub with two accounts, and what becomes of their messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from feedback_hub import migrations
from feedback_hub.adapters import tables
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Actor, ActorKind, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import InboundMessage
from feedback_hub.reads.wire import message_text
from feedback_hub.services import intake
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.telling import Delivery, Wording, WordingState
from feedback_hub.services.records.work import Queue
from tests.integration.databases import NOW
from workers.drain import drain

PUMP = "A bomba de agua em Ntokota nao funciona ha 3 dias"
FOOD = "nao recebi comida este mes"
CHIEF = "o chefe disse que se eu for dormir com ele o meu nome fica na lista"
UNCLEAR = "e agora?"
ANA = Actor("ana", ActorKind.ACCOUNT, (Membership(Role.CASE_MANAGER),))
ROSA = Actor("rosa", ActorKind.ACCOUNT, (Membership(Role.PROTECTION),))
ALICE, BERTA = "+258841110001", "+258841110002"


@dataclass
class Talk:
    """A hub that people write to; its clock stands until a test moves it."""

    hub: Hub
    now: datetime = NOW
    sent: list[str] = field(default_factory=list)

    def says(
        self,
        text: str,
        number: str = ALICE,
        account: str = "sms",
        *,
        work: bool = True,
        **more: object,
    ) -> str:
        """A message arrives and is worked on; the provider's id of it."""
        self.now += timedelta(seconds=1)
        known: dict[str, Any] = {
            "external_id": uuid.uuid4().hex,
            "received_at": self.now,
            "sender": number,
            "address": number,
        } | more
        message = InboundMessage(text=text, **known)
        with self.hub.unit_of_work() as uow:
            intake.accept(uow, account, [message], text.encode(errors="ignore"), self.now)
            uow.commit()
        if work:
            self.work()
        return message.external_id

    def work(self) -> None:
        """The workers do all there is to do."""
        for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
            drain(self.hub, queue)

    def cases(self, number: str = ALICE, account: str = "sms") -> list[Case]:
        """What this person raised on this account, the oldest first."""
        with self.hub.reading() as uow:
            contact = self.contact(number, account)
            if contact is None:
                return []
            found = select(Case).where(tables.case.c.contact_id == contact.id)
            return list(uow.session.scalars(found.order_by(tables.case.c.received_at)))

    def case(self) -> Case:
        """The one case of Alice."""
        (case,) = self.cases()
        return case

    def contact(self, number: str = ALICE, account: str = "sms") -> Contact | None:
        """The contact point."""
        with self.hub.reading() as uow:
            return uow.contact_at(account, uow.vault.index(number, f"address:{account}"))

    def words(self, case: Case) -> list[str]:
        """What was said in a case."""
        with self.hub.reading() as uow:
            return [message_text(uow, message) for message in uow.messages_of(case.id)]

    def messages(self, case: Case) -> list[Message]:
        """The messages of a case."""
        with self.hub.reading() as uow:
            return list(uow.messages_of(case.id))

    def texts(self, number: str = ALICE, account: str = "sms") -> list[Delivery]:
        """What was queued for this person, sent or withheld, the oldest first."""
        contact = self.contact(number, account)
        if contact is None:
            return []
        with self.hub.reading() as uow:
            told = select(Delivery).where(tables.delivery.c.contact_id == contact.id)
            return list(uow.session.scalars(told.order_by(tables.delivery.c.queued_at)))

    def events(self, case: Case) -> list[tuple[EventKind, str]]:
        """A case's history: what happened and whom it is about."""
        event = tables.case_event.c
        with self.hub.reading() as uow:
            lines = select(event.kind, event.about).where(event.case_id == case.id)
            return [tuple(row) for row in uow.session.execute(lines)]

    def close(self, case: Case) -> None:
        """Somebody ends it as no feedback."""
        with self.hub.unit_of_work() as uow:
            kept = uow.case(case.id)
            assert kept is not None
            kept.close(Outcome.NOT_FEEDBACK, "reason", "ana", self.now, 5)
            uow.commit()


def make_talk(database_url: str, home: Path, **conversation: object) -> Talk:
    """A hub with the accounts ``sms`` and ``bot``, every wording approved."""
    document = {
        "hub": {"home": str(home)},
        "database": {"url": database_url},
        "conversation": conversation,
        "security": {"second_factor": "offered"},
        "channels": {"sms": {"kind": "sandbox"}, "bot": {"kind": "sandbox"}},
    }
    talk: Talk
    hub = build(parse_config(document, {}), clock=lambda: talk.now)
    migrations.migrate(hub.engine)
    seed_wordings(hub.engine)
    with hub.unit_of_work() as uow:
        for wording in uow.session.scalars(select(Wording)):
            wording.state = WordingState.APPROVED
        uow.commit()
    talk = Talk(hub)
    return talk


@pytest.fixture
def talk(own_database_url: str, tmp_path: Path) -> Iterator[Talk]:
    made = make_talk(own_database_url, tmp_path / "home")
    yield made
    made.hub.close()

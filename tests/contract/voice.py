"""A hub with a telephone line, and people who ring it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import select, update
from twilio.request_validator import RequestValidator

from channels.base import Channel
from feedback_hub.adapters import tables
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import parse_config
from feedback_hub.domain.case import Case
from feedback_hub.domain.place import Site
from feedback_hub.migrations import migrate
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.telling import WordingState
from feedback_hub.services.records.work import Queue
from feedback_hub.web.app import create_app
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN
from tests.providers.twilio_calls import Phone
from workers.drain import drain

LINE = "line"
OPERATOR = "+258840000001"
PERSON = "+258841234567"
BASE = "http://localhost"
MORNING = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
"""Of a Wednesday."""


@dataclass
class Line:
    """The hub behind the number. ``now`` is a Wednesday morning unless a test moves it."""

    home: Path
    languages: tuple[str, ...] = ("por",)
    operator: str = OPERATOR
    approved: bool = True
    ask: tuple[str, ...] = ()
    sites: tuple[tuple[str, str], ...] = ()
    api_base: str = "https://api.twilio.com"
    now: datetime = MORNING
    person: str = PERSON
    known: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: count(841_234_567))
    hub: Hub = field(init=False)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        document = {
            "hub": {"home": str(self.home), "base_url": BASE, "languages": list(self.languages)},
            "conversation": {"ask": list(self.ask)},
            "channels": {
                LINE: {
                    "kind": "twilio_voice",
                    "account_sid": ACCOUNT_SID,
                    "from_number": "+15005550006",
                    "operator_number": self.operator,
                    "api_base": self.api_base,
                }
            },
        }
        environ = {"FEEDBACK_HUB_CHANNELS_LINE_AUTH_TOKEN": AUTH_TOKEN}
        config = parse_config(document, environ, settings_of=settings_of)
        self.hub = build(config, clock=lambda: self.now)
        migrate(self.hub.engine)
        seed_wordings(self.hub.engine)
        if self.approved:
            self.approve()
        with self.hub.unit_of_work() as uow:
            uow.session.add_all(Site(code, name) for code, name in self.sites)
            uow.commit()
        self.client = create_app(self.hub).test_client()

    @property
    def channel(self) -> Channel:
        return self.hub.channels.accounts[LINE]

    def approve(self) -> None:
        """Every draft, as `packs approve` does."""
        with self.hub.unit_of_work() as uow:
            approved = {"state": WordingState.APPROVED, "approved_by": "test"}
            uow.session.execute(update(tables.wording).values(**approved))
            uow.commit()

    def begin(self) -> None:
        """Another person, another day: what was before is not seen any more."""
        self.person = self.someone()
        self.known |= {case.id for case in self.cases()}
        self.now = MORNING

    def someone(self) -> str:
        """A number that never rang."""
        return f"+258{next(self.numbers)}"

    def ring(self, sender: str = "") -> Phone:
        """Somebody who rings; the test's person unless said."""
        return Phone(self.post, f"{BASE}/channels/{LINE}", sender or self.person).ring()

    def post(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """As Twilio posts it, signed."""
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
        answer = self.client.post(
            url.removeprefix(BASE),
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )
        return answer.status_code, answer.text

    def work(self) -> None:
        """A while later the workers have done what waits."""
        self.now += timedelta(seconds=30)
        for queue in (Queue.INTAKE, Queue.TRIAGE):
            drain(self.hub, queue)

    def cases(self, sender: str = "") -> list[Case]:
        """Every case, the oldest first; of one number, if given."""
        with self.hub.reading() as uow:
            found = select(Case).order_by(tables.case.c.received_at, tables.case.c.id)
            if sender:
                index = uow.vault.index(sender, f"address:{LINE}")
                contact = uow.contact_at(LINE, index)
                found = found.where(tables.case.c.contact_id == (contact.id if contact else ""))
            return [case for case in uow.session.scalars(found) if case.id not in self.known]

    def messages(self, case: Case) -> list[Message]:
        """What a case holds."""
        with self.hub.reading() as uow:
            return list(uow.messages_of(case.id))

    def secret(self, case: Case) -> str:
        """The case's secret."""
        with self.hub.reading() as uow:
            return uow.vault.secret_for(case.ref)

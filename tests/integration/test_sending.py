"""No faster than a provider takes it, whoever sends; and a receipt that got lost is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from channels.telegram import LIMITS
from feedback_hub.adapters import outbox, tables
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import parse_config
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.message import DeliveryReceipt, DeliveryState, InboundMessage
from feedback_hub.domain.pacing import Limits
from feedback_hub.migrations import migrate
from feedback_hub.services import intake, loopback, new_case
from feedback_hub.services.channel_watch import LOOKED_FOR
from feedback_hub.services.delivery import FIRST_LOOK, begin, send
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.telling import Delivery, WordingState
from feedback_hub.services.records.work import Queue
from tests.integration.databases import NOW
from tests.providers.telegram import SECRET_TOKEN, TOKEN, TelegramServer, telegram_server
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer, twilio_server
from workers.drain import drain
from workers.sending import conclude

__all__ = ["telegram_server", "twilio_server"]

SECOND = timedelta(seconds=1)
SECRETS = {
    "FEEDBACK_HUB_CHANNELS_BOT_TOKEN": TOKEN,
    "FEEDBACK_HUB_CHANNELS_BOT_SECRET_TOKEN": SECRET_TOKEN,
    "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN,
}


@dataclass
class Sending:
    """A hub with a bot and a number; its clock stands until a test moves it."""

    hub: Hub
    config: Path
    now: datetime = NOW

    def queue(self, channel: str, *addresses: str) -> None:
        """A text waits for each of these, in this order."""
        for address in addresses:
            with self.hub.unit_of_work() as uow:
                index = uow.vault.index(address, f"address:{channel}")
                contact = uow.contact_at(channel, index)
                if contact is None:
                    said = InboundMessage(address, self.now, "", address, address)
                    contact = new_case.contact_of(uow, channel, said, self.now)
                assert contact is not None
                loopback.tell_contact(uow, self.hub.rules, contact, Purpose.WELCOME, self.now)
                uow.commit()

    def after(self, wait: timedelta, *queues: Queue) -> None:
        """A while later the workers do what is due."""
        self.now += wait
        for queue in queues or (Queue.DELIVERY,):
            while drain(self.hub, queue):
                pass

    def deliveries(self) -> list[Delivery]:
        """Every text, in the order they were tried."""
        tried = select(Delivery).order_by(tables.delivery.c.tried_at)
        with self.hub.reading() as uow:
            return list(uow.session.scalars(tried))

    def receipts(self) -> int:
        """How many reached the inbox."""
        with self.hub.reading() as uow:
            return uow.session.scalar(select(func.count()).select_from(tables.inbox)) or 0


@pytest.fixture
def sending(
    own_database_url: str,
    tmp_path: Path,
    telegram_server: TelegramServer,
    twilio_server: TwilioServer,
) -> Iterator[Sending]:
    config = tmp_path / "config.toml"
    config.write_text(f"""
[hub]
home = "{tmp_path / "home"}"

[database]
url = "{own_database_url}"

[channels.bot]
kind = "telegram"
api_base = "{telegram_server.url}"

[channels.sms]
kind = "twilio_sms"
account_sid = "{ACCOUNT_SID}"
from_number = "+15005550006"
api_base = "{twilio_server.url}"
""")
    made: Sending
    parsed = parse_config(tomllib.loads(config.read_text()), SECRETS, settings_of=settings_of)
    hub = build(parsed, clock=lambda: made.now)
    migrate(hub.engine)
    seed_wordings(hub.engine)
    with hub.unit_of_work() as uow:
        approved = {"state": WordingState.APPROVED, "approved_by": "test"}
        uow.session.execute(update(tables.wording).values(**approved))
        uow.commit()
    made = Sending(hub, config)
    yield made
    hub.close()


# Whose attempt it is


def test_who_lost_the_lease_takes_back_no_attempt_of_somebody_else(sending: Sending) -> None:
    sending.queue("sms", "+258841112233")
    hub = sending.hub
    with hub.unit_of_work() as uow:
        (slow,) = outbox.claim(uow.session, Queue.DELIVERY, sending.now)
        begin(uow, hub.rules, hub.channels, slow.subject_id, sending.now)
        uow.commit()
    sending.now += outbox.LEASE + SECOND
    with hub.unit_of_work() as uow:
        assert outbox.claim(uow.session, Queue.DELIVERY, sending.now)
        uow.commit()
    # It comes back without having called anybody, and the attempt is another worker's by now.
    conclude(hub, {slow: None})
    (text,) = sending.deliveries()
    assert (text.state, text.attempts) == (DeliveryState.ATTEMPTING, 1)


def test_two_who_have_one_text_before_them_send_it_once(
    sending: Sending, twilio_server: TwilioServer
) -> None:
    # As where a fast clock ends the lease of a worker that is about to send.
    sending.queue("sms", "+258841112233")
    hub, (text,) = sending.hub, sending.deliveries()
    both_have_looked = Barrier(2)

    def beside(_number: int) -> None:
        opened = iter((False, True, False))

        def open_uow() -> UnitOfWork:
            if next(opened):
                both_have_looked.wait(20)
            return hub.unit_of_work()

        send(open_uow, hub.rules, hub.channels, text.id, lambda: sending.now)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(beside, range(2)))
    assert len(twilio_server.sent) == 1
    assert [one.state for one in sending.deliveries()] == [DeliveryState.SENT]


# Pace


def test_in_no_second_more_than_the_provider_takes_and_nothing_costs_an_attempt(
    sending: Sending, telegram_server: TelegramServer
) -> None:
    sending.queue("bot", *(str(700100200 + n) for n in range(40)))
    sending.after(timedelta())
    assert len(telegram_server.sent) == LIMITS.at_once
    went = []
    for _ in range(10):
        # As often as the relay looks.
        sending.after(SECOND / 5)
        went.append(len(telegram_server.sent))
    assert LIMITS.at_once < went[3] <= 30
    assert went[-1] == 40
    assert {text.attempts for text in sending.deliveries()} == {1}


def test_one_chat_gets_one_a_second_and_the_others_do_not_wait_for_it(
    sending: Sending, telegram_server: TelegramServer
) -> None:
    sending.queue("bot", "700100200", "700100200", "700100200", "700100201")
    sending.after(timedelta())
    assert [sent["chat_id"] for sent in telegram_server.sent] == ["700100200", "700100201"]
    for expected in (3, 4):
        sending.after(SECOND)
        assert len(telegram_server.sent) == expected


def test_told_to_wait_nobody_sends_until_then(
    sending: Sending, telegram_server: TelegramServer
) -> None:
    telegram_server.answer_next("long_flood")
    sending.queue("bot", *(str(700100200 + n) for n in range(8)))
    sending.after(timedelta())
    assert len(telegram_server.calls) == 1
    sending.after(timedelta(seconds=599))
    assert len(telegram_server.calls) == 1
    sending.after(timedelta(seconds=2))
    assert 0 < len(telegram_server.sent) <= LIMITS.at_once
    sending.after(SECOND)
    assert len(telegram_server.sent) == 8


def test_two_processes_together_keep_to_it(
    sending: Sending, telegram_server: TelegramServer
) -> None:
    sending.now = datetime.now(UTC)
    chats = ["700100200"] * 3 + [str(700100300 + n) for n in range(25)]
    sending.queue("bot", *chats)
    environ = {**os.environ, **SECRETS, "FEEDBACK_HUB_CONFIG": str(sending.config)}
    workers = [
        subprocess.Popen([sys.executable, "-m", "tests.integration.sending_worker"], env=environ)
        for _ in range(2)
    ]
    assert [worker.wait(100) for worker in workers] == [0, 0]
    assert sorted(sent["chat_id"] for sent in telegram_server.sent) == sorted(chats)
    texts = sending.deliveries()
    assert {text.attempts for text in texts} == {1}
    tried = [text.tried_at for text in texts if text.tried_at]
    assert len(tried) == len(chats)
    for first in tried:
        assert sum(first <= at < first + SECOND for at in tried) <= 30
    contacts = [text.contact_id for text in texts]
    to_one = [
        text.tried_at for text in texts if contacts.count(text.contact_id) == 3 and text.tried_at
    ]
    assert all(later - earlier >= SECOND for earlier, later in pairwise(to_one))


@given(
    gaps=st.lists(st.timedeltas(timedelta(), timedelta(seconds=2)), min_size=1, max_size=60),
    rate=st.integers(1, 40),
    at_once=st.integers(1, 6),
    parts=st.integers(1, 3),
)
def test_whatever_comes_when_a_second_never_holds_more(
    gaps: list[timedelta], rate: int, at_once: int, parts: int
) -> None:
    limits, now, paced, went = Limits(SECOND / rate, at_once), NOW, None, []
    for gap in gaps:
        now += gap
        if limits.free_at(paced, now) <= now:
            paced = limits.after(paced, now, parts)
            went.append(now)
    for first in went:
        within = sum(first <= at < first + SECOND for at in went)
        # The last may begin within its second and have its further parts beyond it.
        assert (within - 1) * parts <= rate + at_once
    held = limits.held(now + SECOND)
    assert limits.free_at(held, now) == now + SECOND


# Asked before sending again


@pytest.mark.parametrize("fast", [timedelta(), timedelta(minutes=37), timedelta(hours=2)])
def test_nobody_is_texted_twice_by_a_hub_whose_clock_is_fast(
    sending: Sending, twilio_server: TwilioServer, fast: timedelta
) -> None:
    twilio_server.clock = lambda: sending.now - fast
    twilio_server.answer_next("drop_after_accepting", "server_error_after_accepting")
    numbers = [f"+25884123456{last}" for last in range(2)]
    sending.queue("sms", *numbers)
    sending.after(timedelta())
    assert {text.state for text in sending.deliveries()} == {DeliveryState.OUTCOME_UNKNOWN}
    sending.after(timedelta(minutes=1))
    assert {text.state for text in sending.deliveries()} == {DeliveryState.SENT}
    assert sorted(sent.recipient for sent in twilio_server.sent) == numbers


def test_the_same_words_said_before_do_not_stand_for_a_text_that_was_lost(
    sending: Sending, twilio_server: TwilioServer
) -> None:
    twilio_server.clock = lambda: sending.now
    sending.queue("sms", "+258841234567")
    sending.after(timedelta())
    twilio_server.answer_next("drop")
    sending.queue("sms", "+258841234567")
    sending.after(timedelta(minutes=5))
    assert len(twilio_server.sent) == 1
    sending.after(timedelta(minutes=1))
    assert len({sent.body for sent in twilio_server.sent}) == 1
    ids = [text.provider_id or "" for text in sending.deliveries()]
    assert sorted(ids) == sorted(sent.sid for sent in twilio_server.sent)
    assert len(ids) == 2


# Receipts


def ask(sending: Sending, wait: timedelta) -> DeliveryState:
    sending.after(wait, Queue.HOUSEKEEPING, Queue.INTAKE)
    return sending.deliveries()[0].state


def test_a_receipt_that_was_missed_is_asked_for_and_the_late_one_changes_nothing(
    sending: Sending, twilio_server: TwilioServer
) -> None:
    sending.queue("sms", "+258841234567")
    sending.after(timedelta())
    (sent,) = twilio_server.sent
    assert ask(sending, FIRST_LOOK / 2) is DeliveryState.SENT
    sent.status = "delivered"
    assert ask(sending, FIRST_LOOK / 2) is DeliveryState.DELIVERED
    assert sending.receipts() == 1
    late = DeliveryReceipt(sent.sid, DeliveryState.DELIVERED, sending.now, raw_state="delivered")
    with sending.hub.unit_of_work() as uow:
        assert intake.accept(uow, "sms", [late], b"", sending.now) == 0
        uow.commit()
    with sending.hub.reading() as uow:
        assert outbox.unfinished(uow.session, follow_ups=True) == 0


def test_a_text_nobody_reports_on_is_asked_for_ever_more_rarely_and_then_left(
    sending: Sending, twilio_server: TwilioServer
) -> None:
    sending.queue("sms", "+258841234567")
    sending.after(timedelta())
    (sent,) = twilio_server.sent
    sent.status = "sent"
    for _ in range(40):
        assert ask(sending, FIRST_LOOK * 10) is DeliveryState.SENT
    assert sending.now - NOW > LOOKED_FOR
    with sending.hub.reading() as uow:
        assert outbox.unfinished(uow.session, follow_ups=True) == 0
    assert sending.receipts() == 0


def test_a_receipt_that_came_in_time_asks_nobody(
    sending: Sending, twilio_server: TwilioServer
) -> None:
    sending.queue("sms", "+258841234567")
    sending.after(timedelta())
    (sent,) = twilio_server.sent
    came = DeliveryReceipt(sent.sid, DeliveryState.DELIVERED, sending.now, raw_state="delivered")
    with sending.hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [came], b"", sending.now)
        uow.commit()
    sending.after(SECOND, Queue.INTAKE)
    twilio_server.stop()
    assert ask(sending, FIRST_LOOK) is DeliveryState.DELIVERED
    with sending.hub.reading() as uow:
        assert outbox.unfinished(uow.session, follow_ups=True) == 0

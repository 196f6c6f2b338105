"""Staff are told by Telegram that something waits: never what, when they want it, once."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from feedback_hub.adapters import notices as kept
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import MailWish
from feedback_hub.migrations import migrate
from feedback_hub.services import chatting, intake, notices
from feedback_hub.services.records.staff import MailState, NoticeKind
from feedback_hub.services.records.work import InboxKind, Queue
from tests.integration.asking import add_case
from tests.integration.databases import NOW
from tests.integration.test_on_call import Clock
from tests.providers.telegram import SECRET_TOKEN, TOKEN, TelegramServer, telegram_server
from workers.drain import drain

__all__ = ["telegram_server"]

CHAT = "70007"
MATTER = re.compile(r"\d{3}-?\d{3}-?\d{3}|agua|wash|ntokota|bomba", re.IGNORECASE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, telegram_server: TelegramServer, clock: Clock) -> Iterator[Hub]:
    document = {
        "hub": {"home": str(tmp_path), "base_url": "https://hub.example.org"},
        "channels": {"bot": {"kind": "telegram", "api_base": telegram_server.url}},
    }
    secrets = {
        "FEEDBACK_HUB_CHANNELS_BOT_TOKEN": TOKEN,
        "FEEDBACK_HUB_CHANNELS_BOT_SECRET_TOKEN": SECRET_TOKEN,
    }
    made = build(parse_config(document, secrets), clock=clock)
    migrate(made.engine)
    yield made
    made.close()


def person(hub: Hub, name: str, wish: MailWish) -> Actor:
    with hub.unit_of_work() as uow:
        held = (Membership(Role.CASE_MANAGER),)
        account = add_account(uow.session, f"{name}@x.example", "x", held, NOW, locale="pt")
        kept.keep_wish(uow.session, account, MailWish.NONE, None, wish)
        uow.commit()
        found = uow.actor(account)
        assert found is not None
        return found


def writes(hub: Hub, text: str, chat: str = CHAT) -> str | None:
    """Somebody writes to the bot; the case it made, if any."""
    item = InboundMessage(uuid.uuid4().hex, hub.clock(), text, sender=chat, address=chat)
    with hub.unit_of_work() as uow:
        intake.accept(uow, "bot", [item], json.dumps(text).encode(), hub.clock())
        row = uow.accepted("bot", InboxKind.MESSAGE, item.external_id)
        assert row is not None
        intake.register(uow, hub.rules, hub.classifier, row.id, hub.clock())
        uow.commit()
        return row.case_id


def tell(hub: Hub, *people: Actor, kind: NoticeKind = NoticeKind.ANSWERED) -> list[str]:
    with hub.unit_of_work() as uow:
        case = add_case(uow)
        made = notices.tell(uow, hub.rules, case, None, kind, people, hub.clock())
        uow.commit()
        return [one.id for one in made]


def state(hub: Hub, notice: str) -> MailState | None:
    with hub.reading() as uow:
        found = uow.notice(notice)
        assert found is not None
        return found.chat


def known(hub: Hub, who: Actor, chat: str = CHAT) -> None:
    with hub.reading() as uow:
        code = chatting.code_for(uow, who.id, hub.clock())
    assert writes(hub, f"/equipa {code}", chat) is None
    with hub.reading() as uow:
        assert uow.ring_address(who.id)[1] == chat


def test_who_wrote_the_code_is_told_without_a_word_of_what_it_is(
    hub: Hub, telegram_server: TelegramServer
) -> None:
    ana, bela = person(hub, "ana", MailWish.AT_ONCE), person(hub, "bela", MailWish.NONE)
    known(hub, ana)
    mine, _ = tell(hub, ana, bela)
    drain(hub, Queue.HOUSEKEEPING)
    drain(hub, Queue.HOUSEKEEPING)
    (sent,) = telegram_server.sent
    assert str(sent["chat_id"]) == CHAT
    assert "https://hub.example.org/notices" in sent["text"]
    assert not MATTER.search(sent["text"])
    assert state(hub, mine) is MailState.SENT


def test_a_wrong_code_is_a_message_like_any_other(hub: Hub) -> None:
    ana = person(hub, "ana", MailWish.AT_ONCE)
    assert writes(hub, "/equipa 0123456789") is not None
    with hub.reading() as uow:
        old = chatting.code_for(uow, ana.id, hub.clock() - timedelta(days=2))
    assert writes(hub, f"/equipa {old}") is not None
    with hub.reading() as uow:
        assert uow.ring_address(ana.id)[1] == ""


def test_once_a_day_is_one_message_in_the_morning_and_what_was_read_is_not_told(
    hub: Hub, telegram_server: TelegramServer, clock: Clock
) -> None:
    ana = person(hub, "ana", MailWish.DAILY)
    known(hub, ana)
    notes = [*tell(hub, ana), *tell(hub, ana), *tell(hub, ana)]
    drain(hub, Queue.HOUSEKEEPING)
    assert telegram_server.sent == []
    with hub.unit_of_work() as uow:
        kept.mark_read(uow.session, notes[:1], hub.clock())
        uow.commit()
    clock.now = NOW + timedelta(days=4)
    drain(hub, Queue.HOUSEKEEPING)
    (sent,) = telegram_server.sent
    assert "2 tarefas" in sent["text"]


def test_a_send_that_may_have_gone_is_not_repeated(
    hub: Hub, telegram_server: TelegramServer, clock: Clock
) -> None:
    ana = person(hub, "ana", MailWish.AT_ONCE)
    known(hub, ana)
    telegram_server.answer_next("drop_after_accepting")
    (notice,) = tell(hub, ana)
    for _ in range(3):
        drain(hub, Queue.HOUSEKEEPING)
        clock.now += timedelta(hours=1)
    assert len(telegram_server.sent) <= 1
    assert state(hub, notice) in {MailState.UNKNOWN, MailState.SENT}

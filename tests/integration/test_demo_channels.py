"""The demonstration's channels work as an operator's would; nothing of it leaves the machine."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from channels.base import Channel, WebhookRequest, is_one_way
from channels.email import Adapter as Mailbox
from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.cli.demo import free_ports
from feedback_hub.config import load_config
from feedback_hub.demo import call_logs, channels, providers
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.message import MessageKind, OutboundMessage
from feedback_hub.services.records.work import Queue
from tests.contract.recorded import kinds
from tests.integration.databases import NOW
from tests.integration.system import wait_for
from workers.drain import drain
from workers.drop_folder import DropFolder

HUB = "http://127.0.0.1:8000"
ADDRESSES = {
    "telegram": "7001458",
    "whatsapp": "whatsapp:+258840001459",
    "mail": "ana@demo.example",
}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Channel]]:
    home = tmp_path_factory.mktemp("demo")
    channels.keep_secrets(home / "secrets")
    web_port, mail_port = free_ports(2)
    written = channels.CONFIG.format(
        providers=f"http://127.0.0.1:{web_port}", mail=f"127.0.0.1:{mail_port}"
    )
    config = home / "config.toml"
    config.write_text(f'[hub]\nhome = "{home}"\nbase_url = "{HUB}"\n{written}', "utf-8")
    process = multiprocessing.get_context("spawn").Process(
        target=providers.serve, args=(web_port, mail_port, HUB)
    )
    process.start()
    hub = build(load_config(config, {}, settings_of))
    made = dict(hub.channels.accounts)
    wait_for(lambda: answers(made["sms"]), "the invented providers answer")
    yield made
    process.terminate()
    process.join(10)
    hub.close()


def answers(channel: Channel) -> bool:
    try:
        return bool(channel.check())
    except Exception:  # noqa: BLE001  not up yet
        return False


def test_every_kind_of_channel_is_shown(accounts: dict[str, Channel]) -> None:
    shown = {type(channel).__module__.removeprefix("channels.") for channel in accounts.values()}
    assert shown == set(kinds())


@pytest.mark.parametrize("call", channels.EVERY, ids=lambda call: call.__name__)
def test_what_is_posted_is_genuine_and_understood(
    accounts: dict[str, Channel], call: channels.Maker
) -> None:
    path, body, headers = call(HUB, "A bomba avariou", "+258861234567")
    name, endpoint = urlsplit(path).path.removeprefix("/channels/").split("/", 1)
    request = WebhookRequest(
        endpoint,
        "GET" if body is None else "POST",
        HUB + path,
        {key.lower(): value for key, value in headers.items()},
        body or b"",
        "127.0.0.1",
    )
    accounts[name].verify(request)
    assert len(accounts[name].parse(request, NOW)) == 1


def test_a_mail_is_understood(accounts: dict[str, Channel]) -> None:
    mailbox = accounts["mail"]
    assert isinstance(mailbox, Mailbox)
    assert mailbox.receive(channels.mail("A bomba avariou"), NOW)


@pytest.mark.parametrize(
    "name", ["handset", "sms", "line", "whatsapp", "telegram", "shortcode", "mail"]
)
def test_what_is_sent_is_taken_here(accounts: dict[str, Channel], name: str) -> None:
    assert not is_one_way(type(accounts[name]))
    address = ADDRESSES.get(name, "+258840001459")
    assert accounts[name].send(OutboundMessage("1" * 32, name, address, "Recebemos."))


@pytest.mark.parametrize("name", ["sms", "line", "whatsapp", "telegram", "shortcode", "mail"])
def test_every_account_is_found_in_order(accounts: dict[str, Channel], name: str) -> None:
    assert accounts[name].check()


def test_the_hotlines_logs_are_read_and_bring_cases(hub: Hub, tmp_path: Path) -> None:
    settled = hub.config.hub
    call_logs.put(tmp_path / "hotline", NOW, settled.timezone)
    written = call_logs.CONFIG.format(folder=tmp_path / "hotline")
    config = tmp_path / "config.toml"
    config.write_text(f'[hub]\nhome = "{settled.home}"\n{written}', "utf-8")
    hub.config = replace(hub.config, hotline=load_config(config, {}, settings_of).hotline)
    drop = DropFolder(hub)
    assert (drop.look(), drop.look()) == (0, 2)
    assert not list((tmp_path / "hotline" / "failed").glob("*"))
    assert not list((tmp_path / "hotline").rglob("*.rejected.csv"))
    while drain(hub, Queue.INTAKE) + drain(hub, Queue.TRIAGE):
        pass
    with hub.reading() as uow:
        cases = uow.session.scalars(select(Case)).all()
        kinds = uow.session.scalars(select(tables.message.c.kind)).all()
    # Three complaints in an operator's words and one caller's, three who are to be called back;
    # a call that needed nothing, a second try and an extension are no cases.
    assert {case.channel for case in cases} == {"hotline"}
    assert Counter(kinds) == {MessageKind.CALL: 5, MessageKind.MISSED_CALL: 2}
    assert not [case for case in cases if case.from_history or case.state is not CaseState.RECEIVED]

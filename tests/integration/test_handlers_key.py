"""Highly sensitive cases are closed to a key that only handlers' processes hold."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from feedback_hub.adapters import sealing, tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.handlers_pair import MARK, HandlersPair, make_pair
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.services import confided
from feedback_hub.services.ports import VaultSealed
from feedback_hub.services.records.work import Queue
from feedback_hub.services.seals import text_bound_to
from feedback_hub.web.app import create_app
from tests.integration.commands import Commands, commands
from tests.pages_world import CHIEF, PUMP, arrives, log_in, make_hub, settle, token_in
from workers.drain import drain
from workers.schedule import close_sensitive

__all__ = ["commands"]


@pytest.fixture
def private() -> str:
    return make_pair()[0]


@pytest.fixture
def hub(tmp_path: Path, private: str) -> Hub:
    """A hub with a pair, in a process that holds both halves."""
    made = make_hub(tmp_path / "home")
    made.keyring = made.keyring.with_handlers(HandlersPair(private=private))
    return made


def apart(hub: Hub) -> Hub:
    """The same hub in a process that has every key but the handlers' private one."""
    public = hub.keyring.handlers.public_half()
    return replace(hub, keyring=hub.keyring.with_handlers(HandlersPair(public=public)))


def work(hub: Hub) -> None:
    for queue in Queue:
        drain(hub, queue)


def words(hub: Hub, ref: str) -> list[str]:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case
        messages = uow.messages_of(case.id)
        return [uow.vault.open(m.key_id, m.text_sealed, text_bound_to(m.id)) for m in messages]


def closed(hub: Hub) -> int:
    with hub.reading() as uow:
        by = uow.session.scalars(select(tables.data_key.c.wrapped_by)).all()
    return sum(one.startswith(MARK) for one in by)


def test_only_the_private_key_opens_a_highly_sensitive_case(hub: Hub) -> None:
    others = apart(hub)
    ordinary = arrives(others, PUMP)
    secret = arrives(others, CHIEF)
    work(others)
    close_sensitive(others, others.clock())
    assert words(others, ordinary) == [PUMP]
    with pytest.raises(VaultSealed):
        words(others, secret)
    assert words(hub, secret) == [CHIEF]
    # What was written since is closed with it.
    client = logged_in(hub, "rosa")
    noted = client.post(
        f"/api/v1/cases/{secret}/note",
        json={"text": "Ligar de manha"},
        headers={"X-CSRFToken": token_in(client.get("/account").text)},
    )
    assert noted.status_code in {200, 201}, noted.text
    close_sensitive(others, others.clock())
    with others.reading() as uow:
        assert sealing.open_ones(uow.session, others.keyring) == []


def test_a_case_that_is_lowered_opens_to_its_team(hub: Hub) -> None:
    others = apart(hub)
    ref = arrives(others, CHIEF)
    work(others)
    close_sensitive(others, others.clock())
    assert closed(hub)
    client = logged_in(hub, "rosa")
    answer = client.post(
        f"/api/v1/cases/{ref}/sensitivity",
        json={"level": "L1", "reason": "Uma brincadeira"},
        headers={"X-CSRFToken": token_in(client.get("/account").text)},
    )
    assert answer.status_code == 200, answer.text
    assert words(others, ref) == [CHIEF]
    assert not closed(hub)


def test_where_the_key_is_not_no_case_is_there(hub: Hub) -> None:
    others = apart(hub)
    ref = arrives(others, CHIEF)
    work(others)
    close_sensitive(others, others.clock())
    elsewhere = logged_in(others, "rosa")
    here = log_in(create_app(hub), "rosa")
    assert here.get(f"/cases/{ref}").status_code == 200
    assert elsewhere.get(f"/cases/{ref}").status_code == 403
    home = elsewhere.get("/")
    assert home.status_code == 200
    assert "Highly sensitive cases are not shown here" in home.text
    assert "Highly sensitive cases are not shown here" not in here.get("/").text
    for path in ("/cases", "/triage", "/calls", "/notices", "/account", "/emergency"):
        assert elsewhere.get(path).status_code in {200, 302, 403}, path


def test_where_only_handlers_are_served_nobody_else_is(hub: Hub) -> None:
    hub.handlers_only = True
    arrives(hub, CHIEF)
    app = create_app(hub)
    settle(app, hub)
    assert log_in(app, "rosa").get("/").status_code == 200
    for name in ("filipe", "jorge", "graca", "ines", "abel"):
        client = log_in(app, name)
        for path in ("/cases", "/report", "/referrals", "/admin/users", "/audit", "/board"):
            assert client.get(path).status_code in {403, 404}, (name, path)
    stranger = app.test_client()
    assert stranger.get("/status").status_code == 404
    assert stranger.get("/board/NTO").status_code == 404
    assert stranger.post("/channels/practice/inbound").status_code == 404


def test_the_command_makes_the_pair_and_closes_what_is_there(commands: Commands) -> None:
    made = make_hub(commands.folder / "home")
    ref = arrives(made, CHIEF)
    work(made)
    made.close()
    assert "keys handlers" in commands.run("web", "--role", "handlers", fails=1).stderr
    key = commands.folder / "handlers.key"
    assert "1 cases are closed" in commands.run("keys", "handlers", str(key)).stdout
    assert key.stat().st_mode & 0o777 == 0o600
    assert "private key is not here" in commands.run("web", "--role", "handlers", fails=1).stderr
    assert "ok    keys" in commands.run("check").stdout
    strong = make_pair_of(made, key.read_text().strip())
    assert words(strong, ref) == [CHIEF]
    # Again is nothing; a new pair needs the old private half, which the command is given.
    assert "0 cases" in commands.run("keys", "handlers", str(key)).stdout
    other = str(commands.folder / "other.key")
    assert "closed to a pair of before" in commands.run("keys", "handlers", other, fails=1).stderr
    commands.run("keys", "rotate")
    assert words(strong, ref) == [CHIEF]
    strong.close()


def make_pair_of(hub: Hub, private: str) -> Hub:
    return replace(hub, keyring=hub.keyring.with_handlers(HandlersPair(private=private)))


def logged_in(hub: Hub, name: str) -> FlaskClient:
    app = create_app(hub)
    settle(app, hub)
    return log_in(app, name)


def test_a_name_told_in_confidence_is_closed_with_the_case(hub: Hub) -> None:
    others = apart(hub)
    ordinary, secret = (names_herself(others, level) for level in ("L1", "L3"))
    work(others)
    close_sensitive(others, others.clock())
    # Who wrote of ordinary things only is called by the case team.
    assert told(others, ordinary) == ("Ana", "de manha")
    assert told(others, secret) == ("", "")
    assert told(hub, secret) == ("Ana", "de manha")
    assert close_sensitive(others, others.clock()) == 0
    # She writes of something ordinary: that team hears what she says now, not what she said then.
    pump = names_herself(others, "L1", like=secret, when="de tarde")
    work(others)
    assert told(others, pump) == ("", "de tarde")
    assert told(hub, secret) == ("Ana", "de tarde")
    settled = logged_in(hub, "rosa")
    lowered = settled.post(
        f"/api/v1/cases/{secret}/sensitivity",
        json={"level": "L1", "reason": "Era outra coisa"},
        headers={"X-CSRFToken": token_in(settled.get("/account").text)},
    )
    assert lowered.status_code == 200, lowered.text
    assert told(others, secret) == ("Ana", "de tarde")


NUMBERS: dict[str, str] = {}


def names_herself(hub: Hub, level: str, *, like: str = "", when: str = "de manha") -> str:
    """A report with a name and a safe time, by a desk; ``like``: by the person of that one."""
    number = NUMBERS.get(like) or f"+25884{len(NUMBERS) + 1000000}"
    with hub.unit_of_work() as uow:
        desk = add_token(uow.session, "desk", Membership(Role.DESK), hub.clock())
        uow.commit()
    body = {
        "submission_id": str(uuid.uuid4()),
        "text": "x",
        "sensitivity": level,
        "contact": {"phone": number, "name": "Ana", "when": when},
    }
    answer = (
        create_app(hub)
        .test_client()
        .post("/api/v1/intake", json=body, headers={"Authorization": f"Bearer {desk}"})
    )
    assert answer.status_code == 201, answer.text
    ref = str(answer.json["ref"]) if answer.json else ""
    NUMBERS[ref] = number
    return ref


def told(hub: Hub, ref: str) -> tuple[str, str]:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case
        assert case.contact_id
        contact = uow.contact(case.contact_id)
        return confided.name_of(uow, contact), confided.safe_time_of(uow, contact)

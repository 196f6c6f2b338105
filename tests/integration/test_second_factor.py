"""The second factor, as a person meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from feedback_hub.adapters.accounts import account_id_of, add_membership, add_token
from feedback_hub.adapters.tables import account, audit
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import NEEDS_SECOND_FACTOR, Membership, Role
from feedback_hub.domain.audit import AuditAction
from tests.pages_world import PASSWORD, PEOPLE, make_app, make_hub, token_in, visitor


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home", second_factor="required")
    yield made
    made.close()


@pytest.fixture(scope="module")
def everybody(hub: Hub) -> Flask:
    return make_app(hub)


@pytest.fixture
def app(hub: Hub, everybody: Flask) -> Flask:
    """Nobody has a second factor yet."""
    forget_factors(hub)
    return everybody


def forget_factors(hub: Hub) -> None:
    values = {"tf_primary_method": None, "tf_totp_secret": None, "tf_last_counter": None}
    with hub.unit_of_work() as uow:
        uow.session.execute(update(account).values(mf_recovery_codes=None, **values))
        uow.commit()


def post(client: FlaskClient, path: str, page: str = "", **fields: str) -> TestResponse:
    token = token_in(client.get(page or path).text)
    return client.post(path, data={"csrf_token": token, **fields})


def knock(client: FlaskClient, name: str) -> TestResponse:
    return post(client, "/login", email=f"{name}@example.org", password=PASSWORD)


def code_of(key: str, steps: int = 0) -> str:
    """What the app shows, so many half minutes from now."""
    at = datetime.now(UTC).timestamp() + 30 * steps
    return str(TOTP(key=key.replace("-", ""), format="base32").generate(int(at)).token)


def set_up(client: FlaskClient) -> str:
    """Scan the key, write the code; the key."""
    shown = post(client, "/second-factor", setup="authenticator").text
    assert 'src="data:image/svg+xml;base64,' in shown
    key = re.search(r'class="key">([^<]+)<', shown)
    assert key, shown
    # The code before: the one of now is still there to log in with.
    form = {"csrf_token": token_in(shown), "code": code_of(key.group(1), -1)}
    answer = client.post("/second-factor/code", data=form)
    assert answer.location == "/second-factor/sheet", answer.text
    return key.group(1)


def sheet_of(client: FlaskClient) -> list[str]:
    page = post(client, "/second-factor/sheet", generate_new_codes="1").text
    return re.findall(r"<li><code>([^<]+)</code>", page)


def test_the_first_log_in_leads_to_app_and_sheet(app: Flask) -> None:
    rosa = visitor(app)
    assert knock(rosa, "rosa").location == "/second-factor"
    assert rosa.get("/").location == "/login"
    set_up(rosa)
    codes = sheet_of(rosa)
    assert len(set(codes)) == 10
    assert rosa.get("/").status_code == 200
    # Not shown again, whatever is asked.
    assert codes[0] not in rosa.get("/second-factor/sheet?show_codes=1").text


def test_afterwards_the_password_alone_opens_nothing_and_a_code_opens_once(app: Flask) -> None:
    first = visitor(app)
    knock(first, "rosa")
    key = set_up(first)
    second, third = visitor(app), visitor(app)
    assert knock(second, "rosa").location.startswith("/second-factor/code")
    assert second.get("/").location == "/login"
    assert second.get("/api/v1/cases").status_code == 401
    assert post(second, "/second-factor/code", code="000000").status_code == 200
    code = code_of(key)
    assert post(second, "/second-factor/code", code=code).status_code == 302
    assert second.get("/").status_code == 200
    knock(third, "rosa")
    assert "used already" in post(third, "/second-factor/code", code=code).text
    assert third.get("/").status_code == 302


def test_a_code_from_the_sheet_opens_once(app: Flask, hub: Hub) -> None:
    first = visitor(app)
    knock(first, "abel")
    set_up(first)
    codes = sheet_of(first)
    for expected in (302, 200):
        client = visitor(app)
        knock(client, "abel")
        answer = post(client, "/second-factor/recovery", code=codes[3])
        assert answer.status_code == expected
        assert (client.get("/").status_code == 200) is (expected == 302)
    with hub.reading() as uow:
        abel = account_id_of(uow.session, "abel@example.org")
        noted = select(audit.c.action).where(audit.c.object_id == abel).order_by(audit.c.sequence)
        assert uow.session.scalars(noted).all() == [
            AuditAction.LOGGED_IN,
            AuditAction.SECOND_FACTOR_SET,
            AuditAction.RECOVERY_CODES_MADE,
            AuditAction.RECOVERY_CODE_USED,
            AuditAction.LOGGED_IN,
            AuditAction.SECOND_FACTOR_FAILED,
        ]


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_who_must_have_one(app: Flask, name: str) -> None:
    client = visitor(app)
    answer = knock(client, name)
    needed = any(held.role in NEEDS_SECOND_FACTOR for held in PEOPLE[name])
    assert (answer.location == "/second-factor") is needed
    assert (client.get("/").status_code == 200) is not needed


def test_who_must_have_one_cannot_give_it_up_and_others_can(app: Flask, hub: Hub) -> None:
    for name, kept in (("rosa", True), ("filipe", False)):
        client = visitor(app)
        knock(client, name)
        set_up(client)
        token = token_in(client.get("/second-factor").text)
        client.post("/second-factor", data={"csrf_token": token, "setup": "disable"})
        with hub.reading() as uow:
            method = uow.session.scalar(
                select(account.c.tf_primary_method).where(account.c.email == f"{name}@example.org")
            )
        assert (method is not None) is kept


def test_there_is_no_way_round(app: Flask) -> None:
    rosa = visitor(app)
    knock(rosa, "rosa")
    set_up(rosa)
    other = visitor(app)
    knock(other, "rosa")
    token = token_in(other.get("/second-factor/code").text)
    for way in ("/tf-rescue", "/tf-select"):
        form = {"csrf_token": token, "help_setup": "email"}
        assert other.post(way, data=form).status_code == 404
    # Nor a new key while only the password was given.
    assert other.get("/second-factor").status_code == 302


def test_a_token_needs_none(app: Flask, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        secret = add_token(uow.session, "desk app", Membership(Role.CASE_MANAGER), hub.clock())
        uow.commit()
    client = app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/cases", headers=headers).status_code == 200


def test_a_database_in_other_hands_makes_no_codes(app: Flask, hub: Hub) -> None:
    rosa = visitor(app)
    knock(rosa, "rosa")
    key = set_up(rosa).replace("-", "")
    codes = sheet_of(rosa)
    with hub.reading() as uow:
        kept = str(uow.session.execute(select(account)).all())
    assert key not in kept
    assert not any(code in kept for code in codes)


def test_after_a_reset_it_is_set_up_anew(app: Flask, hub: Hub) -> None:
    rosa = visitor(app)
    knock(rosa, "rosa")
    set_up(rosa)
    forget_factors(hub)
    assert knock(visitor(app), "rosa").location == "/second-factor"


def test_a_session_from_before_the_role_is_refused_until_it_is_set_up(app: Flask, hub: Hub) -> None:
    graca = visitor(app)
    knock(graca, "graca")
    assert graca.get("/").status_code == 200
    with hub.unit_of_work() as uow:
        account_id = account_id_of(uow.session, "graca@example.org")
        assert account_id
        add_membership(uow.session, account_id, Membership(Role.CASE_MANAGER))
        uow.commit()
    assert graca.get("/cases").location == "/second-factor"
    assert graca.get("/cases", headers={"HX-Request": "1"}).status_code == 401
    assert graca.get("/api/v1/cases").status_code == 401
    set_up(graca)
    assert graca.get("/cases").status_code == 200

"""The administrator's pages and their API: inviting, roles here and there, shutting out, tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of, actor_by_id
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.audit import AuditAction
from tests.pages_world import PASSWORD, log_in, make_app, make_hub, token_in, visitor

USERS, TOKENS = "/admin/users", "/admin/tokens"


@dataclass(frozen=True)
class World:
    """One hub for the whole file; who is logged in stays so."""

    hub: Hub
    app: Flask
    ines: FlaskClient

    def post(self, path: str, **fields: str | list[str]) -> TestResponse:
        """The administrator presses a button."""
        token = token_in(self.ines.get("/account").text)
        return self.ines.post(path, data={"csrf_token": token, **fields})

    def id_of(self, name: str) -> str:
        with self.hub.reading() as uow:
            found = account_id_of(uow.session, f"{name}@example.org")
        assert found
        return found

    def held(self, name: str) -> tuple[Membership, ...]:
        with self.hub.reading() as uow:
            actor = actor_by_id(uow.session, self.id_of(name))
        return actor.memberships if actor else ()

    def invite(self, who: str, role: str = "desk", **fields: str) -> TestResponse:
        return self.post(USERS, email=f"{who}@example.org", role=role, **fields)

    def code_in(self, page: TestResponse) -> str:
        found = re.search(r"<code>([a-z0-9-]{24})</code>", page.text)
        assert found, page.text
        return found.group(1)

    def audited(self, action: AuditAction, object_id: str) -> list[str]:
        line = tables.audit.c
        with self.hub.reading() as uow:
            rows = uow.session.scalars(
                select(line.actor).where(line.action == action, line.object_id == object_id)
            )
            return list(rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    hub = make_hub(tmp_path_factory.mktemp("hub") / "home")
    app = make_app(hub)
    yield World(hub, app, log_in(app, "ines"))
    hub.close()


def test_somebody_is_invited_on_paper_and_comes_in(world: World) -> None:
    shown = world.invite("zita", name="Zita", site="NTO", sector="wash")
    assert "no-store" in shown.headers["Cache-Control"]
    newcomer = visitor(world.app)
    code = world.code_in(shown)
    page = newcomer.get(f"/welcome/{code}").text
    newcomer.post("/welcome/", data={"csrf_token": token_in(page), "code": code, "new": PASSWORD})
    assert log_in(world.app, "zita").get("/cases").status_code == 200
    assert world.held("zita") == (Membership(Role.DESK, "", "NTO", "wash"),)
    ines = world.id_of("ines")
    assert world.audited(AuditAction.ACCOUNT_ADDED, world.id_of("zita")) == [ines]


def test_what_was_typed_is_kept_when_something_is_missing(world: World) -> None:
    page = world.invite("nobody", role="", name="Somebody Else")
    assert page.status_code == 422
    assert "Choose a role." in page.text
    assert "Somebody Else" in page.text
    for fields in ({"email": "ana@example.org", "role": "desk"}, {"email": "x", "role": "desk"}):
        assert world.post(USERS, **fields).status_code == 422
    assert world.invite("nobody", role="focal_point").status_code == 422
    assert world.invite("nobody", site="nowhere").status_code == 422


def test_several_roles_each_with_its_own_place(world: World) -> None:
    world.invite("berta", site="NTO")
    one = f"{USERS}/{world.id_of('berta')}"
    world.post(f"{one}/roles", role="case_manager", sector="wash")
    world.post(f"{one}/roles", role="focal_point", organisation="avsi")
    assert set(world.held("berta")) == {
        Membership(Role.DESK, "", "NTO", ""),
        Membership(Role.CASE_MANAGER, "", "", "wash"),
        Membership(Role.FOCAL_POINT, "avsi", "", ""),
    }
    page = world.ines.get(one).text
    first = re.findall(r'name="membership" value="(\w+)"', page)[0]
    assert world.post(f"{one}/withdraw", membership=first).status_code == 303
    assert len(world.held("berta")) == 2
    assert world.post(f"{one}/withdraw", membership=first).status_code == 404


def test_an_administrator_makes_no_handler(world: World) -> None:
    """Not a newcomer, not somebody there, not by a token; and never themselves anything."""
    world.invite("carla", role="protection")
    ana, ines = world.id_of("ana"), world.id_of("ines")
    world.post(f"{USERS}/{ana}/roles", role="protection")
    assert world.held("carla") == ()
    assert world.held("ana") == (Membership(Role.CASE_MANAGER),)
    for verb in ("roles", "code", "off", "reset-second-factor"):
        assert world.post(f"{USERS}/{ines}/{verb}", role="case_manager").status_code == 403
    made = world.post(TOKENS, name="reads all", role="protection", days="30")
    assert "waits for a handler" in made.text
    secret = secret_in(made)
    assert asks(world, secret) == 401
    rosa = log_in(world.app, "rosa")
    questions = rosa.get("/account").text
    assert "reads all" in questions
    assert "no second factor yet" in questions
    for request_id in re.findall(r"/account/handlers/(\w+)", questions):
        token = token_in(questions)
        rosa.post(f"/account/handlers/{request_id}", data={"csrf_token": token, "answer": "yes"})
    assert asks(world, secret) == 200
    assert Membership(Role.PROTECTION) in world.held("ana")


@pytest.mark.parametrize(
    ("verb", "factor", "stays"),
    [
        ("code", None, False),
        ("code", "authenticator", True),
        ("reset-second-factor", "authenticator", False),
        ("on", None, False),
    ],
)
def test_whoever_could_log_in_as_a_handler_now_is_none_before_one_agrees(
    world: World, verb: str, factor: str | None, stays: bool
) -> None:
    """A new password alone opens nothing where there is a second factor: then they stay one."""
    name = f"handler-{verb}-{stays}".lower()
    world.invite(name)
    account_id = world.id_of(name)
    make_handler(world.hub, account_id, factor)
    assert Membership(Role.PROTECTION) in world.held(name)
    world.post(f"{USERS}/{account_id}/{verb}")
    assert (Membership(Role.PROTECTION) in world.held(name)) is stays


def test_switched_off_is_out_at_once_and_may_come_back(world: World) -> None:
    filipe = log_in(world.app, "filipe")
    one = f"{USERS}/{world.id_of('filipe')}"
    code = world.code_in(world.post(f"{one}/code"))
    assert world.post(f"{one}/off").status_code == 303
    assert filipe.get("/cases").status_code == 302
    assert visitor(world.app).get(f"/welcome/{code}").status_code == 404
    assert "Switched off" in world.ines.get(USERS).text
    world.post(f"{one}/on")
    assert log_in(world.app, "filipe").get("/cases").status_code == 200


def test_name_languages_and_absence_are_kept(world: World) -> None:
    one = f"{USERS}/{world.id_of('celia')}"
    spoken = ["vmw", "por"]
    done = world.post(
        f"{one}/profile", name="Célia M.", languages=spoken, absent_until="2026-12-24"
    )
    assert done.status_code == 303
    with world.hub.reading() as uow:
        kept = uow.session.execute(
            select(tables.account).where(tables.account.c.email == "celia@example.org")
        ).one()
    assert (kept.name, set(kept.languages), str(kept.absent_until)) == (
        "Célia M.",
        {"por", "vmw"},
        "2026-12-24",
    )
    assert world.post(f"{one}/profile", absent_until="soon").status_code == 422


def test_a_token_is_shown_once_says_when_it_was_used_and_is_revoked(world: World) -> None:
    made = world.post(TOKENS, name="Linha Verde", role="mechanism", days="90")
    secret = secret_in(made)
    assert secret not in world.ines.get(TOKENS).text
    assert asks(world, secret) == 200
    page = world.ines.get(TOKENS).text
    assert "just now" in page
    (address,) = re.findall(rf"Linha Verde.*?({TOKENS}/\w+/revoke)", page, re.DOTALL)[:1]
    assert world.post(address).status_code == 303
    assert asks(world, secret) == 401
    assert world.post(address).status_code == 404
    assert world.post(TOKENS, name="x", role="mechanism", days="9999").status_code == 422


def test_the_api_does_the_same_for_an_administrator_and_nobody_else(world: World) -> None:
    made = world.post(TOKENS, name="staff register", role="admin", days="30")
    admin = {"Authorization": f"Bearer {secret_in(made)}"}
    client = world.app.test_client()

    def ask(path: str, **body: object) -> TestResponse:
        return client.post(f"/api/v1{path}", json=body, headers=admin)

    new: Any = ask("/users", email="eva@example.org", role="protection", site="NTO").get_json()
    assert new["welcome"].startswith("http://localhost/welcome/")
    assert [role["waits"] for role in new["roles"]] == [True]
    one = f"/users/{new['id']}"
    assert ask(f"{one}/grant", role="desk", sector="wash").status_code == 200
    assert ask(f"{one}/grant", role="desk", sector="no such").status_code == 422
    waiting = new["roles"][0]["id"]
    left: Any = ask(f"{one}/withdraw", membership=waiting).get_json()["roles"]
    assert [(role["role"], role["sector"]) for role in left] == [("desk", "wash")]
    kept = ask(f"{one}/profile", name="Eva", languages=["vmw"], absent_until="2026-12-24")
    assert kept.get_json()["absent_until"] == "2026-12-24"
    assert ask(f"{one}/disable").get_json()["active"] is False
    assert ask(f"{one}/enable").get_json()["active"] is True
    listed = client.get("/api/v1/users", headers=admin).get_json()["items"]
    assert "eva@example.org" in {person["email"] for person in listed}
    token = ask("/tokens", name="x", role="desk", expires_at="2099-01-01T00:00:00Z").get_json()
    assert asks(world, token["token"]) == 200
    assert ask(f"/tokens/{token['id']}/revoke").get_json()["state"] == "revoked"
    assert asks(world, token["token"]) == 401
    assert (
        ask("/tokens", name="x", role="desk", expires_at="2001-01-01T00:00:00Z").status_code == 422
    )
    ana = log_in(world.app, "ana")
    for path in ("/users", "/tokens", one):
        assert ana.get(f"/api/v1{path}").status_code == 403


def test_nobody_else_opens_these_pages(world: World) -> None:
    ana = log_in(world.app, "ana")
    for path in (USERS, TOKENS, f"{USERS}/{world.id_of('rosa')}"):
        assert ana.get(path).status_code == 403
        assert visitor(world.app).get(path).status_code == 302


def secret_in(page: TestResponse) -> str:
    found = re.search(r"<code>(fh_[\w-]+)</code>", page.text)
    assert found, page.text
    return found.group(1)


def asks(world: World, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return int(world.app.test_client().get("/api/v1/cases", headers=headers).status_code)


def make_handler(hub: Hub, account_id: str, factor: str | None) -> None:
    """A handler as another one let them in, with a second factor or without."""
    held: dict[str, Any] = {"organisation": "", "site": "", "sector": ""}
    with hub.unit_of_work() as uow:
        uow.session.execute(
            tables.membership.insert().values(
                id=account_id[::-1], account_id=account_id, role=Role.PROTECTION, **held
            )
        )
        changed = update(tables.account).where(tables.account.c.id == account_id)
        uow.session.execute(changed.values(tf_primary_method=factor))
        uow.commit()

"""Log-ins that end when they should, passwords, invitations, guessing, becoming a handler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from feedback_hub.adapters import handlers, invitations
from feedback_hub.adapters.accounts import account_id_of, actor_by_id, actor_by_token, add_token
from feedback_hub.adapters.attempts import Limit
from feedback_hub.adapters.tables import attempt
from feedback_hub.adapters.tables import log_in as log_ins
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.web.sessions import device_name
from tests.pages_world import PASSWORD, START, Clock, log_in, make_app, make_hub, token_in, visitor

NEW = "four words for a door"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home", clock=clock)
    yield made
    made.close()


@pytest.fixture(scope="module")
def everybody(hub: Hub) -> Flask:
    return make_app(hub)


@pytest.fixture
def app(hub: Hub, everybody: Flask, clock: Clock) -> Flask:
    """Nobody is logged in, nothing was guessed."""
    clock.now = START
    with hub.unit_of_work() as uow:
        uow.session.execute(delete(attempt))
        uow.session.execute(delete(log_ins))
        uow.commit()
    return everybody


@pytest.fixture
def code_for(hub: Hub) -> Callable[[str], str]:
    def make(name: str) -> str:
        with hub.unit_of_work() as uow:
            code = invitations.invite(uow.session, id_of(hub, name), hub.clock())
            uow.commit()
        return code

    return make


def id_of(hub: Hub, name: str) -> str:
    with hub.reading() as uow:
        found = account_id_of(uow.session, f"{name}@example.org")
    assert found
    return found


def post(client: FlaskClient, path: str, page: str = "", **fields: str) -> TestResponse:
    token = token_in(client.get(page or path).text)
    return client.post(path, data={"csrf_token": token, **fields})


def knock(
    app: Flask, name: str, password: str = "not the password", at: str = "10.0.0.1"
) -> TestResponse:
    client = visitor(app)
    client.environ_base["REMOTE_ADDR"] = at
    return post(client, "/login", email=f"{name}@example.org", password=password)


class TestLogIns:
    def test_idle_is_logged_out_and_a_click_keeps_one_in(self, app: Flask, clock: Clock) -> None:
        ana, celia = log_in(app, "ana"), log_in(app, "celia")
        for _ in range(3):
            clock.now += timedelta(minutes=20)
            assert ana.get("/").status_code == 200
        assert celia.get("/").status_code == 302

    def test_a_page_that_asks_by_itself_keeps_nobody_in(self, app: Flask, clock: Clock) -> None:
        ana = log_in(app, "ana")
        for _ in range(4):
            clock.now += timedelta(minutes=10)
            ana.get("/handset/practice/lines")
        assert ana.get("/").status_code == 302

    def test_after_a_working_day_everybody_logs_in_anew(self, app: Flask, clock: Clock) -> None:
        ana = log_in(app, "ana")
        said = []
        for _ in range(48):
            clock.now += timedelta(minutes=15)
            said.append(ana.get("/").status_code)
        assert (said[0], said[-1]) == (200, 302)

    def test_each_log_in_has_a_secret_of_its_own(self, app: Flask) -> None:
        client = visitor(app)
        client.get("/login")
        with client.session_transaction() as before:
            planted = dict(before)
        post(client, "/login", email="ana@example.org", password=PASSWORD)
        with client.session_transaction() as after:
            assert after["log_in"]
            assert after.get("csrf_token") != planted["csrf_token"]
            first = after["log_in"]
        again = log_in(app, "ana")
        with again.session_transaction() as other:
            assert other["log_in"] != first

    def test_a_cookie_taken_before_the_log_out_opens_nothing_after(self, app: Flask) -> None:
        ana = log_in(app, "ana")
        with ana.session_transaction() as now:
            taken = dict(now)
        post(ana, "/logout", "/")
        thief = visitor(app)
        with thief.session_transaction() as planted:
            planted.update(taken)
        assert thief.get("/").status_code == 302

    def test_to_be_remembered_is_no_way_round(self, app: Flask) -> None:
        client = visitor(app)
        post(client, "/login", email="ana@example.org", password=PASSWORD, remember="y")
        client.delete_cookie("session")
        assert client.get("/").status_code == 302

    def test_the_librarys_own_tokens_open_nothing(self, app: Flask) -> None:
        client = visitor(app)
        token = token_in(client.get("/login").text)
        given = {"email": "ana@example.org", "password": PASSWORD}
        sent = {"X-CSRFToken": token, "Accept": "application/json"}
        answer = client.post("/login?include_auth_token", json=given, headers=sent)
        assert answer.status_code == 200, answer.text
        found = answer.get_json()["response"]["user"]["authentication_token"]
        assert found
        headers = {"Authentication-Token": found}
        assert visitor(app).get("/api/v1/cases", headers=headers).status_code == 401
        for page in ("/second-factor/sheet", "/account"):
            assert visitor(app).get(page, headers=headers).location.startswith("/login")

    def test_another_device_is_ended_from_here_and_nobody_elses(self, app: Flask) -> None:
        ana, lost, celia = log_in(app, "ana"), log_in(app, "ana"), log_in(app, "celia")
        page = ana.get("/account").text
        assert page.count('name="device"') == 1
        with celia.session_transaction() as hers:
            hers_id = hers["log_in"]
        device = page.split('name="device" value="')[1].split('"')[0]
        post(celia, "/account/log-out", "/account", device=device)
        assert lost.get("/").status_code == 200
        post(ana, "/account/log-out", "/account", device=device)
        assert lost.get("/").status_code == 302
        assert ana.get("/").status_code == 200
        assert celia.get("/").status_code == 200
        assert hers_id not in page

    def test_everywhere_at_once(self, app: Flask) -> None:
        clients = [log_in(app, "ana") for _ in range(3)]
        tokens = [token_in(client.get("/account").text) for client in clients]

        def leave(which: int) -> int:
            form = {"csrf_token": tokens[which]}
            return clients[which].post("/account/log-out", data=form).status_code

        with ThreadPoolExecutor(3) as pool:
            said = list(pool.map(leave, range(3)))
        assert set(said) <= {302, 303}
        assert sum(client.get("/").status_code == 200 for client in clients) <= 1


class TestGuessing:
    def test_each_wrong_password_makes_the_wait_longer(self) -> None:
        limit = Limit(5)
        assert limit.wait(4, START, START) == 0
        waits = [limit.wait(tries, START, START) for tries in range(5, 40)]
        assert waits == sorted(waits)
        assert (waits[0], waits[1], waits[-1]) == (11, 21, 901)
        assert limit.wait(5, START, START + timedelta(seconds=10)) == 0

    def test_an_unknown_person_is_slowed_down_the_same(self, app: Flask) -> None:
        said = []
        for name in ("ana", "nobody"):
            answers = [knock(app, name, at=f"10.0.{len(name)}.1") for _ in range(7)]
            said.append([(one.status_code, one.headers.get("Retry-After")) for one in answers])
        assert said[0][5][0] == 429
        assert [one[0] for one in said[0]] == [one[0] for one in said[1]]

    def test_nobody_is_locked_out_by_somebody_elsewhere(self, app: Flask) -> None:
        for _ in range(8):
            knock(app, "ana", at="10.9.9.9")
        assert knock(app, "ana", PASSWORD, at="10.9.9.9").status_code == 429
        assert knock(app, "ana", PASSWORD, at="10.0.0.7").status_code == 302
        # A neighbour behind the same address gets in as well.
        assert knock(app, "celia", PASSWORD, at="10.9.9.9").status_code == 302

    def test_a_whole_office_logs_in_from_one_address_and_guesses_there_still_count(
        self, app: Flask
    ) -> None:
        for _ in range(45):
            assert knock(app, "celia", PASSWORD, at="10.5.5.5").status_code == 302
        for number in range(40):
            assert knock(app, f"nobody{number}", at="10.5.5.5").status_code == 200
            if number == 38:
                assert knock(app, "celia", PASSWORD, at="10.5.5.5").status_code == 302
        assert knock(app, "celia", PASSWORD, at="10.5.5.5").status_code == 429

    def test_the_right_password_after_some_wrong_ones_counts_anew(
        self, app: Flask, clock: Clock
    ) -> None:
        for _ in range(2):
            for _ in range(4):
                assert knock(app, "ana").status_code == 200
            assert knock(app, "ana", PASSWORD).status_code == 302

    def test_after_the_wait_one_may_try_again(self, app: Flask, clock: Clock) -> None:
        for _ in range(5):
            knock(app, "ana")
        refused = knock(app, "ana", PASSWORD)
        clock.now += timedelta(seconds=int(refused.headers["Retry-After"]))
        assert knock(app, "ana", PASSWORD).status_code == 302

    def test_many_addresses_of_one_network_are_one(self, app: Flask) -> None:
        said = [knock(app, "ana", at=f"2001:db8::{last:x}").status_code for last in range(1, 8)]
        assert said[-1] == 429

    def test_no_address_is_kept(self, hub: Hub, app: Flask) -> None:
        knock(app, "ana", at="10.77.77.77")
        with hub.reading() as uow:
            kept = str(uow.session.execute(select(attempt)).all())
        assert "10.77" not in kept
        assert "ana" not in kept

    def test_tokens_are_not_guessed_fast(self, app: Flask) -> None:
        client = app.test_client()
        said = [
            client.get("/api/v1/cases", headers={"Authorization": f"Bearer fh_{number}"})
            for number in range(62)
        ]
        assert said[0].status_code == 401
        assert said[-1].status_code == 429
        assert int(said[-1].headers["Retry-After"]) > 0


class TestPassword:
    def test_it_is_changed_and_other_devices_are_out(self, app: Flask) -> None:
        gina, other = log_in(app, "graca"), log_in(app, "graca")
        wrong = post(gina, "/account/password", "/account", current="not it, no", new=NEW)
        assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
        short = post(gina, "/account/password", "/account", current=PASSWORD, new="short")
        assert short.status_code == 422
        done = post(gina, "/account/password", "/account", current=PASSWORD, new=NEW)
        assert done.status_code == 303
        assert gina.get("/").status_code == 200
        assert other.get("/").status_code == 302
        assert knock(app, "graca", PASSWORD).status_code == 200
        assert knock(app, "graca", NEW).status_code == 302

    def test_a_code_sets_one_once(self, app: Flask, code_for: Callable[[str], str]) -> None:
        code = code_for("celia")
        celia = log_in(app, "celia")
        newcomer = visitor(app)
        assert "celia@example.org" in newcomer.get(f"/welcome/{code}").text
        # Typed from paper: with spaces and capitals.
        typed = code.upper().replace("-", " ")
        assert post(newcomer, "/welcome/", code=typed, new="short").status_code == 422
        assert post(newcomer, "/welcome/", code=typed, new=NEW).status_code == 303
        assert celia.get("/").status_code == 302
        assert knock(app, "celia", NEW).status_code == 302
        assert newcomer.get(f"/welcome/{code}").status_code == 404

    def test_over_voided_and_never_made_say_the_same(
        self, app: Flask, clock: Clock, code_for: Callable[[str], str]
    ) -> None:
        voided, late = code_for("abel"), code_for("abel")
        clock.now += invitations.LASTS
        client = visitor(app)
        said = {
            (answer.status_code, answer.text.replace(code, ""))
            for code in (voided, late, "aaaa-bbbb-cccc-dddd-eeee")
            for answer in (client.get(f"/welcome/{code}"),)
        }
        assert len(said) == 1
        assert said.pop()[0] == 404


class TestHandlers:
    def test_only_a_handler_lets_somebody_in_and_nobody_themselves(
        self, hub: Hub, app: Flask
    ) -> None:
        abel = id_of(hub, "abel")
        with hub.unit_of_work() as uow:
            assert handlers.has_handlers(uow.session)
            handlers.propose(uow.session, Membership(Role.PROTECTION), hub.clock(), account_id=abel)
            (waiting,) = handlers.proposed(uow.session)
            uow.commit()
        answer = f"/account/handlers/{waiting.id}"
        for name in ("ines", "abel", "ana"):
            client = log_in(app, name)
            assert "become a handler" not in client.get("/account").text
            assert post(client, answer, "/account", answer="yes").status_code == 404
        rosa = log_in(app, "rosa")
        assert "abel@example.org" in rosa.get("/account").text
        assert post(rosa, answer, "/account", answer="yes").status_code == 303
        assert post(rosa, answer, "/account", answer="yes").status_code == 404
        with hub.reading() as uow:
            actor = actor_by_id(uow.session, abel)
        assert actor
        assert Role.PROTECTION in actor.roles

    def test_a_token_nobody_was_asked_about_is_theirs_to_keep_or_to_end(
        self, hub: Hub, app: Flask
    ) -> None:
        held = Membership(Role.PROTECTION)
        with hub.unit_of_work() as uow:
            tokens = [add_token(uow.session, one, held, hub.clock()) for one in ("known", "odd")]
            known, odd = handlers.unasked(uow.session, hub.clock())
            uow.commit()
        for name in ("ines", "ana"):
            client = log_in(app, name)
            assert "no handler was asked" not in client.get("/account").text
            assert "reads what handlers read" not in client.get("/").text
            refused = post(client, f"/account/handlers/tokens/{odd.id}", "/account", answer="no")
            assert refused.status_code == 404
        rosa = log_in(app, "rosa")
        assert "who reads what handlers read" in rosa.get("/").text
        assert rosa.get("/account").text.count("no handler was asked") == 2
        for one, answer in ((known, "yes"), (odd, "no")):
            url = f"/account/handlers/tokens/{one.id}"
            assert post(rosa, url, "/account", answer=answer).status_code == 303
            assert post(rosa, url, "/account", answer=answer).status_code == 404
        assert "no handler was asked" not in rosa.get("/account").text
        with hub.reading() as uow:
            live = [actor_by_token(uow.session, one, hub.clock()) is not None for one in tokens]
        assert live == [True, False]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari",
            "Chrome, Android",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130) Gecko Firefox/130", "Firefox, Linux"),
        ("", ""),
    ],
)
def test_a_device_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert device_name(agent) == name

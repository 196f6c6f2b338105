"""The edges of the web application: every route it has, so that a new one is tried as well."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from feedback_hub.bootstrap import Hub
from feedback_hub.cli.logs import configure_logs
from feedback_hub.web.shell import LARGEST_BODY
from tests.pages_world import PASSWORD, make_app, make_hub, token_in

HOME = "https://hub.example.org"
PROVEN_OTHERWISE = ("/channels/", "/exchange/", "/r/", "/status")
"""A signature, a partner's link, a case's two numbers: no cookie speaks (see ``web.app``)."""
NOBODYS = ("board", "prompts", "static", "desk_app.worker", "desk_app.file")
"""The same for everybody, and personal to nobody."""
SENDS_ITSELF = {"static", "metrics.show"}
SECRET = "said-by-zubaida-841234567"


@dataclass(frozen=True)
class World:
    """A hub behind TLS, in which Ana is logged in."""

    app: Flask
    hub: Hub
    ana: FlaskClient

    def rules(self, method: str) -> Iterator[tuple[Rule, str]]:
        """Every route of a method, with something for each of its ids."""
        for rule in self.app.url_map.iter_rules():
            if method in (rule.methods or ()):
                yield rule, re.sub(r"<(?:\w+:)?\w+>", "482913075", rule.rule)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    hub = make_hub(tmp_path_factory.mktemp("hub") / "home", base_url=HOME)
    app = make_app(hub)
    app.config["PREFERRED_URL_SCHEME"] = "https"

    @app.get("/breaks")
    def breaks() -> str:
        raise RuntimeError(SECRET)

    @app.get("/api/v1/breaks")
    def breaks_too() -> str:
        raise RuntimeError(SECRET)

    client = browser(app)
    form = {
        "email": "ana@example.org",
        "password": PASSWORD,
        "csrf_token": token_in(client.get("/login").text),
    }
    assert client.post("/login", data=form).status_code == 302
    yield World(app, hub, client)
    hub.close()


def browser(app: Flask) -> FlaskClient:
    """One that came by TLS."""
    client = app.test_client()
    # Over TLS the forgery check wants to know where a form stood.
    client.environ_base["HTTP_REFERER"] = "https://localhost/login"
    return client


def test_every_answer_carries_its_headers(world: World) -> None:
    """Pages, the API, webhooks, refusals and faults alike."""
    for rule, path in world.rules("GET"):
        # Some of the log-in's own steps log one out.
        asking = browser(world.app) if str(rule.endpoint).startswith("security.") else world.ana
        headers = dict(asking.get(path).headers)
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] or (
            "sandbox" in headers["Content-Security-Policy"]
        ), path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "Strict-Transport-Security" in headers, (path, headers)
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, path
        assert "geolocation=()" in headers["Permissions-Policy"], path
        if rule.endpoint not in SENDS_ITSELF:
            assert "public" not in headers["Cache-Control"], path
        if not str(rule.endpoint).startswith(NOBODYS):
            assert "no-store" in headers["Cache-Control"], path
    assert world.ana.get("/").status_code == 200


def test_no_cookie_without_its_flags(world: World) -> None:
    for path in ("/login", "/"):
        for cookie in world.ana.get(path).headers.getlist("Set-Cookie"):
            for flag in ("Secure", "HttpOnly", "SameSite=Lax"):
                assert flag in cookie, path


def test_no_state_changes_without_the_forgery_token(world: World) -> None:
    tried = 0
    for rule, path in world.rules("POST"):
        if path.startswith(PROVEN_OTHERWISE):
            continue
        for body in ({"data": {"text": "x"}}, {"json": {"text": "x"}}):
            answer = world.ana.post(path, **body)
            assert answer.status_code in {400, 401}, f"{rule.rule}: {answer.status_code}"
            tried += 1
    assert tried > 100
    assert world.ana.get("/").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "hub.example.org.evil.example", "", "a b"])
def test_another_host_gets_nothing(world: World, host: str) -> None:
    answer = world.app.test_client().get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert "form" not in answer.text


def test_a_proxy_is_believed_only_where_it_is_configured(world: World) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = world.app.test_client().get("/", base_url="http://localhost", headers=forged)
    assert "evil" not in answer.headers["Location"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\thttps://evil.example", "///e"],
)
def test_nobody_is_led_elsewhere(world: World, elsewhere: str) -> None:
    client = browser(world.app)
    page = client.get("/login", query_string={"next": elsewhere})
    form = {"email": "graca@example.org", "password": PASSWORD, "csrf_token": token_in(page.text)}
    led_to(client.post("/login", query_string={"next": elsewhere}, data=form))
    token = token_in(world.ana.get("/account").text)
    wanted = {"language": "eng", "next": elsewhere, "csrf_token": token}
    led_to(world.ana.post("/language", data=wanted))


def led_to(answer: TestResponse) -> None:
    """Somewhere here, or nowhere."""
    assert answer.status_code in {200, 302, 303}
    assert re.fullmatch(r"/(?![/\\])\S*|", answer.location or ""), answer.location


def test_a_fault_is_an_id_and_nothing_else(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs()
    said = [world.ana.get(path) for path in ("/breaks", "/api/v1/breaks")]
    for answer in said:
        assert answer.status_code == 500
        assert SECRET not in answer.text
        assert "RuntimeError" not in answer.text
        assert "Traceback" not in answer.text
    logged = capsys.readouterr()
    ids = [re.search(r"\b[0-9a-f]{12}\b", answer.text) for answer in said]
    for found in ids:
        assert found
        assert found.group() in logged.out + logged.err
    assert SECRET not in logged.out + logged.err


def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    for path in ("/api/v1/intake", "/channels/practice/inbound"):
        answer = world.ana.post(path, data=b"x" * (LARGEST_BODY + 1), content_type="text/plain")
        assert answer.status_code in {400, 401, 413}, path


def test_a_compressed_body_is_not_unpacked(world: World) -> None:
    """A bomb stays as small as it came: it is read as the bytes it is, and refused."""
    bomb = gzip.compress(b'{"text": "' + b"x" * 10_000_000 + b'"}')
    headers = {"Content-Encoding": "gzip", "X-CSRFToken": token_in(world.ana.get("/account").text)}
    answer = world.ana.post(
        "/api/v1/intake", data=bomb, headers=headers, content_type="application/json"
    )
    assert answer.status_code == 400

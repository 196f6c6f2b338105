"""Logging in by the organisation's own provider: who it is, never what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from feedback_hub.adapters import tables
from feedback_hub.adapters.people import By, switch_off
from tests.pages_world import make_app, make_hub
from tests.providers.oidc import CLIENT, SECRET, Provider, provider

ANA = {"sub": "provider|1", "email": "ana@example.org", "email_verified": True}


@pytest.fixture
def at() -> Iterator[Provider]:
    with provider() as made:
        made.claims = dict(ANA)
        yield made


@pytest.fixture
def browser(tmp_path: Path, at: Provider) -> Iterator[FlaskClient]:
    hub = make_hub(tmp_path / "home")
    security = replace(
        hub.config.security,
        oidc_issuer=at.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="Conta da organização",
    )
    hub.config = replace(hub.config, security=security)
    yield make_app(hub).test_client()
    hub.close()


def comes(browser: FlaskClient) -> str:
    """Somebody presses the button, goes to the provider and comes back; where they are led."""
    asked = browser.get("/login/organisation")
    assert asked.status_code == 302
    there = httpx.get(asked.location, trust_env=False)
    back = urlsplit(there.headers["Location"])
    answer = browser.get(f"{back.path}?{back.query}")
    assert answer.status_code == 303
    return str(answer.location)


def test_who_has_an_account_here_comes_in(browser: FlaskClient) -> None:
    assert "Conta da organização" in browser.get("/login").text
    assert comes(browser) == "/"
    assert browser.get("/cases").status_code == 200
    # Whose roles are here: a case manager's, no more.
    assert browser.get("/admin/users").status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.org"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"sub": ""},
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"nonce": "another"},
    ],
)
def test_whoever_it_cannot_prove_stays_outside(
    browser: FlaskClient, at: Provider, claims: dict[str, object]
) -> None:
    at.claims |= claims
    assert comes(browser) == "/login"
    assert browser.get("/cases").status_code == 302


def test_a_token_that_another_key_signed_opens_nothing(browser: FlaskClient, at: Provider) -> None:
    at.signs_with = RSAKey.generate_key(2048)
    assert comes(browser) == "/login"


def test_the_address_alone_opens_nothing_once_somebody_came(
    browser: FlaskClient, at: Provider
) -> None:
    assert comes(browser) == "/"
    at.claims["sub"] = "provider|2"
    assert comes(browser.application.test_client()) == "/login"


def test_who_is_switched_off_stays_outside(browser: FlaskClient) -> None:
    hub = browser.application.extensions["feedback_hub"]
    with hub.unit_of_work() as uow:
        ana = uow.session.scalar(
            tables.account.select().where(tables.account.c.email == "ana@example.org")
        )
        switch_off(uow, By("operator", hub.clock(), at_the_machine=True), ana)
        uow.commit()
    assert comes(browser) == "/login"
    # Nobody is let in by a state that another browser was given.
    other = browser.application.test_client()
    assert other.get("/login/organisation/back?code=x&state=y").location == "/login"

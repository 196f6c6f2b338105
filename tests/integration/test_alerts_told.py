"""What the operator is told without looking: by Telegram, of certificates and tokens that end."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.migrations import migrate
from feedback_hub.services import alerts
from feedback_hub.services.records.watching import AlertKind
from tests.integration.databases import NOW
from tests.pages_world import log_in, make_app, make_hub
from tests.providers.outgoing import Outgoing
from tests.providers.telegram import SECRET_TOKEN, TOKEN, TelegramServer, telegram_server
from workers import operator

__all__ = ["telegram_server"]

OPERATORS = "-1001234567890"


def lasting(hub: Hub) -> set[tuple[AlertKind, str]]:
    with hub.reading() as uow:
        return {(alert.kind, alert.subject) for alert in uow.lasting_alerts()}


def test_an_alert_reaches_the_operators_chat_once(
    tmp_path: Path, telegram_server: TelegramServer
) -> None:
    document = {
        "hub": {"home": str(tmp_path), "base_url": "https://hub.example.org"},
        "channels": {"bot": {"kind": "telegram", "api_base": telegram_server.url}},
        "alerts": {"telegram": f"bot:{OPERATORS}", "disk_free_mb": 10_000_000},
    }
    secrets = {
        "FEEDBACK_HUB_CHANNELS_BOT_TOKEN": TOKEN,
        "FEEDBACK_HUB_CHANNELS_BOT_SECRET_TOKEN": SECRET_TOKEN,
    }
    hub = build(parse_config(document, secrets), clock=lambda: NOW)
    migrate(hub.engine)
    assert operator.watch(hub, NOW) == 1
    telegram_server.answer_next("flood")
    assert operator.tell(hub, NOW) == 0
    assert operator.tell(hub, NOW) == 1
    assert operator.tell(hub, NOW) == 0
    hub.close()
    (sent,) = telegram_server.sent
    assert str(sent["chat_id"]) == OPERATORS
    assert "disco" in str(sent["text"])
    assert "https://hub.example.org/health" in str(sent["text"])


def asked_to_mail(hub: Hub, *addresses: str) -> tuple[Hub, Outgoing]:
    box = Outgoing()
    alerts = replace(hub.config.alerts, emails=addresses, disk_free_mb=0)
    told = replace(hub, config=replace(hub.config, alerts=alerts), post=box)
    told.__dict__["engine"] = hub.engine
    return told, box


def test_each_kind_rings_once_in_words_of_its_own_and_once_when_it_is_over(hub: Hub) -> None:
    told, box = asked_to_mail(hub, "ops@example.org", "night@example.org")

    def rings(hours: int, *, raised: bool) -> list[str]:
        at = NOW + timedelta(hours=hours)
        box.mails.clear()
        for kind in AlertKind:
            raise_or_end(told, kind, at, raised=raised)
        operator.tell(told, at)
        operator.tell(told, at + timedelta(seconds=20))
        both = [f"{subject}\n{text}" for _, _, subject, text, _ in box.mails]
        assert sorted(both) == sorted(2 * list(set(both)))  # each address once
        return list(set(both))

    began = rings(0, raised=True)
    assert len(began) == len(AlertKind)
    assert not any("algo não está bem" in one for one in began)
    assert rings(1, raised=True) == []
    over = rings(2, raised=False)
    assert len(over) == len(AlertKind)
    assert all(one.startswith("Já passou: ") for one in over)
    # It comes again: that is news.
    assert len(rings(3, raised=True)) == len(AlertKind)


def raise_or_end(hub: Hub, kind: AlertKind, at: datetime, *, raised: bool) -> None:
    with hub.unit_of_work() as uow:
        if raised:
            alerts.raise_once(uow, kind, "about", at)
        else:
            alerts.resolve(uow, kind, "about", at)
        uow.commit()


def test_nobody_is_told_who_did_not_ask_nor_that_what_they_never_heard_of_is_over(
    hub: Hub,
) -> None:
    silent, box = asked_to_mail(hub)
    raise_or_end(silent, AlertKind.FLOOD, NOW, raised=True)
    assert operator.tell(silent, NOW) == 0
    raise_or_end(silent, AlertKind.FLOOD, NOW, raised=False)
    asked, box = asked_to_mail(hub, "ops@example.org")
    assert operator.tell(asked, NOW) == 0
    assert box.mails == []


def test_that_it_is_over_is_said_again_where_it_surely_did_not_go(hub: Hub) -> None:
    told, box = asked_to_mail(hub, "ops@example.org")
    raise_or_end(told, AlertKind.SENDS_FAIL, NOW, raised=True)
    assert operator.tell(told, NOW) == 1
    raise_or_end(told, AlertKind.SENDS_FAIL, NOW, raised=False)
    box.refuses = True
    assert operator.tell(told, NOW) == 0
    box.refuses = False
    assert operator.tell(told, NOW) == 1
    assert operator.tell(told, NOW) == 0


def test_a_token_that_ends_soon_is_an_alert_until_it_is_replaced(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        for name, days in (("child line", 13), ("prometheus", 15)):
            ends = NOW + timedelta(days=days)
            add_token(uow.session, name, Membership(Role.AUDITOR), NOW, ends)
        uow.commit()
    calm = replace(hub.config.alerts, disk_free_mb=0)
    hub = replace(hub, config=replace(hub.config, alerts=calm))
    operator.watch(hub, NOW)
    assert lasting(hub) == {(AlertKind.TOKEN_EXPIRES, "child line")}
    operator.watch(hub, NOW + timedelta(days=14))
    assert lasting(hub) == {(AlertKind.TOKEN_EXPIRES, "prometheus")}
    hub.close()


def test_a_worker_that_broke_off_is_one_alert_until_an_hour_without(hub: Hub) -> None:
    told = {(AlertKind.WORKER_BROKE_OFF, "workers")}
    operator.watch_workers(hub, 0, NOW)
    assert not lasting(hub)
    operator.watch_workers(hub, 3, NOW)
    operator.watch_workers(hub, 1, NOW + timedelta(minutes=50))
    operator.watch_workers(hub, 0, NOW + timedelta(minutes=100))
    assert lasting(hub) == told
    operator.watch_workers(hub, 0, NOW + timedelta(minutes=111))
    assert not lasting(hub)


class Site:
    """Something that shows a certificate for ``localhost`` on a port of its own."""

    def __init__(self, folder: Path, days: int) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"site {days}")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .add_extension(x509.BasicConstraints(True, None), True)
            .sign(key, hashes.SHA256())
        )
        self.shown = folder / f"{days}.pem"
        self.shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        secret = folder / f"{days}.key"
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shown, secret)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._context.wrap_socket(line, server_side=True).close()
            except OSError:
                line.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Site]]:
    """Sites, all of which this machine trusts."""
    sites = [Site(tmp_path, days) for days in (20, 60, -1)]
    together = tmp_path / "trusted.pem"
    together.write_text("".join(site.shown.read_text() for site in sites))
    monkeypatch.setenv("SSL_CERT_FILE", str(together))
    yield sites
    for site in sites:
        site.close()


def test_a_certificate_is_an_alert_three_weeks_before_its_end(
    hub: Hub, trusting: list[Site]
) -> None:
    def look(url: str) -> set[tuple[AlertKind, str]]:
        at = replace(hub, config=replace(hub.config, hub=replace(hub.config.hub, base_url=url)))
        at.__dict__["engine"] = hub.engine
        operator.watch_certificate(at, datetime.now(UTC))
        return lasting(hub)

    soon, good, over = (site.url for site in trusting)
    raised = {(AlertKind.CERTIFICATE_EXPIRES, "localhost")}
    assert look(good) == set()
    assert look(soon) == raised
    # No answer says nothing: neither that it is well nor that it is not.
    assert look("https://localhost:1") == raised
    assert look(good) == set()
    assert look(over) == raised


def test_the_operators_page_says_until_when_the_certificate_is_good(
    tmp_path: Path, trusting: list[Site]
) -> None:
    for number, (site, said) in enumerate(
        zip(trusting, ("good until", "good until", "browsers refuse it"), strict=True)
    ):
        hub = make_hub(tmp_path / f"home{number}", base_url=site.url)
        client = log_in(make_app(hub), "ines")
        page = client.get("/health?lang=en", headers={"Accept-Language": "en"}).text
        assert said in page or "bom até" in page or "recusam" in page
        hub.close()

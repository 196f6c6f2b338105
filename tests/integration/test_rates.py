"""Whoever asks too often waits: by token and by log-in, in a cluster over all machines together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.rates import Rates
from feedback_hub.domain.access import Membership, Role
from tests.integration.system import free_port
from tests.pages_world import log_in, make_app, make_hub


def test_a_token_and_a_log_in_that_ask_too_often_wait(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    security = replace(hub.config.security, token_per_minute=5, account_per_minute=8)
    hub.config = replace(hub.config, security=security)
    with hub.unit_of_work() as uow:
        tokens = [
            add_token(uow.session, name, Membership(Role.CASE_MANAGER), hub.clock())
            for name in ("one", "two")
        ]
        uow.commit()
    app = make_app(hub)
    client = app.test_client()

    def ask(token: str) -> list[int]:
        headers = {"Authorization": f"Bearer {token}"}
        # Ten, of which a new minute can begin once.
        answers = [client.get("/api/v1/sites", headers=headers) for _ in range(11)]
        for one in answers:
            assert ("Retry-After" in one.headers) == (one.status_code == 429)
        return [one.status_code for one in answers]

    assert set(ask(tokens[0])) == {200, 429}
    # Nobody else waits for it.
    assert (
        client.get("/api/v1/sites", headers={"Authorization": f"Bearer {tokens[1]}"}).status_code
        == 200
    )
    ana = log_in(app, "ana")
    assert {ana.get("/account").status_code for _ in range(20)} == {200, 429}
    assert log_in(app, "rosa").get("/account").status_code == 200
    hub.close()


def test_where_redis_is_away_nobody_is_shut_out() -> None:
    rates = Rates(f"redis://127.0.0.1:{free_port()}/0")
    assert [rates.wait("somebody", 100) for _ in range(50)] == [0] * 50

"""What somebody tries who has no right: damaged keys to the door, and what lies about outside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.services import intake
from feedback_hub.services.records.work import Queue
from tests.integration.test_worker_signals import Bench, bench
from tests.pages_world import LINE, PUMP, log_in, make_app, make_hub, token_in
from workers.drain import drain
from workers.relay import wake

__all__ = ["bench"]

NAME, NUMBER, WORD = "Zubaida", "847654321", "kimbundunga"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
NO_REFERENCES = (
    *(
        "0",
        "48291307",
        "4829130755",
        "482913076",
        "٤٨٢٩١٣٠٧٥",
        "482-913-075'--",
        "../../etc/passwd",
    ),
    *("%00", "%ff%fe", "💧", "{{7*7}}", "482913075\x00", " ", "-1", "9" * 4000, "[]", "<script>"),
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("hub") / "home")
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


def damaged(whole: str, rng: random.Random) -> str:
    """``whole`` as somebody would send it who has nearly got it, or tries whatever comes."""
    at = rng.randrange(len(whole))
    return rng.choice(
        (
            whole[:at] + rng.choice(LETTERS) + whole[at + 1 :],
            whole[:at] + whole[at + 1 :],
            whole[at:] + whole[:at],
            whole[: at + 1],
            "".join(rng.choices(LETTERS, k=len(whole))),
            whole + whole,
        )
    )


def test_no_damaged_cookie_is_anybodys(app: Flask) -> None:
    whole = log_in(app, "ana").get_cookie("session")
    assert whole is not None
    rng = random.Random(17)
    for _ in range(60):
        tried = damaged(whole.value, rng)
        client = app.test_client()
        client.set_cookie("session", tried)
        answer = client.get("/cases")
        # The last letter of a signature holds bits that nothing reads: the same cookie in effect.
        same = tried[:-1] == whole.value[:-1] and len(tried) == len(whole.value)
        assert answer.status_code == 302 or (same and answer.status_code == 200), tried


def test_no_damaged_token_is_anybodys(hub: Hub, app: Flask) -> None:
    with hub.unit_of_work() as uow:
        whole = add_token(uow.session, "x", Membership(Role.CASE_MANAGER), hub.clock())
        uow.commit()
    rng = random.Random(18)
    tried = [damaged(whole, rng) for _ in range(40)]
    for one in (*tried, "", " ", whole.upper(), f"{whole}\t{whole}"):
        if one == whole:
            continue
        headers = {"Authorization": f"Bearer {one}"}
        answer = app.test_client().get("/api/v1/cases", headers=headers)
        # Whoever tries too often waits.
        assert answer.status_code in {401, 429}, one
    good = app.test_client().get("/api/v1/cases", headers={"Authorization": f"Bearer {whole}"})
    assert good.status_code == 200


def test_what_is_no_reference_is_no_case_and_no_fault(app: Flask) -> None:
    ana = log_in(app, "ana")
    for written in NO_REFERENCES:
        for path in ("/cases/{}", "/api/v1/cases/{}", "/api/v1/cases/{}/messages"):
            answer = ana.get(path.format(quote(written, safe="%")))
            assert answer.status_code in {301, 308, 400, 404}, (path, written)
        found = ana.get("/go", query_string={"q": written})
        assert found.status_code < 500, written


def test_logged_out_from_several_places_at_once_nobody_is_left_in(app: Flask) -> None:
    clients = [log_in(app, "ana") for _ in range(4)]
    tokens = [token_in(one.get("/account").text) for one in clients]

    def leaves(client: FlaskClient, token: str, path: str) -> int:
        return client.post(path, data={"csrf_token": token}).status_code

    paths = ("/account/log-out", "/account/log-out", "/logout", "/logout")
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(leaves, clients, tokens, paths))
    # Each did it, or came too late: nobody met a fault.
    assert all(status in {302, 303, 400, 401} for status in said), said
    left = [one for one in clients if one.get("/cases").status_code == 200]
    assert len(left) <= 1
    for one in left:
        one.post("/logout", data={"csrf_token": token_in(one.get("/account").text)})
    assert {one.get("/cases").status_code for one in clients} == {302}


def test_whoever_gets_the_queue_server_gets_nobodys_words(hub: Hub, bench: Bench) -> None:
    said = f"{PUMP} {WORD}, sou a {NAME}"
    message = InboundMessage("SM1", hub.clock(), said, f"+258{NUMBER}", f"+258{NUMBER}")
    with hub.unit_of_work() as uow:
        intake.accept(uow, LINE, [message], said.encode(), hub.clock())
        uow.commit()
    woken = set()
    while waiting := wake(hub, bench.connection):
        keys = list(bench.connection.scan_iter("*"))
        held = b" ".join(part for key in keys for part in (key, bench.connection.dump(key) or b""))
        assert held
        assert not [m for m in (NAME, NUMBER, WORD) if m.lower().encode() in held.lower()]
        woken |= set(waiting)
        for queue in waiting:
            drain(hub, queue)
    assert Queue.INTAKE in woken

"""What somebody may not see does not exist for them: at every route that the application has.

The routes are those registered, so that a new one is tried too. One with a kind of id that this
test does not know fails it: say in ``IDS`` which one is forbidden to whom, or in ``PLAIN`` why it
leads to nobody's case.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from feedback_hub.adapters import handlers, tables
from feedback_hub.adapters.accounts import account_id_of, actor_by_id
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Membership, Role, scope_of
from feedback_hub.domain.call_back import CallReason, Way
from feedback_hub.domain.reference import check_digit
from tests.pages_world import (
    CHIEF,
    PEOPLE,
    PUMP,
    Clock,
    arrives,
    log_in,
    make_app,
    make_hub,
    token_in,
)

IDS = ("ref", "referral_id", "line_id", "request_id")
PLAIN = {
    "account_id": "of an account, and only administrators open accounts (test_users.py)",
    "token_id": "of a token, likewise",
    "name": "a channel's, known to whoever configures",
    "endpoint": "a provider's webhook, signed",
    "path": "a provider's webhook, signed",
    "filename": "a file of the application",
    "file": "a recording of the application's own words",
    "row_id": "of a piece of work that was set aside, for whoever runs the machine",
    "visit_id": "of a visit to a site, for whoever keeps sites",
    "kind": "of a report, named by a word",
    "ending": "of a file, the kind of a report's",
    "language": "one of the languages written in",
    "purpose": "what a wording is for",
    "site": "of the register, which is no secret",
    "code": "a secret of its own (test_account.py)",
    "token": "a secret of its own (test_partner_links.py, test_second_factor.py)",
    "answer_id": "of the information bank, which anybody may be told (test_bank.py)",
    "issue_id": "of cases that are nobody's secret (test_api_issues.py)",
    "entry_id": "of an issue",
    "export_id": "of one's own (test_exports.py)",
    "broadcast_id": "of approved information, which says nothing of anybody",
    "shift_id": "of the roster, which says who is on call and of no case",
    "attachment_id": "tried with a case's reference",
    "queue": "which of the two triage queues",
    "submission_id": "drawn by whoever handed it in, and theirs alone (test_desk_app.py)",
    "exercise": "an invented scene",
    "topic": "a page of help",
    "position": "tried with a submission's id",
    "verb": "tried below, each of VERBS",
}
VERBS = (
    *("note", "close", "triage", "answer", "accept", "decline", "claim", "result", "nonsense"),
    *("inform", "satisfaction", "conduct-report", "service-referral", "tell"),
)
COUNTS_MACHINES = {"home.index", "admin.health", "admin.channels.index", "metrics.show"}
"""Where whoever runs the machine reads how much arrived and waits: how many, never what."""
COUNTS = {
    "ines": COUNTS_MACHINES,
    # How often something sensitive was opened: the auditor's own work, ids and numbers only.
    "abel": {"home.index", "audit.index"},
}
ABSENT_REF = "48291307" + check_digit("48291307")
BODY = {
    "text": "x",
    "reason": "x",
    "outcome": "resolved",
    "codes": ["request.water"],
    "level": "L2",
    "organisation": "avsi",
    "share": "anonymous",
    "answer": "yes",
    "told": True,
    "score": 1,
    "channel": "x",
    "sector": "gbv",
    "explained": "x",
    "how": "telephone",
}


class Standing(Clock):
    """Nothing differs for the time that passed."""

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class World:
    """One case of each kind, and who may not know that it is there."""

    app: Flask
    hub: Hub
    clients: dict[str, FlaskClient]
    csrf: dict[str, str]
    values: dict[str, dict[str, str]]
    """By name of an id, then by person: the value that does not exist for them."""
    before: dict[tuple[str, str], str]
    """What each person saw at each list before the highly sensitive case came."""
    secret_ref: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    hub = make_hub(tmp_path_factory.mktemp("hub") / "home", clock=Standing())
    app = make_app(hub)
    clients = {name: log_in(app, name) for name in PEOPLE}
    csrf = {name: token_in(client.get("/account").text) for name, client in clients.items()}
    waiting = propose_handler(hub)
    ref = arrives(hub, PUMP)
    referral = refer(clients["ana"], csrf["ana"], ref)
    before = {
        (name, rule.endpoint): unnumbered(plain(clients[name].get(rule.rule)))
        for name in PEOPLE
        for rule in lists(app)
    }
    secret_ref = arrives(hub, CHIEF)
    values = forbidden(hub, ref, secret_ref, referral, waiting)
    yield World(app, hub, clients, csrf, values, before, secret_ref)
    hub.close()


def refer(client: FlaskClient, csrf: str, ref: str) -> str:
    """The case goes to a partner; the referral's id."""
    headers = {"X-CSRFToken": csrf}
    triage = {"codes": ["request.water"], "sector": "wash", "sensitivity": "L1", "site": "NTO"}
    answer = client.post(f"/api/v1/cases/{ref}/triage", json=triage, headers=headers)
    assert answer.status_code == 200, answer.text
    share = {"organisation": "avsi", "share": "anonymous"}
    answer = client.post(f"/api/v1/cases/{ref}/referrals", json=share, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.get_json()["id"])


def propose_handler(hub: Hub) -> str:
    """Somebody waits for a handler's word; the question's id."""
    with hub.unit_of_work() as uow:
        celia = account_id_of(uow.session, "celia@example.org")
        assert celia
        handlers.propose(uow.session, Membership(Role.PROTECTION), hub.clock(), account_id=celia)
        (waiting,) = handlers.proposed(uow.session)
        uow.commit()
    return waiting.id


def forbidden(
    hub: Hub, ref: str, secret_ref: str, referral: str, waiting: str
) -> dict[str, dict[str, str]]:
    """What is there and does not exist for whom, by the one policy."""
    values: dict[str, dict[str, str]] = {name: {} for name in IDS}
    with hub.unit_of_work() as uow:
        case, secret = uow.case_by_ref(ref), uow.case_by_ref(secret_ref)
        assert case
        assert secret
        line = uuid.uuid4().hex
        call: dict[str, object] = {
            column.name: "" for column in tables.call_back.c if not column.nullable
        }
        now = hub.clock()
        call |= {"id": line, "case_id": secret.id, "way": Way.CALL, "reason": CallReason.REQUEST}
        call |= {"opened_at": now, "not_before": now, "agreed": False, "tries": 0, "version": 1}
        uow.session.execute(insert(tables.call_back).values(**call))
        asked_referral = uow.referral(referral)
        assert asked_referral
        for name in PEOPLE:
            account_id = account_id_of(uow.session, f"{name}@example.org")
            assert account_id
            actor = actor_by_id(uow.session, account_id)
            assert actor
            reads = scope_of(actor, Action.READ_CASE)
            if not reads.admits(uow.facts(secret)):
                values["ref"][name] = secret_ref
                values["line_id"][name] = line
            elif not reads.admits(uow.facts(case)):
                values["ref"][name] = ref
            of_referrals = scope_of(actor, Action.READ_REFERRAL)
            if not of_referrals.admits_referral(uow.facts(case), asked_referral):
                values["referral_id"][name] = referral
            if Role.PROTECTION not in actor.roles:
                values["request_id"][name] = waiting
        uow.commit()
    return values


def lists(app: Flask) -> list[Rule]:
    """Whatever is asked for without an id."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        # The log-in's own steps are about nobody but oneself, and some log one out.
        if not rule.arguments
        and "GET" in (rule.methods or ())
        and not str(rule.endpoint).startswith("security.")
    ]


def plain(answer: TestResponse, *values: str) -> str:
    """The whole answer, without what differs between any two."""
    body = answer.text if (answer.mimetype or "").startswith(("text/", "application/")) else ""
    for value in values:
        for written in (value, f"{value[:3]}-{value[3:6]}-{value[6:]}"):
            body = body.replace(written, "*")
    body = re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1", body)
    # A signed token, wherever it stands: the forgery token, which is another in each answer.
    body = re.sub(r"[\w-]+\.[\w-]{6}\.[\w-]{27}", "", body)
    body = re.sub(r"(csrf[^\"']*[\"'][^\"']*[\"'])", "", body)
    skipped = {"Date", "Content-Length", "Set-Cookie", "Last-Modified", "ETag"}
    headers = sorted(
        (name, re.sub("|".join(map(re.escape, values)), "*", value) if values else value)
        for name, value in answer.headers
        if name not in skipped
    )
    return f"{answer.status_code}\n{headers}\n{body}"


def unnumbered(page: str) -> str:
    """Without the numbers that forms make for themselves, so that twice handed in is once."""
    return re.sub(r"[0-9a-f]{32}", "", page)


def paths(rule: Rule, name: str, value: str) -> Iterator[str]:
    """The rule's path with ``value`` for the id ``name``; each verb where it takes one."""
    path = re.sub(rf"<[^<>]*\b{name}>", value, rule.rule)
    path = path.replace("<attachment_id>", "0" * 32)
    for verb in VERBS if "verb" in rule.arguments else ("",):
        yield re.sub(r"<[^<>]*\bverb>", verb, path)


def ask(world: World, who: str, method: str, path: str) -> TestResponse:
    client = world.clients[who]
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.open(path, method=method, json=BODY, headers={"X-CSRFToken": world.csrf[who]})
    form: dict[str, Any] = {"csrf_token": world.csrf[who], "version": "1", **BODY}
    return client.open(path, method=method, data=form)


def test_every_id_is_known_here(world: World) -> None:
    for rule in world.app.url_map.iter_rules():
        unknown = rule.arguments - set(IDS) - set(PLAIN)
        assert not unknown, f"{rule.rule}: see the top of this file"


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_what_is_forbidden_answers_like_what_never_was(world: World, who: str) -> None:
    tried = 0
    for rule in world.app.url_map.iter_rules():
        for name in rule.arguments & set(IDS):
            value = world.values[name].get(who)
            if value is None:
                continue
            absent = ABSENT_REF if name == "ref" else uuid.uuid4().hex
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                pairs = zip(paths(rule, name, value), paths(rule, name, absent), strict=True)
                for real, never in pairs:
                    found = ask(world, who, method, real)
                    assert plain(found, value) == plain(ask(world, who, method, never), absent), (
                        f"{who}: {method} {rule.rule}"
                    )
                    # Not logged out, which would make everything the same; led on, like any other.
                    led_on = found.status_code == 303 and "/login" not in found.location
                    assert led_on or found.status_code in {403, 404, 405, 422, 400, 409}, real
                    tried += 1
    assert tried >= 20


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"rosa"}))
def test_no_list_page_count_or_figure_changes_for_a_highly_sensitive_case(
    world: World, who: str
) -> None:
    for rule in lists(world.app):
        now = plain(world.clients[who].get(rule.rule))
        for written in (world.secret_ref, world.values["line_id"].get(who, "-")):
            assert written not in now
        if rule.endpoint not in COUNTS.get(who, set()):
            assert unnumbered(now) == world.before[who, rule.endpoint], f"{who}: {rule.rule}"


def test_where_arrivals_are_counted_a_highly_sensitive_one_counts_like_any_other(
    tmp_path: Path,
) -> None:
    """So that whoever runs the machine, or reads the log, learns that something came, not what."""
    ordinary, secret = (
        counted_after(tmp_path / name, text) for name, text in (("one", PUMP), ("other", CHIEF))
    )
    assert ordinary == secret


def counted_after(home: Path, text: str) -> dict[tuple[str, str], str]:
    """What those that figures are shown to read after ``text`` came, in a hub of its own."""
    hub = make_hub(home, clock=Standing())
    app = make_app(hub)
    clients = {name: log_in(app, name) for name in COUNTS}
    # The disk is the machine's; a device's mark is keyed by the hub's own key.
    arrives(hub, text)
    found = {
        (name, rule.endpoint): re.sub(
            r"\d+ MB|\b[0-9a-f]{16}\b", "", unnumbered(plain(client.get(rule.rule)))
        )
        for name, client in clients.items()
        for rule in lists(app)
        if rule.endpoint in COUNTS[name]
    }
    hub.close()
    assert len(found) >= len(COUNTS_MACHINES)
    return found


def test_the_handler_sees_it(world: World) -> None:
    """Else the tests above would pass for a case that nobody can reach."""
    assert world.clients["rosa"].get(f"/cases/{world.secret_ref}").status_code == 200
    with world.hub.reading() as uow:
        assert uow.session.scalar(select(tables.call_back.c.id))

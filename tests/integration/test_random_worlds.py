"""Random worlds: whatever somebody's roles are, a case that is not theirs leaves no trace anywhere.

Each world is a person with random roles at random places, and cases of every kind. Every list,
page, figure and export the application has is asked for before and after a case came that this
person may not know of, and every route that takes a case's number is tried with that number and
with one that never was. Routes are those registered (``test_nothing_there`` says which ids there
are), so that a new one is tried too.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedback_hub.adapters.accounts import add_account
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Membership, Role, scope_of
from feedback_hub.domain.call_back import CallBack, CallReason, Way
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.consent import Share
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.records.messages import Message
from feedback_hub.services.seals import text_bound_to
from tests.integration.test_nothing_there import (
    ABSENT_REF,
    BODY,
    COUNTS_MACHINES,
    Standing,
    lists,
    paths,
    plain,
    unnumbered,
)
from tests.pages_world import PASSWORD, START, log_in, make_app, make_hub, token_in

SITES = ("", "NTO", "COR")
SECTORS = ("", "wash", "health")
ORGANISATIONS = ("avsi", "wfp")
COUNTING = frozenset({Role.COORDINATOR, Role.ADMIN, Role.AUDITOR, Role.CASE_MANAGER})
"""Who is told figures of the whole hub: only an L3 must leave those as they are."""
WORD = "segredo"


@dataclass
class Worlds:
    """One hub in which one world after another takes place."""

    hub: Hub
    hash: str

    def __post_init__(self) -> None:
        self.app = make_app(self.hub)
        self.months = 0


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    from flask_security import hash_password  # noqa: PLC0415  needs the application

    hub = make_hub(tmp_path_factory.mktemp("hub") / "home", clock=Standing())
    made = Worlds(hub, "")
    with made.app.app_context():
        made.hash = hash_password(PASSWORD)
    yield made
    hub.close()


def somebody(worlds: Worlds, rng: random.Random, name: str) -> Actor:
    """A person with one to three roles, each somewhere."""
    held = tuple(
        dict.fromkeys(
            Membership(
                role,
                # A partner has an organisation; staff of one may be anything.
                rng.choice(ORGANISATIONS) if role is Role.FOCAL_POINT else rng.choice(("", "avsi")),
                rng.choice(SITES),
                rng.choice(SECTORS),
            )
            for role in rng.sample(list(Role), rng.randint(1, 3))
        )
    )
    with worlds.hub.unit_of_work() as uow:
        now = worlds.hub.clock()
        email = f"{name}@example.org"
        account_id = add_account(uow.session, email, worlds.hash, held, now, locale="en")
        uow.commit()
    return Actor(account_id, memberships=held)


def arrive(worlds: Worlds, uow: SqlUnitOfWork, rng: random.Random, entered_by: str) -> Case:
    """A case of any kind, with words, maybe a referral, maybe somebody to call."""
    worlds.months += 1
    at = START - timedelta(days=31 * worlds.months)
    case = Case(uuid.uuid4().hex, uow.new_reference(), "practice", at, at, entered_by)
    case.sensitivity = rng.choice(list(Sensitivity))
    case.suspected = case.sensitivity is Sensitivity.L3 and rng.random() < 0.5
    case.priority = rng.choice(list(Priority))
    case.site, case.sector = rng.choice(SITES), rng.choice(SECTORS)
    case.codes, case.type = ("request.water",), "request"
    case.accused_organisation = rng.choice(("", "", *ORGANISATIONS))
    case.accused_class = AccusedClass.AID_WORKER if case.accused_organisation else None
    case.state = rng.choice([CaseState.RECEIVED, CaseState.TRIAGED, CaseState.REFERRED])
    uow.add(case)
    uow.session.flush()
    key, message_id = uow.vault.new_key(), uuid.uuid4().hex
    uow.add(
        Message(
            id=message_id,
            case_id=case.id,
            contact_id=None,
            channel="practice",
            external_id=message_id,
            kind=MessageKind.TEXT,
            key_id=key,
            text_sealed=uow.vault.seal(key, f"{WORD} {case.ref}", text_bound_to(message_id)),
            language="por",
            received_at=at,
        )
    )
    if rng.random() < 0.5:
        state = rng.choice([ReferralState.DRAFTED, ReferralState.SENT, ReferralState.ACCEPTED])
        organisation = rng.choice(ORGANISATIONS)
        uow.add(
            Referral(
                uuid.uuid4().hex, case.id, organisation, at, "rosa", Share.ANONYMOUS, state=state
            )
        )
    if rng.random() < 0.5:
        uow.add(CallBack(uuid.uuid4().hex, case.id, Way.CALL, CallReason.REQUEST, at, at))
    if case.sensitivity is Sensitivity.L1 and rng.random() < 0.5:
        uow.index_text(case.id, WORD)
    uow.session.flush()
    return case


def forbidden(worlds: Worlds, rng: random.Random, actor: Actor) -> str:
    """Cases come until one is there that ``actor`` may not know of; its reference.

    Those that they may know of are put back, so that only the hidden one is new.
    """
    for _ in range(200):
        with worlds.hub.unit_of_work() as uow:
            entered_by = rng.choice((actor.id, "channel:practice"))
            case = arrive(worlds, uow, rng, entered_by)
            facts = uow.facts(case)
            hidden = not any(
                scope_of(actor, action).admits(facts)
                for action in (Action.READ_CASE, Action.READ_REFERRAL, Action.CALL_BACK)
            )
            told_of = case.sensitivity is not Sensitivity.L3 and actor.roles & COUNTING
            if hidden and not told_of:
                uow.commit()
                return case.ref
    raise AssertionError("no case is hidden from this person")


def asked(
    worlds: Worlds, client: FlaskClient, ref: str, *, admin: bool, auditor: bool
) -> dict[str, str]:
    """Every list, bare and looked through for the case, by where it is."""
    wanted = f"?q={WORD}&status=received&site=NTO&sector=wash&type=request"
    queries = {"": "", "?q=*": f"?q={ref}", wanted: wanted}
    return {
        rule.rule + name: unnumbered(plain(client.get(rule.rule + query)))
        for rule in lists(worlds.app)
        if not (admin and rule.endpoint in COUNTS_MACHINES)
        # An auditor who is a handler too reads there what they themselves opened in this test.
        if rule.endpoint not in {"audit.index", "home.index"} or not auditor
        for name, query in queries.items()
    }


SLOW = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 14)]


@pytest.mark.parametrize("seed", [0, *SLOW])
def test_a_case_that_is_not_theirs_leaves_no_trace(worlds: Worlds, seed: int) -> None:
    rng = random.Random(seed)
    actor = somebody(worlds, rng, f"world{seed}")
    with worlds.hub.unit_of_work() as uow:
        for _ in range(6):
            arrive(worlds, uow, rng, rng.choice((actor.id, "channel:practice")))
        # A number that nobody has: looked for before, as the hidden one is after.
        absent = uow.new_reference()
        uow.commit()
    client = log_in(worlds.app, f"world{seed}")
    csrf = token_in(client.get("/account").text)
    told = {"admin": Role.ADMIN in actor.roles, "auditor": Role.AUDITOR in actor.roles}
    before = asked(worlds, client, absent, **told)
    hidden = forbidden(worlds, rng, actor)
    after = asked(worlds, client, hidden, **told)
    who = [tuple(vars(held).values()) for held in actor.memberships]
    for path, said in after.items():
        assert said.replace(hidden, "*") == before[path].replace(absent, "*"), (seed, who, path)
    for rule in worlds.app.url_map.iter_rules():
        if "ref" not in rule.arguments:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            pairs = zip(paths(rule, "ref", hidden), paths(rule, "ref", ABSENT_REF), strict=True)
            for real, never in pairs:
                found = plain(ask(client, csrf, method, real), hidden)
                there = plain(ask(client, csrf, method, never), ABSENT_REF)
                assert found == there, (seed, who, method, rule.rule)


def ask(client: FlaskClient, csrf: str, method: str, path: str) -> TestResponse:
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.open(path, method=method, json=BODY, headers={"X-CSRFToken": csrf})
    return client.open(path, method=method, data={"csrf_token": csrf, "version": "1", **BODY})

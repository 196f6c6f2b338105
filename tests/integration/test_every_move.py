"""Every verb on every state over HTTP, held against CONTRACT.md's from → to tables.

The tables are written out here, as the contract has them, and not taken from the domain. A state is
reached by the verbs themselves; a move that is not in the table is refused and changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.place import Organisation
from tests.integration.asking import Answer, Asking
from tests.integration.databases import NOW, SqliteFiles
from workers.schedule import expire_referrals

Body = dict[str, object]
Verb = tuple[str, Body]

REASON = "Two washers were replaced."
CASE_VERBS: dict[str, Verb] = {
    "triage": ("triage", {"codes": ["complaint.broken"], "sector": "wash"}),
    "answer": ("answer", {"text": REASON, "outcome": "resolved"}),
    "answer on the spot": ("answer", {"text": REASON, "outcome": "resolved", "on_spot": True}),
    "refer": ("referrals", {"organisation": "avsi", "share": "anonymous"}),
    "hand off": ("hand-off", {"group": "psea"}),
    "loop attempt": ("loop-back", {"method": "in_person"}),
    "close": ("close", {"outcome": "resolved", "reason": REASON}),
    "close as duplicate": ("close", {"outcome": "duplicate", "reason": REASON}),
    "close as no feedback": ("close", {"outcome": "not_feedback", "reason": REASON}),
    "close as withdrawn": ("close", {"outcome": "withdrawn", "reason": REASON}),
    "close as unreachable": ("close", {"outcome": "unreachable", "reason": REASON}),
    "reopen": ("reopen", {"reason": REASON}),
    "appeal": ("appeal", {"reason": REASON}),
}
WITHOUT_LOOP = ("close as duplicate", "close as no feedback", "close as withdrawn")


def to(target: str, *verbs: str) -> dict[str, str]:
    return dict.fromkeys(verbs, target)


CASE_MOVES: dict[str, dict[str, str]] = {
    "received": to("triaged", "triage") | to("closed", *WITHOUT_LOOP),
    "triaged": to("answered_on_spot", "answer on the spot")
    | to("referred", "refer")
    | to("handed_off", "hand off")
    | to("response_ready", "answer")
    | to("closed", *WITHOUT_LOOP),
    "answered_on_spot": to("loop_attempted", "loop attempt") | to("closed", "close", *WITHOUT_LOOP),
    "referred": to("referred", "refer") | to("response_ready", "answer"),
    "handed_off": to("response_ready", "answer"),
    "response_ready": to("referred", "refer") | to("loop_attempted", "loop attempt"),
    "loop_attempted": to("loop_attempted", "loop attempt")
    # The hub below asks for one attempt, and it was made.
    | to("closed", "close", *WITHOUT_LOOP, "close as unreachable"),
    "closed": to("reopened", "reopen") | to("appealed", "appeal"),
    "reopened": to("triaged", "triage"),
    "appealed": to("triaged", "triage"),
}
CASE_ROADS: dict[str, tuple[str, ...]] = {
    "received": (),
    "triaged": ("triage",),
    "answered_on_spot": ("triage", "answer on the spot"),
    "referred": ("triage", "refer"),
    "handed_off": ("triage", "hand off"),
    "response_ready": ("triage", "answer"),
    "loop_attempted": ("triage", "answer", "loop attempt"),
    "closed": ("triage", "answer", "loop attempt", "close"),
    "reopened": ("triage", "answer", "loop attempt", "close", "reopen"),
    "appealed": ("triage", "answer", "loop attempt", "close", "appeal"),
}

REFERRAL_VERBS: dict[str, Verb] = {
    "accept": ("accept", {}),
    "decline": ("decline", {"reason": "no_capacity"}),
    "return": ("return", {"question": "Which pump?"}),
    "resume": ("resume", {"text": "The one by the school."}),
    "start": ("start", {}),
    "answer": ("answer", {"text": REASON, "outcome": "resolved"}),
    "verify": ("verify", {"ok": True}),
    "send back": ("verify", {"ok": False, "text": "And the second tap?"}),
    "refer on": ("refer", {"organisation": "wfp"}),
}
OURS = {"resume", "verify", "send back"}
BEFORE_ANSWER = to("returned", "return") | to("referred_on", "refer on")
REFERRAL_MOVES: dict[str, dict[str, str]] = {
    "sent": to("accepted", "accept") | to("declined", "decline") | BEFORE_ANSWER,
    "accepted": to("in_action", "start") | to("answered", "answer") | BEFORE_ANSWER,
    "in_action": to("answered", "answer") | BEFORE_ANSWER,
    "declined": {},
    "expired": to("accepted", "accept"),
    "answered": to("verified", "verify") | to("in_action", "send back"),
    "verified": {},
    "referred_on": {},
    # The state before: below for each of the three.
    "returned": to("sent", "resume"),
    "returned, accepted": to("accepted", "resume"),
    "returned, in action": to("in_action", "resume"),
}
REFERRAL_ROADS: dict[str, tuple[str, ...]] = {
    "sent": (),
    "accepted": ("accept",),
    "in_action": ("accept", "start"),
    "declined": ("decline",),
    "expired": ("expire",),
    "answered": ("accept", "answer"),
    "verified": ("accept", "answer", "verify"),
    "referred_on": ("refer on",),
    "returned": ("return",),
    "returned, accepted": ("accept", "return"),
    "returned, in action": ("accept", "start", "return"),
}


@dataclass
class Table:
    """A hub, and its verbs as the API has them."""

    asking: Asking
    clock: list[datetime]
    partner: str
    colleague: str
    appealed: set[str] = field(default_factory=set)

    def case(self, road: Iterable[str], sensitivity: str = "L1") -> str:
        """A new case that went this road."""
        said = {"submission_id": str(uuid.uuid4()), "text": "A bomba avariou"}
        path = "/api/v1/intake"
        taken = self.asking.post(Role.DESK, path, sensitivity=sensitivity, **said)
        ref: str = taken.json["ref"]
        for verb in road:
            assert self.move(ref, verb, sensitivity).status_code < 300, (road, verb)
        return ref

    def move(self, ref: str, verb: str, sensitivity: str = "L1") -> Answer:
        """By whoever works on such cases; an appeal is somebody else's (DOMAIN.md, States)."""
        path, body = CASE_VERBS[verb]
        who: Role | str = worker(sensitivity)
        if ref in self.appealed and sensitivity != "L3":
            who = self.colleague
        if verb == "appeal":
            self.appealed.add(ref)
        return self.asking.post(who, f"/api/v1/cases/{ref}/{path}", **body)

    def seen(self, ref: str, sensitivity: str = "L1") -> Body:
        shown: Body = self.asking.get(worker(sensitivity), f"/api/v1/cases/{ref}").json
        return {key: shown[key] for key in ("state", "outcome", "version", "referrals")}

    def referral(self, road: Iterable[str]) -> str:
        """A new referral that went this road."""
        sent = self.move(self.case(("triage",)), "refer")
        referral_id: str = sent.json["id"]
        for verb in road:
            if verb == "expire":
                self.clock[0] += timedelta(days=30)
                expire_referrals(self.asking.hub, self.clock[0])
            else:
                assert self.move_referral(referral_id, verb).status_code < 300, (road, verb)
        return referral_id

    def move_referral(self, referral_id: str, verb: str) -> Answer:
        path, body = REFERRAL_VERBS[verb]
        who = Role.CASE_MANAGER if verb in OURS else self.partner
        return self.asking.post(who, f"/api/v1/referrals/{referral_id}/{path}", **body)

    def seen_referral(self, referral_id: str) -> Body:
        path = f"/api/v1/referrals/{referral_id}"
        shown: Body = self.asking.get(Role.CASE_MANAGER, path).json
        return shown


def worker(sensitivity: str) -> Role:
    return Role.PROTECTION if sensitivity == "L3" else Role.CASE_MANAGER


@pytest.fixture(scope="module")
def table(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    clock = [NOW]
    document = {
        "hub": {"home": str(tmp_path_factory.mktemp("hub"))},
        "database": {"url": sqlite_files.fresh()},
        "loopback": {"attempts": 1},
    }
    hub = build(parse_config(document, {}), clock=lambda: clock[0])
    asking = Asking(hub)
    with hub.unit_of_work() as uow:
        uow.session.add_all([Organisation("avsi", "AVSI"), Organisation("wfp", "WFP")])
        uow.session.flush()
        partner = add_token(uow.session, "avsi", Membership(Role.FOCAL_POINT, "avsi"), NOW)
        colleague = add_token(uow.session, "eva", Membership(Role.CASE_MANAGER), NOW)
        uow.commit()
    yield Table(asking, clock, partner, colleague)
    hub.close()


def is_refusal(answer: Answer) -> bool:
    """Whether it is the conflict that CONTRACT.md (HTTP) describes."""
    return (
        answer.status_code == 409
        and answer.content_type.startswith("application/problem+json")
        and answer.json["status"] == 409
    )


@pytest.mark.parametrize("state", CASE_MOVES)
def test_what_a_case_may_do_in_each_state(table: Table, state: str) -> None:
    # Only a highly sensitive case is handed off, by its handlers; they have every verb too.
    level = "L3" if state == "handed_off" else "L1"
    still = table.case(CASE_ROADS[state], level)
    before = table.seen(still, level)
    assert before["state"] == state
    for verb in CASE_VERBS:
        target = CASE_MOVES[state].get(verb)
        if verb == "hand off":
            continue
        if target is None:
            assert is_refusal(table.move(still, verb, level)), verb
        else:
            moving = table.case(CASE_ROADS[state], level)
            moved = table.move(moving, verb, level)
            assert moved.status_code in {200, 201}, (verb, moved.text)
            assert table.seen(moving, level)["state"] == target, verb
    assert table.seen(still, level) == before


@pytest.mark.parametrize("state", CASE_MOVES)
def test_from_where_a_highly_sensitive_case_is_handed_off(table: Table, state: str) -> None:
    ref = table.case(CASE_ROADS[state], "L3")
    before = table.seen(ref, "L3")
    moved = table.move(ref, "hand off", "L3")
    if state == "triaged":
        assert moved.status_code == 200
        assert table.seen(ref, "L3")["state"] == "handed_off"
    else:
        assert is_refusal(moved)
        assert table.seen(ref, "L3") == before


@pytest.mark.parametrize("state", REFERRAL_MOVES)
def test_what_a_referral_may_do_in_each_state(table: Table, state: str) -> None:
    still = table.referral(REFERRAL_ROADS[state])
    before = table.seen_referral(still)
    assert before["state"] == state.split(",", maxsplit=1)[0]
    for verb in REFERRAL_VERBS:
        target = REFERRAL_MOVES[state].get(verb)
        if target is None:
            assert is_refusal(table.move_referral(still, verb)), verb
        else:
            moving = table.referral(REFERRAL_ROADS[state])
            moved = table.move_referral(moving, verb)
            assert moved.status_code in {200, 201}, (verb, moved.text)
            assert table.seen_referral(moving)["state"] == target, verb
    assert table.seen_referral(still) == before


def test_a_case_is_appealed_once_and_decided_by_somebody_else(table: Table) -> None:
    ref = table.case(CASE_ROADS["appealed"])
    path, body = CASE_VERBS["triage"]
    himself = table.asking.post(Role.CASE_MANAGER, f"/api/v1/cases/{ref}/{path}", **body)
    assert himself.status_code == 403
    for verb in ("triage", "close as withdrawn"):
        assert table.move(ref, verb).status_code == 200
    assert is_refusal(table.move(ref, "appeal"))
    assert table.move(ref, "reopen").status_code == 200

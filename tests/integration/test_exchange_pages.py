"""What staff see of other mechanisms: on a case, and on the operator's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.consent import Share
from feedback_hub.domain.exchange import Carried, Letter, LetterKind, SitePlace
from feedback_hub.domain.message import DeliveryError, SendFault
from feedback_hub.services import casework, exchange, exchange_in, referrals, triage
from feedback_hub.services.records.work import Queue
from feedback_hub.services.triage import Decision
from tests.pages_world import PUMP, arrives, log_in, make_app, make_hub, token_in, version_in
from workers.drain import drain

ELSEWHERE = {
    "nampula": {
        "kind": "hub",
        "organisation": "wfp",
        # Nobody listens there.
        "url": "http://127.0.0.1:9",
        "known_as": "pemba",
    }
}


ANA = Actor("ana", memberships=(Membership(Role.CASE_MANAGER),))


def triaged(hub: Hub, ref: str) -> None:
    decision = Decision(codes=("complaint.broken",), sector="wash")
    with hub.unit_of_work() as uow:
        triage.triage(uow, hub.rules, ANA, ref, decision, hub.clock())
        uow.commit()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "secret").write_text("s" * 40)
    (tmp_path / "secret").chmod(0o600)
    section = ELSEWHERE["nampula"] | {"secret_file": str(tmp_path / "secret")}
    hub = make_hub(tmp_path / "home", exchange={"nampula": section})
    yield hub
    hub.close()


def test_a_case_says_where_it_went_and_the_operator_sees_it_wait(hub: Hub) -> None:
    app = make_app(hub)
    ana, ines = log_in(app, "ana"), log_in(app, "ines")
    assert "Nothing yet" in ines.get("/admin/exchange").text
    ref = arrives(hub, PUMP)
    triaged(hub, ref)
    with hub.unit_of_work() as uow:
        referrals.refer(uow, hub.rules, ANA, ref, "wfp", hub.clock())
        uow.commit()
    page = ana.get(f"/cases/{ref}").text
    assert "Went to WFP" in page
    assert "On its way to them" in page
    drain(hub, Queue.EXCHANGE)
    page = ines.get("/admin/exchange").text
    assert "Away, tried again" in page
    assert "It does not answer." in page
    again = {"csrf_token": token_in(page)}
    assert ines.post("/admin/exchange/nampula/retry", data=again).status_code == 303
    with hub.reading() as uow:
        outbox = tables.outbox.c
        due = uow.session.scalar(select(outbox.available_at).where(outbox.queue == Queue.EXCHANGE))
    assert due is not None
    assert due <= hub.clock()
    assert ines.post("/admin/exchange/nobody/retry", data=again).status_code == 404
    assert ana.get("/admin/exchange").status_code == 403


def test_a_case_from_elsewhere_is_answered_to_them_and_can_be_asked_about(hub: Hub) -> None:
    now = hub.clock()
    carried = Carried("A bomba avariou", Share.ANONYMOUS, now, SitePlace(code="NTO"))
    letter = Letter(
        "l" * 32, LetterKind.REFERRAL, "r" * 32, now, reference="117640928", case=carried
    )
    with hub.unit_of_work() as uow:
        ref = exchange_in.receive(
            uow, hub.rules, hub.classifier, hub.rules.peers["wfp"], letter, now
        ).reference
        uow.commit()
    drain(hub, Queue.TRIAGE)
    app = make_app(hub)
    ana = log_in(app, "ana")
    triaged(hub, ref)
    page = ana.get(f"/cases/{ref}").text
    assert "Came from WFP" in page
    assert "117640928" in page
    assert "they tell the person" in page
    asked = {"csrf_token": token_in(page), "version": version_in(page, "ask-origin")}
    empty = ana.post(f"/cases/{ref}/ask-origin", data=asked)
    assert empty.status_code == 422
    asked["question"] = "Which pump?"
    assert ana.post(f"/cases/{ref}/ask-origin", data=asked).status_code == 303
    found = ana.get(f"/api/v1/cases/{ref}/passages").get_json()["items"]
    assert found == [
        {
            "mechanism": "nampula",
            "organisation": "WFP",
            "came": True,
            "reference": "117640928",
            "waiting": 2,
            "failed": 0,
        }
    ]
    with hub.unit_of_work() as uow:
        casework.answer(uow, hub.rules, ANA, ref, "Reparada", Outcome.RESOLVED, hub.clock())
        uow.commit()
    page = ana.get(f"/cases/{ref}").text
    assert f'action="/cases/{ref}/loop-back"' not in page


def test_what_they_cannot_read_is_told_the_team_and_not_sent_for_ever(hub: Hub) -> None:
    class Refusing:
        def post(self, peer: str, letter: object) -> object:
            raise DeliveryError(SendFault.REFUSED, permanent=True)

    now = hub.clock()
    carried = Carried("A bomba avariou", Share.ANONYMOUS, now, SitePlace(code="NTO"))
    letter = Letter("l" * 32, LetterKind.REFERRAL, "r" * 32, now, case=carried)
    with hub.unit_of_work() as uow:
        ref = exchange_in.receive(
            uow, hub.rules, hub.classifier, hub.rules.peers["wfp"], letter, now
        ).reference
        case = uow.case_by_ref(ref)
        assert case is not None
        uow.session.flush()
        passage = uow.exchange.origin_of(case.id)
        assert passage is not None
        queued = uow.exchange.queue(passage, LetterKind.ACCEPTED, now)
        uow.commit()
    make_app(hub)
    assert exchange.deliver(hub.unit_of_work, hub.rules, Refusing(), queued, hub.clock) is None
    with hub.reading() as uow:
        kinds = [kind.value for kind in uow.session.scalars(select(tables.notice.c.kind))]
    assert "unreached" in kinds

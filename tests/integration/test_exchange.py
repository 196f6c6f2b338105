"""Two hubs, each with its own database and a real web server, refer a case to each other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from sqlalchemy import select, update
from werkzeug.serving import make_server

from feedback_hub import migrations
from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub, build, settings_of
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.consent import Consent, Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import signature
from feedback_hub.domain.exchange_wire import dump
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Organisation, Site
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services import casework, exchange, intake, loopback, referrals, remarks, triage
from feedback_hub.services.records.exchange import LetterState, QueuedLetter
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.records.telling import WordingState
from feedback_hub.services.records.work import InboxKind, Queue
from feedback_hub.services.triage import Decision
from feedback_hub.web.app import create_app
from tests.integration.asking import typed_of
from tests.integration.databases import NOW, Database
from tests.integration.system import free_port
from workers.drain import drain
from workers.schedule import tick

SECRET = "shared-between-the-two-hubs-0123456789"
PUMP = "A bomba de agua nao funciona ha 3 dias, ligue 841234567"
ROSA = "rosa@example.org"


class Clock:
    """A clock that tests move; shared by all hubs."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def moves(self, **by: float) -> None:
        self.now += timedelta(**by)


class Running:
    """One hub: its people and its web server, which can be away."""

    def __init__(
        self, name: str, home: Path, database_url: str, clock: Clock, exchanges: object, port: int
    ) -> None:
        self.name, self.port, self.clock = name, port, clock
        self.url = f"http://127.0.0.1:{port}"
        document = {
            "hub": {"home": str(home), "base_url": self.url},
            "database": {"url": database_url},
            "channels": {"line": {"kind": "sandbox"}},
            "exchange": exchanges,
        }
        environ = {
            f"FEEDBACK_HUB_EXCHANGE_{other.upper()}_SECRET": SECRET for other in ("north", "south")
        }
        self.hub: Hub = build(parse_config(document, environ, settings_of=settings_of), clock=clock)
        migrations.migrate(self.hub.engine)
        seed_wordings(self.hub.engine)
        self._stop: Callable[[], None] | None = None
        with self.hub.unit_of_work() as uow:
            uow.session.add_all(
                [
                    Organisation("agua", "Agua Viva"),
                    Organisation("other_hub", "The other hub"),
                    Site("NTO", "Ntokota", pcode="MZ0107", pcode_scheme="2019")
                    if name == "south"
                    else Site("N-01", "Ntocota", pcode="MZ0107", pcode_scheme="2019"),
                ]
            )
            uow.session.flush()
            for email, held in (
                ("ana@example.org", Membership(Role.CASE_MANAGER)),
                ("jorge@example.org", Membership(Role.FOCAL_POINT, "agua")),
                (ROSA, Membership(Role.PROTECTION)),
            ):
                add_account(uow.session, email, "x", (held,), clock(), name=email[:3], locale="en")
            approved = {"state": WordingState.APPROVED, "approved_by": "test"}
            uow.session.execute(update(tables.wording).values(**approved))
            uow.commit()

    def opens(self) -> None:
        server = make_server("127.0.0.1", self.port, create_app(self.hub), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5)

        self._stop = stop

    def closes(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    def who(self, email: str) -> Actor:
        with self.hub.reading() as uow:
            actor = uow.actor(email)
            assert actor is not None
            return actor

    @property
    def ana(self) -> Actor:
        return self.who("ana@example.org")

    def cases(self) -> list[Case]:
        with self.hub.reading() as uow:
            return list(uow.session.scalars(select(Case)).all())

    def case(self, ref: str) -> Case:
        with self.hub.reading() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            return case

    def referral(self, ref: str) -> Referral:
        with self.hub.reading() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            return uow.referrals_of(case.id)[-1]

    def works(self) -> None:
        """The workers' round."""
        for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY, Queue.EXCHANGE):
            drain(self.hub, queue)

    def said(self, ref: str) -> list[str]:
        """Every word kept on a case: messages and remarks."""
        with self.hub.reading() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            words = [casework.read_message(uow, one) for one in uow.messages_of(case.id)]
            remark = tables.remark.c
            written = uow.session.scalars(select(remark.id).where(remark.case_id == case.id))
            return [*words, *(remarks.read(uow, one) for one in written)]

    def letters(self) -> list[tuple[str, str]]:
        with self.hub.reading() as uow:
            letter = tables.letter.c
            rows = uow.session.execute(
                select(letter.kind, letter.state).order_by(letter.made_at, letter.position)
            )
            return [(row.kind.value, row.state.value) for row in rows]

    def arrives(self, text: str = PUMP, name: str = "", share: Share = Share.ANONYMOUS) -> str:
        """Somebody writes; triaged by Ana; the case's reference."""
        now = self.clock()
        item = InboundMessage(
            f"m{now.timestamp()}{text}",
            now,
            text,
            sender="+258841234567",
            address="+258841234567",
            sender_name=name,
            site="NTO" if self.name == "south" else "N-01",
        )
        form = Submission(item, "line", consent=Consent(share=share))
        with self.hub.unit_of_work() as uow:
            intake.accept(uow, "line", [form], b"", now)
            row = uow.accepted("line", InboxKind.MESSAGE, item.external_id)
            assert row is not None
            uow.commit()
        self.works()
        with self.hub.unit_of_work() as uow:
            row = uow.inbox_row(row.id)
            assert row is not None
            case = uow.case(row.case_id or "")
            assert case is not None
            if case.sensitivity is not Sensitivity.L3:
                self.triaged(case.ref, uow=uow)
            uow.commit()
        return case.ref

    def triaged(self, ref: str, uow: SqlUnitOfWork | None = None) -> None:
        decision = Decision(codes=("complaint.broken",), sector="wash")
        if uow is not None:
            triage.triage(uow, self.hub.rules, self.ana, ref, decision, self.clock())
            return
        with self.hub.unit_of_work() as own:
            triage.triage(own, self.hub.rules, self.ana, ref, decision, self.clock())
            own.commit()

    def does(
        self, verb: Callable[..., object], *args: object, by: str = "", **more: object
    ) -> None:
        """A service's verb, as Ana or somebody else, and the workers' round after it."""
        actor = self.who(by) if by else self.ana
        with self.hub.unit_of_work() as uow:
            verb(uow, self.hub.rules, actor, *args, now=self.clock(), **more)
            uow.commit()
        self.works()

    def asks(self, ref: str, question: str) -> None:
        with self.hub.unit_of_work() as uow:
            exchange.ask(uow, self.ana, ref, question, self.clock())
            uow.commit()
        self.works()

    def refers(
        self,
        ref: str,
        organisation: str = "other_hub",
        by: str = "",
        note: str = "",
        share: Share | None = None,
    ) -> None:
        self.does(referrals.refer, ref, organisation, by=by, note=note, share=share)


class MakeHubs(Protocol):
    def __call__(
        self, north: Mapping[str, object], south: Mapping[str, object]
    ) -> tuple[Running, Running]: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_hubs(database: Database, tmp_path: Path, clock: Clock) -> Iterator[MakeHubs]:
    with ExitStack() as closing:

        def make(
            north: Mapping[str, object], south: Mapping[str, object]
        ) -> tuple[Running, Running]:
            ports = {"north": free_port(), "south": free_port()}
            made = []
            for name, other, more in (("north", "south", north), ("south", "north", south)):
                exchanges = {
                    other: {
                        "kind": "hub",
                        "organisation": "other_hub",
                        "url": f"http://127.0.0.1:{ports[other]}",
                        "known_as": name,
                        **more,
                    }
                }
                url = database.fresh()
                one = Running(name, tmp_path / name, url, clock, exchanges, ports[name])
                closing.callback(one.hub.close)
                closing.callback(one.closes)
                one.opens()
                made.append(one)
            return made[0], made[1]

        yield make


@pytest.fixture
def hubs(make_hubs: MakeHubs) -> tuple[Running, Running]:
    return make_hubs({}, {})


def test_a_case_goes_to_the_other_hub_and_its_partner_and_the_person_hears(
    hubs: tuple[Running, Running],
) -> None:
    north, south = hubs
    ref = north.arrives()
    north.refers(ref, note="Is the second pump yours?")
    (there,) = south.cases()
    assert there.site == "NTO"
    assert there.consent.share is Share.ANONYMOUS
    south.works()
    said = south.said(there.ref)
    assert "A bomba de agua nao funciona ha 3 dias, ligue [number]" in said
    assert "Is the second pump yours?" in said
    assert "841234567" not in " ".join(said)
    with north.hub.reading() as uow:
        (passage,) = uow.exchange.passages_of(north.case(ref).id)
        assert passage.reference == there.ref
    with south.hub.reading() as uow:
        origin = uow.exchange.origin_of(there.id)
        assert origin is not None
        assert origin.reference == ref

    south.triaged(there.ref)
    south.works()
    assert north.referral(ref).state is ReferralState.ACCEPTED
    south.asks(there.ref, "Which pump?")
    assert north.referral(ref).state is ReferralState.RETURNED
    north.does(referrals.resume, north.referral(ref).id, "The one by the school")
    assert "The one by the school" in south.said(there.ref)

    south.refers(there.ref, "agua")
    assert north.referral(ref).state is ReferralState.IN_ACTION
    passed_on = south.referral(there.ref).id
    jorge = "jorge@example.org"
    south.does(referrals.accept, passed_on, by=jorge)
    south.does(referrals.answer, passed_on, "Pump changed.", Outcome.RESOLVED, by=jorge)
    south.does(referrals.verify, passed_on, ok=True, text="")
    south.does(casework.answer, there.ref, "It was repaired.", Outcome.RESOLVED)
    answered = north.referral(ref)
    assert answered.state is ReferralState.ANSWERED
    assert answered.answer_outcome is Outcome.RESOLVED
    assert "It was repaired." in north.said(ref)

    # Not good enough: it goes back, is done again, and then is good.
    north.does(referrals.verify, answered.id, ok=False, text="It still drips")
    assert south.case(there.ref).state is CaseState.REOPENED
    south.triaged(there.ref)
    south.does(casework.answer, there.ref, "Tightened.", Outcome.RESOLVED)
    north.does(referrals.verify, answered.id, ok=True, text="")
    assert south.case(there.ref).state is CaseState.LOOP_ATTEMPTED
    south.does(casework.close, there.ref, Outcome.RESOLVED, "Done, they tell the person")

    north.does(casework.answer, ref, "The pump works again", Outcome.RESOLVED)
    north.does(loopback.loop_back, ref, None)
    with north.hub.reading() as uow:
        texts = [one.purpose.value for one in uow.deliveries_of(north.case(ref).id)]
    assert texts[-1] in {"answer", "answer_ready"}
    assert {state for _, state in (*north.letters(), *south.letters())} == {"sent"}


def test_who_agreed_to_it_is_named_there(hubs: tuple[Running, Running]) -> None:
    north, south = hubs
    ref = north.arrives("A bomba nao funciona, sou a Maria", "Maria Tembe", Share.NAME)
    north.refers(ref, share=Share.NAME)
    (there,) = south.cases()
    with south.hub.reading() as uow:
        contact = uow.contact(there.contact_id or "")
        assert contact is not None
        assert contact.name_sealed is not None
    # The person is the first hub's to reach.
    assert not there.consent.may_contact
    south.works()
    south.triaged(there.ref)
    south.does(casework.answer, there.ref, "Repaired.", Outcome.RESOLVED)
    with pytest.raises(Invalid, match="they tell the person"):
        south.does(loopback.loop_back, there.ref, None)


def test_a_peer_that_is_away_for_a_day_gets_it_once(
    hubs: tuple[Running, Running], clock: Clock
) -> None:
    north, south = hubs
    south.closes()
    ref = north.arrives()
    north.refers(ref)
    for _ in range(6):
        clock.moves(hours=5)
        north.works()
    assert north.letters() == [("referral", "waiting")]
    assert south.cases() == []
    south.opens()
    clock.moves(minutes=11)
    north.works()
    (there,) = south.cases()
    # The answer cannot leave either, and nothing overtakes.
    north.closes()
    south.works()
    south.triaged(there.ref)
    south.does(casework.answer, there.ref, "Repaired.", Outcome.RESOLVED)
    clock.moves(days=1)
    south.works()
    north.opens()
    clock.moves(minutes=11)
    south.works()
    south.works()
    assert north.referral(ref).state is ReferralState.ANSWERED
    assert north.said(ref).count("Repaired.") == 1
    assert [state for _, state in south.letters()] == ["sent", "sent"]


def test_an_answer_that_was_lost_on_the_way_changes_nothing(
    hubs: tuple[Running, Running],
) -> None:
    north, south = hubs
    north.refers(north.arrives())
    with north.hub.unit_of_work() as uow:
        # As if the other hub's receipt had never come back.
        letter = uow.session.scalars(select(QueuedLetter)).one()
        letter.state = LetterState.WAITING
        uow.session.execute(update(tables.outbox).values(handled_at=None, leased_until=None))
        uow.commit()
    north.works()
    assert north.letters() == [("referral", "sent")]
    assert len(south.cases()) == 1


def signed(url: str, name: str, body: bytes, at: datetime, **changed: str) -> httpx.Response:
    path, stamp = f"/exchange/{name}/letters", str(int(at.timestamp()))
    nonce = changed.get("nonce", "n" * 32)
    proof = signature(changed.get("secret", SECRET), "POST", path, stamp, nonce, body)
    headers = {
        "X-Hub-Timestamp": stamp,
        "X-Hub-Nonce": nonce,
        "X-Hub-Signature": changed.get("signature", proof),
    }
    return httpx.post(url + path, content=body, headers=headers)


def test_forged_stale_and_repeated_requests_are_refused(
    hubs: tuple[Running, Running], clock: Clock
) -> None:
    north, south = hubs
    ref = north.arrives()
    with north.hub.unit_of_work() as uow:
        referrals.refer(uow, north.hub.rules, north.ana, ref, "other_hub", clock())
        uow.commit()
    with north.hub.unit_of_work() as uow:
        row = uow.session.scalars(select(QueuedLetter)).one()
        letter = exchange.write(uow, north.hub.rules, row, north.hub.rules.peers["other_hub"])
        assert letter is not None
    body = json.dumps(dump(letter)).encode()
    now = clock()
    for refused in (
        signed(south.url, "north", body, now, secret="x" * 40),
        signed(south.url, "north", body, now, signature=""),
        signed(south.url, "nobody", body, now),
        signed(south.url, "north", body, now - timedelta(seconds=301)),
        signed(south.url, "north", body, now + timedelta(seconds=301)),
        signed(south.url, "north", body, now, nonce="short"),
    ):
        assert refused.status_code == 403
    changed = signed(south.url, "north", body, now)
    assert changed.status_code == 200
    assert changed.json()["state"] == "received"
    # The very same request again, and the same proof over other words.
    assert signed(south.url, "north", body, now).status_code == 403
    stamp = str(int(now.timestamp()))
    proof = signature(SECRET, "POST", "/exchange/north/letters", stamp, "m" * 32, body)
    other = body.replace(b"bomba", b"latrina")
    forged = signed(south.url, "north", other, now, nonce="m" * 32, signature=proof)
    assert forged.status_code == 403
    # The same letter in a new request is the same case.
    again = signed(south.url, "north", body, now, nonce="o" * 32)
    assert again.json()["reference"] == changed.json()["reference"]
    assert len(south.cases()) == 1
    unreadable = signed(south.url, "north", b"[]", now, nonce="p" * 32)
    assert unreadable.status_code == 422
    unknown = body.replace(b'"kind": "referral"', b'"kind": "accepted"')
    assert signed(south.url, "north", unknown, now, nonce="q" * 32).status_code == 422


def test_a_case_does_not_come_round(hubs: tuple[Running, Running]) -> None:
    north, south = hubs
    north.refers(north.arrives())
    (there,) = south.cases()
    south.works()
    south.triaged(there.ref)
    with pytest.raises(Invalid, match="has had this case already"):
        south.refers(there.ref)
    # A hub that did not look is told by the one it comes back to.
    late = north.arrives("A latrina esta cheia")
    with north.hub.unit_of_work() as uow:
        referrals.refer(uow, north.hub.rules, north.ana, late, "other_hub", north.clock())
        uow.session.flush()
        uow.session.execute(update(tables.passage).values(trail=(south.hub.rules.hub,)))
        uow.commit()
    north.works()
    assert north.referral(late).state is ReferralState.DECLINED
    assert any("has been there before" in said for said in north.said(late))
    assert len(south.cases()) == 1


CHIEF = "o chefe disse que se eu for dormir com ele o meu nome fica na lista"


def sensitive(north: Running, clock: Clock, *, confirmed: bool) -> str:
    ref = north.arrives(CHIEF)
    if confirmed:
        with north.hub.unit_of_work() as uow:
            decision = Decision(codes=("misconduct.sea",), sensitivity=Sensitivity.L3)
            triage.triage(uow, north.hub.rules, north.who(ROSA), ref, decision, clock())
            uow.commit()
    return ref


def test_an_l3_goes_to_the_named_handler_only(make_hubs: MakeHubs, clock: Clock) -> None:
    north, south = make_hubs({"handler": ROSA}, {"our_handler": ROSA})
    ref = sensitive(north, clock, confirmed=True)
    north.refers(ref, by=ROSA)
    (there,) = south.cases()
    assert there.sensitivity is Sensitivity.L3
    assert there.owner == south.who(ROSA).id
    with south.hub.reading() as uow:
        assert uow.visible_case(south.ana, Action.READ_CASE, there.ref) is None
    south.works()
    with south.hub.unit_of_work() as uow:
        decision = Decision(codes=("misconduct.sea",))
        triage.triage(uow, south.hub.rules, south.who(ROSA), there.ref, decision, clock())
        casework.answer(
            uow, south.hub.rules, south.who(ROSA), there.ref, "Handled.", Outcome.PARTLY, clock()
        )
        uow.commit()
    south.works()
    assert north.referral(ref).state is ReferralState.ANSWERED


def test_an_l3_that_the_receiver_named_nobody_for_is_declined(
    make_hubs: MakeHubs, clock: Clock
) -> None:
    north, south = make_hubs({"handler": ROSA}, {})
    ref = sensitive(north, clock, confirmed=True)
    north.refers(ref, by=ROSA)
    assert south.cases() == []
    assert north.referral(ref).state is ReferralState.DECLINED


def test_a_suspected_l3_and_one_without_a_named_handler_stay(
    make_hubs: MakeHubs, clock: Clock
) -> None:
    north, south = make_hubs({}, {"our_handler": ROSA})
    ref = sensitive(north, clock, confirmed=True)
    with pytest.raises(Invalid, match="highly sensitive"):
        north.refers(ref, by=ROSA)
    # One that turns out to be highly sensitive on its way waits, and leaves when it is not.
    late = north.arrives("A latrina esta cheia")
    south.closes()
    north.refers(late)
    with north.hub.unit_of_work() as uow:
        case = uow.case_by_ref(late)
        assert case is not None
        case.sensitivity, case.suspected = Sensitivity.L3, True
        uow.commit()
    south.opens()
    clock.moves(hours=1)
    north.works()
    assert south.cases() == []
    assert north.letters() == [("referral", "waiting")]
    with north.hub.unit_of_work() as uow:
        case = uow.case_by_ref(late)
        assert case is not None
        case.sensitivity, case.suspected = Sensitivity.L1, False
        uow.commit()
    clock.moves(hours=2)
    north.works()
    assert len(south.cases()) == 1
    # And what became one there is not answered here before its handlers say so.
    (there,) = south.cases()
    south.works()
    south.triaged(there.ref)
    south.works()
    with south.hub.unit_of_work() as uow:
        case = uow.case(there.id)
        assert case is not None
        case.answer_on_spot("", Outcome.PARTLY, ROSA, clock())
        case.sensitivity, case.suspected = Sensitivity.L3, True
        uow.commit()
    south.works()
    assert south.letters()[-1] == ("answered", "waiting")
    assert north.referral(late).state is ReferralState.ACCEPTED


def test_closing_what_was_never_ours_declines_it(hubs: tuple[Running, Running]) -> None:
    north, south = hubs
    ref = north.arrives()
    north.refers(ref)
    (there,) = south.cases()
    south.works()
    south.does(casework.close, there.ref, Outcome.NOT_FEEDBACK, "Not in our district")
    assert north.referral(ref).state is ReferralState.DECLINED
    assert "Not in our district" in north.said(ref)


def test_a_place_nobody_knows_waits_for_a_case_manager(hubs: tuple[Running, Running]) -> None:
    north, south = hubs
    with south.hub.unit_of_work() as uow:
        uow.session.execute(tables.site.delete())
        uow.commit()
    north.refers(north.arrives())
    (there,) = south.cases()
    assert there.site == ""
    assert typed_of(south.hub, there).place == "Ntocota"


def test_nobody_is_mailed_or_reminded_beside_it(
    hubs: tuple[Running, Running], clock: Clock
) -> None:
    north, _ = hubs
    with north.hub.unit_of_work() as uow:
        values = {"email": "office@example.org"}
        uow.session.execute(update(tables.organisation).values(**values))
        uow.commit()
    ref = north.arrives()
    north.refers(ref)
    for _ in range(10):
        clock.moves(days=1)
        tick(north.hub, clock())
    with north.hub.reading() as uow:
        notice = tables.notice.c
        assert uow.session.scalars(select(notice.email).distinct()).all() == [""]
        reasons = set(uow.session.scalars(select(notice.kind)))
    assert NoticeKind.REMINDER in reasons
    assert NoticeKind.UNREACHED not in reasons

"""The measures against counting by hand, on both databases; and what they must not say."""

from __future__ import annotations

import math
import random
import statistics
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from feedback_hub.adapters import measure_pages, tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.issue import Issue, IssueState
from feedback_hub.domain.person import AccusedClass, AgeBand, Disability, Person, Sex
from feedback_hub.domain.place import Organisation
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import measures as reads
from tests.integration.asking import Asking
from tests.integration.databases import NOW
from workers import tally

MEASURES = "/api/v1/measures"
WHOLE = {"from": "2026-01-01", "to": "2026-03-04"}
TOLD = ("resolved", "partly", "not_possible", "information_given")
AGES = ("under_7_days", "7_to_13_days", "14_to_29_days", "30_to_89_days", "90_days_or_more")

READERS = (
    Actor("a", memberships=(Membership(Role.COORDINATOR),)),
    Actor("of avsi", memberships=(Membership(Role.COORDINATOR, "avsi"),)),
    Actor("of a committee", memberships=(Membership(Role.COORDINATOR, "rare"),), leads=True),
    Actor("rosa", memberships=(Membership(Role.COORDINATOR),)),
)
"""Each may count other cases: of everybody else, of those that accuse nobody, or not their own."""

Json = dict[str, Any]


@dataclass
class Made:
    """One case of the made world, and what happened to it."""

    received_at: datetime = NOW - timedelta(days=10)
    level: Sensitivity = Sensitivity.L1
    site: str = "NTO"
    sector: str = "wash"
    type: str = "complaint"
    channel: str = "sms"
    sex: Sex = Sex.FEMALE
    age_band: AgeBand = AgeBand.FROM_18
    disability: Disability = Disability.NOT_ASKED
    entered_by: str = "channel:sms"
    from_history: bool = False
    state: CaseState = CaseState.RECEIVED
    outcome: Outcome | None = None
    accused: str = ""
    accused_class: AccusedClass | None = None
    doubted: bool = False
    events: list[tuple[EventKind, datetime, dict[str, str]]] = field(default_factory=list)
    referrals: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)

    def happens(self, kind: EventKind, hours: float, **detail: str) -> None:
        self.events.append((kind, self.received_at + timedelta(hours=hours), detail))

    def first(self, *kinds: EventKind) -> datetime | None:
        return min((at for kind, at, _ in self.events if kind in kinds), default=None)


def any_case(chance: random.Random) -> Made:
    """A case with a life as they have them; some accuse somebody, and some are in doubt."""
    made = Made(
        received_at=NOW - timedelta(hours=chance.randint(1, 60 * 24)),
        level=chance.choices(list(Sensitivity), (6, 2, 2))[0],
        site=chance.choice(("NTO", "COR", "")),
        sector=chance.choice(("wash", "food", "")),
        type=chance.choice(("complaint", "request", "thanks", "")),
        channel=chance.choice(("sms", "desk")),
        sex=chance.choice(list(Sex)),
        age_band=chance.choice(list(AgeBand)),
        disability=chance.choice(list(Disability)),
        from_history=chance.random() < 0.1,
        state=chance.choice((CaseState.RECEIVED, CaseState.REFERRED, CaseState.RESPONSE_READY)),
    )
    if made.channel == "desk":
        made.entered_by = "rosa"
    elif chance.random() < 0.8:
        made.happens(EventKind.ACKNOWLEDGED, chance.choice((1, 23, 25)))
    for _ in range(chance.randint(0, 2)):
        sent_at = made.received_at + timedelta(hours=2)
        taken = sent_at + timedelta(hours=chance.randint(1, 90)) if chance.random() < 0.6 else None
        made.referrals.append((chance.choice(("avsi", "wfp", "rare")), sent_at, taken))
    if chance.random() < 0.7:
        kind = chance.choice((EventKind.ANSWERED_ON_SPOT, EventKind.LOOP_ATTEMPTED))
        made.happens(kind, hours := chance.randint(1, 400))
        made.happens(EventKind.LOOP_ATTEMPTED, hours + 5)
        if chance.random() < 0.8:
            made.state, made.outcome = CaseState.CLOSED, chance.choice(list(Outcome))
            made.happens(EventKind.CLOSED, hours + 9)
        if chance.random() < 0.5:
            made.happens(EventKind.SATISFACTION, hours + 20, satisfied=chance.choice(("yes", "no")))
        if made.outcome and chance.random() < 0.3:
            kind = chance.choice((EventKind.REOPENED, EventKind.APPEALED))
            made.happens(kind, hours + 30)
            made.state, made.outcome = CaseState(kind.value), None
    if chance.random() < 0.4:
        made.accused = chance.choice(("", "avsi", "wfp"))
        made.accused_class = chance.choice((None, *AccusedClass))
    made.doubted = made.level is not Sensitivity.L3 and chance.random() < 0.1
    return made


def put(hub: Hub, world: list[Made]) -> None:
    """The world into the database."""
    with hub.unit_of_work() as uow:
        for made in world:
            case = Case(
                id=uuid.uuid4().hex,
                ref=uow.new_reference(),
                channel=made.channel,
                received_at=made.received_at,
                entered_at=made.received_at + timedelta(minutes=5),
                entered_by=made.entered_by,
                state=made.state,
                site=made.site,
                type=made.type,
                sector=made.sector,
                sensitivity=made.level,
                person=Person(made.sex, made.age_band, made.disability),
                outcome=made.outcome,
                from_history=made.from_history,
                accused_organisation=made.accused,
                accused_class=made.accused_class,
                doubted_at=NOW if made.doubted else None,
            )
            uow.add(case)
            for kind, at, detail in made.events:
                case.record(Event(kind, case.id, "ana", at, "", detail))
            uow.session.flush()
            for organisation, sent_at, accepted_at in made.referrals:
                uow.add(
                    Referral(
                        id=uuid.uuid4().hex,
                        case_id=case.id,
                        organisation=organisation,
                        created_at=sent_at,
                        created_by="ana",
                        state=ReferralState.ACCEPTED if accepted_at else ReferralState.SENT,
                        sent_at=sent_at,
                        accepted_at=accepted_at,
                    )
                )
        uow.commit()


class Counting:
    """The same measures, counted by hand."""

    def __init__(self, world: list[Made], threshold: int) -> None:
        self.threshold = threshold
        self.cases = [
            made for made in world if made.level is not Sensitivity.L3 and not made.doubted
        ]
        self.handled = [made for made in self.cases if not made.from_history]

    def said(self, number: int) -> int | None:
        return None if number < self.threshold else number

    def share(self, some: int, of: int) -> Json:
        rate = None if some < self.threshold or not of else round(some / of, 4)
        return {"count": self.said(some), "of": self.said(of), "rate": rate}

    def by(self, name: Callable[[Made], str]) -> Json:
        counts = Counter(name(made) or "unknown" for made in self.cases)
        return self.beside_their_sum(counts)

    def beside_their_sum(self, counts: Mapping[str, int]) -> Json:
        """With a small one goes the next larger, until the sum does not give it away."""
        out = {value for value, count in counts.items() if 0 < count < self.threshold}
        while out and len(out) < len([count for count in counts.values() if count]):
            if len(out) > 1 and sum(counts[value] for value in out) >= self.threshold:
                break
            rest = sorted(value for value in counts if value not in out and counts[value])
            out.add(min(rest, key=lambda value: counts[value]))
        return {value: None if value in out else count for value, count in counts.items()}

    def told_at(self, made: Made) -> datetime | None:
        return made.first(EventKind.ANSWERED_ON_SPOT, EventKind.LOOP_ATTEMPTED)

    def acknowledged(self) -> Json:
        judged = good = 0
        for made in self.handled:
            by = made.received_at + timedelta(hours=24)
            if made.channel == "desk":
                heard: datetime | None = made.received_at + timedelta(minutes=5)
            else:
                times = [made.first(EventKind.ACKNOWLEDGED), self.told_at(made)]
                heard = min((at for at in times if at), default=None)
            if heard or by <= NOW:
                judged += 1
            if heard and heard <= by:
                good += 1
        return self.share(good, judged)

    def time_to_answer(self) -> Json:
        hours = sorted(
            (at - made.received_at).total_seconds() / 3600
            for made in self.handled
            if (at := self.told_at(made))
        )
        enough = len(hours) >= self.threshold and hours
        return {
            "count": self.said(len(hours)),
            "of": self.said(len(self.handled)),
            "median_hours": round(statistics.median(hours), 2) if enough else None,
            "p90_hours": round(hours[math.ceil(len(hours) * 0.9) - 1], 2) if enough else None,
        }

    def ages(self) -> Json:
        counts = dict.fromkeys(AGES, 0)
        still_open = [made for made in self.handled if made.state is not CaseState.CLOSED]
        for made in still_open:
            days = (NOW - made.received_at).total_seconds() / 86400
            counts[AGES[sum(days >= least for least in (7, 14, 30, 90))]] += 1
        said = self.beside_their_sum(counts)
        return {name: said[name] or None for name in AGES} | {"of": self.said(len(still_open))}

    def closed(self) -> Json:
        outcomes = [made.outcome for made in self.handled if made.state is CaseState.CLOSED]
        told = sum(outcome in TOLD for outcome in outcomes)
        return {
            "of": self.said(len(outcomes)),
            "loop_closed_with_person": self.share(told, len(outcomes)),
            "resolved": self.share(outcomes.count(Outcome.RESOLVED), len(outcomes)),
            "unreachable": self.share(outcomes.count(Outcome.UNREACHABLE), len(outcomes)),
        }

    def after_closing(self, kind: EventKind) -> Json:
        ended = [made for made in self.handled if made.first(EventKind.CLOSED)]
        return self.share(sum(made.first(kind) is not None for made in ended), len(ended))

    def on_the_spot(self) -> Json:
        told = [made for made in self.handled if self.told_at(made)]
        there = sum(made.first(EventKind.ANSWERED_ON_SPOT) is not None for made in told)
        return self.share(there, len(told))

    def partners(self) -> Json:
        sent: dict[str, list[float | None]] = {}
        for made in self.handled:
            for organisation, at, taken in made.referrals:
                hours = (taken - at).total_seconds() / 3600 if taken else None
                sent.setdefault(organisation, []).append(hours)
        return {organisation: self.partner(times) for organisation, times in sent.items()}

    def partner(self, times: list[float | None]) -> Json:
        nobody_answered = {"answered": None, "answer_median_hours": None}
        taken = [hours for hours in times if hours is not None]
        enough = len(taken) >= self.threshold and taken
        median = round(statistics.median(taken), 2) if enough else None
        return self.share(len(taken), len(times)) | {"median_hours": median} | nobody_answered

    def satisfied(self) -> Json:
        said: dict[str, list[str]] = {}
        for made in self.cases:
            for kind, _, detail in made.events:
                if kind is EventKind.SATISFACTION:
                    said.setdefault(made.sex.value, []).append(detail["satisfied"])
        return {sex: self.content(words.count("yes"), len(words)) for sex, words in said.items()}

    def content(self, yes: int, of: int) -> Json:
        """Nor may those who are not be counted."""
        share = self.share(yes, of)
        return share | {"count": None, "rate": None} if 0 < of - yes < self.threshold else share

    def everything(self) -> Json:
        return {
            "cases": self.said(len(self.cases)),
            "cases_by": {
                "type": self.by(lambda made: made.type),
                "sector": self.by(lambda made: made.sector),
                "site": self.by(lambda made: made.site),
                "channel": self.by(lambda made: made.channel),
                "sex": self.by(lambda made: made.sex),
                "age_band": self.by(lambda made: made.age_band),
                "disability": self.by(lambda made: made.disability),
            },
            "handled": self.said(len(self.handled)),
            "acknowledged_in_time": self.acknowledged(),
            "time_to_answer": self.time_to_answer(),
            "on_the_spot": self.on_the_spot(),
            "open_by_age": self.ages(),
            "closed": self.closed(),
            "reopened": self.after_closing(EventKind.REOPENED),
            "appealed": self.after_closing(EventKind.APPEALED),
            "referrals_by_partner": self.partners(),
            "satisfied_by_sex": self.satisfied(),
        }


@pytest.fixture
def asking(hub: Hub) -> Asking:
    with hub.unit_of_work() as uow:
        uow.session.add_all([Organisation(code, code) for code in ("avsi", "wfp", "rare")])
        uow.commit()
    return Asking(hub)


def measures(asking: Asking, who: Role | str = Role.COORDINATOR, **query: str) -> Json:
    answer = asking.get(who, MEASURES, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json
    return found


@contextmanager
def statements(hub: Hub) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(hub.engine, "before_cursor_execute", note)


def test_they_are_what_counting_by_hand_gives(hub: Hub, asking: Asking) -> None:
    chance = random.Random(8)
    world = [any_case(chance) for _ in range(160)]
    put(hub, world)
    found = measures(asking, **WHOLE)
    expected = Counting(world, 5).everything()
    assert {name: found[name] for name in expected} == expected
    assert found["cases_by"]["site"]["NTO"] > 20
    assert found["time_to_answer"]["p90_hours"] > found["time_to_answer"]["median_hours"] > 0

    at_site = measures(asking, **WHOLE, site="NTO")
    there = Counting([made for made in world if made.site == "NTO"], 5).everything()
    assert {name: at_site[name] for name in there} == there
    # What is too small in places: this world has such cells, or the test would say nothing.
    assert None in at_site["cases_by"]["age_band"].values() or None in there["reopened"].values()


def change_at_random(hub: Hub, chance: random.Random) -> None:
    """Somebody works on some cases, and one is gone."""
    with hub.unit_of_work() as uow:
        cases = list(uow.session.scalars(select(Case).order_by(tables.case.c.id)))
        for case in chance.sample(cases, len(cases) // 3):
            case.site = chance.choice(("NTO", "COR", ""))
            case.sensitivity = chance.choice(list(Sensitivity))
            case.accused_organisation = chance.choice(("", "avsi"))
            case.doubted_at = chance.choice((None, None, None, NOW))
            case.record(Event(EventKind.LOOP_ATTEMPTED, case.id, "ana", NOW))
        for referral in uow.session.scalars(select(Referral)):
            if chance.random() < 0.3:
                referral.accepted_at = NOW
        uow.commit()
        gone = chance.choice(cases).id
        for table in (tables.case_event, tables.referral):
            uow.session.execute(table.delete().where(table.c.case_id == gone))
        uow.session.execute(tables.case.delete().where(tables.case.c.id == gone))
        uow.commit()


def test_packed_or_not_they_are_the_same(hub: Hub, asking: Asking) -> None:
    """Whatever was packed before, and whatever changed since: equal to counting from scratch."""
    chance = random.Random(13)
    for _ in range(4):
        put(hub, [any_case(chance) for _ in range(50)])
        change_at_random(hub, chance)
        with hub.unit_of_work() as uow:
            uow.session.execute(tables.measure_page.delete())
            again = select(tables.case.c.id, tables.case.c.received_at)
            due = tables.measure_due
            uow.session.execute(due.delete())
            uow.session.execute(due.insert().from_select(["case_id", "received_at"], again))
            # From scratch: no page is there, everything is due. Not kept.
            period = reads.asked(date(2026, 1, 1), date(2026, 3, 4), "", NOW, UTC)
            scratch = [reads.measure(uow, hub.rules, one, period, NOW, 5) for one in READERS]
        with hub.reading() as uow:
            now = [reads.measure(uow, hub.rules, one, period, NOW, 5) for one in READERS]
        assert now == scratch
        while tally.fold(hub):
            pass
        with hub.reading() as uow:
            assert not measure_pages.due(uow.session)
            packed = [reads.measure(uow, hub.rules, one, period, NOW, 5) for one in READERS]
        assert packed == scratch
        assert len({str(one["cases_by"]) for one in packed}) == len(READERS), "each its own"
        # What changes now is due on top of the pages, at the next turn.
        change_at_random(hub, chance)


def test_what_changes_while_it_is_packed_is_not_lost(hub: Hub, asking: Asking) -> None:
    put(hub, [Made() for _ in range(9)])
    with hub.reading() as uow:
        due = measure_pages.due(uow.session)
        found, numbers = measure_pages.prepare(uow.session, hub.rules, due)
    with hub.unit_of_work() as uow:
        for case in uow.session.scalars(select(Case)):
            case.site = "COR"
        uow.commit()
    for _ in range(2):  # two processes had the same idea
        with hub.unit_of_work() as uow:
            measure_pages.keep(uow.session, hub.rules, due, found, numbers)
            uow.commit()
        numbers.new.clear()
    assert measures(asking, **WHOLE)["cases_by"]["site"] == {"COR": 9}
    tally.fold(hub)
    assert measures(asking, **WHOLE)["cases_by"]["site"] == {"COR": 9}


@pytest.mark.parametrize("meanwhile", ["before the pages", "before their keys"])
def test_what_is_packed_while_it_is_counted_is_counted_once(
    hub: Hub, asking: Asking, meanwhile: str
) -> None:
    put(hub, [Made() for _ in range(9)])
    tally.fold(hub)
    put(hub, [Made() for _ in range(6)])
    looks = []

    def pack(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM measure_page" not in statement:
            return
        looks.append(statement)
        if len(looks) == ["before the pages", "before their keys"].index(meanwhile) + 1:
            tally.fold(hub)

    event.listen(hub.engine, "before_cursor_execute", pack)
    try:
        assert measures(asking, **WHOLE)["cases_by"]["site"] == {"NTO": 15}
    finally:
        event.remove(hub.engine, "before_cursor_execute", pack)
    assert len(looks) > 2, "it was packed meanwhile"


def test_a_small_world_says_almost_nothing(hub: Hub, asking: Asking) -> None:
    chance = random.Random(11)
    world = [any_case(chance) for _ in range(12)]
    put(hub, world)
    expected = Counting(world, 5).everything()
    found = measures(asking, **WHOLE)
    assert {name: found[name] for name in expected} == expected
    numbers = [
        count
        for counts in found["cases_by"].values()
        for count in counts.values()
        if count is not None
    ]
    assert all(count >= 5 for count in numbers)


def test_as_many_statements_for_many_cases_as_for_none(hub: Hub, asking: Asking) -> None:
    measures(asking, **WHOLE)  # the token's use is noted once
    with statements(hub) as for_none:
        measures(asking, **WHOLE)
    chance = random.Random(3)
    put(hub, [any_case(chance) for _ in range(80)])
    with statements(hub) as for_many:
        measures(asking, **WHOLE)
    assert len(for_many) == len(for_none) < 20


def test_an_l3_changes_nothing_but_its_month(hub: Hub, asking: Asking) -> None:
    chance = random.Random(5)
    put(hub, [any_case(chance) for _ in range(60)])
    before = measures(asking, **WHOLE)
    lives = [any_case(chance) for _ in range(40)]
    for made in lives:
        made.level = Sensitivity.L3
    put(hub, lives)
    after = measures(asking, **WHOLE)
    assert before.pop("highly_sensitive_by_month") != after.pop("highly_sensitive_by_month")
    assert after == before


class TestHighlySensitive:
    def test_one_number_for_each_whole_month_that_is_over(self, hub: Hub, asking: Asking) -> None:
        january, february = NOW - timedelta(days=45), NOW - timedelta(days=20)
        put(hub, [Made(january, Sensitivity.L3) for _ in range(4)])
        put(hub, [Made(february, Sensitivity.L3) for _ in range(6)])
        put(hub, [Made(NOW - timedelta(days=1), Sensitivity.L3) for _ in range(9)])
        found = measures(asking, **WHOLE)["highly_sensitive_by_month"]
        assert found == {"2026-01": None, "2026-02": 6}
        running = {"from": "2026-02-01", "to": "2026-03-31"}
        assert measures(asking, **running)["highly_sensitive_by_month"] == {"2026-02": 6}

    def test_a_piece_of_a_month_says_nothing(self, hub: Hub, asking: Asking) -> None:
        put(hub, [Made(NOW - timedelta(days=20), Sensitivity.L3) for _ in range(9)])
        query = {"from": "2026-02-02", "to": "2026-03-04"}
        assert measures(asking, **query)["highly_sensitive_by_month"] == {}

    def test_never_by_site(self, hub: Hub, asking: Asking) -> None:
        put(hub, [Made(NOW - timedelta(days=20), Sensitivity.L3) for _ in range(9)])
        assert measures(asking, **WHOLE, site="NTO")["highly_sensitive_by_month"] == {}
        of_nto = asking.token_at(Role.COORDINATOR, "NTO")
        assert measures(asking, of_nto, **WHOLE)["highly_sensitive_by_month"] == {}


def test_a_role_at_one_site_is_told_of_that_site(hub: Hub, asking: Asking) -> None:
    put(hub, [Made(site="NTO") for _ in range(7)] + [Made(site="COR") for _ in range(8)])
    of_nto = asking.token_at(Role.CASE_MANAGER, "NTO")
    assert measures(asking, of_nto, **WHOLE)["cases_by"]["site"] == {"NTO": 7}
    assert measures(asking, of_nto, **WHOLE, site="COR")["cases"] is None


def test_issues_acted_upon_are_public_and_never_too_few(hub: Hub, asking: Asking) -> None:
    with hub.unit_of_work() as uow:
        for state in IssueState:
            at = NOW - timedelta(days=3)
            uow.add(Issue(uuid.uuid4().hex, "A pump", at, "ana", site="NTO", state=state))
        uow.commit()
    acted = {"count": 2, "of": 3, "rate": 0.6667}
    assert measures(asking, **WHOLE)["issues_acted_upon"] == acted
    nowhere = measures(asking, **WHOLE, site="COR")["issues_acted_upon"]
    assert nowhere == {"count": 0, "of": 0, "rate": None}


class TestPeriod:
    def test_days_are_the_hub_s_own_and_both_ends_count(self, hub: Hub, asking: Asking) -> None:
        # Maputo is two hours ahead: 22:30 UTC is the next day there.
        late = datetime.fromisoformat("2026-02-09T22:30:00+00:00")
        put(hub, [Made(received_at=late) for _ in range(5)])
        day = "2026-02-10"
        assert measures(asking, **{"from": day, "to": day})["cases"] == 5
        assert measures(asking, **{"from": "2026-02-09", "to": "2026-02-09"})["cases"] is None

    def test_the_last_thirty_days_unless_asked(self, asking: Asking) -> None:
        found = measures(asking)
        assert (found["from"], found["to"]) == ("2026-02-03", "2026-03-04")

    @pytest.mark.parametrize(
        ("field", "query"),
        [
            ("from", {"from": "yesterday"}),
            ("to", {"to": "2026-13-01"}),
            ("from", {"from": "2026-03-04", "to": "2026-03-03"}),
            ("from", {"from": "1970-01-01", "to": "2026-03-03"}),
            ("from", {"from": "0001-01-01"}),
        ],
    )
    def test_what_is_no_period_is_refused(
        self, asking: Asking, field: str, query: dict[str, str]
    ) -> None:
        answer = asking.get(Role.COORDINATOR, MEASURES, **query)
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize("role", Role)
def test_who_may_read_them(asking: Asking, role: Role) -> None:
    may = role in {Role.CASE_MANAGER, Role.COORDINATOR}
    assert asking.get(role, MEASURES).status_code == (200 if may else 403)

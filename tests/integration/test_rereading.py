"""A slower machine reads again what a faster one decided at once: it raises, and never lowers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from feedback_hub.adapters import outbox
from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.light_classifier import LightClassifier
from feedback_hub.adapters.light_model import LightModel
from feedback_hub.adapters.model_store import ModelStore
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads import case_page, rows, wire
from feedback_hub.reads.views.conversation import Speaker
from feedback_hub.services import intake, sharing, triage
from feedback_hub.services.records.messages import SuggestionRow
from feedback_hub.services.records.work import Queue
from feedback_hub.services.rereading import LONGEST_DOUBT
from feedback_hub.services.triage import Decision
from tests.integration.talking import ANA, BERTA, CHIEF, ROSA, Talk, talk
from tests.integration.test_worker_signals import Bench, bench
from workers.drain import drain
from workers.queues import open_queue
from workers.relay import BACKED_UP, wake
from workers.schedule import raise_doubted

__all__ = ["bench", "talk"]

GUARD = "mlinzi anasema nilale naye ndio nipate kadi"
"""Swahili, which the keywords know nothing of and the model that learned does."""
LIFE = "wamesema wataniua leo usiku"
PUMP = "pampu ya maji imeharibika wiki mbili sasa"


def rereads(talk: Talk) -> None:
    """The keywords decide at once; the model that learned reads again."""
    hub = talk.hub
    rules = LexiconClassifier.shipped(hub.rules.frame)
    store = ModelStore(hub.config.hub.home)
    hub.classifier = rules
    hub.thorough = LightClassifier(hub.rules.frame, rules, store.active(), store.load)
    hub.rules = replace(hub.rules, rereads=True)


def in_doubt(talk: Talk, *, sure: bool) -> None:
    """The light model is never certain enough to raise; ``sure``: what reads after it may be."""
    hub = talk.hub
    rules = LexiconClassifier.shipped(hub.rules.frame)
    store = ModelStore(hub.config.hub.home)

    def hesitant(digest: str) -> LightModel:
        return replace(store.load(digest), firm=1e9)

    hub.classifier = LightClassifier(
        hub.rules.frame, rules, store.active(), hesitant, read_again=True
    )
    light = LightClassifier(hub.rules.frame, rules, store.active(), store.load)
    hub.thorough = light if sure else rules
    hub.rules = replace(hub.rules, rereads=True)


def seen(talk: Talk, actor: Actor = ANA) -> bool:
    with talk.hub.reading() as uow:
        return uow.visible_case(actor, Action.READ_CASE, talk.case().ref) is not None


def versions(talk: Talk) -> list[str]:
    with talk.hub.reading() as uow:
        read = uow.session.scalars(select(SuggestionRow)).all()
        return [row.classifier.partition("-")[0] for row in sorted(read, key=lambda row: row.at)]


def test_what_the_first_reading_missed_is_raised_by_the_second(talk: Talk) -> None:
    rereads(talk)
    talk.says(GUARD)
    assert talk.case().sensitivity is Sensitivity.L1
    talk.now = talk.now.replace(minute=talk.now.minute + 1)
    assert drain(talk.hub, Queue.REREAD) == 1
    case = talk.case()
    assert case.sensitivity is Sensitivity.L3
    assert case.suspected
    assert talk.hub.rules.frame.sensitivity_of(case.codes) is Sensitivity.L3
    assert [kind for kind, _ in talk.events(case)].count(EventKind.SUSPECTED) == 1
    assert versions(talk) == ["lexicon", "light"]


def test_nothing_is_said_to_the_person_while_it_is_in_doubt_nor_once_it_is_raised(
    talk: Talk,
) -> None:
    in_doubt(talk, sure=True)
    talk.says(GUARD)
    assert talk.case().sensitivity is Sensitivity.L1
    assert not seen(talk), "not by the case team either: it may be a survivor's"
    assert talk.texts() == []
    drain(talk.hub, Queue.REREAD)
    talk.work()
    assert talk.case().suspected
    assert not seen(talk)
    assert seen(talk, ROSA)
    assert all(text.withheld is not None for text in talk.texts())


def test_who_was_left_in_doubt_is_answered_once_the_second_reading_calms(talk: Talk) -> None:
    in_doubt(talk, sure=False)
    talk.says(GUARD)
    assert talk.texts() == []
    assert not seen(talk)
    drain(talk.hub, Queue.REREAD)
    assert talk.case().sensitivity is Sensitivity.L1
    assert seen(talk)
    told = [text.purpose for text in talk.texts()]
    assert told.count(Purpose.ACKNOWLEDGEMENT) == 1
    talk.says(PUMP, number=BERTA)
    assert Purpose.ACKNOWLEDGEMENT in [text.purpose for text in talk.texts(BERTA)], "at once"


def test_what_a_person_was_faster_with_stays_before_them(talk: Talk) -> None:
    # Of what a desk writes down no machine knows anything before it is read either.
    rereads(talk)
    talk.says(GUARD, work=False)
    drain(talk.hub, Queue.INTAKE)
    in_doubt(talk, sure=True)
    with talk.hub.unit_of_work() as uow:
        decision = Decision(codes=("request.water",))
        triage.triage(uow, talk.hub.rules, ANA, talk.case().ref, decision, talk.now)
        uow.commit()
    talk.work()
    assert seen(talk)
    drain(talk.hub, Queue.REREAD)
    assert seen(talk)
    assert talk.case().codes == ("request.water",)


def test_before_it_is_read_in_full_nobody_sees_what_may_be_a_survivors(talk: Talk) -> None:
    talk.says(CHIEF, work=False)
    drain(talk.hub, Queue.INTAKE)
    assert not seen(talk)
    assert seen(talk, ROSA)
    talk.work()
    assert not seen(talk)
    assert [kind for kind, _ in talk.events(talk.case())].count(EventKind.SUSPECTED) == 1


def test_before_it_is_read_in_full_nobody_sees_what_a_machine_doubts(talk: Talk) -> None:
    in_doubt(talk, sure=True)
    talk.says(GUARD, work=False)
    drain(talk.hub, Queue.INTAKE)
    assert not seen(talk)
    assert not seen(talk, ROSA)


def test_what_nobody_can_read_again_goes_to_the_handlers(talk: Talk) -> None:
    in_doubt(talk, sure=True)
    talk.says(GUARD)
    talk.hub.thorough = None
    drain(talk.hub, Queue.REREAD)
    assert talk.case().suspected
    assert talk.case().priority is Priority.P1
    assert seen(talk, ROSA)
    assert all(text.withheld is not None for text in talk.texts())


def test_what_waits_too_long_for_its_second_reading_goes_to_the_handlers(talk: Talk) -> None:
    in_doubt(talk, sure=False)
    talk.says(GUARD)
    assert raise_doubted(talk.hub, talk.now + LONGEST_DOUBT) == 0
    assert not seen(talk, ROSA)
    assert raise_doubted(talk.hub, talk.now + LONGEST_DOUBT + timedelta(minutes=1)) == 1
    assert talk.case().suspected
    assert seen(talk, ROSA)
    drain(talk.hub, Queue.REREAD)
    assert talk.case().suspected, "the second reading lowers nothing"


def test_a_matter_of_life_is_raised_at_once_however_doubtful(talk: Talk) -> None:
    in_doubt(talk, sure=True)
    talk.says(LIFE)
    assert talk.case().suspected
    assert talk.case().priority is Priority.P0


def test_a_matter_of_life_that_only_the_second_reading_found_rings_whoever_is_on_call(
    talk: Talk,
) -> None:
    rereads(talk)
    talk.says(LIFE)
    with talk.hub.reading() as uow:
        assert uow.ring_of(talk.case().id) is None
    drain(talk.hub, Queue.REREAD)
    assert talk.case().priority is Priority.P0
    with talk.hub.reading() as uow:
        assert uow.ring_of(talk.case().id) is not None


def test_codes_get_better_while_nobody_decided(talk: Talk) -> None:
    rereads(talk)
    talk.says(PUMP)
    drain(talk.hub, Queue.REREAD)
    assert talk.case().codes[0] == "complaint.broken"
    assert talk.case().sensitivity is Sensitivity.L1


def test_the_second_reading_lowers_nothing(talk: Talk) -> None:
    rereads(talk)
    talk.says(CHIEF)
    before = talk.case()
    assert before.sensitivity is Sensitivity.L3
    hub = talk.hub
    store = ModelStore(hub.config.hub.home)
    light = LightClassifier(
        hub.rules.frame, LexiconClassifier(hub.rules.frame, {}), store.active(), store.load
    )
    ordinary = light.classify(PUMP)
    assert ordinary.sensitivity is Sensitivity.L1
    before.reread(
        ordinary.codes, "complaint", "wash", ordinary.sensitivity, ordinary.priority, talk.now
    )
    assert before.sensitivity is Sensitivity.L3
    assert before.codes == talk.case().codes
    assert before.priority is talk.case().priority


def test_what_a_person_decided_stands(talk: Talk) -> None:
    rereads(talk)
    talk.says(GUARD)
    with talk.hub.unit_of_work() as uow:
        decision = Decision(codes=("request.water",))
        triage.triage(uow, talk.hub.rules, ANA, talk.case().ref, decision, talk.now)
        uow.commit()
    drain(talk.hub, Queue.REREAD)
    assert talk.case().codes == ("request.water",)
    assert talk.case().sensitivity is Sensitivity.L1
    assert versions(talk) == ["lexicon"]


def test_a_case_somebody_has_before_them_keeps_its_codes_and_is_raised_all_the_same(
    talk: Talk,
) -> None:
    rereads(talk)
    talk.says(PUMP)
    talk.says(GUARD, number="+258841110002")
    first = talk.case().codes
    with talk.hub.unit_of_work() as uow:
        held = uow.take_to_triage(ANA, talk.now, handlers=False, most=2)
        assert len(held) == 2
        uow.commit()
    while drain(talk.hub, Queue.REREAD):
        pass
    assert talk.case().codes == first
    (raised,) = talk.cases("+258841110002")
    assert raised.suspected
    with talk.hub.reading() as uow:
        assert [case.ref for case in uow.take_to_triage(ROSA, talk.now, handlers=True, most=2)] == [
            raised.ref
        ]


def test_reading_again_keeps_nothing_waiting(talk: Talk) -> None:
    rereads(talk)
    talk.says(PUMP)
    with talk.hub.reading() as uow:
        assert outbox.unfinished(uow.session) == 0
        assert outbox.unfinished(uow.session, follow_ups=True) == 1
    assert tuple(Queue)[-1] is Queue.REREAD, "the last that any worker looks at"


def test_a_second_reading_waits_while_much_waits_and_comes_afterwards(
    talk: Talk, bench: Bench
) -> None:
    rereads(talk)
    talk.says(PUMP)
    arrived = [
        InboundMessage(f"SM{at}", talk.now, PUMP, f"+25884111{at:04}", f"+25884111{at:04}")
        for at in range(BACKED_UP)
    ]
    with talk.hub.unit_of_work() as uow:
        intake.accept(uow, "sms", arrived, b"raw", talk.now)
        uow.commit()
    second = open_queue(Queue.REREAD, bench.connection)
    assert wake(talk.hub, bench.connection)[Queue.REREAD] == 1
    assert open_queue(Queue.INTAKE, bench.connection).count
    assert second.get_job_ids() == []
    with talk.hub.unit_of_work() as uow:
        taken_on = outbox.claim(uow.session, Queue.INTAKE, talk.now)
        uow.commit()
    wake(talk.hub, bench.connection)
    assert second.get_job_ids() == []
    with talk.hub.unit_of_work() as uow:
        for claim in taken_on:
            outbox.postpone(uow.session, claim, talk.now, counts=False)
        uow.commit()
    for queue in (Queue.INTAKE, Queue.TRIAGE, Queue.DELIVERY):
        drain(talk.hub, queue)
    wake(talk.hub, bench.connection)
    assert len(second.get_job_ids()) == 1


def shown(talk: Talk, case: Case) -> list[str]:
    """What the case team is shown of what was said, wherever it is."""
    with talk.hub.reading() as uow:
        words = [
            str(line["text"])
            for line in wire.messages_body(uow, ANA, case)
            if line["direction"] == "inbound"
        ]
        page = case_page.view(uow, talk.hub.rules, ANA, case.ref, talk.now, 0.5)
        said = [line for line in page.messages if line.speaker is Speaker.PERSON and line.pieces]
        assert ["".join(piece.text for piece in line.pieces) for line in said] == words
        assert sharing.shared_words(uow, case, Share.NAME).split("\n") == words
        found = rows.snippets(uow, ANA, [case], "mlinzi")[case.id]
        assert ("mlinzi" in found) == (GUARD in words)
        ids = {one.id for one in uow.messages_of(case.id)}
        told = {str(line["about"]) for line in wire.events_body(uow, case)}
        assert len(ids & told) == len(words), "the history says no more"
    return words


def test_a_later_message_in_doubt_is_shown_to_nobody_until_it_is_set_apart(talk: Talk) -> None:
    in_doubt(talk, sure=True)
    talk.says(PUMP)
    drain(talk.hub, Queue.REREAD)
    with talk.hub.unit_of_work() as uow:
        decision = Decision(codes=("complaint.broken",))
        triage.triage(uow, talk.hub.rules, ANA, talk.case().ref, decision, talk.now)
        uow.commit()
    case, texts = talk.case(), len(talk.texts())
    before = (case.version, case.language, case.sensitivity, case.priority)
    talk.says(GUARD)
    case = talk.case()
    assert (case.version, case.language, case.sensitivity, case.priority) == before
    assert shown(talk, case) == [PUMP]
    assert len(talk.texts()) == texts, "nothing is said of it by itself"
    talk.now += timedelta(minutes=1)
    drain(talk.hub, Queue.REREAD)
    talk.work()
    apart, case = sorted(talk.cases(), key=lambda one: one.sensitivity, reverse=True)
    assert (apart.suspected, case.id != apart.id) == (True, True)
    assert shown(talk, case) == [PUMP]
    assert not [text for text in talk.texts()[texts:] if text.withheld is None]
    with talk.hub.reading() as uow:
        assert [one.doubted_at for one in uow.messages_of(apart.id)] == [None]


def test_a_later_message_in_doubt_is_shown_once_the_second_reading_calms(talk: Talk) -> None:
    in_doubt(talk, sure=False)
    talk.says(PUMP)
    drain(talk.hub, Queue.REREAD)
    talk.says(GUARD)
    assert shown(talk, talk.case()) == [PUMP]
    drain(talk.hub, Queue.REREAD)
    assert shown(talk, talk.case()) == [PUMP, GUARD]
    assert talk.case().sensitivity is Sensitivity.L1


def test_a_later_message_that_nobody_reads_again_goes_to_the_handlers(talk: Talk) -> None:
    in_doubt(talk, sure=False)
    talk.says(PUMP)
    drain(talk.hub, Queue.REREAD)
    talk.says(GUARD)
    assert raise_doubted(talk.hub, talk.now + LONGEST_DOUBT) == 0
    assert raise_doubted(talk.hub, talk.now + LONGEST_DOUBT + timedelta(minutes=1)) == 1
    apart, case = sorted(talk.cases(), key=lambda one: one.sensitivity, reverse=True)
    assert (apart.suspected, apart.priority) == (True, Priority.P1)
    assert shown(talk, case) == [PUMP]
    talk.says(f"{GUARD} sasa")
    talk.hub.thorough = None
    drain(talk.hub, Queue.REREAD)
    assert GUARD not in str(shown(talk, case))


def test_whoever_writes_again_while_the_first_words_are_in_doubt_is_told_nothing(
    talk: Talk,
) -> None:
    in_doubt(talk, sure=True)
    talk.says(GUARD)
    talk.says("bloco C")
    assert talk.texts() == []
    drain(talk.hub, Queue.REREAD)
    talk.work()
    assert all(text.withheld is not None for text in talk.texts())

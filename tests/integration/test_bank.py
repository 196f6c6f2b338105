"""The information bank: approved, dated answers that leave by themselves, said or texted."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from feedback_hub.adapters.wordings import seed_wordings
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.bank import BankAnswer, Standing, best_first
from feedback_hub.domain.case_states import CaseState
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Site
from feedback_hub.services import intake, loopback
from feedback_hub.services.records.telling import WordingState
from feedback_hub.services.records.work import InboxKind, Queue
from tests.integration.asking import Answer, Asking
from tests.integration.databases import NOW
from workers.drain import drain

ANSWERS = "/api/v1/answers"
DESK, TEAM, HOTLINE, PARTNER = (
    Role.DESK,
    Role.CASE_MANAGER,
    Role.MECHANISM,
    Role.FOCAL_POINT,
)
TODAY = NOW.date()
ASKED = "Quando e a proxima distribuicao de comida?"
SAID = "A distribuição é na terça-feira, às 8 horas, na escola."
WORDS = {
    "question": "Quando é a distribuição?",
    "text": SAID,
    "language": "por",
    "site": "NTO",
    "sector": "food",
    "valid_to": (TODAY + timedelta(days=5)).isoformat(),
}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    with hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Site("COR", "Corrane")])
        uow.commit()
    return Asking(hub)


def written(asking: Asking, *, approved: bool = True, **more: object) -> str:
    answer = asking.post(PARTNER, ANSWERS, **WORDS | more)
    assert answer.status_code == 201, answer.text
    answer_id: str = answer.json["id"]
    if approved:
        done = asking.post(TEAM, f"{ANSWERS}/{answer_id}/approve")
        assert done.status_code == 200, done.text
    return answer_id


def asks(hub: Hub, *, text: str = ASKED, content: Answered = Answered.NOT_ASKED) -> str:
    """A question by text about Ntokota, read by the machine; its reference."""
    number = f"+25884{uuid.uuid4().int % 10**7:07}"
    item = InboundMessage(uuid.uuid4().hex, NOW, text, sender=number, address=number)
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [item], b"payload", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    with hub.unit_of_work() as uow:
        row = uow.accepted("sms", InboxKind.MESSAGE, item.external_id)
        case = uow.case(row.case_id) if row and row.case_id else None
        assert case is not None
        case.site = "NTO"
        case.consent = type(case.consent)(content_in_text=content)
        uow.commit()
        return case.ref


def suggested(asking: Asking, ref: str, who: Role = DESK) -> list[str]:
    shown = asking.get(who, f"/api/v1/cases/{ref}/answers")
    assert shown.status_code == 200, shown.text
    return [one["id"] for one in shown.json["items"]]


def given(asking: Asking, ref: str, answer_id: str, *, told: bool, who: Role = TEAM) -> Answer:
    return asking.post(who, f"/api/v1/cases/{ref}/inform", answer=answer_id, told=told)


def test_only_what_is_approved_and_true_today_is_suggested_for_a_question(
    hub: Hub, asking: Asking
) -> None:
    ref = asks(hub)
    draft = written(asking, approved=False)
    everywhere = written(asking, site="", sector="", question="Onde se pergunta?")
    elsewhere = written(asking, site="COR")
    coming = written(asking, valid_from=(TODAY + timedelta(days=1)).isoformat())
    here = written(asking)
    assert suggested(asking, ref) == [here, everywhere]
    assert not {draft, elsewhere, coming} & set(suggested(asking, ref, TEAM))
    assert suggested(asking, asks(hub, text="A bomba de agua nao funciona")) == []

    gone = asking.post(TEAM, f"{ANSWERS}/{here}/withdraw")
    assert gone.json["standing"] == "withdrawn"
    assert suggested(asking, ref) == [everywhere]


def test_an_answer_leaves_by_itself_and_a_new_one_takes_its_place(hub: Hub, asking: Asking) -> None:
    ref = asks(hub)
    first = written(asking)
    anew = written(asking, approved=False, replaces=first, text="Na quarta-feira.")
    assert suggested(asking, ref) == [first]
    assert asking.post(TEAM, f"{ANSWERS}/{anew}/approve").status_code == 200
    assert suggested(asking, ref) == [anew]

    with hub.unit_of_work() as uow:
        answer = uow.bank_answer(anew)
        assert answer is not None
        answer.valid_to = TODAY - timedelta(days=1)
        answer.valid_from = TODAY - timedelta(days=3)
        uow.commit()
    assert suggested(asking, ref) == []
    assert given(asking, ref, anew, told=True).status_code == 422
    listed = asking.get(DESK, ANSWERS, standing="expired", site="NTO").json["items"]
    assert [one["id"] for one in listed] == [anew]


def test_who_may_write_approve_read_and_inform(hub: Hub, asking: Asking) -> None:
    draft = written(asking, approved=False)
    for who in (DESK, PARTNER, HOTLINE, Role.PROTECTION):
        assert asking.post(who, f"{ANSWERS}/{draft}/approve").status_code == 403
        assert asking.get(who, f"{ANSWERS}/{draft}").json["standing"] == "draft"
    assert asking.post(HOTLINE, ANSWERS, **WORDS).status_code == 403
    assert asking.get(Role.AUDITOR, ANSWERS).status_code == 403
    assert asking.post(TEAM, f"{ANSWERS}/{draft}/approve").json["approved_at"]
    assert asking.post(TEAM, f"{ANSWERS}/{draft}/approve").status_code == 409
    past = WORDS | {"valid_to": (TODAY - timedelta(days=1)).isoformat()}
    assert asking.post(DESK, ANSWERS, **past).status_code == 422
    # Nor does the bank open a case to anybody.
    ref, answer_id = asks(hub), draft
    corrane = asking.token_at(DESK, "COR")
    path = f"/api/v1/cases/{ref}"
    assert asking.get(corrane, f"{path}/answers").status_code == 404
    assert asking.post(corrane, f"{path}/inform", answer=answer_id, told=True).status_code == 404
    assert given(asking, ref, answer_id, told=True, who=HOTLINE).status_code == 404
    assert given(asking, ref, answer_id, told=True, who=PARTNER).status_code == 403


def test_the_desk_says_it_at_once_and_the_case_is_answered_on_the_spot(
    hub: Hub, asking: Asking
) -> None:
    ref, answer_id = asks(hub), written(asking)
    done = given(asking, ref, answer_id, told=True, who=DESK)
    assert done.status_code == 200, done.text
    case = asking.get(TEAM, f"/api/v1/cases/{ref}").json
    assert case["state"] == CaseState.ANSWERED_ON_SPOT
    closed = asking.post(
        TEAM, f"/api/v1/cases/{ref}/close", outcome="information_given", reason="Foi informada."
    )
    assert closed.json["state"] == "closed"
    # Only the case team makes it an answer that is to be sent.
    assert given(asking, asks(hub), answer_id, told=False, who=DESK).status_code == 403


def test_it_is_texted_only_where_it_was_approved_for_it_and_the_person_agreed(
    hub: Hub, asking: Asking
) -> None:
    object.__setattr__(hub.rules, "reply_channels", frozenset({"sms"}))
    approve_wordings(hub)
    texts, spoken = written(asking, by_text=True), written(asking)
    for answer_id, content, setting, texted in (
        (texts, Answered.YES, False, Purpose.ANSWER),
        (texts, Answered.NOT_ASKED, False, Purpose.ANSWER_READY),
        (texts, Answered.NOT_ASKED, True, Purpose.ANSWER),
        (texts, Answered.NO, True, Purpose.ANSWER_READY),
        (spoken, Answered.YES, True, Purpose.ANSWER_READY),
    ):
        object.__setattr__(hub.rules, "bank_unasked", setting)
        ref = asks(hub, content=content)
        assert given(asking, ref, answer_id, told=False).json["state"] == "response_ready"
        sent = asking.post(TEAM, f"/api/v1/cases/{ref}/loop-back").json
        assert sent["delivery"]["purpose"] == texted, (content, setting)

    # Waiting for the morning, it is looked at again: what is no longer true stays.
    ref = asks(hub, content=Answered.YES)
    given(asking, ref, texts, told=False)
    asking.post(TEAM, f"/api/v1/cases/{ref}/loop-back")
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        (delivery,) = [d for d in uow.deliveries_of(case.id) if d.purpose is Purpose.ANSWER]
        assert loopback.still_forbidden(uow, hub.rules, delivery, NOW) is None
        later = NOW + timedelta(days=6)
        assert loopback.still_forbidden(uow, hub.rules, delivery, later) == "not_for_text"


def test_the_persons_language_comes_first_then_their_site() -> None:
    def one(language: str, site: str, day: int) -> BankAnswer:
        first = TODAY + timedelta(days=day)
        return BankAnswer(
            f"{language}{site}{day}", "?", "!", language, site, "", first, first, False, "ana", NOW
        )

    answers = [one("eng", "NTO", 0), one("vmw", "", 0), one("vmw", "NTO", 0), one("vmw", "", 1)]
    found = [answer.id for answer in best_first(answers, "NTO", "vmw")]
    assert found == ["vmwNTO0", "vmw1", "vmw0", "engNTO0"]
    assert one("por", "", 0).standing(TODAY + timedelta(days=1)) is Standing.EXPIRED


def approve_wordings(hub: Hub) -> None:
    seed_wordings(hub.engine)
    with hub.unit_of_work() as uow:
        for purpose in (Purpose.ANSWER, Purpose.ANSWER_READY):
            wording = uow.wording("por", purpose)
            assert wording is not None
            wording.state = WordingState.APPROVED
        uow.commit()

"""A whole form that a channel hands over becomes a case like one from the API (both databases)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.person import AccusedClass, AgeBand, Person, Sex
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services import intake, seals
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.work import Queue
from feedback_hub.services.typed import UNLISTED, Typed
from tests.integration.asking import typed_of
from tests.integration.databases import NOW
from workers.drain import drain

NUMBER = "+258841234567"
FORM = Submission(
    InboundMessage("u1", NOW, "Bomba avariada", NUMBER, NUMBER, MessageKind.FORM, site="NOWHERE"),
    by_text=True,
    person=Person(Sex.FEMALE, AgeBand.FROM_40),
    consent=Consent(share=Share.NAME, contact=Answered.YES),
    accused_organisation="Outra",
    accused_class=AccusedClass.VOLUNTEER,
    codes=("complaint.broken",),
)


def take_in(hub: Hub, *forms: Submission) -> None:
    with hub.unit_of_work() as uow:
        intake.accept(uow, "kobo", forms, b"{}", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)


def cases(hub: Hub) -> list[Case]:
    with hub.reading() as uow:
        return list(uow.session.scalars(select(Case)))


def text_of(hub: Hub, case: Case) -> str:
    with hub.reading() as uow:
        message = uow.session.scalars(select(Message).filter_by(case_id=case.id)).one()
        bound = seals.text_bound_to(message.id)
        return uow.vault.open(message.key_id, message.text_sealed, bound)


def test_everything_a_form_says_is_on_the_case(hub: Hub) -> None:
    take_in(hub, FORM)
    take_in(hub, FORM)
    (case,) = cases(hub)
    assert (case.channel, case.entered_by) == ("kobo", "channel:kobo")
    assert typed_of(hub, case) == Typed(place="NOWHERE", accused="Outra")
    assert (case.person, case.consent) == (FORM.person, FORM.consent)
    assert (case.accused_organisation, case.accused_class) == (UNLISTED, AccusedClass.VOLUNTEER)
    assert (case.codes, case.type) == (("complaint.broken",), "complaint")
    assert case.acknowledged_at is None
    assert text_of(hub, case) == "Bomba avariada"


def test_a_code_raises_the_sensitivity_and_a_form_never_lowers_it(hub: Hub) -> None:
    take_in(hub, replace(FORM, codes=("misconduct.sea",), sensitivity=Sensitivity.L1))
    assert cases(hub)[0].sensitivity is Sensitivity.L3


def test_a_code_that_the_frame_has_not_is_kept_as_words(hub: Hub) -> None:
    take_in(hub, replace(FORM, codes=("complaint.broken", "agua_bomba")))
    (case,) = cases(hub)
    assert case.codes == ("complaint.broken",)
    assert text_of(hub, case) == "Bomba avariada\nagua_bomba"


def test_words_that_are_a_command_elsewhere_are_a_matter_on_a_form(hub: Hub) -> None:
    take_in(hub, replace(FORM, message=replace(FORM.message, text="PARAR")))
    (case,) = cases(hub)
    assert text_of(hub, case) == "PARAR"
    with hub.reading() as uow:
        assert uow.session.scalar(select(tables.contact.c.stopped_at)) is None

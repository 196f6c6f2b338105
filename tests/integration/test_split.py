"""Setting a message apart never takes it out of its handlers' hands."""

from __future__ import annotations

from sqlalchemy import select

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import casework, intake
from feedback_hub.services.records.work import Queue
from tests.integration.databases import NOW
from workers.drain import drain

HANDLER = Actor("handler", memberships=(Membership(Role.PROTECTION, "hub"),))
MANAGER = Actor("manager", memberships=(Membership(Role.CASE_MANAGER, "hub"),))


def test_what_is_split_from_a_highly_sensitive_case_stays_with_its_handlers(hub: Hub) -> None:
    number = "+258841234567"
    for one in range(2):
        sent = InboundMessage(str(one), NOW, "Sem agua", number, number)
        with hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [sent], b"", NOW)
            uow.commit()
        drain(hub, Queue.INTAKE)
    with hub.unit_of_work() as uow:
        case, *others = uow.session.scalars(select(Case)).all()
        for other in others:
            for message in uow.messages_of(other.id):
                message.case_id = case.id
        case.sensitivity = Sensitivity.L3
        uow.commit()
    with hub.unit_of_work() as uow:
        new = casework.split(uow, hub.rules, HANDLER, case.ref, (), NOW)
        uow.commit()
    with hub.reading() as uow:
        assert uow.visible_case(HANDLER, Action.WORK_CASE, new.ref) is not None
        assert uow.visible_case(MANAGER, Action.WORK_CASE, new.ref) is None

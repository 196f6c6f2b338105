"""What is due by the clock is done once, and nothing before its time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Organisation
from feedback_hub.domain.referral import ReferralState
from feedback_hub.services import intake, referrals, triage
from feedback_hub.services.records import Queue
from feedback_hub.services.triage import Decision
from tests.integration.databases import NOW
from workers import schedule
from workers.drain import drain

MANAGER = Actor("manager", memberships=(Membership(Role.CASE_MANAGER, "hub"),))


def arrived(hub: Hub) -> str:
    """A message that became a case; the case's reference."""
    message = InboundMessage("1", NOW, "Bomba avariada", "+258841234567", "+258841234567")
    with hub.unit_of_work() as uow:
        intake.accept(uow, "sms", [message], b"payload of the provider", NOW)
        uow.commit()
    drain(hub, Queue.INTAKE)
    drain(hub, Queue.TRIAGE)
    with hub.reading() as uow:
        return str(uow.session.scalar(select(tables.case.c.ref)))


def test_silence_expires_a_referral_and_never_accepts_it(hub: Hub) -> None:
    ref = arrived(hub)
    with hub.unit_of_work() as uow:
        uow.session.add(Organisation("agua-viva", "Agua Viva"))
        triage.triage(uow, hub.rules, MANAGER, ref, Decision(), NOW)
        uow.session.flush()
        referral = referrals.refer(uow, hub.rules, MANAGER, ref, "agua-viva", NOW)
        uow.commit()
    assert referral.due_at is not None
    assert schedule.expire_referrals(hub, referral.due_at) == 0
    assert schedule.expire_referrals(hub, referral.due_at + timedelta(seconds=1)) == 1
    assert schedule.expire_referrals(hub, referral.due_at + timedelta(seconds=1)) == 0
    with hub.reading() as uow:
        expired = uow.referral(referral.id)
        assert expired is not None
        assert expired.state is ReferralState.EXPIRED


def test_a_provider_s_payload_goes_after_its_days_and_the_words_stay(hub: Hub) -> None:
    arrived(hub)
    days = timedelta(days=hub.config.retention.raw_payload_days)
    assert schedule.erase_raw_payloads(hub, NOW + days) == 0
    assert schedule.erase_raw_payloads(hub, NOW + days + timedelta(seconds=1)) == 1
    assert schedule.erase_raw_payloads(hub, NOW + days + timedelta(seconds=1)) == 0
    with hub.reading() as uow:
        case_id = str(uow.session.scalar(select(tables.case.c.id)))
        assert len(uow.messages_of(case_id)) == 1


def test_a_payload_that_still_waits_is_kept(hub: Hub) -> None:
    arrived(hub)
    with hub.unit_of_work() as uow:
        uow.session.execute(update(tables.inbox).values(handled_at=None))
        uow.commit()
    assert schedule.erase_raw_payloads(hub, NOW + timedelta(days=900)) == 0
    with hub.reading() as uow:
        kept = tables.inbox.c.raw_sealed != b""
        assert uow.session.scalar(select(func.count()).where(kept)) == 1

"""What is due by the clock is done once, and nothing before its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.place import Organisation, Service
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import intake, referrals, triage
from feedback_hub.services.records.work import Queue
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


def told(hub: Hub, now: datetime) -> list[tuple[str, str]]:
    """Who is told what when the clocks are looked at: kind and whom."""
    known = select(tables.notice.c.id)
    with hub.reading() as uow:
        before = set(uow.session.scalars(known))
    while schedule.sound_alarms(hub, now):
        pass
    with hub.reading() as uow:
        rows = uow.session.execute(
            select(tables.notice, tables.account.c.email.label("whose")).outerjoin(tables.account)
        ).all()
    return sorted((row.kind.value, row.whose or row.email) for row in rows if row.id not in before)


def staffed(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        uow.session.add_all(
            [Organisation("agua-viva", "Agua Viva"), Organisation("outra", "Outra")]
        )
        uow.session.add(
            Service("1" * 32, "*", "wash", "agua-viva", "focal@example.org", "chefe@example.org")
        )
        for email, role, organisation in (
            ("focal@example.org", Role.FOCAL_POINT, "agua-viva"),
            ("gestora@example.org", Role.CASE_MANAGER, "hub"),
            ("coordenacao@example.org", Role.COORDINATOR, "hub"),
            ("protecao@example.org", Role.PROTECTION, "hub"),
        ):
            add_account(uow.session, email, None, (Membership(role, organisation),), NOW)
        uow.commit()


def test_who_owes_an_answer_is_reminded_and_then_the_ladder_is_climbed_a_rung_at_a_time(
    hub: Hub,
) -> None:
    staffed(hub)
    ref = arrived(hub)
    with hub.unit_of_work() as uow:
        triage.triage(uow, hub.rules, MANAGER, ref, Decision(), NOW)
        referral = referrals.refer(uow, hub.rules, MANAGER, ref, "agua-viva", NOW)
        focal = uow.actor("focal@example.org")
        assert focal is not None
        uow.session.flush()
        referrals.accept(uow, hub.rules, focal, referral.id, NOW)
        uow.commit()
    assert referral.due_at is not None
    day, due = timedelta(days=1), referral.due_at
    # The case's own answer is due at the same time: the team climbs its ladder beside it.
    assert told(hub, NOW) == []
    reminded = told(hub, NOW + (due - NOW) * 0.8)
    assert reminded == [("reminder", "focal@example.org"), ("reminder", "gestora@example.org")]
    assert told(hub, NOW + (due - NOW) * 0.8) == []
    assert ("overdue", "chefe@example.org") in told(hub, due)
    assert ("overdue", "gestora@example.org") in told(hub, due + day)
    assert ("overdue", "coordenacao@example.org") in told(hub, due + day * 2)
    assert told(hub, due + day * 3)
    assert told(hub, due + day * 90) == []


def test_of_a_highly_sensitive_case_only_handlers_are_told(hub: Hub) -> None:
    staffed(hub)
    arrived(hub)
    with hub.unit_of_work() as uow:
        case = uow.session.scalars(select(Case)).one()
        case.sensitivity = Sensitivity.L3
        uow.commit()
    late = NOW + timedelta(days=300)
    seen = told(hub, late) + told(hub, late + timedelta(days=1)) + told(hub, late + timedelta(9))
    assert {whom for _, whom in seen} == {"protecao@example.org"}


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

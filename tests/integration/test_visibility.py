"""The policy and its SQL say the same of every case and referral, on both databases."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import case_visible, referral_visible
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import (
    Action,
    Actor,
    ActorKind,
    Membership,
    Role,
    Scope,
    scope_of,
)
from feedback_hub.domain.case import Case
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity
from tests.integration.databases import NOW

ORGANISATIONS = ("AGUA", "SAUDE")
SITES = ("", "S1", "S2")
SECTORS = ("", "WASH", "HEALTH")
PEOPLE = ("", "anna", "bento")

PLACES = {
    "organisation": st.sampled_from(("", *ORGANISATIONS)),
    "site": st.sampled_from(SITES),
    "sector": st.sampled_from(SECTORS),
}
MEMBERSHIPS = st.builds(Membership, st.sampled_from(Role), **PLACES)
ACTORS = st.builds(
    Actor,
    st.sampled_from(PEOPLE[1:]),
    st.sampled_from((ActorKind.ACCOUNT, ActorKind.TOKEN)),
    memberships=st.lists(MEMBERSHIPS, max_size=4).map(tuple),
    leads=st.booleans(),
    own=st.sampled_from(("", "AGUA")),
    stands_in=st.booleans(),
)
REFERRALS = st.tuples(st.sampled_from(ORGANISATIONS), st.sampled_from(ReferralState))
CASES = st.fixed_dictionaries(
    {
        "site": st.sampled_from(SITES),
        "sector": st.sampled_from(SECTORS),
        "sensitivity": st.sampled_from(Sensitivity),
        "owner": st.sampled_from(PEOPLE),
        "entered_by": st.sampled_from(PEOPLE[1:]),
        "accused_organisation": st.sampled_from(("", *ORGANISATIONS)),
        "accused_class": st.none() | st.sampled_from(AccusedClass),
        "doubted_at": st.sampled_from((None, None, None, NOW)),
    }
)
World = list[tuple[dict[str, object], list[tuple[str, ReferralState]]]]
WORLDS = st.lists(st.tuples(CASES, st.lists(REFERRALS, max_size=2)), min_size=1, max_size=8)


@pytest.fixture
def partners(hub: Hub) -> Hub:
    with hub.unit_of_work() as uow:
        for code in ORGANISATIONS:
            uow.session.execute(
                insert(tables.organisation).values(
                    code=code, name="", kind="ngo", email="", language="por", active=True
                )
            )
        uow.commit()
    return hub


def make(uow: SqlUnitOfWork, world: World) -> tuple[list[Case], list[tuple[Referral, Case]]]:
    """The world in the database, for as long as the transaction lasts."""
    cases, referrals = [], []
    for number, (fields, asked) in enumerate(world):
        entered_by = str(fields["entered_by"])
        rest = {name: value for name, value in fields.items() if name != "entered_by"}
        case = Case(uuid.uuid4().hex, f"{number:09}", "desk", NOW, NOW, entered_by)
        for name, value in rest.items():
            setattr(case, name, value)
        uow.add(case)
        uow.session.flush()
        cases.append(case)
        for organisation, state in asked:
            referral = Referral(uuid.uuid4().hex, case.id, organisation, NOW, "rosa", state=state)
            uow.add(referral)
            referrals.append((referral, case))
    uow.session.flush()
    return cases, referrals


def cases_in_sql(uow: SqlUnitOfWork, scope: Scope) -> list[str]:
    return sorted(uow.session.scalars(select(tables.case.c.id).where(case_visible(scope))))


def referrals_in_sql(uow: SqlUnitOfWork, scope: Scope) -> list[str]:
    joined = tables.referral.join(tables.case, tables.case.c.id == tables.referral.c.case_id)
    found = select(tables.referral.c.id).select_from(joined).where(referral_visible(scope))
    return sorted(uow.session.scalars(found))


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=WORLDS, actors=st.lists(ACTORS, min_size=1, max_size=3))
def test_the_policy_and_its_sql_agree(
    partners: Hub,
    world: World,
    actors: list[Actor],
) -> None:
    with partners.unit_of_work() as uow:  # never committed
        cases, referrals = make(uow, world)
        facts = {case.id: uow.facts(case) for case in cases}
        for someone in actors:
            # One case stands open to each in an emergency.
            actor = replace(someone, opened=frozenset({cases[0].id}))
            scopes = {scope_of(actor, action) for action in Action}
            for scope in scopes:
                admitted = [case.id for case in cases if scope.admits(facts[case.id])]
                assert cases_in_sql(uow, scope) == sorted(admitted)
                theirs = [
                    referral.id
                    for referral, case in referrals
                    if scope.admits_referral(facts[case.id], referral)
                ]
                assert referrals_in_sql(uow, scope) == sorted(theirs)
            for case in cases:
                seen = uow.visible_case(actor, Action.READ_CASE, case.ref)
                admits = scope_of(actor, Action.READ_CASE).admits(facts[case.id])
                assert (seen is case) == admits


def test_a_reference_that_is_not_yours_is_the_same_as_one_that_does_not_exist(
    partners: Hub,
) -> None:
    with partners.unit_of_work() as uow:
        world: World = [
            ({"entered_by": "anna", "sensitivity": Sensitivity.L3}, [("AGUA", ReferralState.SENT)])
        ]
        (case,), ((referral, _),) = make(uow, world)
        nobody = Actor("nobody")
        for actor in (nobody, Actor("cm", memberships=(Membership(Role.CASE_MANAGER),))):
            assert uow.visible_case(actor, Action.READ_CASE, case.ref) is None
            assert uow.visible_referral(actor, Action.READ_REFERRAL, referral.id) is None
        handler = Actor("dora", memberships=(Membership(Role.PROTECTION),))
        assert uow.visible_case(handler, Action.READ_CASE, case.ref) is case
        assert uow.visible_referral(handler, Action.READ_REFERRAL, referral.id) == (referral, case)

"""Who may see what: deny by default, no role lifts another, and nobody judges themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedback_hub.domain.access import (
    GRANTED,
    IN_EMERGENCY,
    MACHINE,
    Action,
    Actor,
    CaseFacts,
    Membership,
    Role,
    scope_of,
)
from feedback_hub.domain.person import HAS_POWER, AccusedClass
from feedback_hub.domain.sensitivity import Sensitivity

ORGANISATIONS = st.sampled_from(("", "AGUA", "SAUDE"))
SITES = st.sampled_from(("", "S1", "S2"))
SECTORS = st.sampled_from(("", "WASH", "HEALTH"))
PEOPLE = st.sampled_from(("anna", "bento"))
MEMBERSHIPS = st.builds(Membership, st.sampled_from(Role), ORGANISATIONS, SITES, SECTORS)
CASES = st.sampled_from(("", "c1", "c2"))
ACTORS = st.builds(
    Actor,
    PEOPLE,
    memberships=st.lists(MEMBERSHIPS, max_size=4).map(tuple),
    opened=st.frozensets(st.just("c1")),
    leads=st.booleans(),
    own=st.sampled_from(("", "AGUA")),
)
FACTS = st.builds(
    CaseFacts,
    st.sampled_from(Sensitivity),
    SITES,
    SECTORS,
    st.just("") | PEOPLE,
    PEOPLE,
    ORGANISATIONS,
    st.frozensets(st.sampled_from(("AGUA", "SAUDE"))),
    CASES,
    st.none() | st.sampled_from(AccusedClass),
)
ACTIONS = st.sampled_from(Action)
L1, L2, L3 = Sensitivity


def sees(actor: Actor, facts: CaseFacts, action: Action = Action.READ_CASE) -> bool:
    return scope_of(actor, action).admits(facts)


def one(role: Role, **place: str) -> Actor:
    return Actor("anna", memberships=(Membership(role, **place),))


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_only_protection_reaches_an_l3(actor: Actor, facts: CaseFacts, action: Action) -> None:
    if facts.sensitivity is L3 and Role.PROTECTION not in actor.roles:
        assert not sees(replace(actor, opened=frozenset()), facts, action)


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_what_was_opened_in_an_emergency_is_read_and_nothing_else(
    actor: Actor, facts: CaseFacts, action: Action
) -> None:
    closed = replace(actor, opened=frozenset())
    if sees(actor, facts, action) and not sees(closed, facts, action):
        assert facts.id in actor.opened
        assert action in IN_EMERGENCY
        assert actor.roles & {Role.CASE_MANAGER, Role.PROTECTION}


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_no_combination_of_roles_lifts(actor: Actor, facts: CaseFacts, action: Action) -> None:
    """Together they reach what one of them reaches alone, never more."""
    actor = replace(actor, opened=frozenset())
    alone = [replace(actor, memberships=(held,)) for held in actor.memberships]
    if sees(actor, facts, action):
        assert any(sees(single, facts, action) for single in alone)
        assert actor.may(action)


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_the_accused_organisation_s_people_see_nothing(
    actor: Actor, facts: CaseFacts, action: Action
) -> None:
    if facts.accused_organisation and facts.accused_organisation in actor.organisations:
        assert not sees(actor, facts, action)


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_whoever_entered_an_l3_cannot_open_it(
    actor: Actor, facts: CaseFacts, action: Action
) -> None:
    if facts.sensitivity is L3 and facts.entered_by == actor.id:
        assert not sees(actor, facts, action)


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_nobody_who_may_be_party_sees_a_complaint_about_somebody(
    actor: Actor, facts: CaseFacts, action: Action
) -> None:
    accuses = facts.accused_organisation or facts.accused_class
    wrote_it = facts.entered_by == actor.id and facts.accused_class in HAS_POWER
    own = actor.own and facts.accused_organisation == actor.own
    staff = any(not held.organisation for held in actor.memberships)
    if (accuses and actor.leads) or wrote_it or (own and staff):
        assert not sees(actor, facts, action)


def test_what_accuses_the_hub_itself_goes_outside() -> None:
    facts = CaseFacts(L3, accused_organisation="HUB")
    handler = replace(one(Role.PROTECTION), own="HUB")
    outside = replace(one(Role.FOCAL_POINT, organisation="SAUDE"), own="HUB", stands_in=True)
    assert not sees(handler, facts)
    assert sees(outside, facts, Action.WORK_CASE)
    assert sees(outside, replace(facts, sensitivity=L1), Action.WORK_CASE)
    assert not sees(outside, replace(facts, accused_organisation="AGUA"))


@given(facts=FACTS, action=ACTIONS)
def test_nobody_and_the_machine_see_nothing(facts: CaseFacts, action: Action) -> None:
    assert not sees(Actor("anna"), facts, action)
    assert not sees(MACHINE, facts, action)


@given(facts=FACTS, action=ACTIONS, places=st.tuples(ORGANISATIONS, SITES, SECTORS))
@pytest.mark.parametrize("role", [Role.ADMIN, Role.COORDINATOR, Role.AUDITOR])
def test_these_roles_see_no_case(
    role: Role, facts: CaseFacts, action: Action, places: tuple[str, str, str]
) -> None:
    assert not sees(Actor("anna", memberships=(Membership(role, *places),)), facts, action)


@given(actor=ACTORS, facts=FACTS, action=ACTIONS)
def test_what_no_role_grants_reaches_nothing(
    actor: Actor, facts: CaseFacts, action: Action
) -> None:
    assume(not actor.may(action))
    assert not sees(actor, facts, action)


@pytest.mark.parametrize(
    ("actor", "facts", "seen"),
    [
        (one(Role.CASE_MANAGER), CaseFacts(L2), True),
        (one(Role.CASE_MANAGER), CaseFacts(L3), False),
        (one(Role.CASE_MANAGER, site="S1"), CaseFacts(L1, "S2"), False),
        (one(Role.PROTECTION), CaseFacts(L3, entered_by="bento"), True),
        (one(Role.PROTECTION), CaseFacts(L1), False),
        (one(Role.DESK, site="S1"), CaseFacts(L1, "S1"), True),
        (one(Role.DESK, site="S1"), CaseFacts(L1, "S2"), False),
        (one(Role.DESK), CaseFacts(L2), False),
        (one(Role.DESK), CaseFacts(L2, owner="anna"), True),
        (one(Role.DESK), CaseFacts(L3, owner="anna"), False),
        (one(Role.FOCAL_POINT, organisation="AGUA"), CaseFacts(L1), False),
        (
            one(Role.FOCAL_POINT, organisation="AGUA"),
            CaseFacts(L2, referred_to=frozenset({"AGUA"})),
            True,
        ),
        (one(Role.FOCAL_POINT), CaseFacts(L1, referred_to=frozenset({"AGUA"})), False),
        (one(Role.MECHANISM), CaseFacts(L1, entered_by="anna"), True),
        (one(Role.MECHANISM), CaseFacts(L1, entered_by="bento"), False),
    ],
)
def test_each_role_sees_its_own(actor: Actor, facts: CaseFacts, seen: bool) -> None:
    assert sees(actor, facts) == seen


def test_every_role_has_its_grants() -> None:
    assert set(GRANTED) == set(Role)


def test_content_and_configuration_do_not_meet_in_one_role() -> None:
    for role, actions in GRANTED.items():
        content = Action.READ_CASE in actions
        assert not (content and actions & {Action.CONFIGURE, Action.MANAGE_USERS}), role

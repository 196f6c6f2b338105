"""Who may see and do what: the one policy (CONTRACT, Roles; DOMAIN.md, Sensitivity and Harm).

Everything not granted is denied. What an actor may not see does not exist for them. A ``Scope`` is
a value: this module asks it about one case, ``adapters.visibility`` compiles it to SQL, and a
property test proves that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.domain.person import HAS_POWER, AccusedClass
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.sensitivity import Sensitivity


class Role(StrEnum):
    """What somebody is here for."""

    DESK = "desk"
    CASE_MANAGER = "case_manager"
    FOCAL_POINT = "focal_point"
    PROTECTION = "protection"
    COORDINATOR = "coordinator"
    ADMIN = "admin"
    AUDITOR = "auditor"
    MECHANISM = "mechanism"


class Action(StrEnum):
    """What can be done, as far as permission goes."""

    SUBMIT = "submit"
    READ_CASE = "read_case"
    READ_HISTORY = "read_history"
    TRIAGE = "triage"
    WORK_CASE = "work_case"
    CHANGE_SENSITIVITY = "change_sensitivity"
    NOTE = "note"
    CALL_BACK = "call_back"
    READ_REFERRAL = "read_referral"
    ANSWER_REFERRAL = "answer_referral"
    READ_ISSUE = "read_issue"
    WORK_ISSUE = "work_issue"
    READ_MEASURES = "read_measures"
    READ_REGISTER = "read_register"
    MANAGE_USERS = "manage_users"
    CONFIGURE = "configure"
    APPROVE_WORDING = "approve_wording"
    READ_BANK = "read_bank"
    WRITE_BANK = "write_bank"
    INFORM = "inform"
    READ_ROUTING = "read_routing"
    READ_AUDIT = "read_audit"
    KEEP_ROSTER = "keep_roster"
    BROADCAST = "broadcast"
    BREAK_GLASS = "break_glass"


_TEAM = frozenset(
    {
        Action.SUBMIT,
        Action.READ_CASE,
        Action.READ_HISTORY,
        Action.TRIAGE,
        Action.WORK_CASE,
        Action.CHANGE_SENSITIVITY,
        Action.NOTE,
        Action.CALL_BACK,
        Action.READ_REFERRAL,
        Action.READ_REGISTER,
        Action.READ_BANK,
    }
)
_BANK = frozenset({Action.READ_BANK, Action.WRITE_BANK})

GRANTED: dict[Role, frozenset[Action]] = {
    Role.DESK: frozenset(
        {
            Action.SUBMIT,
            Action.READ_CASE,
            Action.NOTE,
            Action.CALL_BACK,
            Action.READ_REGISTER,
            Action.INFORM,
        }
    )
    | _BANK,
    # Not protection: an issue ends in a public answer, and their cases never may.
    Role.CASE_MANAGER: _TEAM
    | {Action.READ_ISSUE, Action.WORK_ISSUE, Action.READ_MEASURES, Action.APPROVE_WORDING}
    | {Action.INFORM, Action.READ_ROUTING, Action.BREAK_GLASS, Action.BROADCAST}
    | _BANK,
    Role.FOCAL_POINT: frozenset(
        {Action.READ_CASE, Action.READ_REFERRAL, Action.ANSWER_REFERRAL, Action.READ_REGISTER}
    )
    | _BANK,
    Role.PROTECTION: _TEAM | {Action.BREAK_GLASS, Action.KEEP_ROSTER},
    Role.COORDINATOR: frozenset(
        {Action.READ_ISSUE, Action.READ_MEASURES, Action.READ_REGISTER, Action.APPROVE_WORDING}
    )
    | _BANK
    | {Action.READ_ROUTING, Action.BROADCAST},
    Role.ADMIN: frozenset(
        {Action.MANAGE_USERS, Action.CONFIGURE, Action.READ_REGISTER, Action.APPROVE_WORDING}
    )
    | {Action.READ_BANK, Action.READ_ROUTING, Action.KEEP_ROSTER},
    Role.AUDITOR: frozenset({Action.READ_AUDIT}),
    Role.MECHANISM: frozenset(
        {Action.SUBMIT, Action.READ_CASE, Action.READ_REGISTER, Action.READ_BANK, Action.INFORM}
    ),
}


IN_EMERGENCY = frozenset({Action.READ_CASE, Action.READ_HISTORY, Action.NOTE})
"""What can be done with a case that was opened in an emergency: read it, and write down what was
done. Whose work it is stays so."""

NEEDS_SECOND_FACTOR = frozenset({Role.PROTECTION, Role.ADMIN, Role.CASE_MANAGER, Role.AUDITOR})
"""Roles that reach personal cases, accounts or the audit log: a password alone is not enough."""


class ActorKind(StrEnum):
    """Who acts."""

    ACCOUNT = "account"
    TOKEN = "token"  # noqa: S105  a word on the wire, not a secret
    MACHINE = "machine"
    LINK = "link"
    PEER = "peer"


@dataclass(frozen=True)
class Membership:
    """A role, and where it holds. Empty means everywhere (of that kind)."""

    role: Role
    organisation: str = ""
    site: str = ""
    sector: str = ""


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts. ``id`` is an account's or a token's.

    ``opened``: cases they have opened in an emergency and not closed since. ``leads``: they belong
    to a community's own committee. ``own`` is the hub's organisation where somebody outside stands
    in for it, ``stands_in`` whether that is this one.
    """

    id: str
    kind: ActorKind = ActorKind.ACCOUNT
    memberships: tuple[Membership, ...] = ()
    opened: frozenset[str] = frozenset()
    leads: bool = False
    own: str = ""
    stands_in: bool = False

    def may(self, action: Action) -> bool:
        """Whether any role permits ``action`` on something at all."""
        return any(action in GRANTED[membership.role] for membership in self.memberships)

    def may_at(self, action: Action, site: str) -> bool:
        """Whether a role that holds at ``site`` permits ``action`` there."""
        return any(
            action in GRANTED[held.role] and held.site in {"", site} for held in self.memberships
        )

    @property
    def organisations(self) -> frozenset[str]:
        """Every organisation the actor belongs to."""
        return frozenset(m.organisation for m in self.memberships if m.organisation)

    @property
    def conflicted(self) -> frozenset[str]:
        """The organisations that they are no judge of: their own, and the hub's if it is theirs.

        Whoever belongs to none is the mechanism's own staff.
        """
        staff = bool(self.own) and any(not held.organisation for held in self.memberships)
        return self.organisations | ({self.own} if staff and not self.stands_in else set())

    @property
    def roles(self) -> frozenset[Role]:
        """Every role held."""
        return frozenset(membership.role for membership in self.memberships)


MACHINE = Actor("machine", ActorKind.MACHINE)
"""The hub itself: acts in jobs, sees through no scope and is shown nothing."""


@dataclass(frozen=True)
class CaseFacts:
    """What the policy needs to know of a case. ``referred_to``: who has a sent referral.

    ``doubted``: whether it is highly sensitive is still being read.
    """

    sensitivity: Sensitivity
    site: str = ""
    sector: str = ""
    owner: str = ""
    entered_by: str = ""
    accused_organisation: str = ""
    referred_to: frozenset[str] = frozenset()
    id: str = ""
    accused_class: AccusedClass | None = None
    doubted: bool = False

    @property
    def accuses(self) -> bool:
        """Whether an organisation or somebody is accused."""
        return bool(self.accused_organisation) or self.accused_class is not None


@dataclass(frozen=True)
class Grant:
    """One way to be allowed: every condition that is set must hold.

    ``owner``: at these levels only if the case is the actor's own to handle.
    """

    levels: frozenset[Sensitivity]
    site: str = ""
    sector: str = ""
    referred_to: str = ""
    entered_by: str = ""
    owner: str = ""
    case_id: str = ""
    accused: str = ""

    def admits(self, facts: CaseFacts) -> bool:
        """Whether this grant reaches a case with these facts."""
        return (
            facts.sensitivity in self.levels
            and (not self.site or facts.site == self.site)
            and (not self.sector or facts.sector == self.sector)
            and (not self.referred_to or self.referred_to in facts.referred_to)
            and (not self.entered_by or facts.entered_by == self.entered_by)
            and (not self.owner or facts.owner == self.owner)
            and (not self.case_id or facts.id == self.case_id)
            and (not self.accused or facts.accused_organisation == self.accused)
        )


@dataclass(frozen=True)
class Scope:
    """All an actor may reach with one action: the union of grants, less conflicts of interest.

    ``conflicted``: organisations that must not be the accused. ``not_entered_by``: an L3 case is
    closed to whoever wrote it; to a ``person`` also one that accuses somebody with power. Who
    ``leads`` is shut out of whatever accuses anybody. What is in doubt exists for nobody yet: it
    may be a survivor's, and nobody can unsee it (DOMAIN.md, Sensitivity: when in doubt, higher).
    """

    grants: tuple[Grant, ...] = ()
    conflicted: frozenset[str] = frozenset()
    not_entered_by: str = ""
    person: bool = False
    leads: bool = False

    def admits(self, facts: CaseFacts) -> bool:
        """Whether a case with these facts exists for the actor."""
        if facts.doubted:
            return False
        if facts.accused_organisation and facts.accused_organisation in self.conflicted:
            return False
        if self.leads and facts.accuses:
            return False
        sensitive = facts.sensitivity is Sensitivity.L3
        closed = sensitive or (self.person and facts.accused_class in HAS_POWER)
        if closed and facts.entered_by == self.not_entered_by:
            return False
        return any(grant.admits(facts) for grant in self.grants)

    def admits_referral(self, facts: CaseFacts, referral: Referral) -> bool:
        """Whether one referral of a case exists for the actor: a partner sees its own only."""
        return self.admits(facts) and any(
            not grant.referred_to
            or (
                referral.organisation == grant.referred_to
                and referral.state is not ReferralState.DRAFTED
            )
            for grant in self.grants
            if grant.admits(facts)
        )


_L1 = frozenset({Sensitivity.L1})
_TO_L2 = frozenset({Sensitivity.L1, Sensitivity.L2})
_L3 = frozenset({Sensitivity.L3})
_ALL = frozenset(Sensitivity)


def scope_of(actor: Actor, action: Action) -> Scope:
    """What ``actor`` may reach with ``action``.

    Each membership counts for itself and only where its role permits the action: there is no
    "highest wins". Nobody but ``protection`` reaches L3, except the one case that was opened in an
    emergency; a conflict of interest closes that one too. For what accuses the hub's own
    organisation, the person outside who stands in for it is the case team.
    """
    grants: list[Grant] = []
    for held in actor.memberships:
        if action in GRANTED[held.role]:
            grants.extend(_grants(actor, held))
    if action in IN_EMERGENCY and actor.may(Action.BREAK_GLASS):
        grants.extend(Grant(_ALL, case_id=one) for one in sorted(actor.opened))
    if actor.stands_in and actor.own and action in _TEAM:
        grants.append(Grant(_ALL, accused=actor.own))
    person = actor.kind is ActorKind.ACCOUNT
    return Scope(tuple(grants), actor.conflicted, actor.id, person, actor.leads)


def _grants(actor: Actor, held: Membership) -> list[Grant]:
    place = {"site": held.site, "sector": held.sector}
    match held.role:
        case Role.CASE_MANAGER:
            return [Grant(_TO_L2, **place)]
        case Role.PROTECTION:
            return [Grant(_L3, **place)]
        case Role.DESK:
            # L2 is for the case team: the desk reaches it only where it was made the owner.
            return [Grant(_L1, **place), Grant(_TO_L2, **place, owner=actor.id)]
        case Role.FOCAL_POINT:
            if not held.organisation:
                return []
            return [Grant(_TO_L2, **place, referred_to=held.organisation)]
        case Role.MECHANISM:
            return [Grant(_TO_L2, **place, entered_by=actor.id)]
        case _:
            return []

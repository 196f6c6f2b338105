"""Cases, and who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import Select, bindparam, select

from feedback_hub.adapters import emergencies, tables
from feedback_hub.adapters.engine import change
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.adapters.visibility import case_visible
from feedback_hub.domain.access import Action, Actor, CaseFacts, Scope, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.case_states import OPEN
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.referral import ReferralState
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.services.records.staff import Emergency

_HELD = (
    ReferralState.SENT,
    ReferralState.ACCEPTED,
    ReferralState.IN_ACTION,
    ReferralState.RETURNED,
)
"""Where a referral still is a partner's."""


class SqlCases(Transaction):
    """Fulfils ``services.kept.cases.Cases``."""

    def new_reference(self) -> str:
        """A random case reference that is not taken.

        Two transactions drawing the same free one at once is one in 90 million times the number
        of concurrent intakes; the unique column then refuses one and its work is tried again.
        """
        while True:
            ref = new_reference()
            if self._one(select(tables.case.c.id).where(tables.case.c.ref == ref)) is None:
                return ref

    def case(self, case_id: str) -> Case | None:
        """A case by id."""
        return self.session.get(Case, case_id)

    def case_by_ref(self, ref: str) -> Case | None:
        """A case by reference."""
        return self._one(select(Case).where(tables.case.c.ref == ref))

    def visible_case(self, actor: Actor, action: Action, ref: str) -> Case | None:
        """The case, if it exists for ``actor`` with ``action``."""
        of_scope = _of_scope(scope_of(actor, action))
        found = self.session.scalars(of_scope, {"ref": ref}).one_or_none()
        if found is not None:
            self.saw(actor, found)
        return found

    def open_cases(
        self, actor: Actor, *, site: str, owner: str, organisation: str, most: int
    ) -> Sequence[Case]:
        """Open cases that exist for ``actor`` to work on, the oldest first."""
        kept, asked = tables.case.c, tables.referral.c
        wanted = [kept.state.in_(OPEN), case_visible(scope_of(actor, Action.WORK_CASE))]
        if site:
            wanted.append(kept.site == site)
        if owner:
            wanted.append(kept.owner == owner)
        if organisation:
            holds = asked.organisation == organisation, asked.state.in_(_HELD)
            wanted.append(kept.id.in_(select(asked.case_id).where(*holds)))
        oldest = select(Case).where(*wanted).order_by(kept.received_at, kept.id)
        found = self.session.scalars(oldest.limit(most)).all()
        self.saw_list(actor, found)
        return found

    def facts(self, case: Case) -> CaseFacts:
        """What the access policy needs to know of a case."""
        return self.facts_of([case])[case.id]

    def facts_of(self, cases: Sequence[Case]) -> dict[str, CaseFacts]:
        """The same of each of these cases, in one query."""
        asked: dict[str, set[str]] = {case.id: set() for case in cases}
        for case_id, organisation in self.session.execute(_asked(), {"case_ids": list(asked)}):
            asked[case_id].add(organisation)
        return {
            case.id: CaseFacts(
                sensitivity=case.sensitivity,
                site=case.site,
                sector=case.sector,
                owner=case.owner,
                entered_by=case.entered_by,
                accused_organisation=case.accused_organisation,
                referred_to=frozenset(asked[case.id]),
                id=case.id,
                accused_class=case.accused_class,
                doubted=case.doubted_at is not None,
            )
            for case in cases
        }

    def emergencies_of(self, case_id: str) -> Sequence[Emergency]:
        """When a case was opened in an emergency, the latest first."""
        return emergencies.of_case(self.session, case_id)

    def conduct_reports(self, case_id: str) -> Sequence[ConductReport]:
        """What was reported of a case, the oldest first."""
        made = tables.conduct_report.c
        of_case = select(ConductReport).where(made.case_id == case_id)
        return self.session.scalars(of_case.order_by(made.made_at, made.id)).all()

    def service_referrals(self, case_id: str) -> Sequence[ServiceReferral]:
        """The services a survivor was brought to, the oldest first."""
        made = tables.service_referral.c
        of_case = select(ServiceReferral).where(made.case_id == case_id)
        return self.session.scalars(of_case.order_by(made.made_at, made.id)).all()

    def link(self, case_id: str, other_id: str, kind: str, actor: str, now: datetime) -> None:
        """Link two cases; a link that stands already is left."""
        first, second = sorted((case_id, other_id))
        linked = self._insert(tables.case_link).values(
            case_id=first, other_id=second, kind=kind, actor=actor, at=now
        )
        self.session.execute(linked.on_conflict_do_nothing())

    def unlink(self, case_id: str, other_id: str, kind: str) -> bool:
        """Take a link of two cases away; False if there is none of this kind."""
        first, second = sorted((case_id, other_id))
        linked = tables.case_link.c
        which = (linked.case_id == first, linked.other_id == second, linked.kind == kind)
        return change(self.session, tables.case_link.delete().where(*which)) > 0


@lru_cache(maxsize=256)
def _of_scope(scope: Scope) -> Select[Case]:
    return select(Case).where(tables.case.c.ref == bindparam("ref"), case_visible(scope))


@cache
def _asked() -> Select[str, str]:
    referral = tables.referral.c
    return select(referral.case_id, referral.organisation).where(
        referral.case_id.in_(bindparam("case_ids", expanding=True)),
        referral.state != ReferralState.DRAFTED,
    )

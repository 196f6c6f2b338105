"""Cases, and who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.access import Action, Actor, CaseFacts
from feedback_hub.domain.case import Case
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.services.records.staff import Emergency


class Cases(Protocol):
    """Cases, and who may see them."""

    def new_reference(self) -> str:
        """A random case reference that is not taken."""

    def case(self, case_id: str) -> Case | None:
        """A case by id, for the hub itself: no scope."""

    def case_by_ref(self, ref: str) -> Case | None:
        """A case by reference, for the hub itself: no scope."""

    def visible_case(self, actor: Actor, action: Action, ref: str) -> Case | None:
        """The case, if it exists for ``actor`` with ``action``."""

    def emergencies_of(self, case_id: str) -> Sequence[Emergency]:
        """When a case was opened in an emergency, the latest first."""

    def facts(self, case: Case) -> CaseFacts:
        """What the access policy needs to know of a case."""

    def open_cases(
        self, actor: Actor, *, site: str, owner: str, organisation: str, most: int
    ) -> Sequence[Case]:
        """Open cases that exist for ``actor`` to work on, the oldest first.

        At a site, of an owner, with a referral that an organisation still holds: whatever is given.
        """

    def conduct_reports(self, case_id: str) -> Sequence[ConductReport]:
        """What was reported of a case, the oldest first."""

    def service_referrals(self, case_id: str) -> Sequence[ServiceReferral]:
        """The services a survivor was brought to, the oldest first."""

    def link(self, case_id: str, other_id: str, kind: str, actor: str, now: datetime) -> None:
        """Link two cases; a link that stands already is left."""

    def unlink(self, case_id: str, other_id: str, kind: str) -> bool:
        """Take a link of two cases away; False if there is none of this kind."""

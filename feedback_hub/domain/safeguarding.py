"""Two separate duties in a highly sensitive case (DOMAIN.md, Sensitivity).

A *conduct report* is mandatory: somebody with power over aid is accused, and the PSEA channel hears
of it in time, with or without the survivor's name. A *service referral* is the survivor's own
choice: only with informed consent, and for a child to a specialist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.case import Case
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.person import AccusedClass, AgeBand
from feedback_hub.domain.sensitivity import Sensitivity

OF_AID = frozenset(
    {
        AccusedClass.AID_WORKER,
        AccusedClass.CONTRACTOR,
        AccusedClass.VOLUNTEER,
        AccusedClass.LEADER,
    }
)
"""Whose conduct is reported; a leader has a role in distributions."""
SPECIALIST = Sector.CHILD_PROTECTION
"""Whose services a child is referred to."""
_MISCONDUCT = "misconduct."
_CHILD = "protection.child"


class ConsentWay(StrEnum):
    """How it was explained to the person what a referral means."""

    FACE_TO_FACE = "face_to_face"
    TELEPHONE = "telephone"
    INTERPRETER = "interpreter"
    CAREGIVER = "caregiver"


@dataclass(eq=False)
class ConductReport:
    """The PSEA channel was told. ``reference`` is the number it gave, or empty."""

    id: str
    case_id: str
    channel: str
    with_name: bool
    reference: str
    made_by: str
    made_at: datetime


@dataclass(eq=False)
class ServiceReferral:
    """The survivor was brought to a service they chose.

    Their consent: what was explained (``explained_id``, a remark), how, by whom and when.
    """

    id: str
    case_id: str
    organisation: str
    sector: str
    explained_id: str
    explained_how: ConsentWay
    explained_by: str
    explained_at: datetime
    made_by: str
    made_at: datetime


def owes_report(case: Case) -> bool:
    """Whether somebody with power over aid is accused: then the report is no choice."""
    if case.sensitivity is not Sensitivity.L3:
        return False
    return case.accused_class in OF_AID or any(c.startswith(_MISCONDUCT) for c in case.codes)


def report_due(case: Case, within: timedelta) -> datetime:
    """Until when the report is owed (UTC): counted from the day the mechanism heard of it."""
    return case.entered_at + within


def concerns_child(case: Case) -> bool:
    """Whether a specialist takes it: the best interests of a child come first."""
    return case.person.age_band is AgeBand.UNDER_18 or _CHILD in case.codes

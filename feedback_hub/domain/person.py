"""What is known of the person, all optional: "not asked" is an answer (DOMAIN, One record)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sex(StrEnum):
    """As the person says."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    PREFER_NOT = "prefer_not"
    NOT_ASKED = "not_asked"


class AgeBand(StrEnum):
    """Years of age in bands."""

    UNDER_18 = "under_18"
    FROM_18 = "18_39"
    FROM_40 = "40_59"
    FROM_60 = "60_plus"
    NOT_ASKED = "not_asked"


class Disability(StrEnum):
    """Whether the person lives with a disability."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not_asked"


class PopulationGroup(StrEnum):
    """Relation to displacement."""

    IDP = "idp"
    RETURNEE = "returnee"
    HOST = "host"
    REFUGEE = "refugee"
    OTHER = "other"
    NOT_ASKED = "not_asked"


class SpeaksFor(StrEnum):
    """Whose matter it is."""

    SELF = "self"
    OTHER = "other"
    COMMUNITY = "community"
    NOT_ASKED = "not_asked"


class AccusedClass(StrEnum):
    """What the accused is; with their organisation it decides the route, apart from the text."""

    AID_WORKER = "aid_worker"
    CONTRACTOR = "contractor"
    VOLUNTEER = "volunteer"
    LEADER = "leader"
    OFFICIAL = "official"
    SECURITY_FORCE = "security_force"
    COMMUNITY_MEMBER = "community_member"
    UNKNOWN = "unknown"


HAS_POWER = frozenset(AccusedClass) - {AccusedClass.COMMUNITY_MEMBER}
"""Those whose people may be anybody near the mechanism: whoever wrote it down is kept out too."""


@dataclass(frozen=True)
class Person:
    """Who speaks, as far as they were asked."""

    sex: Sex = Sex.NOT_ASKED
    age_band: AgeBand = AgeBand.NOT_ASKED
    disability: Disability = Disability.NOT_ASKED
    group: PopulationGroup = PopulationGroup.NOT_ASKED
    speaks_for: SpeaksFor = SpeaksFor.NOT_ASKED

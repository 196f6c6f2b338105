"""What is said of a site: its services, its committee, its meetings, its information."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from feedback_hub.domain.bank import Standing
from feedback_hub.domain.board import Occasion
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.monitoring import CommitteeFault, Seat, ServiceState
from feedback_hub.reads.sites import Unresolved
from feedback_hub.web.i18n import N_

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    ServiceState: {
        ServiceState.WORKS: N_("Works"),
        ServiceState.PARTLY: N_("Works partly"),
        ServiceState.STOPPED: N_("Does not work"),
        ServiceState.NONE: N_("There is none"),
    },
    CommitteeFault: {
        CommitteeFault.NO_COMMITTEE: N_("No committee is written down"),
        CommitteeFault.FEW_WOMEN: N_("Too few women"),
        CommitteeFault.NO_DISABILITY: N_("No person with a disability"),
        CommitteeFault.NO_YOUNG: N_("Nobody younger than 40"),
        CommitteeFault.NO_OLDER: N_("Nobody of 60 or more"),
        CommitteeFault.NOT_MET: N_("Has not met for too long"),
    },
    Seat: {
        Seat.ADULT_WOMEN: N_("Women, 18 to 39"),
        Seat.WOMEN_40: N_("Women, 40 to 59"),
        Seat.WOMEN_60: N_("Women, 60 or more"),
        Seat.GIRLS: N_("Girls under 18"),
        Seat.ADULT_MEN: N_("Men, 18 to 39"),
        Seat.MEN_40: N_("Men, 40 to 59"),
        Seat.MEN_60: N_("Men, 60 or more"),
        Seat.BOYS: N_("Boys under 18"),
        Seat.DISABILITY: N_("Of all these, with a disability"),
    },
    Unresolved: {
        Unresolved.FEW: N_("less than a quarter open"),
        Unresolved.SOME: N_("a quarter to half open"),
        Unresolved.MANY: N_("more than half open"),
        Unresolved.UNSAID: N_("too few to say"),
    },
    Standing: {
        Standing.DRAFT: N_("Draft, given to nobody"),
        Standing.COMING: N_("Approved, not yet"),
        Standing.CURRENT: N_("Good today"),
        Standing.EXPIRED: N_("Expired"),
        Standing.WITHDRAWN: N_("Withdrawn"),
    },
    Occasion: {
        Occasion.COMMITTEE: N_("Committee meeting"),
        Occasion.COMMUNITY: N_("Community meeting"),
        Occasion.RADIO: N_("Radio"),
        Occasion.DISTRIBUTION: N_("Distribution"),
        Occasion.OTHER: N_("Somewhere else"),
    },
    MeetingKind: {
        MeetingKind.COMMUNITY: N_("A meeting for everybody"),
        MeetingKind.COMMITTEE: N_("A committee's meeting"),
        MeetingKind.GROUP: N_("A small group"),
    },
}

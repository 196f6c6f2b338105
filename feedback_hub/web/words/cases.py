"""What is said of a case, the person behind it, and its referrals."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.safeguarding import ConsentWay
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads.views.related import WhyLikely
from feedback_hub.web.i18n import N_

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    CaseState: {
        CaseState.RECEIVED: N_("To triage"),
        CaseState.TRIAGED: N_("To refer or answer"),
        CaseState.ANSWERED_ON_SPOT: N_("Answered on the spot"),
        CaseState.REFERRED: N_("Referred"),
        CaseState.HANDED_OFF: N_("Handed to the handlers"),
        CaseState.RESPONSE_READY: N_("Answer ready"),
        CaseState.LOOP_ATTEMPTED: N_("Person told or tried"),
        CaseState.CLOSED: N_("Closed"),
        CaseState.REOPENED: N_("Opened again"),
        CaseState.APPEALED: N_("Appealed"),
    },
    Outcome: {
        Outcome.RESOLVED: N_("Resolved"),
        Outcome.PARTLY: N_("Resolved in part"),
        Outcome.NOT_POSSIBLE: N_("Not possible, explained"),
        Outcome.INFORMATION_GIVEN: N_("Information given"),
        Outcome.DUPLICATE: N_("Same person, already answered"),
        Outcome.UNREACHABLE: N_("Person could not be reached"),
        Outcome.WITHDRAWN: N_("Person took it back"),
        Outcome.ANONYMOUS_PUBLIC: N_("Answered in public"),
        Outcome.NOT_FEEDBACK: N_("Not feedback"),
    },
    Priority: {
        Priority.P0: N_("Life in danger"),
        Priority.P1: N_("Serious harm"),
        Priority.P2: N_("Urgent"),
        Priority.P3: N_("Normal"),
        Priority.P4: N_("Question or idea"),
    },
    Sensitivity: {
        Sensitivity.L1: N_("Ordinary"),
        Sensitivity.L2: N_("Personal"),
        Sensitivity.L3: N_("Highly sensitive"),
    },
    Duty: {
        Duty.ACKNOWLEDGE: N_("Say that it arrived"),
        Duty.ACCEPT: N_("Partner accepts"),
        Duty.ANSWER: N_("Answer the person"),
        Duty.VERIFY: N_("Judge the partner's answer"),
        Duty.CALL_BACK: N_("Call back"),
    },
    WhyLikely: {
        WhyLikely.SAME_PERSON: N_("from the same number or account"),
        WhyLikely.SAME_WORDS: N_("nearly the same words"),
        WhyLikely.SAME_MATTER: N_("the same at the same site"),
    },
    ReferralState: {
        ReferralState.DRAFTED: N_("Not sent yet"),
        ReferralState.SENT: N_("Waits to be accepted"),
        ReferralState.ACCEPTED: N_("Accepted"),
        ReferralState.DECLINED: N_("Cannot take it"),
        ReferralState.RETURNED: N_("Asks a question"),
        ReferralState.EXPIRED: N_("No reaction in time"),
        ReferralState.IN_ACTION: N_("Working on it"),
        ReferralState.ANSWERED: N_("Answered, to check"),
        ReferralState.VERIFIED: N_("Answer checked"),
        ReferralState.REFERRED_ON: N_("Passed on to another"),
    },
    DeclineReason: {
        DeclineReason.NOT_OUR_SECTOR: N_("Not our kind of work"),
        DeclineReason.NOT_OUR_AREA: N_("We do not work there"),
        DeclineReason.NO_CAPACITY: N_("No staff, money or goods for it now"),
        DeclineReason.NOT_ELIGIBLE: N_("Not within the rules of our programme"),
        DeclineReason.ALREADY_SERVED: N_("Already helped"),
        DeclineReason.NOT_ENOUGH_INFORMATION: N_("Too little to go on"),
        DeclineReason.OTHER: N_("Another reason"),
    },
    Share: {
        Share.NAME: N_("with the name"),
        Share.ANONYMOUS: N_("without the name"),
        Share.NO: N_("not to be shared"),
        Share.NOT_ASKED: N_("not asked: without the name"),
    },
    Answered: {
        Answered.YES: N_("yes"),
        Answered.NO: N_("no"),
        Answered.NOT_ASKED: N_("not asked"),
    },
    ConsentWay: {
        ConsentWay.FACE_TO_FACE: N_("Face to face, alone"),
        ConsentWay.TELEPHONE: N_("By telephone"),
        ConsentWay.INTERPRETER: N_("With an interpreter"),
        ConsentWay.CAREGIVER: N_("With a caregiver, for a child"),
    },
    Sex: {
        Sex.FEMALE: N_("female"),
        Sex.MALE: N_("male"),
        Sex.OTHER: N_("other"),
        Sex.PREFER_NOT: N_("prefers not to say"),
        Sex.NOT_ASKED: N_("not asked"),
    },
    AgeBand: {
        AgeBand.UNDER_18: N_("under 18"),
        AgeBand.FROM_18: N_("18 to 39"),
        AgeBand.FROM_40: N_("40 to 59"),
        AgeBand.FROM_60: N_("60 and older"),
        AgeBand.NOT_ASKED: N_("not asked"),
    },
    Disability: {
        Disability.YES: N_("yes"),
        Disability.NO: N_("no"),
        Disability.NOT_ASKED: N_("not asked"),
    },
    PopulationGroup: {
        PopulationGroup.IDP: N_("displaced"),
        PopulationGroup.RETURNEE: N_("returned home"),
        PopulationGroup.HOST: N_("host community"),
        PopulationGroup.REFUGEE: N_("refugee"),
        PopulationGroup.OTHER: N_("other"),
        PopulationGroup.NOT_ASKED: N_("not asked"),
    },
    SpeaksFor: {
        SpeaksFor.SELF: N_("themselves"),
        SpeaksFor.OTHER: N_("somebody else"),
        SpeaksFor.COMMUNITY: N_("the community"),
        SpeaksFor.NOT_ASKED: N_("not asked"),
    },
    AccusedClass: {
        AccusedClass.AID_WORKER: N_("Aid worker"),
        AccusedClass.CONTRACTOR: N_("Contractor or supplier"),
        AccusedClass.VOLUNTEER: N_("Volunteer"),
        AccusedClass.LEADER: N_("Community leader"),
        AccusedClass.OFFICIAL: N_("Official of the state"),
        AccusedClass.SECURITY_FORCE: N_("Police or armed force"),
        AccusedClass.COMMUNITY_MEMBER: N_("Somebody of the community"),
        AccusedClass.UNKNOWN: N_("Not known"),
    },
}

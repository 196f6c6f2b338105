"""The words that people read for what the domain names, to be translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import Standing
from feedback_hub.domain.board import Occasion
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.meeting import MeetingKind
from feedback_hub.domain.message import DeliveryState, SendFault
from feedback_hub.domain.monitoring import CommitteeFault, Seat, ServiceState
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
from feedback_hub.reads.sites import Unresolved
from feedback_hub.reads.views.related import WhyLikely
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.services.records.watching import AlertKind, WebhookState
from feedback_hub.web.i18n import catalogue


def gettext(words: str, **values: object) -> str:
    """``words`` in the reader's language, filled with ``values``."""
    found = catalogue().gettext(words)
    return found % values if values else found


def N_(words: str) -> str:
    """Mark ``words`` for extraction; they are translated where they are shown."""
    return words


WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    AuditAction: {
        AuditAction.LOGGED_IN: N_("Logged in"),
        AuditAction.LOG_IN_FAILED: N_("Tried to log in and failed"),
        AuditAction.LOGGED_OUT: N_("Logged out"),
        AuditAction.SECOND_FACTOR_SET: N_("Set up a second factor"),
        AuditAction.SECOND_FACTOR_FAILED: N_("Gave a wrong code"),
        AuditAction.RECOVERY_CODES_MADE: N_("Made a recovery sheet"),
        AuditAction.RECOVERY_CODE_USED: N_("Used a code of the recovery sheet"),
        AuditAction.PASSKEY_ADDED: N_("Added a passkey"),
        AuditAction.PASSKEY_REMOVED: N_("Removed a passkey"),
        AuditAction.CASE_READ: N_("Opened a sensitive case"),
        AuditAction.FILE_READ: N_("Opened a file of a sensitive case"),
        AuditAction.LIST_READ: N_("Read the first words of sensitive cases in a list"),
        AuditAction.EXPORTED: N_("Exported a table"),
        AuditAction.ACCOUNT_ADDED: N_("Added an account"),
        AuditAction.ROLES_ADDED: N_("Gave roles"),
        AuditAction.ROLE_WITHDRAWN: N_("Took a role away"),
        AuditAction.ACCOUNT_CHANGED: N_("Changed an account's name, languages or absence"),
        AuditAction.ACCOUNT_DISABLED: N_("Disabled an account"),
        AuditAction.ACCOUNT_ENABLED: N_("Switched an account on again"),
        AuditAction.SECOND_FACTOR_RESET: N_("Reset a second factor"),
        AuditAction.PASSWORD_CHANGED: N_("Changed a password"),
        AuditAction.INVITED: N_("Made a code to choose a password with"),
        AuditAction.HANDLER_PROPOSED: N_("Proposed a handler of highly sensitive cases"),
        AuditAction.HANDLER_APPROVED: N_("Let in a handler of highly sensitive cases"),
        AuditAction.BROADCAST_STARTED: N_("Began to send information to many"),
        AuditAction.BROADCAST_STOPPED: N_("Stopped information to many"),
        AuditAction.HANDED_OVER: N_("Handed cases over"),
        AuditAction.ROSTER_CHANGED: N_("Changed who is on call"),
        AuditAction.HANDLER_DECLINED: N_("Did not let in a handler of highly sensitive cases"),
        AuditAction.TOKEN_ADDED: N_("Made an API token"),
        AuditAction.TOKEN_REVOKED: N_("Revoked an API token"),
        AuditAction.WORDING_APPROVED: N_("Approved a wording"),
        AuditAction.FRAME_CHANGED: N_("Changed the coding frame"),
        AuditAction.CLASSIFIER_CHANGED: N_("Changed the model that reads messages"),
        AuditAction.SENSITIVITY_CHANGED: N_("Changed how sensitive a case is"),
        AuditAction.SUSPICION_CONFIRMED: N_("Confirmed a case as highly sensitive"),
        AuditAction.LEARNING_ALLOWED: N_("Let the machine learn from a highly sensitive case"),
        AuditAction.LEARNING_FORBIDDEN: N_("No longer lets the machine learn from a case"),
        AuditAction.GLASS_BROKEN: N_("Opened a case in an emergency"),
        AuditAction.GLASS_CLOSED: N_("Closed a case again that was opened in an emergency"),
        AuditAction.BACKED_UP: N_("Made a backup"),
        AuditAction.RESTORED: N_("Restored a backup"),
        AuditAction.KEYS_ROTATED: N_("Changed the encryption key"),
        AuditAction.KEY_RETIRED: N_("Removed an old encryption key"),
        AuditAction.ERASED: N_("Erased what was past its time"),
        AuditAction.RETENTION_RUN: N_("Looked for what is past its time"),
        AuditAction.LEGAL_HOLD: N_("Changed a legal hold"),
        AuditAction.PERSON_ASKED: N_("Noted what a person asks of their data"),
        AuditAction.PERSON_ANSWERED: N_("Answered what a person asked of their data"),
        AuditAction.DEVICE_REGISTERED: N_("Set up a desk device"),
        AuditAction.DEVICE_REVOKED: N_("Took a desk device out of use"),
        AuditAction.DEVICE_RESTORED: N_("Brought a desk device back into use"),
        AuditAction.DEVICE_RESCUED: N_("Opened a desk device without its PIN"),
        AuditAction.PERSON_EXPORTED: N_("Gave a person what is kept of them"),
        AuditAction.PERSON_ERASED: N_("Erased a person at their request"),
    },
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
    ConsentWay: {
        ConsentWay.FACE_TO_FACE: N_("Face to face, alone"),
        ConsentWay.TELEPHONE: N_("By telephone"),
        ConsentWay.INTERPRETER: N_("With an interpreter"),
        ConsentWay.CAREGIVER: N_("With a caregiver, for a child"),
    },
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
    DeliveryState: {
        DeliveryState.QUEUED: N_("waits to be sent"),
        DeliveryState.ATTEMPTING: N_("being sent"),
        DeliveryState.OUTCOME_UNKNOWN: N_("not known whether it arrived"),
        DeliveryState.SENT: N_("sent"),
        DeliveryState.DELIVERED: N_("delivered"),
        DeliveryState.READ: N_("read"),
        DeliveryState.FAILED: N_("not delivered"),
        DeliveryState.EXPIRED: N_("not delivered in time"),
        DeliveryState.WITHHELD: N_("not sent"),
    },
    Way: {
        Way.CALL: N_("by telephone"),
        Way.DESK: N_("at the desk"),
    },
    WhyLikely: {
        WhyLikely.SAME_PERSON: N_("from the same number or account"),
        WhyLikely.SAME_WORDS: N_("nearly the same words"),
        WhyLikely.SAME_MATTER: N_("the same at the same site"),
    },
    CallReason: {
        CallReason.REQUEST: N_("Asks to be called"),
        CallReason.ANSWER: N_("Has an answer to hear"),
        CallReason.NOT_DELIVERED: N_("The text did not arrive"),
        CallReason.NOT_REACHED: N_("Calls reached nobody"),
        CallReason.SAFE_CONTACT: N_("Safe contact"),
    },
    CallResult: {
        CallResult.TOLD: N_("reached"),
        CallResult.NO_ANSWER: N_("nobody reached"),
        CallResult.WRONG_PERSON: N_("another person, nothing was said"),
        CallResult.LATER: N_("asked for another time"),
        CallResult.DROPPED: N_("no longer needed"),
    },
    SendFault: {
        SendFault.OPTED_OUT: N_("the person asked for no more messages"),
        SendFault.BAD_ADDRESS: N_("the number does not exist"),
        SendFault.UNREACHABLE: N_("the phone could not be reached"),
        SendFault.BLOCKED: N_("the operator blocks it"),
        SendFault.CREDENTIALS: N_("the provider refused our account"),
        SendFault.RATE_LIMITED: N_("too many at once"),
        SendFault.PROVIDER_DOWN: N_("the provider is out of reach"),
        SendFault.REFUSED: N_("the provider refused it"),
        SendFault.NO_ANSWER: N_("the provider did not answer"),
    },
    AttachmentKind: {
        AttachmentKind.PHOTO: N_("Photo"),
        AttachmentKind.VOICE: N_("Voice message"),
        AttachmentKind.VIDEO: N_("Video"),
        AttachmentKind.DOCUMENT: N_("Document"),
        AttachmentKind.FILE: N_("File"),
    },
    AttachmentFault: {
        AttachmentFault.TOO_LARGE: N_("it is too large"),
        AttachmentFault.GONE: N_("the provider does not have it any more"),
        AttachmentFault.NOT_HELD: N_("the channel does not give it to us"),
        AttachmentFault.CREDENTIALS: N_("the provider refused our account"),
        AttachmentFault.PROVIDER_DOWN: N_("the provider is out of reach"),
        AttachmentFault.UNREADABLE: N_("the picture is damaged or of a kind we cannot open"),
        AttachmentFault.INFECTED: N_("the virus scanner found something in it"),
        AttachmentFault.NO_SCANNER: N_("the virus scanner does not answer"),
        AttachmentFault.BROKEN: N_("something went wrong here"),
    },
    Withheld: {
        Withheld.HIGHLY_SENSITIVE: N_("A highly sensitive case gets no text."),
        Withheld.STOPPED: N_("The person asked for no more messages."),
        Withheld.NO_CONSENT: N_("The person does not want to be contacted."),
        Withheld.NO_ADDRESS: N_("We have no number or address."),
        Withheld.NOT_ASKED: N_("The person rang, and was not asked whether we may write."),
        Withheld.NO_APPROVED_WORDING: N_("The wording is a draft: nobody has approved it yet."),
        Withheld.NOT_FOR_TEXT: N_("This answer is not approved for texts, or no longer true."),
        Withheld.CALLED_OFF: N_("It was stopped before this text went."),
        Withheld.TOLD_ENOUGH: N_("The person got enough such texts for one day."),
        Withheld.CONTENT_NOT_AGREED: N_(
            "The person has not agreed that a text says what it is about."
        ),
    },
    Purpose: {
        Purpose.ACKNOWLEDGEMENT: N_("Message arrived"),
        Purpose.ANSWER_READY: N_("We have an answer"),
        Purpose.ANSWER: N_("The answer itself"),
        Purpose.STOPPED: N_("No more messages"),
        Purpose.RESUMED: N_("Messages again"),
        Purpose.STATUS: N_("Question about a case"),
        Purpose.WELCOME: N_("Welcome in a chat"),
        Purpose.NEWS_ON: N_("Information: from now on"),
        Purpose.NEWS_OFF: N_("Information: no more"),
        Purpose.BROADCAST: N_("Information to many"),
        Purpose.INTERIM: N_("It takes longer"),
        Purpose.ASK_LANGUAGE: N_("Question: which language?"),
        Purpose.ASK_CONSENT: N_("Question: may we share it without the name?"),
        Purpose.ASK_SITE: N_("Question: which site?"),
        Purpose.ASK_SAFE: N_("Question: is it safe to answer on this phone?"),
        Purpose.ASK_SATISFACTION: N_("Question: did the answer help?"),
        Purpose.SCRIPT_CONSENT: N_("At the help desk: before anything is written down"),
        Purpose.SCRIPT_OPENING: N_("Calling back: who is there?"),
        Purpose.SCRIPT_PRIVACY: N_("Calling back: the right person, alone?"),
        Purpose.SCRIPT_ANSWER: N_("Calling back: the answer"),
        Purpose.SCRIPT_REQUEST: N_("Calling back: they asked for a call"),
        Purpose.SCRIPT_WRONG_PERSON: N_("Calling back: somebody else answers"),
        Purpose.VOICE_WELCOME: N_("Call: welcome"),
        Purpose.VOICE_LANGUAGE: N_("Call: choose this language (its key is said after it)"),
        Purpose.VOICE_MENU: N_("Call: the menu"),
        Purpose.VOICE_MENU_PERSON: N_("Call: the menu's line for reaching a person"),
        Purpose.VOICE_MAY_RECORD: N_("Call: may we record?"),
        Purpose.VOICE_MAY_CONTACT: N_("Call: is it safe to ring or text this number?"),
        Purpose.VOICE_ASK_CONSENT: N_("Call: may we share it without the name?"),
        Purpose.VOICE_ASK_SITE: N_("Call: which site? The sites and their keys follow."),
        Purpose.VOICE_RECORD: N_("Call: speak after the tone"),
        Purpose.VOICE_THANKS: N_("Call: message arrived"),
        Purpose.VOICE_REFERENCE: N_("Call: before the case number is said"),
        Purpose.VOICE_SECRET: N_("Call: before the secret number is said"),
        Purpose.VOICE_AGAIN: N_("Call: we say it again"),
        Purpose.VOICE_NUMBERS: N_("Call: key case number and secret"),
        Purpose.VOICE_STATE: N_("Call: the one answer about a case"),
        Purpose.VOICE_CONNECTING: N_("Call: putting through"),
        Purpose.VOICE_NOBODY: N_("Call: nobody can answer now"),
        Purpose.VOICE_OFFER_CALL: N_("Call: shall we call back?"),
        Purpose.VOICE_WILL_CALL: N_("Call: we will call back"),
        Purpose.VOICE_NO_NUMBER: N_("Call: your number is hidden"),
        Purpose.VOICE_NOT_UNDERSTOOD: N_("Call: that key does nothing"),
        Purpose.VOICE_GOODBYE: N_("Call: goodbye"),
    },
    AlertKind: {
        AlertKind.SILENT_CHANNEL: N_("Nothing comes in any more"),
        AlertKind.PULL_FAILS: N_("What came cannot be fetched"),
        AlertKind.CATCH_UP_FAILS: N_("What was missed cannot be fetched"),
        AlertKind.ACCOUNT_FAILS: N_("The account does not work"),
        AlertKind.WEBHOOK_ELSEWHERE: N_("The provider does not call this hub"),
        AlertKind.FLOOD: N_("Far more comes in than usual"),
        AlertKind.SENDS_FAIL: N_("Texts do not go out"),
        AlertKind.COST_LIMIT: N_("Today's limit of texts is reached: answers wait until tomorrow"),
        AlertKind.NOT_TAKEN: N_("Something urgent rings, and nobody has taken it yet"),
        AlertKind.NOBODY_ON_CALL: N_("Something urgent came, and nobody could be rung"),
        AlertKind.TOKEN_EXPIRES: N_("An access token is about to expire"),
        AlertKind.DISK_LOW: N_("The disk is nearly full"),
        AlertKind.BACKUP_OLD: N_("There is no fresh backup"),
        AlertKind.WORK_WAITS: N_("Work waits far too long"),
        AlertKind.SET_ASIDE: N_("Work was given up on"),
        AlertKind.CERTIFICATE_EXPIRES: N_("The certificate is about to expire"),
        AlertKind.WORKER_BROKE_OFF: N_("A worker broke off; its work is done again"),
    },
    NoticeKind: {
        NoticeKind.REMINDER: N_("Time is getting short for something"),
        NoticeKind.OVERDUE: N_("Something is overdue"),
        NoticeKind.EXPIRED: N_("A partner did not react in time"),
        NoticeKind.URGENT: N_("An urgent case waits for you"),
        NoticeKind.REFERRED: N_("A referral waits for you"),
        NoticeKind.RESUMED: N_("Your question was answered"),
        NoticeKind.SENT_BACK: N_("More is needed on a referral"),
        NoticeKind.ANSWERED: N_("A partner answered"),
        NoticeKind.RETURNED: N_("A partner asks something"),
        NoticeKind.DECLINED: N_("A partner cannot take a referral"),
        NoticeKind.GLASS_BROKEN: N_("Somebody opened a case in an emergency"),
        NoticeKind.DATA_DUE: N_("Somebody waits for an answer about their data"),
        NoticeKind.UNREACHED: N_("Nobody at the partner could be told: ring them"),
    },
    Occasion: {
        Occasion.COMMITTEE: N_("Committee meeting"),
        Occasion.COMMUNITY: N_("Community meeting"),
        Occasion.RADIO: N_("Radio"),
        Occasion.DISTRIBUTION: N_("Distribution"),
        Occasion.OTHER: N_("Somewhere else"),
    },
    WebhookState: {
        WebhookState.OURS: N_("calls this hub"),
        WebhookState.ELSEWHERE: N_("calls another address"),
        WebhookState.NOWHERE: N_("calls nobody"),
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
    MeetingKind: {
        MeetingKind.COMMUNITY: N_("A meeting for everybody"),
        MeetingKind.COMMITTEE: N_("A committee's meeting"),
        MeetingKind.GROUP: N_("A small group"),
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
    Role: {
        Role.DESK: N_("Help desk"),
        Role.CASE_MANAGER: N_("Case manager"),
        Role.FOCAL_POINT: N_("Focal point"),
        Role.PROTECTION: N_("Protection handler"),
        Role.COORDINATOR: N_("Cluster coordinator"),
        Role.ADMIN: N_("Administrator"),
        Role.AUDITOR: N_("Auditor"),
        Role.MECHANISM: N_("Other mechanism"),
    },
}
"""Every word set a page shows. A test asserts that each member of each set has its words."""

SECTOR_SHORT: Mapping[Sector, str] = {
    Sector.CCCM: N_("CCCM"),
    Sector.SHELTER: N_("Shelter"),
    Sector.NFI: N_("Household"),
    Sector.FOOD: N_("Food"),
    Sector.WASH: N_("WASH"),
    Sector.HEALTH: N_("Health"),
    Sector.NUTRITION: N_("Nutrition"),
    Sector.EDUCATION: N_("Education"),
    Sector.PROTECTION: N_("Protection"),
    Sector.GBV: N_("GBV"),
    Sector.CHILD_PROTECTION: N_("Child prot."),
    Sector.MINE_ACTION: N_("Mine action"),
    Sector.LOGISTICS: N_("Logistics"),
    Sector.MULTI: N_("Several"),
}

LANGUAGES = {
    "por": "Português",
    "eng": "English",
    "vmw": "Emakhuwa",
    "mgh": "Meetto",
    "kde": "Shimakonde",
    "wmw": "Kimwani",
    "seh": "Cisena",
    "ndc": "Cindau",
    "bwg": "Cibarke",
    "twx": "Ciutee",
    "mxc": "Cimanyika",
    "eko": "Ekoti",
    "swh": "Kiswahili",
    "tso": "Xichangana",
    "fra": "Français",
}
"""Names of languages in themselves (DOMAIN.md, Languages)."""


def word(value: StrEnum) -> str:
    """The words for a member of any set in ``WORDS``. Raises ``KeyError`` for another set."""
    return gettext(WORDS[type(value)][value])

"""What a reader is shown for a code, an enumerated word or a time, in their language.

``install`` makes these functions known to every template. Words are translated at the moment of
use; the tables below only name them (``N_`` marks a string for extraction).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flask import Flask
from flask_babel import format_date, format_datetime, format_decimal, get_locale
from flask_babel import gettext as _gettext

from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import Standing
from feedback_hub.domain.board import Occasion
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.coding import SECTOR_LABELS, TYPE_LABELS, CodingFrame, FeedbackType, Sector
from feedback_hub.domain.consent import Answered, Share
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.events import EventKind
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
from feedback_hub.reads.views.conversation import HistoryLine
from feedback_hub.reads.views.related import WhyLikely
from feedback_hub.services.records import Alert, AlertKind, NoticeKind, WebhookState
from feedback_hub.web.pictograms import sector_sign


def gettext(words: str, **values: object) -> str:
    """``words`` in the reader's language, filled with ``values`` (Flask-Babel is untyped)."""
    return str(_gettext(words, **values))


def N_(words: str) -> str:  # noqa: N802  gettext's own name for it
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

HISTORY: Mapping[EventKind, str] = {
    EventKind.RECEIVED: N_("The message arrived"),
    EventKind.MESSAGE_ADDED: N_("The person wrote again"),
    EventKind.CLASSIFIED: N_("The machine suggested: %(code)s"),
    EventKind.SUSPECTED: N_("The machine suspects that it is highly sensitive"),
    EventKind.CONFIRMED: N_("Confirmed as highly sensitive"),
    EventKind.TRIAGED: N_("Triaged: %(code)s"),
    EventKind.TRIAGE_UNDONE: N_("The triage was taken back"),
    EventKind.ANSWERED_ON_SPOT: N_("The person was told on the spot"),
    EventKind.REFERRED: N_("Referred"),
    EventKind.HANDED_OFF: N_("Handed to the handlers"),
    EventKind.RESPONSE_READY: N_("The answer is ready: %(outcome)s"),
    EventKind.LOOP_ATTEMPTED: N_("Tried to tell the person: %(method)s"),
    EventKind.CLOSED: N_("Closed: %(outcome)s"),
    EventKind.REOPENED: N_("Opened again"),
    EventKind.APPEALED: N_("The person disagrees"),
    EventKind.PLACED: N_("The site was set"),
    EventKind.NOTED: N_("A note was written"),
    EventKind.TAGGED: N_("A tag was put on"),
    EventKind.UNTAGGED: N_("A tag was taken off"),
    EventKind.ASSIGNED: N_("Given to %(owner)s"),
    EventKind.SENSITIVITY_CHANGED: N_("Sensitivity changed from %(from)s to %(to)s"),
    EventKind.LINKED: N_("Linked with another"),
    EventKind.UNLINKED: N_("A link was taken away"),
    EventKind.SPLIT: N_("A part was moved to another case"),
    EventKind.TRANSLATED: N_("Translated"),
    EventKind.STATUS_ASKED: N_("The person asked how it stands"),
    EventKind.DIALOGUE_ANSWERED: N_("The person answered a question of ours"),
    EventKind.SATISFACTION: N_("The person said how good the answer is: %(score)s"),
    EventKind.CONDUCT_REPORTED: N_("The conduct was reported to the PSEA channel"),
    EventKind.SERVICE_REFERRED: N_("Brought to a service of their choice: %(organisation)s"),
    EventKind.ACKNOWLEDGED: N_("The person was told that it arrived"),
    EventKind.WITHHELD: N_("A text was not sent"),
    EventKind.DELIVERY: N_("News of a text"),
    EventKind.CALL_LISTED: N_("To be reached %(way)s: %(why)s"),
    EventKind.CALL_CLAIMED: N_("Took on the call and saw the number"),
    EventKind.CALLED: N_("Tried %(way)s: %(result)s"),
    EventKind.REMINDED: N_("Whoever owes something was reminded"),
    EventKind.ESCALATED: N_("Time is up: those above were told"),
    EventKind.CONSENT_REVIEWED: N_("Asked the person anew what may be done with it"),
    EventKind.INTERIM_NOTICE: N_("The person is told that it takes longer"),
    EventKind.RUNG: N_("A handler on call was rung"),
    EventKind.RING_TAKEN: N_("Said that they take it"),
    EventKind.REFERRAL_DRAFTED: N_("A referral to %(organisation)s was drafted"),
    EventKind.REFERRAL_SENT: N_("Referred to %(organisation)s"),
    EventKind.REFERRAL_ACCEPTED: N_("%(organisation)s accepted"),
    EventKind.REFERRAL_DECLINED: N_("%(organisation)s cannot take it: %(reason)s"),
    EventKind.REFERRAL_RETURNED: N_("%(organisation)s asked a question"),
    EventKind.REFERRAL_RESUMED: N_("The question of %(organisation)s was answered"),
    EventKind.REFERRAL_EXPIRED: N_("%(organisation)s did not react in time"),
    EventKind.REFERRAL_STARTED: N_("%(organisation)s is working on it"),
    EventKind.REFERRAL_ANSWERED: N_("%(organisation)s answered: %(outcome)s"),
    EventKind.REFERRAL_VERIFIED: N_("The answer of %(organisation)s was checked and is good"),
    EventKind.REFERRAL_SENT_BACK: N_("The answer of %(organisation)s is not enough yet"),
    EventKind.REFERRED_ON: N_("%(organisation)s passed it on"),
    EventKind.LINK_OPENED: N_("%(organisation)s opened it by its link"),
    EventKind.LINKS_REVOKED: N_("The links of %(organisation)s were stopped"),
}

METHODS = {
    "message": N_("by text"),
    "call": N_("by call"),
    "desk": N_("at the desk"),
    "in_person": N_("in person"),
    "public": N_("in public"),
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

_HTML_LANG = {"por": "pt-MZ", "eng": "en", "swh": "sw", "tso": "ts", "fra": "fr"}


def reader_language() -> str:
    """The reader's language as ISO 639-3."""
    locale = get_locale()
    return "por" if locale is not None and locale.language == "pt" else "eng"


def html_lang(code: str) -> str:
    """A language (ISO 639-3) as the ``lang`` attribute wants it; empty when unknown."""
    return "" if code == "und" else _HTML_LANG.get(code, code)


def language_name(code: str) -> str:
    """A language's own name; the code where we know none."""
    return LANGUAGES.get(code, code)


def word(value: StrEnum) -> str:
    """The words for a member of any set in ``WORDS``. Raises ``KeyError`` for another set."""
    return gettext(WORDS[type(value)][value])


def state_label(state: str) -> str:
    """A case's or a referral's state in words; plain text is taken for a case's."""
    if isinstance(state, ReferralState | CaseState):
        return word(state)
    return word(CaseState(state))


def sector_label(code: str) -> str:
    """A sector's full name."""
    return SECTOR_LABELS[Sector(code)].in_language(reader_language())


def sector_short(code: str) -> str:
    """A sector's name for a narrow column."""
    return gettext(SECTOR_SHORT[Sector(code)])


def type_label(code: str) -> str:
    """A type of the frame in words."""
    return TYPE_LABELS[FeedbackType(code or "other")].in_language(reader_language())


def exact(at: datetime) -> str:
    """A time in the hub's time zone, as the reader writes it: 12 Nov 2025, 09:14."""
    return str(format_datetime(at, "d MMM y, HH:mm"))


def day_of(day: date) -> str:
    """A day as the reader writes it: 12 Nov 2025."""
    return str(format_date(day, "d MMM y"))


def own_label(field: CustomField) -> str:
    """A question of the hub's own."""
    return field.label.in_language(reader_language())


def own_choices(field: CustomField) -> list[tuple[str, str]]:
    """What a form offers for it; the first is that it was not asked."""
    offered = [(word, own_answer(field, word)) for word in field.choices or {}]
    return [("", gettext("Not asked")), *offered]


def own_answer(field: CustomField, said: str) -> str:
    """An answer to a question of the hub's own; a choice in words."""
    return field.shown(said, reader_language())


def purpose_label(value: str) -> str:
    """What a text of ours is for, in words."""
    return word(Purpose(value))


def way_label(value: str) -> str:
    """How people reach a person, in words."""
    return word(Way(value))


def number(value: float) -> str:
    """A number as the reader writes it."""
    return str(format_decimal(value))


def span(seconds: float) -> str:
    """A length of time in its largest sensible unit: 3 d, 2 h, 5 min."""
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return gettext("%(n)s min", n=max(1, minutes))
    if minutes < 48 * 60:
        return gettext("%(n)s h", n=minutes // 60)
    return gettext("%(n)s d", n=minutes // (24 * 60))


def outcome_choices(outcomes: Iterable[str]) -> list[tuple[str, str]]:
    """Outcomes as choices of a form."""
    return [(str(outcome), word(Outcome(outcome))) for outcome in outcomes]


def decline_choices() -> list[tuple[str, str]]:
    """Why a partner cannot take a referral, as choices of a form."""
    return [(reason.value, word(reason)) for reason in DeclineReason]


def history_sentence(line: HistoryLine, label: Callable[[str], str]) -> str:
    """What happened, in one sentence. Codes among the values become words."""
    values = dict(line.values)
    for key, words in (("outcome", Outcome), ("reason", DeclineReason)):
        if values.get(key):
            values[key] = word(words(values[key]))
    said: tuple[tuple[str, type[StrEnum]], ...] = (
        ("way", Way),
        ("why", CallReason),
        ("result", CallResult),
    )
    for key, one_of in said:
        if key in values:
            values[key] = word(one_of(values[key]))
    for key in ("from", "to"):
        if key in values:
            values[key] = word(Sensitivity(values[key]))
    if "code" in values:
        values["code"] = label(values["code"])
    if "method" in values:
        method = METHODS[values["method"]]
        values["method"] = gettext(method)
    if "satisfied" in values:
        score, said_yes = values.get("score"), values["satisfied"] == "yes"
        content = gettext("good") if said_yes else gettext("not good")
        values["score"] = gettext("%(score)s of 5", score=score) if score else content
    known = {"code": "", "outcome": "", "method": "", "owner": "", "organisation": "", "reason": ""}
    return gettext(HISTORY[line.event], **(known | values)).rstrip(": ")


@dataclass(frozen=True)
class Words:
    """The functions that need to know the frame, the places, the channels and the time."""

    frame: CodingFrame
    site_name: Callable[[str], str]
    channel_label: Callable[[str], str]
    clock: Callable[[], datetime]

    def label(self, value: str) -> str:
        """A member of a word set, a code of the frame, a priority or level; else as it stands."""
        if isinstance(value, StrEnum):
            return word(value)
        if value in self.frame:
            return self.frame[value].label.in_language(reader_language())
        for words in (Priority, Sensitivity, SendFault):
            if value in set(words):
                return word(words(value))
        return sector_label(value) if value in set(Sector) else value

    def ago(self, at: datetime) -> str:
        """How long ago."""
        passed = (self.clock() - at).total_seconds()
        return gettext("just now") if passed < 60 else gettext("%(span)s ago", span=span(passed))

    def due(self, at: datetime) -> str:
        """How much time is left, or by how much it is overdue."""
        left = (at - self.clock()).total_seconds()
        if left < 0:
            return gettext("%(span)s overdue", span=span(left))
        return gettext("%(span)s left", span=span(left))

    def alert_line(self, alert: Alert) -> str:
        """What is wrong, in one sentence, with the figures that go with it."""
        if alert.kind is AlertKind.SILENT_CHANNEL:
            silence = self.clock() - datetime.fromisoformat(alert.detail["since"])
            return gettext(
                "Nothing came in for %(silence)s; usual is one message every %(usual)s.",
                silence=span(silence.total_seconds()),
                usual=span(float(alert.detail["usual"])),
            )
        fault, code = alert.detail.get("fault", ""), alert.detail.get("code", "")
        why = (self.label(fault) + (f" ({code})" if code else "")) if fault else code
        return f"{word(alert.kind)}: {why}." if why else f"{word(alert.kind)}."

    def history_line(self, line: HistoryLine) -> str:
        """What happened, in one sentence."""
        return history_sentence(line, self.label)


def install(app: Flask, words: Words) -> None:
    """Give every template these functions, as globals so that macros see them too."""
    app.extensions["feedback_hub_words"] = words
    app.jinja_env.globals.update(
        label=words.label,
        site_name=words.site_name,
        channel_label=words.channel_label,
        ago=words.ago,
        due=words.due,
        history_line=words.history_line,
        alert_line=words.alert_line,
        span=span,
        state_label=state_label,
        sector_label=sector_label,
        sector_short=sector_short,
        sector_sign=sector_sign,
        type_label=type_label,
        language_name=language_name,
        purpose_label=purpose_label,
        way_label=way_label,
        html_lang=html_lang,
        outcome_choices=outcome_choices,
        decline_choices=decline_choices,
        exact=exact,
        own_label=own_label,
        own_answer=own_answer,
        own_choices=own_choices,
        day_of=day_of,
        number=number,
    )
    app.jinja_env.filters["language_name"] = language_name
    app.jinja_env.filters["label"] = words.label
    app.jinja_env.filters["sector_short"] = sector_short

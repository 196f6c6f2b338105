"""What is said of texts, calls and files, on their way in and out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind
from feedback_hub.domain.call_back import CallReason, CallResult, Way
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.message import DeliveryState, SendFault
from feedback_hub.web.i18n import N_

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
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
    Way: {
        Way.CALL: N_("by telephone"),
        Way.DESK: N_("at the desk"),
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
}

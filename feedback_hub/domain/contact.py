"""A contact point (a number, a chat) and what may be sent to it.

A shared phone is one contact point with several possible people: cases are never merged by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.sensitivity import Sensitivity


class Purpose(StrEnum):
    """What a text to a person is for; one approved wording per purpose and language.

    Those of ``voice_`` are the prompts of a call; ``channels/_ivr.py`` says when each is heard.
    Those of ``script_`` are read out by whoever calls a person back, ``script_consent`` at a desk.
    """

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER_READY = "answer_ready"
    ANSWER = "answer"
    STOPPED = "stopped"
    RESUMED = "resumed"
    STATUS = "status"
    WELCOME = "welcome"
    NEWS_ON = "news_on"
    NEWS_OFF = "news_off"
    BROADCAST = "broadcast"
    INTERIM = "interim"
    ASK_LANGUAGE = "ask_language"
    ASK_CONSENT = "ask_consent"
    ASK_SITE = "ask_site"
    ASK_SAFE = "ask_safe"
    ASK_SATISFACTION = "ask_satisfaction"
    SCRIPT_CONSENT = "script_consent"
    SCRIPT_OPENING = "script_opening"
    SCRIPT_PRIVACY = "script_privacy"
    SCRIPT_ANSWER = "script_answer"
    SCRIPT_REQUEST = "script_request"
    SCRIPT_WRONG_PERSON = "script_wrong_person"
    VOICE_WELCOME = "voice_welcome"
    VOICE_LANGUAGE = "voice_language"
    VOICE_MENU = "voice_menu"
    VOICE_MENU_PERSON = "voice_menu_person"
    VOICE_MAY_RECORD = "voice_may_record"
    VOICE_MAY_CONTACT = "voice_may_contact"
    VOICE_ASK_CONSENT = "voice_ask_consent"
    VOICE_ASK_SITE = "voice_ask_site"
    VOICE_RECORD = "voice_record"
    VOICE_THANKS = "voice_thanks"
    VOICE_REFERENCE = "voice_reference"
    VOICE_SECRET = "voice_secret"  # noqa: S105  what it is about, not one
    VOICE_AGAIN = "voice_again"
    VOICE_NUMBERS = "voice_numbers"
    VOICE_STATE = "voice_state"
    VOICE_CONNECTING = "voice_connecting"
    VOICE_NOBODY = "voice_nobody"
    VOICE_OFFER_CALL = "voice_offer_call"
    VOICE_WILL_CALL = "voice_will_call"
    VOICE_NO_NUMBER = "voice_no_number"
    VOICE_NOT_UNDERSTOOD = "voice_not_understood"
    VOICE_GOODBYE = "voice_goodbye"

    @property
    def is_spoken(self) -> bool:
        """Whether a machine or a recording says it to a caller."""
        return self.value.startswith("voice_")

    @property
    def is_read_out(self) -> bool:
        """Whether one of us reads it to the person, face to face or in a call."""
        return self.value.startswith("script_")

    @property
    def is_texted(self) -> bool:
        """Whether it goes out in writing, where each letter counts."""
        return not self.is_spoken and not self.is_read_out


class Step(StrEnum):
    """What a person may be asked after their message; ``dialogue`` holds the questions."""

    LANGUAGE = "language"
    CONSENT = "consent"
    SITE = "site"
    SAFE = "safe"
    SATISFACTION = "satisfaction"


@dataclass(eq=False)
class Contact:
    """One address on one channel account. The address and name are sealed; only the index finds it.

    ``private_phone`` and ``may_leave_message``: what the person said of it, "not asked" included.
    ``paced_to``: how far hearing it is paced; ``texted_to``: until when nothing more goes there.
    ``asking`` is the question that waits for an answer since ``asked_at`` (UTC), ``asking_case``
    the case it was asked about or empty. ``news_at``: since when they want general information.
    """

    id: str
    channel: str
    address_index: str
    key_id: str
    address_sealed: bytes
    created_at: datetime
    name_sealed: bytes | None = None
    name_key_id: str | None = None
    language: str = "und"
    stopped_at: datetime | None = None
    private_phone: Answered = Answered.NOT_ASKED
    may_leave_message: Answered = Answered.NOT_ASKED
    safe_time_sealed: bytes | None = None
    safe_time_key_id: str | None = None
    paced_to: datetime | None = None
    texted_to: datetime | None = None
    site: str = ""
    asking: Step | None = None
    asking_case: str = ""
    asked_at: datetime | None = None
    news_at: datetime | None = None


@dataclass(frozen=True)
class FromBank:
    """What counts for an answer that was taken word for word from the information bank.

    ``for_text``: it was approved to be texted and is true today. ``unasked``: the hub's setting
    lets it go back on the channel the question came by, though nobody asked the person.
    """

    for_text: bool
    unasked: bool


class Withheld(StrEnum):
    """Why nothing is sent. Shown to those who may see the case."""

    HIGHLY_SENSITIVE = "highly_sensitive"
    STOPPED = "stopped"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    NOT_ASKED = "not_asked"
    NO_APPROVED_WORDING = "no_approved_wording"
    CONTENT_NOT_AGREED = "content_not_agreed"
    NOT_FOR_TEXT = "not_for_text"
    TOLD_ENOUGH = "told_enough"
    CALLED_OFF = "called_off"


def why_not(
    purpose: Purpose,
    *,
    sensitivity: Sensitivity,
    consent: Consent,
    stopped: bool,
    bank: FromBank | None = None,
) -> Withheld | None:
    """Whether an automatic text may go to a person: None if it may, else why not.

    The one function that decides (DOMAIN.md, Loop back). L3, suspected too: no text at all. A
    person who stopped gets the one legal confirmation and nothing else. A text with content
    needs an explicit yes and an L1 case; one from the information bank (``bank``) must be approved
    for it, and may by setting do without having asked, but not against a no.
    """
    if purpose in {Purpose.STOPPED, Purpose.RESUMED}:
        return None
    if sensitivity is Sensitivity.L3:
        return Withheld.HIGHLY_SENSITIVE
    if stopped:
        return Withheld.STOPPED
    if not consent.may_contact:
        return Withheld.NO_CONSENT
    if purpose is not Purpose.ANSWER:
        return None
    if bank is not None and not bank.for_text:
        return Withheld.NOT_FOR_TEXT
    unasked = bank is not None and bank.unasked
    agreed = consent.may_carry_content or (
        unasked and consent.content_in_text is Answered.NOT_ASKED
    )
    if not agreed or sensitivity is not Sensitivity.L1:
        return Withheld.CONTENT_NOT_AGREED
    return None

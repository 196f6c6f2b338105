"""A record handed in over the API, from its JSON (CONTRACT, Bodies: intake)."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.base import phone_address
from feedback_hub.domain.consent import Consent, Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.message import UPLOADED, Attachment, InboundMessage, MessageKind
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    Person,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission, safe_time, wants_text
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub

DESK = "desk"
PAPER = "paper"
"""A form on paper that is typed later: the day on it and the moment of typing are both kept."""
BOX, MEETING = "suggestion_box", "meeting"
"""How the matters of a batch came."""
MOST_FILES = 6
"""Files that one record may announce."""
_CLOCK_SKEW = timedelta(minutes=5)


def read_submission(body: Body, now: datetime, country: str) -> Submission:
    """The submission in ``body``. Raises ``Invalid`` naming the field.

    A phone number without a country code is one of ``country`` (ISO 3166-1).

    The phone is written to only if the person wants to hear by text: not asked means that the
    answer comes the way the matter came, at the desk (DOMAIN.md, One record).
    """
    contact, consent, accused = body.part("contact"), body.part("consent"), body.part("accused")
    channel = body.text("channel", most=60) or DESK
    phone = contact.text("phone", most=60).strip()
    agreed = consent.answered("contact")
    how = contact.text("how", most=60)
    codes = body.texts("codes")
    files = _files(body)
    text = body.text("text", needed=not (codes or files))
    received_at = body.when("received_at") or now
    return Submission(
        message=InboundMessage(
            external_id=body.uuid("submission_id"),
            # A device whose clock runs ahead must not make a case from the future.
            received_at=received_at if received_at <= now + _CLOCK_SKEW else now,
            text=text,
            sender=phone,
            address=phone_address(phone, country) if phone else "",
            kind=MessageKind.FORM,
            language=_language(body),
            site=body.text("site", most=64).strip(),
            sender_name=contact.text("name", most=200).strip(),
            sent_at=body.when("received_at"),
            attachments=files,
        ),
        channel=channel,
        by_text=bool(phone) and wants_text(how, agreed),
        person=_person(body.part("person")),
        consent=Consent(
            record=consent.answered("record"),
            share=consent.word("share", Share) or Share.NOT_ASKED,
            contact=agreed,
            content_in_text=consent.answered("content_in_text"),
        ),
        private_phone=contact.answered("private"),
        leave_message=contact.answered("leave_message"),
        news=contact.answered("news"),
        safe_time=safe_time(contact.text("when", most=200), how),
        place=body.text("place", most=200).strip(),
        accused_organisation=accused.text("organisation", most=64).strip(),
        accused_class=accused.word("class", AccusedClass),
        codes=codes,
        sensitivity=body.word("sensitivity", Sensitivity),
        fields=body.part("fields").answers(),
        tags=body.texts("tags"),
        device_at=body.when("device_at"),
    )


def _files(body: Body) -> tuple[Attachment, ...]:
    """What is said of the files that follow, each sent apart (``services.uploads``)."""
    most = current_hub().config.attachments.max_bytes
    files = []
    for one in body.parts("files", most=MOST_FILES):
        size = one.number("size") or 0
        if not 0 < size <= most:
            raise one.invalid("size", f"must be 1 to {most}")
        files.append(Attachment(UPLOADED, one.text("type", most=100), size=size))
    return tuple(files)


def _person(body: Body) -> Person:
    return Person(
        sex=body.word("sex", Sex) or Sex.NOT_ASKED,
        age_band=body.word("age_band", AgeBand) or AgeBand.NOT_ASKED,
        disability=body.word("disability", Disability) or Disability.NOT_ASKED,
        group=body.word("group", PopulationGroup) or PopulationGroup.NOT_ASKED,
        speaks_for=body.word("speaks_for", SpeaksFor) or SpeaksFor.NOT_ASKED,
    )


def _language(body: Body) -> str:
    code = body.text("language", most=8).strip().lower() or "und"
    if len(code) != len("por") or not code.isascii() or not code.isalpha():
        raise Invalid("language", "must be an ISO 639-3 code such as por, eng or vmw")
    return code

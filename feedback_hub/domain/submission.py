"""A whole record that somebody filled in: what was said, and everything a form asks besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.person import AccusedClass, Person
from feedback_hub.domain.sensitivity import Sensitivity


@dataclass(frozen=True)
class Submission:
    """One record a desk, a form or another system hands in (CONTRACT, Bodies: intake).

    ``channel`` is how the matter came; empty from a channel, whose account's name it is then.
    ``fields`` are the answers to the hub's own questions, by name.
    ``device_at`` is what the clock of the desk's device showed, right or wrong (UTC).
    ``by_text`` says that the person may be written to at ``message.address``, a phone number;
    ``news``, that they want general information there.
    """

    message: InboundMessage
    channel: str = ""
    by_text: bool = False
    person: Person = field(default_factory=Person)
    consent: Consent = field(default_factory=Consent)
    private_phone: Answered = Answered.NOT_ASKED
    leave_message: Answered = Answered.NOT_ASKED
    safe_time: str = ""
    news: Answered = Answered.NOT_ASKED
    place: str = ""
    accused_organisation: str = ""
    accused_class: AccusedClass | None = None
    codes: tuple[str, ...] = ()
    sensitivity: Sensitivity | None = None
    fields: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    device_at: datetime | None = None


def wants_text(how: str, agreed: Answered) -> bool:
    """Whether a person who said ``how`` to reach them hears by text.

    Not asked means that the answer comes the way the matter came (DOMAIN.md, One record).
    """
    how = how.strip().lower()
    return how in _BY_TEXT or (not how and agreed is Answered.YES)


def safe_time(when: str, how: str) -> str:
    """When and how the person can be reached safely, in one line of their words."""
    return ", ".join(said for said in (when, how) if said)


_BY_TEXT = frozenset({"sms", "text", "message", "whatsapp"})

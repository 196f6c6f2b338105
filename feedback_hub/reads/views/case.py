"""The page of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.access import Role
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.contact import Withheld
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.meeting import Meeting
from feedback_hub.domain.person import (
    AccusedClass,
    AgeBand,
    Disability,
    PopulationGroup,
    Sex,
    SpeaksFor,
)
from feedback_hub.domain.routing import Why
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE, Whereabouts
from feedback_hub.reads.views.calls import CallRow
from feedback_hub.reads.views.conversation import HistoryLine, MessageView, SuggestionView
from feedback_hub.reads.views.queue import ClockView
from feedback_hub.reads.views.referrals import Audience, ReferralView
from feedback_hub.reads.views.related import IssueOfCase, Likely, Related


@dataclass(frozen=True)
class PersonView:
    """What is known of the person who spoke; ``not_asked`` is an answer.

    ``address`` is masked (``··· 417``). ``may_leave_message`` and ``private_phone`` are the
    contact's, the rest is the case's. ``stopped``: the person asked for no more messages.
    """

    address: str = ""
    name: str = ""
    sex: Sex = Sex.NOT_ASKED
    age_band: AgeBand = AgeBand.NOT_ASKED
    disability: Disability = Disability.NOT_ASKED
    group: PopulationGroup = PopulationGroup.NOT_ASKED
    speaks_for: SpeaksFor = SpeaksFor.NOT_ASKED
    private_phone: Answered = Answered.NOT_ASKED
    may_leave_message: Answered = Answered.NOT_ASKED
    content_in_text: Answered = Answered.NOT_ASKED
    share: Share = Share.NOT_ASKED
    stopped: bool = False


@dataclass(frozen=True)
class OrganisationChoice:
    """Somebody a case can be referred to. ``focal_point`` is empty where none is named."""

    code: str
    name: str
    focal_point: str = ""
    serves_here: bool = False


@dataclass(frozen=True)
class LoopBackView:
    """What telling the person would do now: ``text`` goes out on ``channel``, unless ``withheld``.

    ``carries_content``: the text is the answer itself, because the person agreed. ``length`` counts
    GSM-7 characters, ``segments`` SMS parts. ``goes_at`` is when, if not at once.
    """

    channel: str = ""
    text: str = ""
    carries_content: bool = False
    length: int = 0
    segments: int = 0
    withheld: Withheld | None = None
    cost: float = 0.0
    currency: str = ""
    goes_at: datetime | None = None


class NextStep(StrEnum):
    """The next sensible action on a case; its words are in ``case.html``."""

    CONFIRM = "confirm"
    TRIAGE = "triage"
    REFER = "refer"
    WAIT = "wait"
    VERIFY = "verify"
    ANSWER = "answer"
    LOOP_BACK = "loop-back"
    CLOSE = "close"
    HAND_OFF = "hand-off"
    NONE = "none"


@dataclass(frozen=True)
class EmergencyLine:
    """Once that somebody opened the case in an emergency. ``lasts``: they still can."""

    by: str
    at: datetime
    until: datetime
    reason: str
    lasts: bool


@dataclass(frozen=True)
class ServiceView:
    """A service a survivor was brought to, and the consent it was done with."""

    organisation: str
    made: ServiceReferral
    explained: str
    explained_by: str


@dataclass(frozen=True)
class SafeguardView:
    """The two duties of a handler. ``owed`` until ``due_at``: the conduct report.

    ``specialists``: for a child, the only organisations it may be brought to; None: it is none.
    """

    owed: bool
    due_at: datetime
    reports: tuple[ConductReport, ...]
    services: tuple[ServiceView, ...]
    specialists: frozenset[str] | None
    may_name: bool


@dataclass(frozen=True)
class PassageLine:
    """A mechanism that a case ``came`` from or went to, and its number there.

    ``waiting`` and ``failed`` count the letters about it that are to leave.
    """

    mechanism: str
    organisation: str
    came: bool
    reference: str
    waiting: int
    failed: int


@dataclass(frozen=True)
class CaseView:
    """A case as one reader may see it. ``moves`` are the verbs this reader may use on it now.

    Known verbs: ``triage``, ``confirm``, ``refer``, ``hand-off``, ``answer``, ``inform`` (give one
    of ``answers``, from the information bank), ``loop-back``, ``close``, ``note``, ``sensitivity``,
    ``reopen``, ``take`` (make it one's own).

    ``suspected`` says that only the machine raised it to L3. "Who can see this" is ``audience``
    with ``readers`` (how many people of each role can open it), ``partners`` (organisations that
    see the shared words) and ``partners_named`` (those that see the name as well).
    ``shared_text`` is what a referral would carry without the name, ``shared_whole`` and
    ``shared_name`` with it; ``shares`` what consent allows (empty: none). ``route`` is who answers
    for it, None with ``route_why``. ``outcomes`` are those it can be closed with now;
    ``attempts`` counts tries to reach the person. ``elsewhere``: the mechanisms it came from or
    went to.
    """

    ref: str
    version: int
    state: CaseState
    code: str
    type: str
    sensitivity: Sensitivity
    priority: Priority
    received_at: datetime
    channel: str
    codes: tuple[str, ...] = ()
    sector: str = ""
    site: str = ""
    place: str = ""
    accused_organisation: str = ""
    accused_class: AccusedClass | None = None
    language: str = "und"
    owner: str = ""
    suspected: bool = False
    audience: Audience = Audience.TEAM
    consent: Consent = field(default_factory=Consent)
    readers: Mapping[Role, int] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    partners_named: tuple[str, ...] = ()
    person: PersonView = field(default_factory=PersonView)
    messages: tuple[MessageView, ...] = ()
    suggestion: SuggestionView | None = None
    where: Whereabouts = NOWHERE
    history: tuple[HistoryLine, ...] = ()
    emergencies: tuple[EmergencyLine, ...] = ()
    opened_by: tuple[tuple[str, datetime], ...] = ()
    referrals: tuple[ReferralView, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    next_step: NextStep = NextStep.NONE
    moves: frozenset[str] = frozenset()
    shares: tuple[Share, ...] = (Share.ANONYMOUS,)
    shared_text: str = ""
    shared_whole: str = ""
    shared_name: str = ""
    route: OrganisationChoice | None = None
    route_why: Why | None = None
    loop_back: LoopBackView | None = None
    meeting: Meeting | None = None
    answers: tuple[BankAnswer, ...] = ()
    safeguards: SafeguardView | None = None
    to_reach: tuple[CallRow, ...] = ()
    elsewhere: tuple[PassageLine, ...] = ()
    own: tuple[tuple[CustomField, str], ...] = ()
    tags: tuple[str, ...] = ()
    related: Related = field(default_factory=Related)
    likely: Likely = field(default_factory=Likely)
    issues: tuple[IssueOfCase, ...] = ()
    needs_speaker: bool = False
    answer: str = ""
    outcome: Outcome | None = None
    closing_reason: str = ""
    satisfied: bool | None = None
    satisfaction: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    attempts: int = 0
    attempts_needed: int = 0


@dataclass(frozen=True)
class CaseChoices:
    """What the forms of a case offer. ``sites``: names by code, in their order."""

    sectors: tuple[str, ...]
    sites: Mapping[str, str]
    organisations: tuple[OrganisationChoice, ...]


@dataclass(frozen=True)
class FormView:
    """A form that came back: what was typed and what is wrong with it, so that nothing is lost.

    ``verb`` names the form; ``errors`` are sentences by field; ``stale`` says that somebody else
    changed the object meanwhile.
    """

    verb: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False

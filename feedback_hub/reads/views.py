"""What each page is given: the agreement between the read queries and the templates.

Flat, frozen values. Codes stay codes (the templates name them in the reader's language), times are
aware UTC datetimes, and every text in here has already passed ``Scope``: a template shows what it
is given and decides nothing about who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.access import Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentKind, AttachmentState
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.call_back import CallReason, Way
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.clock import Duty
from feedback_hub.domain.consent import Answered, Consent, Share
from feedback_hub.domain.contact import Purpose, Withheld
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.meeting import Meeting
from feedback_hub.domain.message import DeliveryState, MessageKind, SendFault
from feedback_hub.domain.person import AgeBand, Disability, PopulationGroup, Sex, SpeaksFor
from feedback_hub.domain.referral import DeclineReason, ReferralState
from feedback_hub.domain.routing import Why
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE, Whereabouts
from feedback_hub.services.records import Alert, NoticeKind


@dataclass(frozen=True)
class HubView:
    """The frame around every page.

    ``handset`` is the sandbox channel's name, or empty where none is configured. ``training`` says
    that everything here is invented. ``sends_nothing`` says that no wording is approved.
    """

    name: str
    training: bool = False
    handset: str = ""
    sends_nothing: bool = False


class Theme(StrEnum):
    """Light or dark, whatever the system says."""

    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How much stands on a screen."""

    COMFORTABLE = "comfortable"
    DENSE = "dense"


COLUMNS = ("place", "sector", "age", "clock", "state", "owner")
"""The columns of a list of cases that somebody may leave out; number and subject always stand."""


@dataclass(frozen=True)
class SavedFilter:
    """A narrowed list under a name; ``query`` is what its address holds."""

    id: str
    name: str
    query: str


@dataclass(frozen=True)
class Looks:
    """How a reader wants the screens; None: as their system has it."""

    theme: Theme | None = None
    density: Density | None = None
    hidden: tuple[str, ...] = ()
    filters: tuple[SavedFilter, ...] = ()


@dataclass(frozen=True)
class ReaderView:
    """Who is logged in. ``nav`` names the pages the policy lets them open, in order.

    Known names: ``home``, ``report``, ``cases``, ``referrals``, ``handset``,
    ``issues``, ``wordings``, ``people``, ``health``, ``audit``.
    """

    name: str
    role: Role
    organisation: str = ""
    nav: tuple[str, ...] = ()
    notices: int = 0
    routing: bool = False
    looks: Looks = Looks()
    roster: bool = False
    broadcasts: bool = False
    hands_over: bool = False


@dataclass(frozen=True)
class NoticeLine:
    """One notice. ``ref`` or ``referral_id`` only where the reader may open it."""

    id: str
    kind: NoticeKind
    at: datetime
    is_read: bool
    ref: str = ""
    referral_id: str = ""
    sensitive: bool = False


class TileKind(StrEnum):
    """A thing that waits for somebody; each has its words and its link in ``home.html``."""

    TO_TRIAGE = "to_triage"
    TO_TRANSLATE = "to_translate"
    TO_VERIFY = "to_verify"
    OVERDUE = "overdue"
    TO_TELL = "to_tell"
    TO_CALL = "to_call"
    TO_CLOSE = "to_close"
    WAITING = "waiting"
    TO_ACCEPT = "to_accept"
    TO_ANSWER = "to_answer"
    TO_CONFIRM = "to_confirm"
    SAFE_CONTACT = "safe_contact"
    DRAFT_WORDINGS = "draft_wordings"
    NOT_DELIVERED = "not_delivered"
    OUTBOX = "outbox"
    FAILED_LOG_INS = "failed_log_ins"
    SENSITIVE_READS = "sensitive_reads"
    EXPORTS = "exports"
    EMERGENCIES = "emergencies"
    TO_DECIDE = "to_decide"
    TO_SAY = "to_say"
    BANK_ENDING = "bank_ending"
    CHANNELS_DOWN = "channels_down"
    SET_ASIDE = "set_aside"
    NEVER_IN = "never_in"


@dataclass(frozen=True)
class HomeTile:
    """How many wait and since when the oldest does (None when nothing waits)."""

    kind: TileKind
    count: int
    oldest_at: datetime | None = None


class Doing(StrEnum):
    """What somebody of a role mostly comes to do, as a large link on their first page."""

    REPORT = "report"
    DESK_APP = "desk_app"
    CALLS = "calls"
    FIND = "find"
    ANSWERS = "answers"
    AUDIT = "audit"


@dataclass(frozen=True)
class HomeFigures:
    """How the last 30 days went, without small numbers: None says too few to tell.

    Each rate with how many it is of.
    """

    cases: int | None
    acknowledged: tuple[float | None, int | None]
    median_days: tuple[float | None, int | None]
    told: tuple[float | None, int | None]
    open_long: tuple[int | None, int | None]
    threshold: int


@dataclass(frozen=True)
class HomePage:
    """The answer to "what must I do now?"; ``next_up`` are the few cases to open first."""

    tiles: tuple[HomeTile, ...]
    next_up: tuple[QueueRow, ...] = ()
    next_referrals: tuple[ReferralRow, ...] = ()
    alerts: tuple[Alert, ...] = ()
    doings: tuple[Doing, ...] = ()
    figures: HomeFigures | None = None
    last_noted_at: datetime | None = None


@dataclass(frozen=True)
class CallRow:
    """One person to reach. Nothing of what it is about; ``name`` only where consent allows it."""

    id: str
    way: Way
    reason: CallReason
    ref: str
    priority: Priority
    sensitivity: Sensitivity
    language: str
    site: str
    place: str
    opened_at: datetime
    not_before: datetime
    agreed: bool
    tries: int
    tried_at: datetime | None
    holder: str
    mine: bool
    speaks: bool
    name: str = ""


class ClockLevel(StrEnum):
    """How a duty stands against its deadline; ``paused`` while we wait for the person."""

    RUNNING = "running"
    SOON = "soon"
    OVERDUE = "overdue"
    PAUSED = "paused"
    MET = "met"


@dataclass(frozen=True)
class ClockView:
    """One duty's clock. ``at`` is the deadline, or for ``met`` the moment; None while paused."""

    duty: Duty
    level: ClockLevel
    at: datetime | None = None


class QueueTab(StrEnum):
    """The queue's views, in the order they are shown."""

    TRIAGE = "triage"
    VERIFY = "verify"
    OVERDUE = "overdue"
    WAITING = "waiting"
    ALL = "all"


@dataclass(frozen=True)
class QueueFilters:
    """What the address bar says; empty means any."""

    tab: QueueTab = QueueTab.ALL
    site: str = ""
    sector: str = ""
    type: str = ""
    priority: str = ""
    state: str = ""
    tag: str = ""
    assigned: str = ""
    field: tuple[str, ...] = ()
    q: str = ""
    first: str = ""
    last: str = ""
    channel: str = ""
    sex: str = ""
    code: str = ""
    partner: str = ""

    def query(self, **changes: str) -> dict[str, str | tuple[str, ...]]:
        """The filters as query arguments, without the empty ones, after ``changes``."""
        return {name: value for name, value in {**self.__dict__, **changes}.items() if value}

    @property
    def is_of_a_figure(self) -> bool:
        """Whether the list is the one behind a figure of the dashboard."""
        return bool(self.first or self.last or self.channel or self.sex or self.code)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab narrows the list."""
        return any(value for name, value in self.__dict__.items() if name != "tab")


@dataclass(frozen=True)
class QueueRow:
    """One case in a list.

    ``code`` names it; ``suggested`` says that only the machine has said so. ``snippet`` is masked,
    and empty where the reader may not see words; ``kind`` is what came where there are none.
    ``waiting_for`` is an organisation's name. ``hits``: the snippet around the words that were
    searched for, in pieces; a piece that was found says so in ``why``.
    """

    ref: str
    code: str
    type: str
    state: CaseState
    sensitivity: Sensitivity
    priority: Priority
    received_at: datetime
    channel: str
    snippet: str = ""
    kind: MessageKind = MessageKind.TEXT
    sector: str = ""
    site: str = ""
    suggested: bool = False
    clock: ClockView | None = None
    waiting_for: str = ""
    owner: str = ""
    hits: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Together:
    """What may be done with several cases at once: pairs of id and name; nothing for a desk."""

    owners: tuple[tuple[str, str], ...] = ()
    issues: tuple[tuple[str, str], ...] = ()
    organisations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TogetherPreview:
    """Cases that are about to be referred together; ``shares``: what each person agreed to."""

    organisation: str
    organisation_name: str
    rows: tuple[QueueRow, ...]
    shares: Mapping[str, Share]


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue. ``older`` and ``newer`` are keyset cursors, empty at an end.

    ``counts`` holds a number for each tab. The choices are codes present in the reader's scope.
    ``mark`` changes when anything that the list shows does.
    """

    filters: QueueFilters
    rows: tuple[QueueRow, ...]
    counts: Mapping[QueueTab, int]
    older: str = ""
    newer: str = ""
    sites: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    own: tuple[CustomField, ...] = ()
    together: Together | None = None
    mark: str = ""


class Speaker(StrEnum):
    """Whose words a line of the conversation is; a note is never sent to anybody."""

    PERSON = "person"
    HUB = "hub"
    PARTNER = "partner"
    NOTE = "note"


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; ``why`` is what the machine concluded from it, or empty."""

    text: str
    why: str = ""


@dataclass(frozen=True)
class AttachmentView:
    """One file of a message. ``plays``: a browser can play it. ``size`` in bytes, 0 until it came.

    ``kind`` is by content, and so not known before the file is here.
    """

    ref: str
    id: str
    state: AttachmentState
    fault: AttachmentFault | None
    kind: AttachmentKind
    plays: bool
    size: int
    may_retry: bool


@dataclass(frozen=True)
class MessageView:
    """One line of the conversation.

    ``by`` is a user's or organisation's name, empty for the person and for automatic texts.
    ``purpose`` and ``withheld`` belong to texts of ours: what for, and why not sent. ``moved``
    stands for words that were moved to a case of their own: ``pieces`` is then empty. ``earlier``:
    how the person worded it before they edited it, the oldest first. ``personal``: there are names
    or numbers in it, which go to nobody else unless the person agreed. ``translations``: what it
    says in another language, and who wrote that.
    """

    id: str
    speaker: Speaker
    at: datetime
    pieces: tuple[Piece, ...] = ()
    language: str = "und"
    kind: MessageKind = MessageKind.TEXT
    channel: str = ""
    by: str = ""
    purpose: Purpose | None = None
    delivery: DeliveryState | None = None
    fault: SendFault | None = None
    withheld: Withheld | None = None
    moved: bool = False
    earlier: tuple[str, ...] = ()
    attachments: tuple[AttachmentView, ...] = ()
    personal: bool = False
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SuggestionView:
    """What the machine thinks and because of which words; a person decides."""

    codes: tuple[str, ...]
    sector: str
    sensitivity: Sensitivity
    priority: Priority
    words: tuple[str, ...]
    site: str = ""
    sure: bool = False


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
class HistoryLine:
    """Who did what and when. ``by`` is empty for the system itself.

    ``values`` are the event's detail, with ``organisation`` and ``owner`` already names;
    ``text`` is a reason in somebody's own words.
    """

    at: datetime
    event: EventKind
    by: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


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


class Audience(StrEnum):
    """Who may open the case; ``team`` are the case managers of its site."""

    TEAM = "team"
    ALL_CASE_MANAGERS = "all_case_managers"
    HANDLERS = "handlers"


@dataclass(frozen=True)
class ReferralView:
    """One referral. ``moves`` are the verbs this reader may use on it now.

    Known verbs: ``accept``, ``decline``, ``return``, ``resume``, ``start``, ``answer``, ``verify``.
    For the organisation it went to, ``text`` and ``name`` are exactly what was shared; ``name`` is
    empty unless the person agreed. ``reply`` is the case team's answer to ``question``,
    ``sent_back`` what they missed in ``answer``. The other words are people's own.
    """

    id: str
    version: int
    state: ReferralState
    organisation: str
    share: Share
    focal_point: str = ""
    note: str = ""
    question: str = ""
    answer: str = ""
    answer_outcome: Outcome | None = None
    decline_reason: DeclineReason | None = None
    decline_text: str = ""
    reply: str = ""
    sent_back: str = ""
    sent_at: datetime | None = None
    clock: ClockView | None = None
    moves: frozenset[str] = frozenset()
    ref: str = ""
    code: str = ""
    type: str = ""
    sector: str = ""
    site: str = ""
    priority: Priority = Priority.P3
    text: str = ""
    language: str = "und"
    name: str = ""
    received_at: datetime | None = None
    from_organisation: str = ""
    history: tuple[HistoryLine, ...] = ()
    linked: bool = False


@dataclass(frozen=True)
class RelatedCase:
    """A case beside another. ``links`` are the kinds of link between them.

    ``same_contact``: both came from one number or account. ``takes_messages``: the reader may move
    a message there.
    """

    ref: str
    state: CaseState
    code: str
    received_at: datetime
    links: tuple[str, ...] = ()
    same_contact: bool = False
    takes_messages: bool = False


@dataclass(frozen=True)
class Related:
    """``same_contact`` counts all the reader may see, also those that are not listed."""

    cases: tuple[RelatedCase, ...] = ()
    same_contact: int = 0


class WhyLikely(StrEnum):
    """Why two cases are probably the same matter."""

    SAME_PERSON = "same_person"
    SAME_WORDS = "same_words"
    SAME_MATTER = "same_matter"


@dataclass(frozen=True)
class LikelyCase:
    """A case that is probably the same matter as another."""

    ref: str
    state: CaseState
    code: str
    received_at: datetime
    why: WhyLikely


@dataclass(frozen=True)
class LikelyIssue:
    """``reporters`` people, the case's own too, report it at one site.

    ``issues`` are those that stand and fit, by id and title.
    """

    reporters: int
    cases: tuple[LikelyCase, ...]
    issues: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Likely:
    """What a case probably belongs with."""

    cases: tuple[LikelyCase, ...] = ()
    issue: LikelyIssue | None = None


@dataclass(frozen=True)
class IssueOfCase:
    """An issue that a case is under. ``cases``: so many under it exist for the reader."""

    id: str
    title: str
    cases: int


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
    """What the forms of a case offer. ``codes`` are grouped by type, in the frame's order."""

    codes: tuple[tuple[str, tuple[str, ...]], ...]
    sectors: tuple[str, ...]
    sites: tuple[str, ...]
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


@dataclass(frozen=True)
class ReferralRow:
    """One referral in a focal point's list."""

    id: str
    ref: str
    code: str
    type: str
    state: ReferralState
    priority: Priority
    sent_at: datetime
    sector: str = ""
    site: str = ""
    snippet: str = ""
    clock: ClockView | None = None


class InboxTab(StrEnum):
    """A focal point's lists, in the order they are shown."""

    ACCEPT = "accept"
    ANSWER = "answer"
    DONE = "done"


@dataclass(frozen=True)
class ReferralInbox:
    """What was referred to the reader's organisation."""

    tab: InboxTab
    rows: tuple[ReferralRow, ...]
    counts: Mapping[InboxTab, int]
    organisation: str = ""
    older: str = ""
    newer: str = ""


@dataclass(frozen=True)
class HandsetLine:
    """A text on the practice phone; ``mine`` when the invented person wrote it."""

    at: datetime
    text: str
    mine: bool
    delivery: DeliveryState | None = None


@dataclass(frozen=True)
class HandsetContact:
    """An invented number that has been used, with the last words on it."""

    number: str
    last_text: str = ""
    last_at: datetime | None = None


@dataclass(frozen=True)
class HandsetPage:
    """The practice phone for sandbox channel ``channel``, as the person holding ``number``."""

    channel: str
    number: str = ""
    lines: tuple[HandsetLine, ...] = ()
    contacts: tuple[HandsetContact, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class WordingView:
    """One wording in one language. ``length`` counts GSM-7 characters, or UCS-2 if ``accented``.

    ``spoken``: a prompt of a call, ``recorded`` if there is a recording of it.
    """

    purpose: Purpose
    language: str
    text: str
    approved: bool
    length: int
    segments: int
    accented: bool = False
    approved_by: str = ""
    approved_at: datetime | None = None
    spoken: bool = False
    recorded: bool = False
    back_translation: str = ""
    back_translated_by: str = ""


@dataclass(frozen=True)
class PacksPage:
    """Every wording the hub can send, by language. ``may_approve`` shows the buttons.

    ``missing`` are the purposes that nobody wrote in a language of the hub's yet.
    """

    wordings: tuple[WordingView, ...]
    may_approve: bool = False
    missing: Mapping[str, list[Purpose]] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are wordings in, in their order."""
        return tuple(dict.fromkeys(wording.language for wording in self.wordings))

    def of(self, language: str) -> tuple[WordingView, ...]:
        """The wordings in ``language``."""
        return tuple(wording for wording in self.wordings if wording.language == language)

    @property
    def drafts(self) -> int:
        """How many are not approved."""
        return sum(not wording.approved for wording in self.wordings)


@dataclass(frozen=True)
class ChannelHealth:
    """One channel account. ``fault`` is what is wrong (a ``SendFault``), empty when all is well."""

    name: str
    kind: str
    fault: str = ""
    last_in: datetime | None = None
    last_out: datetime | None = None
    failed_today: int = 0


@dataclass(frozen=True)
class QueueHealth:
    """One queue of work: what waits, since when, and what was set aside after repeated failure."""

    name: str
    waiting: int
    oldest_at: datetime | None = None
    set_aside: int = 0
    slow: bool = False


@dataclass(frozen=True)
class HealthPage:
    """How the machine is; ``facts`` are (name, value) lines such as version and database."""

    channels: tuple[ChannelHealth, ...]
    queues: tuple[QueueHealth, ...]
    lag_seconds: float
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing here needs anybody."""
        return not (
            any(channel.fault for channel in self.channels)
            or any(queue.slow or queue.set_aside for queue in self.queues)
        )


def marked(text: str, reasons: Iterable[tuple[str, str]]) -> tuple[Piece, ...]:
    """Cut ``text`` into pieces so that the words that spoke can be highlighted.

    ``reasons`` are (words, what was concluded); words that are not in the text are left out, the
    first reason wins where two overlap. Joined again, the pieces are exactly ``text``.
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = text
    spans: list[tuple[int, int, str]] = []
    for words, why in reasons:
        start = lower.find(words.lower()) if words else -1
        end = start + len(words)
        if start >= 0 and all(end <= left or start >= right for left, right, _ in spans):
            spans.append((start, end, why))
    pieces: list[Piece] = []
    here = 0
    for start, end, why in sorted(spans):
        if start > here:
            pieces.append(Piece(text[here:start]))
        pieces.append(Piece(text[start:end], why))
        here = end
    if here < len(text):
        pieces.append(Piece(text[here:]))
    return tuple(pieces)


@dataclass(frozen=True)
class AuditRow:
    """One line of the audit log. ``actor`` is a name, or a word where it was no account's.

    ``subject`` is what it was done to: a name for an account, else an id that tells nothing.
    """

    sequence: int
    at: datetime
    action: AuditAction
    actor: str
    kind: str
    subject: str
    reason: str
    device: str


@dataclass(frozen=True)
class AuditPage:
    """The audit log, the newest line first. ``cursor`` leads to older ones; None at the end."""

    rows: tuple[AuditRow, ...]
    action: str = ""
    actor: str = ""
    subject: str = ""
    cursor: int | None = None

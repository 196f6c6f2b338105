"""What the services need from the outside, as Protocols the adapters fulfil.

Tests swap here and nowhere else; ``feedback_hub.bootstrap`` puts the real ones together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, Self

from feedback_hub.domain.access import Action, Actor, CaseFacts, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry, BoardReading
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import Case, Outcome
from feedback_hub.domain.clock import WorkingCalendar
from feedback_hub.domain.clocks import Targets
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.custom_field import CustomField
from feedback_hub.domain.dialogue import Step
from feedback_hub.domain.exchange import LetterKind, Peer
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.judgement import Judgement
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
)
from feedback_hub.domain.monitoring import Committee, Visit
from feedback_hub.domain.on_call import Ring, RingWay, Shift
from feedback_hub.domain.pacing import Limits
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.domain.quiet import QuietHours
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.routing import RoutingRule
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.domain.submission import Submission
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.domain.whereabouts import KnownPlace, Whereabouts
from feedback_hub.services.records import (
    Alert,
    AttachmentRow,
    BroadcastPerson,
    Checked,
    Delivery,
    Emergency,
    InboxKind,
    InboxRow,
    Mailbox,
    Message,
    Notice,
    NoticeKind,
    PartnerLink,
    Passage,
    QueuedLetter,
    Remark,
    RemarkKind,
    RingTry,
    Seen,
    SuggestionRow,
    Task,
    Wording,
    WrongTry,
)


@dataclass(frozen=True)
class OwnCalendar:
    """When an organisation works, or people at a site, where that differs from the hub's."""

    calendar: WorkingCalendar
    organisations: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


class Renderer(Protocol):
    """Fills an approved wording."""

    def render(self, wording: str, values: Mapping[str, str]) -> str:
        """The text to send. Raises ``Invalid`` for a placeholder without a value."""


@dataclass(frozen=True)
class Rules:
    """The hub's settings as the services need them; built once from the configuration.

    ``last_rung`` is the e-mail address that an escalation ends at (AAP and PSEA coordination).
    ``reply_channels`` are the channel accounts a text can go out on; ``phone_channel`` the one of
    them that reaches a phone number somebody gave at a desk, empty where there is none.
    ``call_channels`` are those that people ring. ``mails`` are the e-mails' templates by
    ``language/name``, the subject on their first line.
    ``conversation_window`` is the silence after which a message opens a new case; from the
    confidence ``sure_from`` on a suggestion is no guess. In ``quiet`` hours and above
    ``segments_a_day`` SMS parts (0: no limit) an answer waits;
    ``price`` of a part, with its currency, is only shown. ``bank_unasked``: an answer of the
    information bank may be texted to who was not asked what texts may say. ``conduct_within``:
    until when the conduct of who has power over aid is reported. ``ask``: the questions
    of the dialogue. ``routing``: rules that come before the services; ``calendars``: who works
    at other times. ``ring_every``: from ringing one handler on call to ringing the next.
    ``rereads``: a slower machine reads again what was classified at once.
    """

    frame: CodingFrame
    targets: Targets
    calendar: WorkingCalendar
    renderer: Renderer
    organisation: str = ""
    hotline: str = "1458"
    default_language: str = "por"
    attempts_before_unreachable: int = 5
    appeal_days: int = 30
    last_rung: str = ""
    contact_per_minute: int = 20
    account_per_minute: int = 12000
    acknowledgements_a_day: int = 5
    reply_channels: frozenset[str] = frozenset()
    conversation_window: timedelta = timedelta(hours=72)
    sure_from: float = 0.5
    ask: tuple[Step, ...] = ()
    phone_channel: str = ""
    call_channels: frozenset[str] = frozenset()
    base_url: str = ""
    sends_mail: bool = False
    mails: Mapping[str, str] = field(default_factory=dict)
    link_days: int = 14
    digest_day: int = 0
    unread_after: timedelta = timedelta(minutes=15)
    quiet: QuietHours | None = None
    segments_a_day: int = 0
    price: tuple[float, str] = (0.0, "")
    bank_unasked: bool = False
    conduct_within: timedelta = timedelta(hours=24)
    fields: tuple[CustomField, ...] = ()
    peers: Mapping[str, Peer] = field(default_factory=dict)
    hub: str = ""
    rereads: bool = False
    routing: tuple[RoutingRule, ...] = ()
    calendars: tuple[OwnCalendar, ...] = ()
    ring_every: timedelta = timedelta(minutes=2)

    def calendar_of(self, *, organisation: str = "", site: str = "") -> WorkingCalendar:
        """When they work: an organisation as it says itself, else as at the site, else as here."""
        for own in self.calendars:
            if organisation and organisation in own.organisations:
                return own.calendar
        for own in self.calendars:
            if site and site in own.sites:
                return own.calendar
        return self.calendar


class Classifier(Protocol):
    """Reads one message. Pure and offline; no state changes, safe from several threads."""

    version: str

    def prepare(self) -> None:
        """Load all it needs, before a process forks. Raises ``Invalid`` where that is damaged."""

    def classify(self, text: str, *, language: str = "und") -> Suggestion:
        """What ``text`` is probably about. Always answers: nothing read is ``other.unclear``."""

    def classify_all(self, messages: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        """The same for each (text, language), faster than one by one where there is a way."""


class Places(Protocol):
    """Every place the hub knows: its sites, and what gazetteers were imported."""

    def place_stamp(self) -> str:
        """Another one whenever any place is another. Cheap: asked for each message."""

    def places(self) -> Sequence[KnownPlace]:
        """All of them."""


class Gazetteer(Protocol):
    """Finds places that a text names, however they are spelt."""

    def whereabouts(self, text: str, known: Places, *, told: str = "") -> Whereabouts:
        """Where ``text`` is about; what is not sure is a candidate, never a guess.

        ``told`` is what somebody wrote in a field for the place.
        """


class VaultClosed(Exception):
    """The data key no longer exists: what it sealed is gone for good."""


class VaultSealed(Exception):
    """Closed to the handlers' key, which this process does not hold."""


class VaultTampered(Exception):
    """The ciphertext does not belong where it was found, or was altered, or the key is another."""


class Vault(Protocol):
    """Keeps message text, names and addresses unreadable at rest (DOMAIN.md, Harm).

    One data key per contact and per message, wrapped by the hub's key; ``bound_to`` ties a
    ciphertext to its row and column, so that it cannot be moved to another.
    """

    def new_key(self) -> str:
        """Make a data key in the current unit of work and return its id."""

    def load(self, key_ids: set[str]) -> None:
        """Fetch many data keys at once, before much is opened."""

    def new_keys(self, count: int) -> list[str]:
        """Make ``count`` data keys in one statement."""

    def destroy_all(self, key_ids: Sequence[str]) -> None:
        """``destroy`` each of them."""

    def destroy(self, key_id: str) -> None:
        """Delete a data key: what it sealed can never be read again."""

    def seal(self, key_id: str, plain: str | bytes, bound_to: str) -> bytes:
        """Encrypt under the data key ``key_id``. Raises ``VaultClosed``."""

    def open(self, key_id: str, sealed: bytes, bound_to: str) -> str:
        """Decrypt. Raises ``VaultClosed`` if the key was destroyed, ``VaultTampered`` if moved."""

    def open_bytes(self, key_id: str, sealed: bytes, bound_to: str) -> bytes:
        """Like ``open``, for what is no text."""

    def index(self, value: str, purpose: str) -> str:
        """Keyed hash of ``value`` for look-up by equality; differs for each ``purpose``."""

    def secret_for(self, ref: str) -> str:
        """The case's 6-digit secret, derived from its reference and never stored."""


class Channels(Protocol):
    """The configured channel accounts, as the services see them."""

    def send(self, message: OutboundMessage) -> str:
        """Send on ``message.channel``; the provider's id. Raises ``DeliveryError``."""

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Ask the provider whether it has the message. Raises ``CannotAsk``, ``DeliveryError``."""

    def pace(self, message: OutboundMessage) -> tuple[Limits, int] | None:
        """What the account may send and the parts of ``message``; None where nothing limits it."""

    def ringers(self) -> Mapping[RingWay, str]:
        """The accounts that handlers can be rung by, and how."""

    def ring(self, name: str, number: str, ring_try_id: str) -> str:
        """Ring somebody's telephone; the provider's id. Raises ``DeliveryError``."""

    def remembers_sent(self, name: str) -> bool:
        """Whether ``find_sent`` can bring anything."""

    def tells_of_sent(self, name: str) -> bool:
        """Whether ``state_of`` can bring anything."""

    def state_of(self, name: str, provider_id: str, now: datetime) -> DeliveryReceipt:
        """What became of a text, asked for. Raises ``CannotAsk``, ``DeliveryError``."""

    def fetch(self, name: str, attachment: Attachment, most: int, seconds: float) -> bytes:
        """A file of at most ``most`` bytes within ``seconds``. Raises ``DeliveryError``."""

    def missed(self, name: str, since: datetime) -> Sequence[InboundMessage | Submission]:
        """What the provider lists as having come in. Raises ``DeliveryError``."""

    def examine(self, name: str) -> Checked:
        """Ask the provider how the account is; a fault is part of the answer."""

    def register(self, name: str) -> bool:
        """Have the provider call this hub; False where it cannot be told. ``DeliveryError``."""


class Post(Protocol):
    """The hub's own mail, to staff and partners."""

    def send(
        self,
        mail_id: str,
        to: str,
        subject: str,
        text: str,
        now: datetime,
        attached: Sequence[tuple[str, str, bytes]] = (),
    ) -> None:
        """Hand over one e-mail; ``mail_id`` makes its Message-ID. Raises ``DeliveryError``.

        ``attached``: each file's name, media type and content.
        """

    def check(self) -> str:
        """Log in at the mail server; a line of what it said. Raises ``DeliveryError``."""


class PeerPost(Protocol):
    """The road to other mechanisms."""

    def post(self, peer: str, letter: Mapping[str, object]) -> object:
        """Hand a letter over; what was answered, as JSON has it. Raises ``DeliveryError``."""


class Exchange(Protocol):
    """What passes between this hub and other mechanisms."""

    def passage(self, passage_id: str) -> Passage | None:
        """A passage by id."""

    def came(self, peer_name: str, wire_id: str) -> Passage | None:
        """What this peer's referral became here."""

    def went(self, peer_name: str, wire_id: str) -> Passage | None:
        """What we sent this peer under this id."""

    def origin_of(self, case_id: str) -> Passage | None:
        """How a case came from another mechanism; None if it did not."""

    def passages_of(self, case_id: str) -> Sequence[Passage]:
        """Every passage of a case, the oldest first."""

    def queue(
        self,
        of: Passage,
        kind: LetterKind,
        now: datetime,
        about: str = "",
        outcome: Outcome | None = None,
    ) -> str:
        """A letter that is to leave, and the work of sending it; the letter's id."""

    def letter(self, letter_id: str) -> QueuedLetter | None:
        """A letter by id."""

    def ahead_of(self, of: QueuedLetter) -> Sequence[str]:
        """The letters of its passage that wait and leave before it, it last; their ids."""

    def waiting(self, peer_name: str, after: datetime | None = None) -> Sequence[QueuedLetter]:
        """Every letter that waits for a peer, or was sent ``after`` then, in their order."""

    def last_remark(self, referral_id: str, kind: RemarkKind, until: datetime) -> str:
        """The id of what was written last of this kind on a referral; empty: nothing."""

    def first_time(self, peer_name: str, kind: Seen, seen_id: str, now: datetime) -> bool:
        """Whether this nonce or letter of a peer was never seen; from now on it was."""

    def just_missed(self, peer_name: str, since: datetime) -> bool:
        """Whether the last letter there was not taken, and that since then."""

    def heard(self, peer_name: str, now: datetime) -> None:
        """A letter came from there."""

    def reached(self, peer_name: str, now: datetime) -> None:
        """A letter was taken there."""

    def missed(self, peer_name: str, fault: str, now: datetime) -> None:
        """A letter was not."""


Kept = (
    Case
    | CallBack
    | Referral
    | Issue
    | BoardEntry
    | BoardReading
    | BankAnswer
    | ConductReport
    | ServiceReferral
    | Contact
    | Message
    | Notice
    | Emergency
    | PartnerLink
    | Passage
    | Delivery
    | Remark
    | SuggestionRow
    | Judgement
    | Wording
    | WrongTry
    | AttachmentRow
    | Broadcast
    | BroadcastPerson
    | Shift
    | Ring
    | RingTry
)


class FileStore(Protocol):
    """Keeps sealed files by random name: a folder, or any store that can do these three."""

    def write(self, name: str, sealed: bytes) -> None:
        """Keep it whole under ``name``, in place of what was there. Raises ``OSError``."""

    def read(self, name: str) -> bytes:
        """What is kept under ``name``. Raises ``FileNotFoundError``."""

    def remove(self, name: str) -> None:
        """Nothing is kept under ``name`` any more."""


@dataclass(frozen=True)
class Examined:
    """A file as it may be kept, and what it is by its content."""

    content: bytes
    media_type: str


class Unreadable(Exception):
    """A picture that cannot be opened, and so not cleaned of what else is in it."""


class TooLarge(Exception):
    """A picture with more points than we open, or a file larger than is looked through."""


class Examiner(Protocol):
    """Tells what a file is by its content, and makes of it what may be kept."""

    def examine(self, content: bytes) -> Examined:
        """The file as it may be kept. Raises ``Unreadable``, ``TooLarge``."""


class ScannerAway(Exception):
    """The virus scanner gives no verdict now: nothing is released meanwhile."""


class Scanner(Protocol):
    """Looks for malicious software."""

    def check(self) -> None:
        """Raises ``ScannerAway`` if it does not answer."""

    def is_infected(self, content: bytes) -> bool:
        """Whether it finds something. Raises ``ScannerAway``, ``TooLarge``."""


class Inbox(Protocol):
    """Where what providers deliver is made durable, and nothing else is done."""

    def new_keys(self, count: int) -> list[str]:
        """Make ``count`` data keys; kept with the row that each seals."""

    def seal(self, key_id: str, plain: str | bytes, bound_to: str) -> bytes:
        """Encrypt under one of the keys made here."""

    def keep(self, rows: Sequence[InboxRow]) -> set[str]:
        """Make ``rows`` durable; the ids of those that were not known already."""


class UnitOfWork(Protocol):
    """One transaction. Nothing is kept unless ``commit`` is called.

    ``commit`` writes the state, the events that objects recorded and the work they caused,
    together. Raises ``StaleVersion`` when somebody else changed a case or referral meanwhile.
    """

    @property
    def vault(self) -> Vault:
        """The vault of this transaction."""

    @property
    def exchange(self) -> Exchange:
        """What passes to and from other mechanisms, in this transaction."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> None:
        """Keep everything."""

    def audit(
        self,
        action: AuditAction,
        actor: str,
        now: datetime,
        *,
        kind: str = "",
        object_id: str = "",
        reason: str = "",
    ) -> None:
        """Note an act in the audit log; kept with what this transaction keeps, or not at all."""

    def expect(
        self,
        kept: Case | Referral | Issue | BoardEntry | BankAnswer | Broadcast,
        version: int | None,
    ) -> None:
        """Raises ``StaleVersion`` if the caller read another version; None is not checked."""

    def add(self, kept: Kept) -> None:
        """A new object, written at commit."""

    def add_inbox(self, row: InboxRow) -> bool:
        """Keep an inbox row; False if this delivery is known already (channel, kind, id)."""

    def add_alert(self, alert: Alert) -> bool:
        """Keep an alert; False if the same one lasts already."""

    def lasting_alert(self, lasting: str) -> Alert | None:
        """The alert that lasts under this key."""

    def lasting_alerts(self) -> Sequence[Alert]:
        """Every alert that lasts, the oldest first."""

    def add_inbox_all(self, rows: Sequence[InboxRow]) -> set[str]:
        """Keep many in one statement; the ids (ours) of those that were not known already."""

    def claim_duty(
        self, name: str, duty: str, now: datetime, again: timedelta, *, at_once: bool = False
    ) -> bool:
        """Whether an account's ``catch_up`` or ``check`` is due and ours; next after ``again``."""

    def heard(self, name: str, since: datetime | None, most: int) -> Sequence[datetime]:
        """When an account's latest messages came, the newest first; no imported history."""

    def unknown_messages(self, name: str, external_ids: Sequence[str]) -> set[str]:
        """Which of these messages never reached the inbox."""

    def hold_pace(self, name: str) -> tuple[datetime | None, datetime | None]:
        """How far an account's sending is paced, and the turns given out, locked until the end."""

    def set_pace(self, name: str, paced: datetime | None, asked: datetime | None) -> None:
        """Note both anew."""

    def caught_up_at(self, name: str) -> datetime | None:
        """Until when everything the provider lists is here."""

    def set_caught_up(self, name: str, until: datetime) -> None:
        """Everything the provider lists until then is here."""

    def keep_check(self, name: str, checked: Checked, now: datetime) -> None:
        """Keep what asking the provider brought."""

    def new_reference(self) -> str:
        """A random case reference that is not taken."""

    def work(self, task: Task, subject_id: str, available_at: datetime) -> None:
        """Put a piece of work in the outbox."""

    # --- reading for change: each None when there is none ---

    def inbox_row(self, inbox_id: str) -> InboxRow | None:
        """An inbox row by id."""

    def waiting_messages(self, now: datetime) -> Mapping[str, tuple[int, int]]:
        """What waits in the inbox, by channel: how many are ready now, and how many in all."""

    def put_off(self, channel: str, keep: int, now: datetime, until: datetime) -> int:
        """Let all but the oldest ``keep`` ready messages of a channel wait; how many do."""

    def set_inbox_case(self, inbox_id: str, case_id: str) -> None:
        """Note which case a submission became."""

    def accepted(self, channel: str, kind: InboxKind, external_id: str) -> InboxRow | None:
        """The inbox row of something that was accepted before."""

    def accepted_among(
        self, channel: str, kind: InboxKind, external_ids: Sequence[str]
    ) -> Mapping[str, InboxRow]:
        """Those of ``external_ids`` that were accepted before, with their rows."""

    def accepted_between(self, channel: str, kind: InboxKind, first: str, last: str) -> bool:
        """Whether something was accepted whose id sorts from ``first`` to ``last``."""

    def case(self, case_id: str) -> Case | None:
        """A case by id, for the hub itself: no scope."""

    def case_by_ref(self, ref: str) -> Case | None:
        """A case by reference, for the hub itself: no scope."""

    def visible_case(self, actor: Actor, action: Action, ref: str) -> Case | None:
        """The case, if it exists for ``actor`` with ``action``."""

    def visible_referral(
        self, actor: Actor, action: Action, referral_id: str
    ) -> tuple[Referral, Case] | None:
        """The referral and its case, if it exists for ``actor`` with ``action``."""

    def emergencies_of(self, case_id: str) -> Sequence[Emergency]:
        """When a case was opened in an emergency, the latest first."""

    def facts(self, case: Case) -> CaseFacts:
        """What the access policy needs to know of a case."""

    def referral(self, referral_id: str) -> Referral | None:
        """A referral by id, for the hub itself: no scope."""

    def actor(self, actor_id: str) -> Actor | None:
        """An active account or live token by id, or an account by e-mail; with memberships."""

    def stand_in(self, case: Case) -> Actor | None:
        """Who outside takes a case that accuses the hub's own organisation; None for any other."""

    def is_community(self, code: str) -> bool:
        """Whether an organisation is a community's own, whose people lead a site."""

    def accounts(self, role: Role, organisation: str = "") -> Sequence[Actor]:
        """Active accounts that hold ``role``, of one organisation where it is given."""

    def open_cases(
        self, actor: Actor, *, site: str, owner: str, organisation: str, most: int
    ) -> Sequence[Case]:
        """Open cases that exist for ``actor`` to work on, the oldest first.

        At a site, of an owner, with a referral that an organisation still holds: whatever is given.
        """

    def referrals_of(self, case_id: str) -> Sequence[Referral]:
        """Every referral of a case, the oldest first."""

    def shifts(self) -> Sequence[Shift]:
        """Everybody on the roster of who is on call, whenever."""

    def remove_shift(self, shift_id: str) -> bool:
        """Take a shift off the roster; False if it is not there."""

    def ring_address(self, account_id: str) -> tuple[str, str]:
        """Where an account is rung: telephone number and Telegram chat, either may be empty."""

    def keep_ring_address(self, account_id: str, phone: str, telegram: str) -> None:
        """Keep both, sealed, in place of what was kept."""

    def ring(self, ring_id: str) -> Ring | None:
        """Ringing, by id."""

    def ring_of(self, case_id: str) -> Ring | None:
        """The latest ringing about a case."""

    def ring_try(self, try_id: str) -> RingTry | None:
        """One call or message that rang somebody."""

    def ring_try_by_provider(self, provider_id: str) -> RingTry | None:
        """The one that the provider knows by this id."""

    def end_ring_try(self, try_id: str, provider_id: str, fault: str) -> None:
        """Note what came of it."""

    def broadcast(self, broadcast_id: str) -> Broadcast | None:
        """A broadcast by id."""

    def broadcast_of(self, delivery_id: str) -> Broadcast | None:
        """The broadcast that a text belongs to."""

    def broadcast_fate(self, broadcast_id: str) -> tuple[int, int]:
        """How many of its texts were tried, and how many of those failed."""

    def opted_in(self, broadcast: Broadcast, most: int | None) -> Sequence[Contact]:
        """Who asked for information at its sites and was not told, the longest first."""

    def issue(self, issue_id: str) -> Issue | None:
        """An issue by id."""

    def board_entry(self, entry_id: str) -> BoardEntry | None:
        """An entry of a board by id."""

    def board_entries(self, issue_id: str) -> Sequence[BoardEntry]:
        """Every entry of an issue, on any board, in any state."""

    def keep_visit(self, held: Visit, photo: str, media_type: str, key_id: str) -> None:
        """Keep a visit to a site; ``photo`` is the name its sealed file has, empty for none."""

    def keep_committee(self, held: Committee) -> None:
        """Keep a site's committee in place of what was kept."""

    def bank_answer(self, answer_id: str) -> BankAnswer | None:
        """An answer of the information bank by id."""

    def bank_answers(self, standing_until: date) -> Sequence[BankAnswer]:
        """Every answer that is not withdrawn and whose last day is this one or later."""

    def conduct_reports(self, case_id: str) -> Sequence[ConductReport]:
        """What was reported of a case, the oldest first."""

    def service_referrals(self, case_id: str) -> Sequence[ServiceReferral]:
        """The services a survivor was brought to, the oldest first."""

    def issue_refs(self, issue_id: str) -> Sequence[str]:
        """The references of every case under an issue, the oldest first, for the hub itself."""

    def ordinary_cases(self, issue_id: str, site: str) -> int:
        """How many cases under an issue at a site are L1."""

    def contact(self, contact_id: str) -> Contact | None:
        """A contact point by id."""

    def open_request(self, contact_id: str) -> Case | None:
        """The contact's open case that asks to be called back, the newest; never an L3."""

    def contact_at(self, channel: str, address_index: str, *, hold: bool = False) -> Contact | None:
        """The contact point with this address on this channel account.

        ``hold``: no other transaction holds it until this one ends.
        """

    def call_back(self, line_id: str) -> CallBack | None:
        """A line of the call or desk list by id, for the hub itself: no scope."""

    def open_call_backs(self, case_id: str) -> Sequence[CallBack]:
        """The lines of a case on which the person is still to be reached, the oldest first."""

    def messages_of(self, case_id: str) -> Sequence[Message]:
        """Every inbound message of a case, in the order in which they were said."""

    def message_at(self, channel: str, external_id: str) -> Message | None:
        """The message that a channel account's provider knows by this id."""

    def talked_about(self, contact_id: str, channel: str, since: datetime) -> Sequence[Case]:
        """The cases a contact and we wrote about on this channel account since then, or closed.

        The latest first; none that was imported as history. ``since`` is UTC.
        """

    def wrong_tries(self, asked_by: str, about: str, since: datetime) -> int:
        """How often a contact (if not empty), or anybody about this reference, tried in vain.

        The larger of the two counts since then (UTC).
        """

    def has_open_l3(self, contact_id: str) -> bool:
        """Whether a highly sensitive case of this contact, a suspected one too, is open."""

    def told_since(self, contact_id: str, purposes: Sequence[Purpose], since: datetime) -> int:
        """How many texts for these purposes were queued to a contact since then, not withheld."""

    def message(self, message_id: str) -> Message | None:
        """A message by id."""

    def reading_of(self, case_id: str) -> SuggestionRow | None:
        """The machine's latest reading of what was said first in a case."""

    def judgement_of(self, case_id: str) -> Judgement | None:
        """The latest judgement of a case."""

    def take_to_triage(
        self, actor: Actor, now: datetime, *, handlers: bool, most: int
    ) -> Sequence[Case]:
        """Up to ``most`` cases that ``actor`` has before them now, and nobody else.

        Of highly sensitive ones with ``handlers``, of all others without.
        """

    def hold_to_triage(self, case_id: str, actor: Actor, now: datetime) -> bool:
        """Whether ``actor`` has the case before them from now on, and nobody else."""

    def is_held_to_triage(self, case_id: str, now: datetime) -> bool:
        """Whether anybody has the case before them."""

    def end_triage(self, case_id: str) -> None:
        """Nobody needs to hold it any more: it is decided."""

    def leave_to_others(self, case_id: str, actor: Actor, now: datetime) -> None:
        """``actor`` leaves it to others to triage, and is not offered it again for a while."""

    def remove(self, judgement: Judgement) -> None:
        """It was a slip: nothing is learnt from it."""

    def attachment(self, attachment_id: str) -> AttachmentRow | None:
        """A file by id, for the hub itself: no scope."""

    def attachment_of(self, case_id: str, attachment_id: str) -> AttachmentRow | None:
        """A file by id, if it belongs to a message of this case."""

    def attachments_of(self, case_id: str) -> Sequence[AttachmentRow]:
        """Every file of a case, in the order in which they came."""

    def uploaded(self, attachment_id: str) -> int:
        """How many bytes of a file that is sent in pieces are here, without a gap."""

    def keep_part(self, attachment_id: str, start: int, size: int, sealed: bytes) -> None:
        """Keep one piece, which begins at byte ``start``."""

    def upload_parts(self, attachment_id: str) -> Sequence[tuple[int, bytes]]:
        """Where each piece begins, and what it is, sealed; in order."""

    def forget_upload(self, attachment_id: str) -> None:
        """Drop the pieces of a file."""

    def remark(self, remark_id: str) -> Remark | None:
        """A remark by id."""

    def delivery(self, delivery_id: str) -> Delivery | None:
        """A delivery by id."""

    def provider_ids_beside(self, delivery: Delivery) -> frozenset[str]:
        """What the channel's provider calls the other texts to the same contact."""

    def delivery_by_provider(self, channel: str, provider_id: str) -> Delivery | None:
        """The delivery a provider's receipt speaks of."""

    def deliveries_of(self, case_id: str) -> Sequence[Delivery]:
        """Every delivery of a case, the oldest first."""

    def segments_since(self, at: datetime) -> int:
        """How many SMS parts were queued to be sent since then."""

    def services_on(self, sector: str, on: date) -> Sequence[Service]:
        """Services of a sector valid on a day, everywhere and at each site."""

    def sites(self) -> Sequence[Site]:
        """Every site."""

    def site_exists(self, code: str) -> bool:
        """Whether a site has this code."""

    def place_stamp(self) -> str:
        """See ``Places``."""

    def places(self) -> Sequence[KnownPlace]:
        """See ``Places``."""

    def place_at(self, latitude: float, longitude: float) -> KnownPlace | None:
        """The district that a point (WGS 84, degrees) lies in, where its outline was imported."""

    def keep_whereabouts(self, case_id: str, where: Whereabouts) -> None:
        """Keep the district and the candidates of a case, in place of what was kept."""

    def whereabouts_of(self, cases: Sequence[Case]) -> Mapping[str, Whereabouts]:
        """The district and the candidates of each of these cases of which any is known."""

    def organisation_named(self, written: str) -> str:
        """The code of the organisation with this code or name, whatever the case; else empty."""

    def organisation(self, code: str) -> Organisation | None:
        """An organisation by code, active or not."""

    def mailbox(self, account: str) -> Mailbox | None:
        """How an account hears by e-mail, by its id or address, active or not."""

    def notice(self, notice_id: str) -> Notice | None:
        """A notice by id."""

    def notices_of(self, case_id: str, kind: NoticeKind) -> Sequence[Notice]:
        """The notices of a kind that a case has caused."""

    def claim_mails(self, notice: Notice, now: datetime) -> Sequence[str]:
        """Take on the e-mail of all that waits for the same person, unread and untried; the ids."""

    def claim_chats(self, notice: Notice) -> Sequence[str]:
        """Take on the message of all that waits for the same account, unread, untried; the ids."""

    def partner_link(self, token_index: str) -> PartnerLink | None:
        """A partner's link by its token's keyed hash."""

    def partner_links_of(self, referral_id: str) -> Sequence[PartnerLink]:
        """Every link to a referral."""

    def organisation_exists(self, code: str) -> bool:
        """Whether an active organisation has this code."""

    def wording(self, language: str, purpose: Purpose) -> Wording | None:
        """The wording for a purpose in a language, whatever its state."""

    def link(self, case_id: str, other_id: str, kind: str, actor: str, now: datetime) -> None:
        """Link two cases; a link that stands already is left."""

    def link_issue(self, issue_id: str, case_id: str) -> None:
        """Put a case under an issue; once."""

    def keep_fields(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep the answers to the hub's own questions."""

    def index_fields(self, case_id: str, made_for: str, answers: Mapping[str, str]) -> None:
        """Have a case found by these answers (keyed hashes, by question) and by no others."""

    def fields_to_index(self, made_for: str, most: int) -> Sequence[str]:
        """Ids of cases whose answers are not indexed ``made_for`` these questions."""

    def fields_of(self, case_ids: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """The answers of each of these cases that has any: key and sealed."""

    def add_tag(self, case_id: str, tag: str) -> bool:
        """Put a tag on a case; False if it is there already."""

    def remove_tag(self, case_id: str, tag: str) -> bool:
        """Take a tag off; False if it was not there."""

    def tags_of(self, case_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The tags of each of these cases that has any, in the order of the alphabet."""

    def keep_likeness(self, case: Case, sketch: Sketch) -> None:
        """Keep what tells a case from others: site, code, time and the sketch of its words."""

    def move_likeness(self, case: Case) -> bool:
        """Follow the case's site and code; False if nothing is kept of it."""

    def forget_likeness(self, case_id: str) -> None:
        """Keep nothing of a case."""

    def dismiss_likeness(self, case_id: str, other_id: str, actor: str, now: datetime) -> None:
        """Two cases are not the same matter; an empty ``other_id`` is an issue."""

    def index_text(self, case_id: str, masked: str) -> None:
        """Make a case findable by its masked text (person-confirmed L1 only)."""

    def forget_text(self, case_id: str) -> None:
        """Take a case out of the search index."""

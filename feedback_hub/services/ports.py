"""What the services need from the outside, as Protocols the adapters fulfil.

Tests swap here and nowhere else; ``feedback_hub.bootstrap`` puts the real ones together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.exchange import LetterKind
from feedback_hub.domain.message import Attachment, DeliveryReceipt, InboundMessage, OutboundMessage
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.pacing import Limits
from feedback_hub.domain.submission import Submission
from feedback_hub.domain.suggestion import Suggestion
from feedback_hub.domain.whereabouts import KnownPlace, Whereabouts
from feedback_hub.services.kept.attachments import Attachments
from feedback_hub.services.kept.case_details import CaseDetails
from feedback_hub.services.kept.cases import Cases
from feedback_hub.services.kept.channel_states import ChannelStates
from feedback_hub.services.kept.community import Community
from feedback_hub.services.kept.conversations import Conversations
from feedback_hub.services.kept.deliveries import Deliveries
from feedback_hub.services.kept.inbox import InboxRows
from feedback_hub.services.kept.places import SitesAndServices
from feedback_hub.services.kept.referrals import Referrals
from feedback_hub.services.kept.staff import Staff
from feedback_hub.services.kept.transaction import Transaction
from feedback_hub.services.kept.triage import Triage
from feedback_hub.services.records.exchange import Passage, QueuedLetter, SeenKind
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.watching import Checked
from feedback_hub.services.records.work import Arrived, Sealed


class Renderer(Protocol):
    """Fills an approved wording."""

    def render(self, wording: str, values: Mapping[str, str]) -> str:
        """The text to send. Raises ``Invalid`` for a placeholder without a value."""


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

    def first_time(self, peer_name: str, kind: SeenKind, seen_id: str, now: datetime) -> bool:
        """Whether this nonce or letter of a peer was never seen; from now on it was."""

    def just_missed(self, peer_name: str, since: datetime) -> bool:
        """Whether the last letter there was not taken, and that since then."""

    def heard(self, peer_name: str, now: datetime) -> None:
        """A letter came from there."""

    def reached(self, peer_name: str, now: datetime) -> None:
        """A letter was taken there."""

    def missed(self, peer_name: str, fault: str, now: datetime) -> None:
        """A letter was not."""


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

    def seal(self, row_id: str, raw: bytes, parsed: str) -> Sealed:
        """Encrypt what goes into a row under a key of its own, kept with the row."""

    def keep(self, rows: Sequence[Arrived]) -> set[str]:
        """Make ``rows`` durable; the ids of those that were not known already."""


class UnitOfWork(
    Transaction,
    InboxRows,
    ChannelStates,
    Cases,
    CaseDetails,
    Referrals,
    Conversations,
    Deliveries,
    Attachments,
    Triage,
    Staff,
    Community,
    SitesAndServices,
    Protocol,
):
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

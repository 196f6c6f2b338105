"""The configured channel accounts, as the services see them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeGuard

from channels.base import (
    Channel,
    HoldsFiles,
    Loads,
    Paced,
    Pulls,
    Registers,
    RemembersSent,
    Rings,
    TellsOfSent,
    is_set_by_hand,
)
from feedback_hub.adapters.left_out import left_out
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.pacing import Limits
from feedback_hub.domain.submission import Submission
from feedback_hub.services.records.watching import Checked, WebhookState


class ChannelAccounts:
    """Every configured channel account by name; fulfils ``services.ports.Channels``."""

    def __init__(self, accounts: Mapping[str, Channel], base_url: str = "") -> None:
        self.accounts = accounts
        self.base_url = base_url

    def load(self) -> None:
        """Load the providers' libraries, connecting to nobody: before a fork."""
        # For an HTTP client's own command line, and to guess in what letters a page is written.
        unasked = ("rich", "pygments", "charset_normalizer", "chardet")
        with left_out(*unasked), warnings.catch_warnings():
            # What providers answer says so, or is JSON and hence UTF-8.
            warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
            for account in self.accounts.values():
                if isinstance(account, Loads):
                    account.load()

    def send(self, message: OutboundMessage) -> str:
        """Send on ``message.channel``. Raises ``DeliveryError``."""
        return self._account(message).send(message)

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Ask the provider. Raises ``CannotAsk``, ``DeliveryError``."""
        return self._account(message).find_sent(message)

    def pace(self, message: OutboundMessage) -> tuple[Limits, int] | None:
        """What ``message.channel`` may send, and as how many parts the message counts."""
        account: object = self.accounts.get(message.channel)
        limits = account.limits() if isinstance(account, Paced) else None
        return (limits, account.parts(message)) if limits and isinstance(account, Paced) else None

    def ringers(self) -> Mapping[RingWay, str]:
        """The first account that dials, and the first bot."""
        found: dict[RingWay, str] = {}
        for name, account in self.accounts.items():
            if isinstance(account, Rings):
                found.setdefault(RingWay.VOICE, name)
            if account.__class__.__module__ == "channels.telegram":
                found.setdefault(RingWay.TELEGRAM, name)
        return found

    def ring(self, name: str, number: str, ring_try_id: str) -> str:
        """Ring a telephone. Raises ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, Rings):
            raise DeliveryError(SendFault.UNREACHABLE, permanent=True, provider_code="no channel")
        return account.ring(number, ring_try_id)

    def remembers_sent(self, name: str) -> bool:
        """Whether the account's provider can be asked what it was given."""
        account: object = self.accounts.get(name)
        return isinstance(account, RemembersSent) and account.remembers_sent()

    def tells_of_sent(self, name: str) -> bool:
        """Whether the account's provider can be asked what became of a text."""
        return isinstance(self.accounts.get(name), TellsOfSent)

    def state_of(self, name: str, provider_id: str, now: datetime) -> DeliveryReceipt:
        """Ask it. Raises ``CannotAsk``, ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, TellsOfSent):
            raise CannotAsk("the provider does not tell")
        return account.state_of(provider_id, now)

    def missed(self, name: str, since: datetime) -> Sequence[InboundMessage | Submission]:
        """Ask the provider for its list. Raises ``DeliveryError``."""
        return self.accounts[name].missed(since)

    def fetch(self, name: str, attachment: Attachment, most: int, seconds: float) -> bytes:
        """A file that the account's provider holds. Raises ``DeliveryError``."""
        account: object = self.accounts.get(name)
        if not isinstance(account, HoldsFiles):
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="no_files")
        return account.fetch(attachment, most, seconds)

    def examine(self, name: str) -> Checked:
        """Ask the provider how the account is, and where its webhook goes."""
        account = self.accounts[name]
        try:
            return Checked(account.check(), webhook=self._webhook(name, account))
        except DeliveryError as error:
            return Checked(fault=error.fault, code=error.provider_code)

    def register(self, name: str) -> bool:
        """Have the provider call this hub, where it can be told. Raises ``DeliveryError``."""
        account = self.accounts[name]
        if not calls_us(account):
            return False
        account.register()
        return True

    def _webhook(self, name: str, account: Channel) -> WebhookState | None:
        if not calls_us(account):
            return None
        address = account.registered()
        ours = f"{self.base_url}/channels/{name}/"
        if address.startswith(ours):
            return WebhookState.OURS
        return WebhookState.ELSEWHERE if address else WebhookState.NOWHERE

    def _account(self, message: OutboundMessage) -> Channel:
        account = self.accounts.get(message.channel)
        if account is None:
            # Configured again it could be sent; until then nobody can.
            raise DeliveryError(SendFault.UNREACHABLE, permanent=True, provider_code="no channel")
        return account


def calls_us(account: Channel) -> TypeGuard[Registers]:
    """Whether the account's provider is to call us and can be told, and asked, where."""
    by_hand = is_pulled(account) or is_set_by_hand(account)
    return isinstance(account, Registers) and not by_hand


def is_pulled(account: Channel) -> bool:
    """Whether this hub fetches what came, instead of being called."""
    return isinstance(account, Pulls) and account.pulls()

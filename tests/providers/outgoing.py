"""Where a hub's own mail goes in tests: kept, or refused. Fulfils ``services.ports.Post``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from feedback_hub.domain.message import DeliveryError, SendFault


class Mail(NamedTuple):
    """One mail as it was handed over; ``names`` are those of its files."""

    mail_id: str
    to: str
    subject: str
    text: str
    names: tuple[str, ...]


class Outgoing:
    """A mail server that keeps what it is given, or refuses."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refuses = False

    def send(
        self,
        mail_id: str,
        to: str,
        subject: str,
        text: str,
        now: datetime,
        attached: Sequence[tuple[str, str, bytes]] = (),
    ) -> None:
        if self.refuses:
            raise DeliveryError(SendFault.PROVIDER_DOWN)
        self.mails.append(Mail(mail_id, to, subject, text, tuple(name for name, _, _ in attached)))

    def check(self) -> str:
        return "ok"

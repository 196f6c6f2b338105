"""E-mail in and out, for partners and offices. Set-up: ``docs/channels/email.md``.

In by IMAP (pulled) or from the mail server's pipe (``feedback-hub receive-mail``), out by SMTP.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from channels._mail import ACTIONS, ADDRESS, Mail
from channels._smtp import MailServer
from channels.base import (
    Item,
    Pulled,
    Unparseable,
    Unverified,
    WebhookReply,
    WebhookRequest,
)
from feedback_hub.config import Unfit, secret, setting
from feedback_hub.config.convert import named, text
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.reference import references_in, spoken

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"imap": 143, "imaps": 993}
_AT_ONCE = 20
_CURSOR = re.compile(r"(\d{1,20}):(\d{1,20})")


def _server(*schemes: str) -> Callable[[object], str]:
    def parse(raw: object) -> str:
        url = text(raw).strip()
        if not url:
            return ""
        remedy = f'Write it like "{schemes[0]}://mail.example.org".'
        try:
            parts = urlsplit(url)
            host = parts.hostname if parts.port != 0 else None
        except ValueError:
            raise Unfit("is not an address", remedy) from None
        if parts.scheme not in schemes or not host:
            raise Unfit("is not the address of a mail server", remedy)
        if parts.username or parts.password:
            raise Unfit("has a log-in in it", "The name and the password have keys of their own.")
        return url

    return parse


def _address(raw: object) -> str:
    address = named(raw).lower()
    if not ADDRESS.fullmatch(address):
        raise Unfit("is not an e-mail address", 'Write it like "voz@example.org".')
    return address


@dataclass(frozen=True)
class EmailSettings:
    """The keys of a mailbox (CONTRACT, Configuration)."""

    address: str = setting("The mailbox that people write to and hear from.", parse=_address)
    imap_url: str = setting(
        "Where it is read: imaps://host/FOLDER. Empty: mail comes through receive-mail.",
        default="",
        parse=_server("imaps", "imap"),
    )
    imap_username: str = setting("The log-in there. Empty: the address.", default="")
    imap_password: str = secret("The password there.", default="")
    smtp_url: str = setting(
        "Where mail is handed over: smtps://host or smtp://host:587.",
        parse=_server("smtps", "smtp"),
    )
    smtp_username: str = setting("The log-in there. Empty: the address.", default="")
    smtp_password: str = secret("The password there. Empty: no log-in.", default="")
    sender_name: str = setting("The name beside the address. Keep it neutral.", default="")
    subject: str = setting(
        "The subject of every mail, before the reference. Keep it neutral.", default="Ref."
    )
    largest_mail: int = setting(
        "Bytes of a mail that are read; the rest stays on the server.",
        default=15_000_000,
        least=10_000,
        most=100_000_000,
    )
    read_timeout: float = setting(
        "Seconds to wait for a mail server.", default=20.0, least=0.05, most=120
    )


class Adapter:
    """One mailbox."""

    Settings: ClassVar[type] = EmailSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {}

    def __init__(self, name: str, settings: EmailSettings, public_url: str) -> None:
        self.name = name
        self.settings = settings
        self.public_url = public_url.rstrip("/")
        self._domain = settings.address.partition("@")[2]

    def verify(self, request: WebhookRequest) -> None:
        """Mail never comes by webhook. Raises ``Unverified``."""
        raise Unverified("mail does not come this way")

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """The mail that is the request's body; see ``receive``."""
        items = self.receive(request.body, now)
        if items is None:
            raise Unparseable("no mail that a person wrote")
        return items

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """Nobody is waiting."""
        return WebhookReply()

    def receive(self, raw: bytes, now: datetime, held_at: str = "") -> Sequence[Item] | None:
        """What one mail says: a message, news of one of ours, nothing (an out-of-office note).

        None for what no person wrote and nobody can tell: kept, for the operator. ``held_at`` is
        where its files can be fetched; without it they travel along.
        """
        mail = Mail(raw)
        if (report := mail.report(self._domain)) is not None:
            ours, action, status = report
            if not ours or action not in ACTIONS:
                return None
            return [DeliveryReceipt(ours, ACTIONS[action], now, action, error_code=status)]
        if mail.is_an_auto_reply or mail.address == self.settings.address:
            return []
        if not mail.address or mail.is_automatic:
            return None
        return [
            InboundMessage(
                external_id=mail.identity,
                received_at=now,
                text=mail.text,
                sender=mail.address,
                address=mail.address,
                recipient=self.settings.address,
                sender_name=mail.name,
                attachments=tuple(_attachments(mail, held_at)),
                sent_at=mail.sent_at,
                reply_to=mail.ours(self._domain),
            )
        ]

    # In

    def pulls(self) -> bool:
        """Whether there is a mailbox to look into."""
        return bool(self.settings.imap_url)

    def pull(self, cursor: str, now: datetime) -> Pulled:
        """Mails after ``cursor`` (UIDVALIDITY:UID), oldest first. Nothing is flagged or deleted.

        A mailbox that was made anew (another UIDVALIDITY) is read from its beginning: what is known
        is known by its own id.
        """
        with self._mailbox() as (imap, validity):
            found = _CURSOR.fullmatch(cursor)
            last = int(found[2]) if found and found[1] == validity else 0
            numbers = _numbers(_answer(imap.uid("SEARCH", f"UID {last + 1}:*")))
            # "n:*" always names the last mail, however old.
            fresh = sorted(number for number in numbers if number > last)
            deliveries: list[tuple[bytes, Sequence[Item] | None]] = []
            for number in fresh[:_AT_ONCE]:
                raw = self._fetched(imap, number)
                if raw is not None:
                    held_at = f"imap:{validity}:{number}"
                    deliveries.append((raw, self.receive(raw, now, held_at)))
                last = number
        return Pulled(deliveries, f"{validity}:{last}", more=len(fresh) > _AT_ONCE)

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """A file out of the mail it came with, as patient as every look at the mailbox.

        Raises ``DeliveryError``.
        """
        gone = DeliveryError(SendFault.REFUSED, permanent=True, provider_code="gone")
        if attachment.url.startswith("data:;base64,"):
            content = b64decode(attachment.url.partition(",")[2])
        else:
            found = re.fullmatch(r"imap:(\d+):(\d+)#(\d+)", attachment.url)
            if not found or not self.settings.imap_url:
                raise gone
            with self._mailbox() as (imap, validity):
                raw = self._fetched(imap, int(found[2])) if validity == found[1] else None
            try:
                content = Mail(raw or b"").content(int(found[3]))
            except IndexError:
                raise gone from None
        if not content:
            raise gone
        if len(content) > most:
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="too_large")
        return content

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """Nothing: the mailbox is read from where it was left."""
        return ()

    # Out

    def send(self, message: OutboundMessage) -> str:
        """Hand over one mail; our own id in its Message-ID. Raises ``DeliveryError``."""
        if not ADDRESS.fullmatch(message.address):
            raise DeliveryError(SendFault.BAD_ADDRESS, permanent=True)
        mail = self._written(message)
        self._post.hand_over(self.settings.address, message.address, mail)
        return message.id

    def find_sent(self, message: OutboundMessage) -> str | None:
        """A mail server does not tell what it was given."""
        raise CannotAsk("a mail server does not tell what it was given")

    def check(self) -> str:
        """Log in at both servers. Raises ``DeliveryError``."""
        self._post.check()
        if not self.settings.imap_url:
            return "SMTP answers; mail comes through receive-mail"
        with self._mailbox():
            return "IMAP and SMTP answer and know this hub"

    def _written(self, message: OutboundMessage) -> bytes:
        """The mail on the wire. Its subject says no more than the reference."""
        refs = references_in(message.text)
        mail = EmailMessage(SMTP)
        mail["From"] = formataddr((self.settings.sender_name, self.settings.address))
        mail["To"] = message.address
        mail["Subject"] = f"{self.settings.subject} {spoken(refs[0]) if refs else ''}".strip()
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        if message.attempted_at is not None:
            mail["Date"] = format_datetime(message.attempted_at.astimezone(UTC))
        # RFC 3834, and what Exchange heeds: no out-of-office notes for this.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(message.text, cte="quoted-printable")
        return mail.as_bytes()

    @property
    def _post(self) -> MailServer:
        settings = self.settings
        username = settings.smtp_username or settings.address
        return MailServer(
            settings.smtp_url, username, settings.smtp_password, settings.read_timeout
        )

    @contextmanager
    def _mailbox(self) -> Iterator[tuple[imaplib.IMAP4, str]]:
        """The folder, read only, and its UIDVALIDITY."""
        parts = urlsplit(self.settings.imap_url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        tls = ssl.create_default_context()
        timeout = self.settings.read_timeout
        try:
            imap: imaplib.IMAP4 = (
                imaplib.IMAP4_SSL(host, port, ssl_context=tls, timeout=timeout)
                if parts.scheme == "imaps"
                else imaplib.IMAP4(host, port, timeout=timeout)
            )
        except (OSError, imaplib.IMAP4.error):
            raise DeliveryError(SendFault.PROVIDER_DOWN) from None
        try:
            if parts.scheme == "imap" and host not in _LOCAL:
                imap.starttls(tls)
            username = self.settings.imap_username or self.settings.address
            try:
                imap.login(username, self.settings.imap_password)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                raise DeliveryError(SendFault.CREDENTIALS, provider_code="login") from None
            folder = unquote(parts.path.strip("/")) or "INBOX"
            quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
            if imap.select(f'"{quoted}"', readonly=True)[0] != "OK":
                raise DeliveryError(SendFault.CREDENTIALS, provider_code="folder")
            validity = imap.response("UIDVALIDITY")[1][0]
            yield imap, (validity or b"0").decode("ascii", "replace")
        except (OSError, imaplib.IMAP4.error, ValueError):
            raise DeliveryError(SendFault.PROVIDER_DOWN) from None
        finally:
            imap.shutdown()

    def _fetched(self, imap: imaplib.IMAP4, number: int) -> bytes | None:
        """The beginning of one mail, which is all of it unless it is oversized; None if gone."""
        asked = f"(BODY.PEEK[]<0.{self.settings.largest_mail}>)"
        for part in _answer(imap.uid("FETCH", str(number), asked)):
            if isinstance(part, tuple) and len(part) > 1 and isinstance(part[1], bytes):
                return part[1]
        return None


def _attachments(mail: Mail, held_at: str) -> Iterator[Attachment]:
    for file in mail.files:
        url = f"{held_at}#{file.part}"
        if not held_at:
            url = "data:;base64," + b64encode(mail.content(file.part)).decode()
        yield Attachment(url, file.content_type, file.filename)


def _answer(said: tuple[str, Sequence[object]]) -> Sequence[object]:
    if said[0] != "OK":
        raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="imap")
    return said[1]


def _numbers(lines: Sequence[object]) -> list[int]:
    return [int(one) for line in lines if isinstance(line, bytes) for one in line.split()]

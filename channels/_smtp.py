"""Handing one e-mail to a mail server: what the hub's own mail and the e-mail channel share."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from feedback_hub.domain.message import DeliveryError, SendFault

REFUSALS: Mapping[int, tuple[SendFault, bool]] = {
    # An SMTP reply code (RFC 5321, 4.2.3; RFC 4954, 6) → what it is, and whether for good.
    421: (SendFault.PROVIDER_DOWN, False),
    450: (SendFault.UNREACHABLE, False),  # grey-listed, or the box is busy
    451: (SendFault.PROVIDER_DOWN, False),
    452: (SendFault.RATE_LIMITED, False),
    454: (SendFault.CREDENTIALS, False),
    530: (SendFault.CREDENTIALS, False),
    534: (SendFault.CREDENTIALS, False),
    535: (SendFault.CREDENTIALS, False),
    538: (SendFault.CREDENTIALS, False),
    550: (SendFault.BAD_ADDRESS, True),
    551: (SendFault.BAD_ADDRESS, True),
    552: (SendFault.REFUSED, True),
    553: (SendFault.BAD_ADDRESS, True),
    554: (SendFault.BLOCKED, True),
}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. Without a password there is no log-in."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0

    def hand_over(self, sender: str, to: str, mail: bytes) -> None:
        """Give one mail to the server. Raises ``DeliveryError``; unknown once it has left."""
        with self._connected() as smtp:
            _refuse(*smtp.mail(sender))
            _refuse(*smtp.rcpt(to))
            try:
                _refuse(*smtp.data(mail))
            except smtplib.SMTPDataError as error:
                _refuse(error.smtp_code, b"")
            except (OSError, smtplib.SMTPException):
                # It left, and nobody said that it arrived.
                raise DeliveryError(SendFault.NO_ANSWER, outcome_unknown=True) from None

    def check(self) -> None:
        """Log in. Raises ``DeliveryError``."""
        with self._connected() as smtp:
            _refuse(*smtp.noop())

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection that is logged in; encrypted unless the server is on this machine."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        tls = ssl.create_default_context()
        try:
            smtp = (
                smtplib.SMTP_SSL(host, port, timeout=self.timeout, context=tls)
                if parts.scheme == "smtps"
                else smtplib.SMTP(host, port, timeout=self.timeout)
            )
        except (OSError, smtplib.SMTPException):
            raise DeliveryError(SendFault.PROVIDER_DOWN) from None
        try:
            if parts.scheme == "smtp" and host not in _LOCAL:
                smtp.starttls(context=tls)
            if self.password:
                smtp.login(self.username, self.password)
            smtp.ehlo_or_helo_if_needed()
            yield smtp
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(SendFault.CREDENTIALS, provider_code=str(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException):
            # Before the mail itself: nothing was handed over.
            raise DeliveryError(SendFault.PROVIDER_DOWN) from None
        finally:
            smtp.close()


@dataclass(frozen=True)
class SmtpPost:
    """Fulfils ``services.ports.Post``."""

    server: MailServer
    address: str

    def send(
        self,
        mail_id: str,
        to: str,
        subject: str,
        text: str,
        now: datetime,
        attached: Sequence[tuple[str, str, bytes]] = (),
    ) -> None:
        """Hand over one e-mail. Raises ``DeliveryError``."""
        mail = EmailMessage(SMTP)
        mail["From"] = self.address
        mail["To"] = to
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{mail_id}@{self.address.partition('@')[2]}>"
        mail["Date"] = format_datetime(now.astimezone(UTC))
        # RFC 3834, and what Exchange heeds: no out-of-office notes for this.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(text, cte="quoted-printable")
        for name, media_type, content in attached:
            kind, _, detail = media_type.partition("/")
            mail.add_attachment(content, maintype=kind, subtype=detail, filename=name)
        self.server.hand_over(self.address, to, mail.as_bytes())

    def check(self) -> str:
        """Log in at the mail server. Raises ``DeliveryError``."""
        self.server.check()
        return "the mail server answers and knows this hub"


def _refuse(code: int, _said: bytes) -> None:
    """Raise for a refusal. What the server said may quote an address: only the code is kept."""
    if 200 <= code < 400:
        return
    fault, permanent = REFUSALS.get(code, (SendFault.REFUSED, code >= 500))
    raise DeliveryError(fault, permanent=permanent, provider_code=str(code))

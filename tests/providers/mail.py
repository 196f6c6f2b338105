"""A mail server on this machine, which keeps what it is given."""

from __future__ import annotations

from asyncio import Transport
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integration.system import free_port


class MailServer:
    """``refuses`` is what some addresses hear; ``drops`` hangs up once the mail has come."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuses: dict[str, str] = {}
        self.drops = False
        port = free_port()
        self.url = f"smtp://127.0.0.1:{port}"
        self._controller = Controller(self, "127.0.0.1", port)

    def start(self) -> MailServer:
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content))
        if self.drops:
            assert isinstance(server.transport, Transport)
            server.transport.abort()
        return "250 OK"

    def texts(self) -> list[str]:
        """What was said, decoded; the oldest first."""
        return [str(mail.get_payload(decode=True).decode()) for mail in self.mails]  # type: ignore[union-attr]  # never of parts here

    def recipients(self) -> list[str]:
        return sorted(mail["To"] for mail in self.mails)

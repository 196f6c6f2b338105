"""E-mail where the common suite does not look: a mailbox, an SMTP server, the pipe."""

from __future__ import annotations

import subprocess
import sys
from asyncio import Transport
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from channels._mail import text_of_html
from channels.base import HoldsFiles, Pulls, Unverified
from channels.email import Adapter, EmailSettings
from feedback_hub.cli import main
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from tests.contract.recorded import NOW, account, samples
from tests.integration.system import System, free_port
from tests.providers.imap import PASSWORD, USER, ImapServer
from tests.providers.twilio import TwilioServer

RAW = {sample.file: sample.body for sample in samples("email")}
TEXT = "Caso 482-913-078: temos uma resposta."


class Post:
    """What the SMTP server got; ``answers`` by command, "drop" hangs up after the mail."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(envelope)
        if self.answers.get("DATA") == "drop":
            assert isinstance(server.transport, Transport)
            server.transport.abort()
        return self.answers.get("DATA", "250 OK")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def smtp_url(post: Post) -> Iterator[str]:
    def log_in(_s: SMTP, _n: Session, _e: Envelope, _m: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == b"smtp pass", handled=False)

    port = free_port()
    controller = Controller(
        post, "127.0.0.1", port, authenticator=log_in, auth_require_tls=False, decode_data=False
    )
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    server = ImapServer().start()
    yield server
    server.stop()


@pytest.fixture
def channel(imap: ImapServer, smtp_url: str) -> Adapter:
    settings = EmailSettings(
        address=USER,
        imap_url=imap.url,
        smtp_url=smtp_url,
        imap_password=PASSWORD,
        smtp_password="smtp pass",
        read_timeout=5,
    )
    return Adapter("partners", settings, "https://hub.example.org/channels/partners")


def a_message(address: str = "ana@ong.example.net", text: str = TEXT) -> OutboundMessage:
    return OutboundMessage("ab" * 16, "partners", address, text, attempted_at=NOW)


def failure(channel: Adapter, message: OutboundMessage) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        channel.send(message)
    assert "ana@" not in repr(failed.value)
    return failed.value


# In


def test_a_mailbox_is_read_from_where_it_was_left(channel: Adapter, imap: ImapServer) -> None:
    assert isinstance(channel, Pulls)
    assert channel.pull("", NOW).cursor == "7:0"
    imap.put(RAW["plain"], RAW["newsletter"], RAW["reply"])
    found = channel.pull("7:0", NOW)
    assert [raw for raw, _ in found.deliveries] == [RAW["plain"], RAW["newsletter"], RAW["reply"]]
    assert [items is None for _, items in found.deliveries] == [False, True, False]
    assert (found.cursor, found.more) == ("7:3", False)
    # Asked again before it was durable, the same is there; after that, nothing.
    assert channel.pull("7:0", NOW) == found
    assert channel.pull("7:3", NOW).deliveries == []
    imap.put(RAW["html"])
    assert len(channel.pull("7:3", NOW).deliveries) == 1
    assert not [one for one in imap.commands if "STORE" in one or "SELECT" in one]


def test_a_full_mailbox_is_read_in_pieces(channel: Adapter, imap: ImapServer) -> None:
    imap.put(*[RAW["plain"].replace(b"<a1@", b"<%d@" % number) for number in range(45)])
    seen, cursor, more = [], "", True
    while more:
        pulled = channel.pull(cursor, NOW)
        seen += [item for _, items in pulled.deliveries for item in items or ()]
        cursor, more = pulled.cursor, pulled.more
    assert len({item.external_id for item in seen if isinstance(item, InboundMessage)}) == 45


def test_a_mailbox_made_anew_is_read_anew_and_known_mails_are_known(
    channel: Adapter, imap: ImapServer
) -> None:
    imap.put(RAW["plain"])
    first = channel.pull("", NOW)
    imap.validity = 8
    again = channel.pull(first.cursor, NOW)
    assert again.cursor == "8:1"
    assert again.deliveries == first.deliveries


def test_an_oversized_mail_is_its_beginning(channel: Adapter, imap: ImapServer) -> None:
    imap.put(RAW["attachment"] + b"A" * 100_000)
    small = Adapter("partners", replace(channel.settings, largest_mail=10_000), "")
    ((raw, items),) = small.pull("", NOW).deliveries
    assert len(raw) == 10_000
    assert items is not None
    assert isinstance(items[0], InboundMessage)
    assert items[0].text == "Ver as fotos."


def test_a_file_is_fetched_out_of_its_mail(channel: Adapter, imap: ImapServer) -> None:
    assert isinstance(channel, HoldsFiles)
    imap.put(RAW["attachment"])
    item = (channel.pull("", NOW).deliveries[0][1] or [])[0]
    assert isinstance(item, InboundMessage)
    (photo,) = item.attachments
    assert photo.url == "imap:7:1#4"
    assert channel.fetch(photo, 100) == b"\xff\xd8\xff\xe0"
    assert channel.fetch(Attachment("data:;base64,/9j/4A=="), 100) == b"\xff\xd8\xff\xe0"
    for url, most in {photo.url: 3, "imap:8:1#4": 99, "imap:7:9#4": 99, "imap:7:1#99": 99}.items():
        with pytest.raises(DeliveryError) as gone:
            channel.fetch(Attachment(url), most)
        assert gone.value.permanent
    with pytest.raises(DeliveryError):
        channel.fetch(Attachment("http://169.254.169.254/"), 99)


def test_a_wrong_password_or_folder_is_said(channel: Adapter, imap: ImapServer) -> None:
    assert "know this hub" in channel.check()
    wrong = Adapter("x", replace(channel.settings, imap_password="no"), "")
    with pytest.raises(DeliveryError, match="credentials login"):
        wrong.check()
    elsewhere = Adapter("x", replace(channel.settings, imap_url=imap.url + "2"), "")
    with pytest.raises(DeliveryError, match="credentials folder"):
        elsewhere.check()
    gone = Adapter("x", replace(channel.settings, imap_url="imap://127.0.0.1:1"), "")
    with pytest.raises(DeliveryError, match="provider_down"):
        gone.pull("", NOW)


def test_mail_never_comes_by_webhook() -> None:
    with pytest.raises(Unverified):
        account("email").channel().verify(samples("email")[0].request)


@given(st.binary(max_size=200), st.sampled_from(sorted(RAW)), st.integers(0, 900))
def test_no_mail_does_anything_but_be_read_or_set_aside(junk: bytes, file: str, place: int) -> None:
    adapter = account("email").channel()
    assert isinstance(adapter, Adapter)
    raw = RAW[file][:place] + junk + RAW[file][place + 7 :]
    for item in adapter.receive(raw, NOW) or ():
        if isinstance(item, InboundMessage):
            (item.text + item.sender_name).encode()


@given(st.text(alphabet="<>/a b\"'=&;!-blockquotescripty", max_size=300))
def test_any_markup_is_only_words(markup: str) -> None:
    text_of_html(markup)


# Out


def test_a_mail_says_no_more_than_its_reference(channel: Adapter, post: Post) -> None:
    assert channel.send(a_message()) == "ab" * 16
    (envelope,) = post.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == (USER, ["ana@ong.example.net"])
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content)
    assert str(mail["Subject"]).startswith("Ref.")
    assert mail["Message-ID"] == f"<{'ab' * 16}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().strip() == TEXT


def test_an_answer_names_the_message_that_it_answers(channel: Adapter) -> None:
    raw = RAW["reply"].replace(b"0123456789abcdef" * 2, b"ab" * 16)
    item = (channel.receive(raw, NOW) or [])[0]
    assert isinstance(item, InboundMessage)
    assert item.reply_to == "ab" * 16


@pytest.mark.parametrize(
    ("answers", "fault", "permanent", "unknown"),
    [
        ({"RCPT": "550 5.1.1 <ana@ong.example.net> unknown"}, SendFault.BAD_ADDRESS, True, False),
        ({"RCPT": "450 4.2.0 greylisted"}, SendFault.UNREACHABLE, False, False),
        ({"DATA": "554 5.7.1 spam"}, SendFault.BLOCKED, True, False),
        ({"DATA": "452 4.3.1 too much"}, SendFault.RATE_LIMITED, False, False),
        ({"DATA": "drop"}, SendFault.NO_ANSWER, False, True),
    ],
)
def test_what_is_not_taken_says_what_to_do(
    channel: Adapter,
    post: Post,
    answers: dict[str, str],
    fault: SendFault,
    permanent: bool,
    unknown: bool,
) -> None:
    post.answers = answers
    error = failure(channel, a_message())
    assert (error.fault, error.permanent, error.outcome_unknown) == (fault, permanent, unknown)


def test_what_never_left_may_be_sent_again(channel: Adapter, post: Post) -> None:
    wrong = Adapter("x", replace(channel.settings, smtp_password="no"), "")
    assert failure(wrong, a_message()).fault is SendFault.CREDENTIALS
    nobody = Adapter("x", replace(channel.settings, smtp_url="smtp://127.0.0.1:1"), "")
    assert failure(nobody, a_message()).fault is SendFault.PROVIDER_DOWN
    # A server on another machine that does not encrypt gets neither password nor mail.
    for address in ("ana", "a@b\r\nBcc: c@d", "<a@b.c>", "258841234567"):
        error = failure(channel, a_message(address))
        assert (error.fault, error.permanent) == (SendFault.BAD_ADDRESS, True)
    assert post.mails == []
    with pytest.raises(CannotAsk):
        channel.find_sent(a_message())


# The pipe


def test_a_mail_server_pipes_a_mail_in(tmp_path: Path) -> None:
    twilio = TwilioServer().start()
    system = System(
        tmp_path / "home",
        twilio,
        more_config=f'[channels.partners]\nkind = "email"\naddress = "{USER}"\n'
        'smtp_url = "smtp://127.0.0.1:1"',
    )

    def pipe(raw: bytes, name: str = "partners") -> int:
        done = CliRunner().invoke(
            main, ["receive-mail", "--channel", name], input=raw, env=system.environ
        )
        assert "bomba" not in done.output
        return done.exit_code

    command = [sys.executable, "-m", "feedback_hub", "receive-mail", "--channel", "partners"]
    try:
        subprocess.run(command, input=RAW["plain"], env=system.environ, cwd=system.home, check=True)
        assert [pipe(RAW["plain"]), pipe(RAW["newsletter"])] == [0, 0]
        with system.hub.engine.connect() as connection:
            kinds = connection.exec_driver_sql("SELECT kind FROM inbox ORDER BY kind").scalars()
            assert list(kinds) == ["message", "rejected"]
        assert pipe(RAW["plain"], "sms") == 75
        database = system.home / "hub.sqlite3"
        database.rename(tmp_path / "elsewhere")
        database.mkdir()
        assert pipe(RAW["html"]) == 75
    finally:
        system.stop()
        twilio.stop()

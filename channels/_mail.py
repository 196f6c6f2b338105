"""Reading a mail: whose, which, what it says without quotes and signature, what hangs on it.

The tolerant parser is used throughout (``compat32``): broken MIME is read as far as it goes and
never raises. Nothing here renders anything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

from feedback_hub.domain.message import DeliveryState

ACTIONS = {
    # RFC 3464, 2.3.3: what a mail server did → what it is to us.
    "failed": DeliveryState.FAILED,
    "delayed": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "relayed": DeliveryState.SENT,
    "expanded": DeliveryState.SENT,
}
ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,190}[A-Za-z0-9]")

_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
_OURS = re.compile(r"([0-9a-f]{32})@(.+)")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_FORWARDED = re.compile(r"\s*(fwd?|enc|tr|rv|wg)\s*:", re.IGNORECASE)
_SENT_FROM = re.compile(
    r"(enviado d[oae]|sent from|get outlook for|obter o outlook)\b.{0,60}", re.IGNORECASE
)
_LONGEST_HTML = 1_000_000
_MOST_PARTS = 200
_BLOCK = re.compile(r"address|blockquote|br|div|d[dlt]|h[1-6]|li|ol|p|pre|table|tr|ul")
_UNSEEN = frozenset(("head", "script", "style", "title", "template"))


@dataclass(frozen=True)
class File:
    """One file that hangs on a mail. ``part`` counts its parts from 0, in their order."""

    part: int
    content_type: str
    filename: str


class Mail:
    """One mail as it came."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._mail = message_from_bytes(raw)
        self.subject = " ".join(self.header("Subject").split())
        name, address = parseaddr(self.header("From"))
        found = ADDRESS.fullmatch(address.strip())
        self.address = found[0].lower() if found else ""
        self.name = name
        self.answers = _MESSAGE_ID.findall(
            f"{self.header('References')} {self.header('In-Reply-To')}"
        )

    def header(self, name: str) -> str:
        """A header's words, empty if there is none; what cannot be decoded is as it came."""
        return _decoded_header(self._mail.get(name))

    @property
    def identity(self) -> str:
        """Of the sender and the mail's own id, or of all of it: the same mail again is the same."""
        own = _MESSAGE_ID.search(self.header("Message-ID"))
        said = f"{self.address} {own[1]}".encode("utf-8", "replace") if own else self._raw
        return "mail-" + hashlib.sha256(said).hexdigest()[:40]

    @property
    def sent_at(self) -> datetime | None:
        """Its ``Date``, UTC, if it has one that can be read."""
        try:
            moment = parsedate_to_datetime(self.header("Date"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None

    @property
    def is_an_auto_reply(self) -> bool:
        """An out-of-office note or the like (RFC 3834): nobody wrote it."""
        return (
            self.header("Auto-Submitted").strip().lower().startswith("auto-replied")
            or self.header("Precedence").strip().lower() == "auto_reply"
            or bool(self.header("X-Autoreply") or self.header("X-Autorespond"))
        )

    @property
    def is_automatic(self) -> bool:
        """From a machine or a list: answering it may start a loop."""
        submitted = self.header("Auto-Submitted").strip().lower()
        return (
            submitted not in ("", "no")
            or self.header("Precedence").strip().lower() in ("bulk", "junk", "list")
            or bool(self.header("List-Id"))
            or self.header("Return-Path").strip() == "<>"
        )

    def ours(self, domain: str) -> str:
        """The id of our message that this one answers, the latest named; empty if it is none."""
        for named in reversed(self.answers):
            if (found := _OURS.fullmatch(named)) and found[2] == domain:
                return found[1]
        return ""

    def report(self, domain: str) -> tuple[str, str, str] | None:
        """A delivery report's (our message, action, status code), None if it is no such report."""
        if self._mail.get_content_type() != "multipart/report":
            return None
        action = status = ours = ""
        for part in self._parts():
            kind = part.get_content_type()
            if kind == "message/delivery-status":
                blocks = part.get_payload()
                for block in blocks if isinstance(blocks, list) else []:
                    if isinstance(block, Message) and block.get("Action"):
                        action = _decoded_header(block.get("Action")).strip().lower()
                        found = _STATUS.search(_decoded_header(block.get("Status")))
                        status = found[0] if found else ""
            named = _decoded_header(part.get("Message-ID"))
            if kind == "text/rfc822-headers":
                named += _text_of(part)
            for one in _MESSAGE_ID.findall(named):
                if (mine := _OURS.fullmatch(one)) and mine[2] == domain:
                    ours = mine[1]
        return (ours, action, status) if action else None

    @property
    def text(self) -> str:
        """What it says: the subject where it adds something, then the body.

        Quotes go only where it answers: what is forwarded is the matter itself.
        """
        body = self._body()
        answers = bool(self.answers) and not _FORWARDED.match(self.subject)
        said = _without_quotes(body) if answers else body
        said = _without_signature(said).strip() or body.strip()
        if not self.subject or self.subject in said:
            return said
        return f"{self.subject}\n\n{said}".strip()

    @property
    def files(self) -> Iterator[File]:
        """What hangs on it."""
        for number, part in enumerate(self._parts()):
            if not part.is_multipart() and _is_file(part):
                name = _decoded_header(part.get_filename())
                yield File(number, part.get_content_type(), name)

    def content(self, number: int) -> bytes:
        """The bytes of one part. Raises ``IndexError`` if there is none of that number."""
        return _bytes_of(list(self._parts())[number])

    def _parts(self) -> Iterator[Message]:
        for number, part in enumerate(self._mail.walk()):
            if number >= _MOST_PARTS:
                return
            yield part

    def _body(self) -> str:
        plain, rich = [], []
        for part in self._parts():
            if part.is_multipart() or _is_file(part):
                continue
            if part.get_content_type() == "text/html":
                rich.append(text_of_html(_text_of(part)[:_LONGEST_HTML]))
            elif part.get_content_maintype() == "text":
                plain.append(_text_of(part))
        said = "\n".join(part for part in plain if part.strip())
        return (said or "\n".join(rich)).replace("\r\n", "\n")


def _is_file(part: Message) -> bool:
    if part.get_content_disposition() == "attachment":
        return True
    kind = part.get_content_maintype()
    return kind not in ("text", "multipart", "message") or (
        kind == "text" and part.get_content_subtype() not in ("plain", "html")
    )


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text_of(part: Message) -> str:
    raw = _bytes_of(part)
    charset = str(part.get_content_charset("utf-8"))
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def _decoded_header(value: object) -> str:
    if value is None:
        return ""
    raw = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    words = []
    for piece, charset in pieces:
        if isinstance(piece, str):
            words.append(piece)
            continue
        try:
            words.append(piece.decode(charset or "latin-1"))
        except (LookupError, ValueError):
            words.append(piece.decode("utf-8", "replace"))
    # Half characters, which some character sets can spell, no database stores.
    return "".join(words).encode("utf-8", "replace").decode()


def _without_quotes(body: str) -> str:
    import quotequail

    parts = quotequail.quote(body, limit=10**9, quote_intro_line=True)
    said = [text for shown, text in parts if shown]
    for shown, text in parts:
        lines = text.split("\n")
        if not shown and any(line.startswith(">") for line in lines):
            # Answered below or between the quotes. The first lines say who is quoted.
            first = next(n for n, line in enumerate(lines) if line.startswith(">"))
            said += [line for line in lines[first:] if not line.startswith(">")]
    return "\n".join(said)


def _without_signature(body: str) -> str:
    lines = body.split("\n")
    # RFC 3676, 4.3: two dashes and a space.
    ends = [n for n, line in enumerate(lines) if line.rstrip("\r") in ("-- ", "--")]
    if ends:
        lines = lines[: ends[-1]]
    while lines and (not lines[-1].strip() or _SENT_FROM.fullmatch(lines[-1].strip())):
        lines.pop()
    return "\n".join(lines)


def text_of_html(markup: str) -> str:
    """The words of ``markup``, a line a block, quotes marked by ``>``; nothing is followed."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return re.sub(r"\n(?:>? *\n){2,}", "\n\n", "".join(reader.words)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        self._quoted += tag == "blockquote"
        if _BLOCK.fullmatch(tag):
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if _BLOCK.fullmatch(tag):
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(re.sub(r"\s+", " ", data))

    def _break(self) -> None:
        # Whitespace between two tags is no line of its own.
        while self.words and self.words[-1] == " ":
            self.words.pop()
        if self.words:
            self.words.append("\n> " if self._quoted else "\n")

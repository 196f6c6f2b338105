"""Texts through an HTTP gateway: Kannel, a phone with a local SIM, or an operator's own.

Set-up: ``docs/channels/sms_http.md``.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import ipaddress
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from channels import _mms
from channels._sms_gateways import (
    ARRIVALS,
    STATES,
    Fields,
    GatewaySettings,
    Profile,
    Proof,
    read_fields,
    render,
)
from channels.base import (
    Item,
    Unparseable,
    Unverified,
    WebhookReply,
    WebhookRequest,
    identifier,
    phone_address,
)
from feedback_hub.domain.gsm7 import foreign_to_gsm7, sms_length
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    DeliveryState,
    InboundMessage,
    MessageKind,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.pacing import Limits

if TYPE_CHECKING:
    from channels._sms_gateway_api import Gateway

_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16-be", "utf-16-le", "iso8859-1", "iso8859-15"})
_WENT_WELL = {DeliveryState.SENT, DeliveryState.DELIVERED}
# An operator's number in a report or a refusal; else a word in capitals, as Android's are.
_CODES = (re.compile(r"(?:err:|NACK/)([0-9A-Za-z]{1,30})"), re.compile(r"\b([A-Z][A-Z_]{3,60})\b"))


class Adapter:
    """One short code or number behind one gateway."""

    Settings: ClassVar[type] = GatewaySettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {
        "inbound": frozenset({"GET", "POST"}),
        "status": frozenset({"GET", "POST"}),
    }

    def __init__(self, name: str, settings: GatewaySettings, public_url: str) -> None:
        self.name = name
        self.settings = settings
        self.public_url = public_url.rstrip("/")
        self._networks = tuple(map(ipaddress.ip_network, settings.allowed_addresses))

    def verify(self, request: WebhookRequest) -> None:
        """Check the caller's address and its proof, whichever are set. Raises ``Unverified``.

        A delivery report may instead carry the mark that its address was given out with.
        """
        if self._networks and not self._is_allowed(request.remote_address):
            raise Unverified("address is not allowed")
        if not self.settings.secret or self._is_proven(request):
            return
        if request.endpoint != "status" or not self._is_marked(request):
            raise Unverified("secret does not fit")

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """One message or one report. ``sent_at`` is the gateway's time, if it gives one."""
        fields = read_fields(request)
        name = self.settings.event_param
        if not name:
            is_report = request.endpoint == "status"
            return [self._receipt(fields, now) if is_report else self._message(fields, now)]
        event = _plain(fields.get(name, b""))
        if event in (_mms.WHOLE, _mms.NOTICE):
            return [self._picture(fields, now, whole=event == _mms.WHOLE)]
        if event in ARRIVALS:
            return [self._message(fields, now, is_text=event == "sms:received")]
        return [self._receipt(fields, now)] if event in STATES else []

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """Nothing, unless ``reply_body`` is set: Kannel texts what it hears to the person."""
        return WebhookReply(200, self.settings.reply_body.encode())

    def send(self, message: OutboundMessage) -> str:
        """Hand over the whole text, which the gateway splits. Raises ``DeliveryError``."""
        lines = [line.split("=", 1) for line in self.settings.send_parameters]
        values = self._values(message)
        pairs = [(name, template, render(template, values)) for name, template in lines]
        answer = self._api.call(self.settings.send_method, self.settings.send_url, pairs)
        if answer.status_code == 409 and self.settings.find_url:
            return message.id  # It has this id already: an earlier attempt arrived.
        self._api.refuse(answer)
        found = (
            re.search(self.settings.id_pattern, answer.text) if self.settings.id_pattern else None
        )
        return found[1] if found and found[1] else message.id

    def remembers_sent(self) -> bool:
        """Where the gateway can be asked."""
        return bool(self.settings.find_url)

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Ask by our id where the gateway can be asked, else raise ``CannotAsk``."""
        if not self.settings.find_url or message.attempted_at is None:
            raise CannotAsk("the gateway does not tell what it was given")
        answer = self._api.call("get", self._find_url(message.id), [], writes=False)
        if answer.status_code == 404:
            return None
        self._api.refuse(answer, writes=False)
        return message.id

    def state_of(self, provider_id: str, now: datetime) -> DeliveryReceipt:
        """What the phone says of a text. Raises ``CannotAsk`` for others, ``DeliveryError``."""
        if not self.settings.find_url or self.settings.profile is not Profile.ANDROID:
            raise CannotAsk("the gateway does not tell what became of a text")
        answer = self._api.call("get", self._find_url(provider_id), [], writes=False)
        self._api.refuse(answer, writes=False)
        found = re.search(r'"state"\s*:\s*"([A-Za-z]{1,20})"', answer.text)
        word = found[1] if found else "unknown"
        return DeliveryReceipt(provider_id, STATES.get(word.lower()), now, raw_state=word)

    def limits(self) -> Limits | None:
        """``per_minute``: operators take a SIM that sends more for a machine, and block it."""
        if not self.settings.per_minute:
            return None
        return Limits(timedelta(minutes=1) / self.settings.per_minute)

    def parts(self, message: OutboundMessage) -> int:
        """What the operator counts."""
        return sms_length(message.text).segments

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """A file of a picture message, which came with it. Raises ``DeliveryError``."""
        return _mms.content_of(attachment, most)

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """Nothing: gateways keep what they could not deliver and call again."""
        return ()

    def check(self) -> str:
        """Ask with the credentials for something that sends nothing. Raises ``DeliveryError``."""
        if self.settings.find_url:
            answer = self._api.call("get", self._find_url("0" * 32), [], writes=False)
        elif self.settings.profile is Profile.KANNEL:
            # Without a receiver: 403 if the log-in is wrong, else 400.
            login = {"username": self.settings.username, "password": self.settings.password}
            pairs = [
                (name, template, render(template, login))
                for name, template in (line.split("=", 1) for line in self.settings.send_parameters)
                if template in ("{username}", "{password}")
            ]
            answer = self._api.call(
                self.settings.send_method, self.settings.send_url, pairs, writes=False
            )
        else:
            return "gateway cannot be asked without sending; its address is set"
        if answer.status_code in (401, 403):
            raise DeliveryError(SendFault.CREDENTIALS, provider_code=str(answer.status_code))
        if answer.status_code >= 500:
            raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code=str(answer.status_code))
        return "gateway answers and knows this hub"

    @cached_property
    def _api(self) -> Gateway:
        # Requests is what a process that only receives never needs.
        from channels._sms_gateway_api import Gateway

        return Gateway(self.settings)

    # Proof

    def _is_allowed(self, caller: str) -> bool:
        try:
            address = ipaddress.ip_address(caller)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        return any(address in network for network in self._networks)

    def _is_proven(self, request: WebhookRequest) -> bool:
        secret = self.settings.secret.encode()
        if self.settings.secret_in == Proof.PARAMETER:
            given = _quietly(request).get(self.settings.secret_name, b"")
        elif self.settings.secret_in == Proof.BASIC:
            given = _password(request.headers.get("authorization", ""))
        else:
            header = request.headers.get(self.settings.secret_name.lower(), "")
            given = header.encode("utf-8", "replace")
            if self.settings.secret_in == Proof.SIGNATURE:
                stamp = request.headers.get("x-timestamp", "").encode("utf-8", "replace")
                signed = hmac.new(secret, request.body + stamp, hashlib.sha256).hexdigest()
                secret = signed.encode()
        return hmac.compare_digest(given, secret)

    def _is_marked(self, request: WebhookRequest) -> bool:
        fields = _quietly(request)
        of = _plain(fields.get(self.settings.report_id_param, b""))
        return hmac.compare_digest(fields.get("mark", b""), self._mark(of).encode())

    def _mark(self, message_id: str) -> str:
        """What a report on this one message proves itself with, so that no URL has the secret."""
        return self._keyed(f"status:{self.name}:{message_id}")

    def _keyed(self, words: str) -> str:
        key = (self.settings.secret or self.settings.password or self.name).encode()
        return hmac.new(key, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]

    # In

    def _message(self, fields: Fields, now: datetime, *, is_text: bool = True) -> InboundMessage:
        names = self.settings
        sender = _plain(fields.get(names.sender_param, b"")).strip()
        if not sender:
            raise Unparseable("the sender is missing")
        if is_text and names.text_param not in fields:
            raise Unparseable("the text is missing")
        raw = fields.get(names.text_param, b"")
        when = _plain(fields.get(names.time_param, b""))
        return InboundMessage(
            external_id=self._identity(fields, raw, when, now),
            received_at=now,
            text=_decoded(raw, _plain(fields.get(names.charset_param, b""))),
            sender=sender,
            address=phone_address(sender, names.country),
            kind=MessageKind.TEXT if is_text else MessageKind.UNKNOWN,
            recipient=_plain(fields.get(names.recipient_param, b"")) or names.from_number,
            sent_at=self._time(when),
        )

    def _picture(self, fields: Fields, now: datetime, *, whole: bool) -> InboundMessage:
        sender, text = _mms.sender_in(fields), _mms.text_in(fields)
        if not sender:
            raise Unparseable("the sender is missing")
        files = tuple(_mms.files_in(fields))
        when = _plain(fields.get(self.settings.time_param, b""))
        content = "\0".join((sender, text, *(file.url for file in files))).encode()
        return InboundMessage(
            external_id=self._identity(fields, content, when, now),
            received_at=now,
            text=text,
            sender=sender,
            address=phone_address(sender, self.settings.country),
            kind=MessageKind.TEXT if whole else MessageKind.UNKNOWN,
            recipient=_plain(fields.get(self.settings.recipient_param, b"")),
            attachments=files,
            sent_at=self._time(when),
        )

    def _identity(self, fields: Fields, text: bytes, when: str, now: datetime) -> str:
        """The gateway's id; without one, a keyed hash of all that tells two messages apart.

        Where it gives neither id nor time, the second of arrival stands in: "help" and "help"
        again are two messages. A delivery that such a gateway repeats is two messages as well;
        losing one would be worse.
        """
        given = _plain(fields.get(self.settings.id_param, b"")).strip()
        try:
            return identifier(given, "id")
        except Unparseable:
            pass  # None, or of another shape: part of the hash.
        if not given and not when:
            when = now.isoformat(timespec="seconds")
        people = [fields.get(name, b"") for name in self._people()]
        parts = [given.encode(), when.encode(), *people, text]
        return "h-" + self._keyed("".join(f"{len(part)}:{part!r}" for part in parts))

    def _people(self) -> tuple[str, str]:
        return self.settings.sender_param, self.settings.recipient_param

    def _receipt(self, fields: Fields, now: datetime) -> DeliveryReceipt:
        names = self.settings
        word = _plain(fields.get(names.report_state_param, b"")).strip()
        state = STATES.get(word.lower())
        reason = _plain(fields.get(names.report_error_param, b""))
        found = [code[1] for pattern in _CODES if (code := pattern.search(reason))]
        when = self._time(_plain(fields.get(names.report_time_param, b"")))
        return DeliveryReceipt(
            provider_id=identifier(
                _plain(fields.get(names.report_id_param, b"")).strip(), "the report's id"
            ),
            state=state,
            at=when or now,
            raw_state=identifier(word, "the report's state"),
            error_code=found[0] if found and state not in _WENT_WELL else "",
        )

    def _time(self, words: str) -> datetime | None:
        words = words.strip()
        try:
            if re.fullmatch(r"\d{9,11}|\d{13}", words, re.ASCII):
                seconds = int(words) / (1000 if len(words) == 13 else 1)
                return datetime.fromtimestamp(seconds, UTC)
            moment = datetime.fromisoformat(words)
            return (
                moment if moment.tzinfo else moment.replace(tzinfo=self.settings.zone)
            ).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return None

    # Out

    def _values(self, message: OutboundMessage) -> dict[str, str]:
        # %d and the like are Kannel's to fill in, so they must reach it as they are.
        proof = {"mark": self._mark(message.id)} if self.settings.secret else {}
        names = self.settings
        plain = urlencode({names.report_id_param: message.id, **proof})
        asked = {
            names.report_state_param: "%d",
            names.report_error_param: "%A",
            names.report_time_param: "%T",
        }
        filled = "&".join(f"{name}={code}" for name, code in asked.items() if name)
        return {
            "to": message.address,
            "to_digits": message.address.removeprefix("+"),
            "from": names.from_number,
            "text": message.text,
            "id": message.id,
            "coding": "2" if foreign_to_gsm7(message.text) else "0",
            "charset": "UTF-8",
            "username": names.username,
            "password": names.password,
            "status_url": f"{self.public_url}/status?{plain}&{filled}",
        }

    def _find_url(self, message_id: str) -> str:
        values = {"send_url": self.settings.send_url, "id": message_id}
        return render(self.settings.find_url, values)


def _quietly(request: WebhookRequest) -> Fields:
    """What a request says before it is proven; nothing if it cannot be read."""
    try:
        return read_fields(request)
    except Unparseable:
        return {}


def _password(header: str) -> bytes:
    """The password of an ``Authorization: Basic`` header, empty if it is not exactly one."""
    scheme, _, coded = header.partition(" ")
    try:
        plain = b64decode(coded, validate=True)
    except ValueError:
        return b""
    if scheme.lower() != "basic" or b64encode(plain).decode() != coded:
        return b""
    return plain.partition(b":")[2]


def _plain(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _decoded(raw: bytes, charset: str) -> str:
    """The text in the characters it claims to be in, or else those it looks like."""
    try:
        claimed = codecs.lookup(charset.strip()[:20]).name if charset.isascii() else ""
        # Of all that Python knows, some unpack, and none of those is a text's.
        if claimed in _CHARSETS:
            # Cut in the middle of an emoji it is UTF-16 all the same; nothing else looks like it.
            return raw.decode(claimed, "replace" if "16" in claimed else "strict")
    except (LookupError, ValueError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")

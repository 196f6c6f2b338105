"""The keys of an HTTP gateway, what the known ones fill them with, and reading what they send.

Every name in a profile can be overridden by the key of the same name.
"""

from __future__ import annotations

import ipaddress
import json
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from channels._patience import Patience
from channels.base import Unparseable, WebhookRequest
from feedback_hub.config import Unfit, setting
from feedback_hub.config import secret as hidden
from feedback_hub.config.addresses import parse_base_url
from feedback_hub.config.convert import listed, named, text
from feedback_hub.config.times import parse_timezone
from feedback_hub.config.values import parse_country
from feedback_hub.domain.message import DeliveryState

STATES: Mapping[str, DeliveryState | None] = {
    # A gateway's word for what became of a text → ours, in lower case.
    # Kannel's %d (User's guide, Delivery reports): a number.
    "1": DeliveryState.DELIVERED,
    "2": DeliveryState.FAILED,
    "4": DeliveryState.SENT,  # waits at the operator
    "8": DeliveryState.SENT,  # the operator has it
    "16": DeliveryState.FAILED,  # the operator refused it
    "34": DeliveryState.EXPIRED,
    "66": None,  # the operator does not know either
    # SMPP 3.4, appendix B: the words of an operator's own report.
    "enroute": DeliveryState.SENT,
    "acceptd": DeliveryState.SENT,
    "delivrd": DeliveryState.DELIVERED,
    "expired": DeliveryState.EXPIRED,
    "deleted": DeliveryState.FAILED,
    "undeliv": DeliveryState.FAILED,
    "rejectd": DeliveryState.FAILED,
    "unknown": None,
    # SMS Gateway for Android, webhook events.
    "sms:sent": DeliveryState.SENT,
    "sms:delivered": DeliveryState.DELIVERED,
    "sms:failed": DeliveryState.FAILED,
    # The same app, asked for a message.
    "pending": DeliveryState.SENT,
    "processed": DeliveryState.SENT,
    # What others write.
    "accepted": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "rejected": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
}
ARRIVALS = frozenset({"sms:received", "sms:data-received"})
"""Events of a gateway with one address for all that tell of a text to us."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_PLACEHOLDERS = [
    *("to", "to_digits", "from", "text", "id", "coding", "charset"),
    *("username", "password", "status_url"),
]
_MOST_FIELDS = 200
_TOO_DEEP = 8


class Profile(StrEnum):
    """A gateway whose names are known."""

    KANNEL = "kannel"
    ANDROID = "android"


_DEFAULTS: Mapping[Profile, Mapping[str, Any]] = {
    Profile.KANNEL: {
        "secret_in": "parameter",
        "secret_name": "secret",
        "sender_param": "from",
        "recipient_param": "to",
        "text_param": "text",
        "time_param": "time",
        "id_param": "id",
        "charset_param": "charset",
        "event_param": "",
        "report_id_param": "id",
        "report_state_param": "state",
        "report_error_param": "reply",
        "report_time_param": "time",
        "send_method": "get",
        "send_parameters": (
            "username={username}",
            "password={password}",
            "from={from}",
            "to={to}",
            "text={text}",
            "charset={charset}",
            "coding={coding}",
            "dlr-mask=31",
            "dlr-url={status_url}",
        ),
        "accepted_pattern": r"\s*(0: Accepted for delivery|3: Queued for later delivery)",
        "find_url": "",
    },
    # https://docs.sms-gate.app/features/webhooks/ and /features/sending-messages/
    Profile.ANDROID: {
        "secret_in": "signature",
        "secret_name": "X-Signature",
        "sender_param": "payload.phoneNumber",
        "recipient_param": "payload.simNumber",
        "text_param": "payload.message",
        "time_param": "payload.receivedAt",
        # Its messageId is made from the content: the second "help" would have the first one's.
        "id_param": "",
        "charset_param": "",
        "event_param": "event",
        "report_id_param": "payload.messageId",
        "report_state_param": "event",
        "report_error_param": "payload.reason",
        "report_time_param": "",
        "send_method": "json",
        "send_parameters": (
            "id={id}",
            "textMessage.text={text}",
            "phoneNumbers[]={to}",
            "withDeliveryReport=true",
        ),
        "accepted_pattern": "",
        "find_url": "{send_url}/{id}",
        "per_minute": 10,
    },
}


class Proof(StrEnum):
    """How a gateway proves that a request is its own."""

    PARAMETER = "parameter"
    HEADER = "header"
    BASIC = "basic"
    SIGNATURE = "signature"


def _word(*words: str) -> Any:  # noqa: ANN401  what ``setting`` takes as a parser
    def parse(raw: object) -> str:
        word = text(raw).strip().lower()
        if word and word not in words:
            raise Unfit("is not a known word", f"Choose one of: {', '.join(words)}.")
        return word

    return parse


def _networks(raw: object) -> tuple[str, ...]:
    networks = tuple(named(one) for one in listed(raw, from_text=True))
    for one in networks:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise Unfit(
                "has an entry that is no IP address", 'Write ["196.3.96.4", "10.1.0.0/16"].'
            ) from None
    return networks


def _templates(raw: object) -> tuple[str, ...]:
    lines = tuple(named(one) for one in listed(raw, from_text=True))
    for line in lines:
        name, equals, template = line.partition("=")
        if not name or not equals or set(_PLACEHOLDER.findall(template)) - set(_PLACEHOLDERS):
            known = ", ".join(f"{{{one}}}" for one in _PLACEHOLDERS)
            raise Unfit(
                "has an entry that is no parameter", f'Write "name=value"; values may use {known}.'
            )
    return lines


def _pattern(raw: object) -> str:
    try:
        re.compile(text(raw))
    except re.error:
        raise Unfit("is not a regular expression", "Leave it out, or try it elsewhere.") from None
    return text(raw)


def _country(raw: object) -> str:
    return parse_country(raw) if text(raw) else ""


def _zone(raw: object) -> str:
    return str(parse_timezone(raw))


@dataclass(frozen=True)
class GatewaySettings(Patience):
    """The keys of a gateway (CONTRACT, Configuration). Empty means: as the profile has it."""

    profile: Profile = setting(
        "The gateway's kind, which fills in the names below: kannel or android.",
        default=Profile.KANNEL,
    )
    secret: str = hidden(
        "Proves that a request is the gateway's. This, allowed_addresses, or both.", default=""
    )
    secret_in: str = setting(
        "Where it comes: parameter, header, basic (as the password) or signature (HMAC-SHA256).",
        default="",
        parse=_word(*Proof),
    )
    secret_name: str = setting("The parameter or header that it comes in.", default="")
    allowed_addresses: tuple[str, ...] = setting(
        "IP addresses and networks that may call. Empty: any.", default=(), parse=_networks
    )
    sender_param: str = setting("Who wrote. In JSON dots lead inwards: payload.from.", default="")
    recipient_param: str = setting("The number written to.", default="")
    text_param: str = setting("The text.", default="")
    time_param: str = setting("When it was sent: a date and time, or seconds.", default="")
    id_param: str = setting("The gateway's id of the message.", default="")
    charset_param: str = setting("In which characters the text comes.", default="")
    event_param: str = setting("What happened, where one address hears of all.", default="")
    report_id_param: str = setting("In a delivery report: which message.", default="")
    report_state_param: str = setting("In a delivery report: what became of it.", default="")
    report_error_param: str = setting("In a delivery report: why not.", default="")
    report_time_param: str = setting("In a delivery report: when.", default="")
    time_zone: str = setting(
        "The zone of times that come without an offset.", default="UTC", parse=_zone
    )
    country: str = setting(
        "The country (ISO 3166-1) of numbers that come without a prefix. Empty: left as they are.",
        default="",
        parse=_country,
    )
    from_number: str = setting("The short code or number that people write to.", default="")
    send_url: str = setting("Where texts are handed over.", parse=parse_base_url)
    send_method: str = setting(
        "get, form (POST) or json (POST).", default="", parse=_word("get", "form", "json")
    )
    send_parameters: tuple[str, ...] = setting(
        "What is sent, name=value each.", default=(), parse=_templates
    )
    username: str = setting("The gateway's name for this hub.", default="")
    password: str = hidden("The password that goes with username.", default="")
    accepted_pattern: str = setting(
        "A regular expression that an answer of success begins with.", default="", parse=_pattern
    )
    refused_pattern: str = setting(
        "One that an answer of refusal begins with, though its HTTP status says success.",
        default="",
        parse=_pattern,
    )
    id_pattern: str = setting(
        "One whose first group is the gateway's id of the message, where reports carry that.",
        default="",
        parse=_pattern,
    )
    find_url: str = setting(
        "Where the gateway tells whether it has a message: {send_url} and {id} are filled in.",
        default="",
    )
    per_minute: int = setting(
        "Parts of texts a minute that the gateway may send, over all of this hub. 0: as the "
        "profile has it, kannel none, android 10.",
        default=0,
        least=0,
        most=60_000,
    )
    reply_body: str = setting("What the gateway wants to hear. Empty: nothing.", default="")

    def __post_init__(self) -> None:
        if not self.secret and not self.allowed_addresses:
            raise Unfit(
                "needs secret, allowed_addresses or both",
                "Otherwise anybody could write as anybody.",
                key="secret",
            )
        if self.id_pattern and not re.compile(self.id_pattern).groups:
            raise Unfit("has no group", 'Write it like "ID: (\\w+)".', key="id_pattern")
        for field in fields(self):
            if not getattr(self, field.name) and field.name in _DEFAULTS[self.profile]:
                # Frozen, and this is still its making.
                object.__setattr__(self, field.name, _DEFAULTS[self.profile][field.name])

        names = [line.partition("=")[0].removesuffix("[]") for line in self.send_parameters]
        if self.send_method == "json" and any(
            inner.startswith(f"{outer}.") for outer in names for inner in names
        ):
            raise Unfit("has a name that is both a value and an object", key="send_parameters")

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """What a time without an offset means."""
        return zoneinfo.ZoneInfo(self.time_zone)


Fields = Mapping[str, bytes]
"""What a request says: each name and its first value, in the bytes it came in."""


def read_fields(request: WebhookRequest) -> Fields:
    """The parameters of the address and of the body, which counts for more.

    Raises ``Unparseable`` for a body that is neither a form nor a JSON object.
    """
    found: dict[str, bytes] = {}
    try:
        if request.method != "GET" and request.body:
            _add(found, _read_body(request))
        _add(found, _read_form(urlsplit(request.url).query))
    except ValueError:
        raise Unparseable("not a readable form") from None
    return found


def _add(found: dict[str, bytes], pairs: Iterator[tuple[str, bytes]]) -> None:
    for name, value in pairs:
        found.setdefault(name, value)


def _read_body(request: WebhookRequest) -> Iterator[tuple[str, bytes]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _read_form(request.body.decode("latin-1"))
    if kind != "application/json":
        raise Unparseable("neither a form nor JSON")
    try:
        document = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unparseable("not readable JSON") from None
    if not isinstance(document, dict):
        raise Unparseable("not a JSON object")
    return _flat(document)


def _read_form(words: str) -> Iterator[tuple[str, bytes]]:
    # Byte for byte: which characters they are, another parameter says.
    for name, value in parse_qsl(
        words, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS
    ):
        yield name, value.encode("latin-1", "replace")


def _flat(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """``{"a": {"b": 1}}`` → ``a.b``; the items of a list are numbered from 0."""
    if isinstance(value, dict | list) and depth < _TOO_DEEP:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, str):
        # JSON can write half an emoji, which no database stores.
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield path, whole.encode()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, str(value).encode()


def render(template: str, values: Mapping[str, str]) -> str:
    """``template`` with its placeholders filled in, each once: a value is never read again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), template)

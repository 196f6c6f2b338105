"""What Twilio's channels share: the account's settings, the proof of a webhook, error words.

Light on purpose: the part that calls Twilio is ``_twilio_api``, which a process that only receives
never loads.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from channels._patience import Patience
from channels.base import Unparseable, Unverified, WebhookRequest, phone_address
from feedback_hub.config import Unfit, secret, setting
from feedback_hub.config.addresses import parse_base_url
from feedback_hub.config.convert import text
from feedback_hub.config.times import WorkingHours, parse_working_hours
from feedback_hub.domain.message import SendFault

FAULTS: Mapping[str, tuple[SendFault, bool]] = {
    # Twilio's code → what it is to us, and whether the same message can never succeed. What an
    # operator can mend (account, sender, permissions) is not permanent: the message may still go.
    # Source: https://www.twilio.com/docs/api/errors
    "20003": (SendFault.CREDENTIALS, False),  # authentication failed
    "20005": (SendFault.CREDENTIALS, False),  # account not active
    "20404": (SendFault.CREDENTIALS, False),  # no such account
    "20429": (SendFault.RATE_LIMITED, False),
    "14107": (SendFault.RATE_LIMITED, False),
    "21211": (SendFault.BAD_ADDRESS, True),  # not a phone number
    "21212": (SendFault.CREDENTIALS, False),  # From is not a number of ours
    "21265": (SendFault.BAD_ADDRESS, True),  # To is a short code
    "21266": (SendFault.BAD_ADDRESS, True),  # To is From
    "21408": (SendFault.CREDENTIALS, False),  # country not enabled for the account
    "21603": (SendFault.CREDENTIALS, False),  # no sender
    "21604": (SendFault.BAD_ADDRESS, True),  # no recipient
    "21606": (SendFault.CREDENTIALS, False),  # From cannot send texts
    "21608": (SendFault.CREDENTIALS, False),  # trial account, number not verified
    "21609": (SendFault.CREDENTIALS, False),  # StatusCallback: base_url is not public
    "21610": (SendFault.OPTED_OUT, True),  # the person texted STOP
    "21611": (SendFault.RATE_LIMITED, False),  # the sender's queue is full
    "21612": (SendFault.BAD_ADDRESS, True),  # not reachable from this sender
    "21614": (SendFault.BAD_ADDRESS, True),  # not a mobile number
    "21635": (SendFault.BAD_ADDRESS, True),  # a landline
    "21659": (SendFault.CREDENTIALS, False),  # From is not a Twilio number
    "21660": (SendFault.CREDENTIALS, False),  # From belongs to another account
    "21703": (SendFault.CREDENTIALS, False),  # messaging service without a sender
    "21705": (SendFault.CREDENTIALS, False),  # messaging service unknown
    "30001": (SendFault.RATE_LIMITED, False),  # queue overflow
    "30002": (SendFault.CREDENTIALS, False),  # account suspended
    "30003": (SendFault.UNREACHABLE, False),  # switched off or out of coverage
    "30004": (SendFault.BLOCKED, True),  # the handset or network refuses it
    "30005": (SendFault.BAD_ADDRESS, True),  # number unknown or no longer in service
    "30006": (SendFault.BAD_ADDRESS, True),  # landline, or a network that cannot be reached
    "30007": (SendFault.BLOCKED, True),  # filtered as spam
    "30008": (SendFault.UNREACHABLE, False),  # the network gives no reason
    "30022": (SendFault.RATE_LIMITED, False),
    "30023": (SendFault.RATE_LIMITED, False),  # the network's daily limit
    "30034": (SendFault.BLOCKED, False),  # sender not registered with the network
    "30036": (SendFault.UNREACHABLE, False),  # validity period over
    "30410": (SendFault.UNREACHABLE, False),  # the network did not answer
    "63038": (SendFault.RATE_LIMITED, False),  # the account's daily limit
}

_SIGNATURE = "x-twilio-signature"
_FORM = "application/x-www-form-urlencoded"
# Twilio sends about 30 fields and two more for each of at most 10 files.
_MOST_FIELDS = 1000
_ACCOUNT_SID = re.compile(r"AC[A-Za-z0-9_-]{1,62}")


def _account_sid(raw: object) -> str:
    if not isinstance(raw, str) or not _ACCOUNT_SID.fullmatch(raw.strip()):
        raise Unfit("is not an account SID", "Copy it from Twilio's console; it begins with AC.")
    return raw.strip()


def _sender(raw: object) -> str:
    # Twilio lists what was sent by the sender as it writes it: without spaces.
    return phone_address(text(raw))


def _operator(raw: object) -> str:
    written = text(raw).strip()
    number = phone_address(written)
    if written and not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise Unfit("is not a phone number", "Write it with its country code, like +258841234567.")
    return number


def _hours(raw: object) -> WorkingHours | None:
    return parse_working_hours(raw) if raw != "" else None


@dataclass(frozen=True)
class TwilioSettings(Patience):
    """The keys of a Twilio account (CONTRACT, Configuration)."""

    account_sid: str = setting(
        "The account: AC and 32 characters, from Twilio's console.", parse=_account_sid
    )
    auth_token: str = secret("The account's auth token: signs its webhooks and opens its API.")
    from_number: str = setting(
        "The sender: a Twilio number with country code, a short code or a sender name. "
        "This or messaging_service_sid.",
        default="",
        parse=_sender,
    )
    messaging_service_sid: str = setting(
        "A messaging service that picks the sender. This or from_number.", default=""
    )
    api_base: str = setting(
        "Where Twilio's API is; change it only for tests or a relay.",
        default="https://api.twilio.com",
        parse=parse_base_url,
    )

    def __post_init__(self) -> None:
        if bool(self.from_number) == bool(self.messaging_service_sid):
            raise Unfit(
                "needs exactly one of from_number and messaging_service_sid",
                "Keep the one that this account sends with.",
                key="from_number",
            )


@dataclass(frozen=True)
class VoiceSettings(TwilioSettings):
    """The keys of a Twilio account that answers calls."""

    operator_number: str = setting(
        "The telephone that callers who want a person are put through to; empty: none.",
        default="",
        parse=_operator,
    )
    operator_hours: WorkingHours | None = setting(
        "When somebody answers it, on working days, local time; empty: [clocks] working_hours.",
        default=None,
        parse=_hours,
    )
    longest_message: int = setting(
        "Seconds that a voice message may last.", default=180, least=10, most=3600
    )


class Form(dict[str, list[str]]):
    """The fields of a form body: each name and its values, in order, empty ones too."""

    def getall(self, name: str) -> list[str]:
        """Every value of ``name``; the name by which Twilio's validator asks."""
        return self[name]

    def first(self, name: str) -> str:
        """The first value of ``name``, empty if there is none."""
        return self.get(name, [""])[0]


def read_form(body: bytes) -> Form:
    """Read a URL-encoded body, UTF-8. Raises ``ValueError``."""
    form = Form()
    for name, value in parse_qsl(
        body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
    ):
        form.setdefault(name, []).append(value)
    return form


def parse_form(request: WebhookRequest) -> Form:
    """The fields of a verified request. Raises ``Unparseable``."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Unparseable("not a form")
    try:
        return read_form(request.body)
    except ValueError:
        raise Unparseable("not a readable form") from None


def verify(request: WebhookRequest, auth_token: str) -> None:
    """Check ``X-Twilio-Signature`` over the public URL and every field. Raises ``Unverified``.

    The fields are read from the body whatever its content type claims, exactly as ``parse_form``
    reads them: were they left out for another type, a signature seen on an empty request would
    vouch for any body.
    """
    # Missing is empty, and sent twice is joined by a comma: neither is the base64 of anything.
    signature = request.headers.get(_SIGNATURE, "")
    try:
        fields = read_form(request.body)
        genuine = _is_genuine(RequestValidator(auth_token), request.url, fields, signature)
    except ValueError:
        raise Unverified("nothing that could be signed") from None
    if not genuine:
        raise Unverified("signature does not fit")


def _is_genuine(validator: RequestValidator, url: str, fields: Form, signature: str) -> bool:
    # Its own ``validate`` makes two signatures, with the port and without: mostly one is enough.
    made: str = validator.compute_signature(url, fields)
    if hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogatepass")):
        return True
    return bool(validator.validate(url, fields, signature))


def fault_of(code: str) -> SendFault | None:
    """What Twilio's error ``code`` means to us, None if it is not in the table."""
    known = FAULTS.get(code)
    return known[0] if known else None

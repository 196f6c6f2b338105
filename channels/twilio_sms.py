"""Text messages through Twilio. Set-up: ``docs/channels/twilio_sms.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from channels import _twilio
from channels.base import (
    Item,
    Unparseable,
    WebhookReply,
    WebhookRequest,
    identifier,
    phone_address,
)
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    DeliveryState,
    InboundMessage,
    OutboundMessage,
    SendFault,
)

if TYPE_CHECKING:
    from twilio.rest import Client

STATES: Mapping[str, DeliveryState | None] = {
    # Twilio's word → ours. What Twilio has taken is sent for us: it does the waiting and retrying.
    # Source: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
    # Words about a message to us say nothing about one of ours.
    "receiving": None,
    "received": None,
}
_OPT_OUT_WORDS = {"STOP": "stop", "START": "start", "HELP": "help"}
_PLACE = {"Latitude": "latitude", "Longitude": "longitude", "Address": "place", "Label": "label"}

# Anything but TwiML, and Twilio may text the answer's body to the person.
_EMPTY_TWIML = WebhookReply(
    200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml; charset=utf-8"
)
_NO_CONTENT = WebhookReply(204, b"", "text/xml; charset=utf-8")

# Twilio's connection overrides: up to five more tries, on any failure.
_TRY_AGAIN = "#rc=5&rp=all"

_CLOCK_SKEW = timedelta(seconds=60)
"""Our clock against Twilio's, where taking something twice costs nothing."""

# Our clock against Twilio's, where missing a text leaves the person with two copies: a hub that was
# told the wrong time zone, or one without a battery and not yet on the network. Taking the same
# text of some hours ago for this one leaves the person with one copy, which is the side to err on.
_WRONG_CLOCK = timedelta(days=1)
_MOST_TO_ONE_PERSON = 1000
_MOST_MISSED = 20_000
_LARGEST_PAGE = 1000
_MEDIA = re.compile(r"/2010-04-01/Accounts/AC\w+/Messages/(\w+)/Media/(\w+)\Z")


class _Media(Protocol):
    uri: str
    content_type: str | None


class _MediaList(Protocol):
    def list(self, limit: int) -> list[_Media]: ...


class _Number(Protocol):
    sms_url: str | None
    voice_url: str | None
    status_callback: str | None

    def update(self, **changes: str) -> object: ...


class _Record(Protocol):
    """The part of Twilio's message that is read here; its library has no types to give."""

    sid: str
    direction: str
    status: str
    error_code: int | None
    body: str | None
    from_: str | None
    to: str | None
    num_media: str | None
    messaging_service_sid: str | None
    date_created: datetime | None
    media: _MediaList


class Adapter:
    """One Twilio number or messaging service."""

    Settings: ClassVar[type] = _twilio.TwilioSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {
        "inbound": frozenset({"POST"}),
        "status": frozenset({"POST"}),
    }

    def __init__(self, name: str, settings: _twilio.TwilioSettings, public_url: str) -> None:
        self.name = name
        self.settings = settings
        self.public_url = public_url.rstrip("/")

    def verify(self, request: WebhookRequest) -> None:
        """See ``_twilio.verify``."""
        _twilio.verify(request, self.settings.auth_token)

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """One message or one receipt. Twilio gives no times, so both carry ``now``.

        The fields tell which it is, not the endpoint: a message that the console was told to post
        to ``status`` is a message all the same.
        """
        form = _twilio.parse_form(request)
        return [_receipt(form, now) if "MessageStatus" in form else _message(form, now)]

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """Empty TwiML; nothing at all for a receipt."""
        if items and all(isinstance(item, DeliveryReceipt) for item in items):
            return _NO_CONTENT
        return _EMPTY_TWIML

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """A file of a message, from this account's own and nowhere else. ``DeliveryError``."""
        match = _MEDIA.search(attachment.url)
        if match is None:
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="not_media")
        from channels._twilio_api import download

        # Built anew: whatever the address says, the token goes to the configured host.
        account = f"{self.settings.api_base}/2010-04-01/Accounts/{self.settings.account_sid}"
        url = f"{account}/Messages/{match[1]}/Media/{match[2]}"
        return download(self.settings, url, most, seconds)

    def send(self, message: OutboundMessage) -> str:
        """Queue ``message`` at Twilio and return its SID. Raises ``DeliveryError``."""
        created = self._client.messages.create(
            to=message.address,
            body=message.text,
            status_callback=f"{self.public_url}/status",
            **(self._from or {"messaging_service_sid": self.settings.messaging_service_sid}),
        )
        sid = created.sid
        if not isinstance(sid, str) or not sid:
            raise DeliveryError(SendFault.NO_ANSWER, outcome_unknown=True)
        return sid

    def remembers_sent(self) -> bool:
        """Twilio lists what it sent."""
        return True

    def find_sent(self, message: OutboundMessage) -> str | None:
        """The SID of ``message`` in Twilio's list, or None if it never got there.

        Twilio keeps no reference of ours, so a message is known by its recipient, sender, text and
        time. That is enough: a text carries its case's reference and each purpose is sent once a
        case, so two equal texts to one number are a repetition that somebody asked for, and of
        those ``others`` are known. Should two be left, the older is taken; were it in truth the
        other's, the person has the text all the same.

        No date goes with the question: Twilio's filter looks at the time of sending, which a
        message still in its queue does not have, and "not found" would send it a second time.
        """
        attempted_at = message.attempted_at
        if attempted_at is None:
            return None
        listed = self._listed(_MOST_TO_ONE_PERSON, to=message.address, **self._from)
        recent = [
            (created, record)
            for record in listed
            if (created := record.date_created or attempted_at) >= attempted_at - _WRONG_CLOCK
            and self._is_ours(record)
            and record.sid not in message.others
        ]
        same = [item for item in recent if _same_text(item[1].body or "", message.text)]
        if same:
            return min(same, key=itemgetter(0))[1].sid
        if len(listed) >= _MOST_TO_ONE_PERSON:
            raise CannotAsk("more messages to this address than can be read")
        if not all(record.body for _, record in recent):
            raise CannotAsk("the account hides the texts it sent")
        return None

    def state_of(self, provider_id: str, now: datetime) -> DeliveryReceipt:
        """What Twilio knows of a text by its SID. Raises ``DeliveryError``."""
        record: _Record = self._client.messages(provider_id).fetch()
        code = str(record.error_code or "")
        return DeliveryReceipt(
            provider_id=provider_id,
            state=STATES.get(record.status),
            at=now,
            raw_state=record.status,
            error_code=code,
            opted_out=_twilio.fault_of(code) is SendFault.OPTED_OUT,
        )

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """Messages to this account that Twilio received since ``since``, with its own times.

        Raises ``DeliveryError`` when there are more than can be read at once.
        """
        # For what came in, the time of sending is that of the webhook: always there. Twilio asks
        # for days only, so the rest of the first one is dropped here.
        since -= _CLOCK_SKEW
        day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        number = {"to": self.settings.from_number} if self.settings.from_number else {}
        listed = self._listed(_MOST_MISSED, date_sent_after=day, **number)
        if len(listed) >= _MOST_MISSED:
            raise DeliveryError(SendFault.REFUSED, provider_code="too_many_missed")
        return [
            self._missed(record, received_at)
            for record in reversed(listed)
            if record.direction == "inbound"
            and self._is_ours(record)
            and (received_at := record.date_created or since) >= since
        ]

    def check(self) -> str:
        """Ask for the account itself. Raises ``DeliveryError`` if it is not in use."""
        account = self._client.api.v2010.accounts(self.settings.account_sid).fetch()
        if account.status != "active":
            raise DeliveryError(SendFault.CREDENTIALS, provider_code=str(account.status))
        if account.type == "Trial":
            return "Twilio account active, but on trial: it texts verified numbers only"
        return "Twilio account active"

    def registered(self) -> str:
        """Where Twilio posts what people write: the service's address, or else the number's."""
        if not self.settings.messaging_service_sid:
            return str(self._number().sms_url or "")
        found = self._service.fetch()
        if not found.use_inbound_webhook_on_number:
            return str(found.inbound_request_url or "")
        # The service leaves it to its numbers, which may differ: said only where they agree.
        addresses = {str(number.sms_url or "") for number in self._numbers_of_service()}
        return addresses.pop() if len(addresses) == 1 else ""

    def register(self) -> None:
        """Have Twilio post what people write to this hub, and again if that fails.

        Raises ``DeliveryError``. Twilio takes the address without trying it.
        """
        address = f"{self.public_url}/inbound{_TRY_AGAIN}"
        if self.settings.messaging_service_sid:
            self._service.update(
                inbound_request_url=address,
                inbound_method="POST",
                fallback_url=address,
                fallback_method="POST",
                use_inbound_webhook_on_number=False,
            )
            return
        self._number().update(
            sms_url=address, sms_method="POST", sms_fallback_url=address, sms_fallback_method="POST"
        )

    def _number(self) -> _Number:
        """The account's number. Raises ``DeliveryError`` if it is none of the account's."""
        number = self.settings.from_number
        found: list[_Number] = (
            self._client.incoming_phone_numbers.list(phone_number=number, limit=1) if number else []
        )
        if not found:
            # A messaging service does not say where its numbers ring; short codes and sender
            # names are set up in the console.
            raise DeliveryError(SendFault.CREDENTIALS, provider_code="no_such_number")
        return found[0]

    def _numbers_of_service(self) -> list[_Number]:
        """The numbers of the messaging service, as far as they are this account's."""
        listed = self._service.phone_numbers.list(limit=100)
        numbers = self._client.incoming_phone_numbers
        return [numbers(number.sid).fetch() for number in listed]

    def load(self) -> None:
        """Load the provider's library and its hundred modules."""
        from channels import _twilio_api

        _twilio_api.load()

    @cached_property
    def _client(self) -> Client:
        # Half a second and 200 modules, which a process that only receives never needs.
        from channels._twilio_api import connect

        return connect(self.settings)

    @property
    def _service(self) -> Any:  # noqa: ANN401  Twilio's library has no types to give
        from channels._twilio_api import service

        return service(self._client, self.settings)

    @property
    def _from(self) -> dict[str, str]:
        return {"from_": self.settings.from_number} if self.settings.from_number else {}

    def _listed(self, most: int, **filters: str | datetime) -> list[_Record]:
        """Up to ``most`` of the account's messages, newest first. Raises ``DeliveryError``."""
        records: list[_Record] = self._client.messages.list(
            limit=most, page_size=min(most, _LARGEST_PAGE), **filters
        )
        return records

    def _is_ours(self, record: _Record) -> bool:
        """Whether this account's number or service carried it; Twilio cannot filter by service."""
        service = self.settings.messaging_service_sid
        return not service or record.messaging_service_sid == service

    def _missed(self, record: _Record, received_at: datetime) -> InboundMessage:
        attachments: tuple[Attachment, ...] = ()
        if record.num_media not in (None, "0"):
            attachments = tuple(
                Attachment(
                    url=f"{self.settings.api_base}{media.uri.removesuffix('.json')}",
                    content_type=media.content_type or "",
                )
                for media in record.media.list(limit=20)
            )
        return InboundMessage(
            external_id=record.sid,
            received_at=received_at,
            text=record.body or "",
            sender=record.from_ or "",
            address=phone_address(record.from_ or ""),
            recipient=record.to or "",
            attachments=attachments,
        )


def _message(form: _twilio.Form, now: datetime) -> InboundMessage:
    sender = form.first("From")
    if not sender:
        raise Unparseable("From is missing")
    metadata = {ours: form.first(theirs) for theirs, ours in _PLACE.items() if form.first(theirs)}
    if opt_out := _OPT_OUT_WORDS.get(form.first("OptOutType").upper()):
        metadata["opt_out"] = opt_out
    return InboundMessage(
        external_id=_sid(form),
        received_at=now,
        text=form.first("Body"),
        sender=sender,
        address=phone_address(sender),
        recipient=form.first("To"),
        attachments=tuple(_attachments(form)),
        metadata=metadata,
    )


def _attachments(form: _twilio.Form) -> Iterator[Attachment]:
    # By the fields that came rather than by what NumMedia claims.
    for number in count():
        url = form.first(f"MediaUrl{number}")
        if not url:
            return
        yield Attachment(url, form.first(f"MediaContentType{number}"))


def _receipt(form: _twilio.Form, now: datetime) -> DeliveryReceipt:
    word = form.first("MessageStatus")
    code = form.first("ErrorCode")
    return DeliveryReceipt(
        provider_id=_sid(form),
        state=STATES.get(word),
        at=now,
        raw_state=identifier(word, "MessageStatus"),
        error_code=identifier(code, "ErrorCode") if code else "",
        opted_out=_twilio.fault_of(code) is SendFault.OPTED_OUT,
    )


def _sid(form: _twilio.Form) -> str:
    return identifier(form.first("MessageSid") or form.first("SmsSid"), "MessageSid")


def _same_text(theirs: str, ours: str) -> bool:
    # A trial account puts a line of its own before each text.
    return theirs.strip().endswith(ours.strip())

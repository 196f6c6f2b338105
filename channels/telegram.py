"""A Telegram bot. Set-up: ``docs/channels/telegram.md``."""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from channels._telegram import Mode, TelegramSettings
from channels._telegram_update import FILE, KINDS, read_update
from channels.base import Item, Pulled, Unparseable, Unverified, WebhookReply, WebhookRequest
from feedback_hub.domain.message import (
    Attachment,
    CannotAsk,
    DeliveryError,
    InboundMessage,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.pacing import Limits

if TYPE_CHECKING:
    from channels._telegram_api import Api

LONGEST_TEXT = 4096
"""UTF-16 units in one message (https://core.telegram.org/bots/api#sendmessage)."""

LIMITS = Limits(every=timedelta(seconds=1) / 25, at_once=5, to_one=timedelta(seconds=1))
"""One message a second to a chat, and in no second more than the 30 in all that Telegram takes.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

_SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  a header's name
_ANSWER = "answerCallbackQuery"
_RECEIVED = WebhookReply()
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_POLL = 20.0
_GRACE = 5.0
_MOST_UPDATES = 100
# "If there are no new updates for at least a week, then identifier of the next update will be
# chosen randomly": it may be below the last one, and an offset would throw it away unread.
# Source: https://core.telegram.org/bots/api#update
_OFFSET_HOLDS = timedelta(days=6)
_TRIES_OF_A_LATER_PART = 3
_LONGEST_PAUSE = 15.0


class Adapter:
    """One bot."""

    Settings: ClassVar[type] = TelegramSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {"inbound": frozenset({"POST"})}

    def __init__(self, name: str, settings: TelegramSettings, public_url: str) -> None:
        self.name = name
        self.settings = settings
        self.inbound_url = f"{public_url.rstrip('/')}/inbound"
        self._bot_id = settings.token.partition(":")[0]

    def verify(self, request: WebhookRequest) -> None:
        """Compare the secret that Telegram was given with the webhook. Raises ``Unverified``."""
        given = request.headers.get(_SECRET, "").encode("utf-8", "replace")
        expected = self.settings.secret_token.encode()
        # A bot that is polled may have no secret: nothing proves anything then.
        if not expected or not hmac.compare_digest(given, expected):
            raise Unverified("secret token does not fit")

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """One update. Raises ``Unparseable``; see ``_telegram_update``."""
        content_type = request.headers.get("content-type", "").partition(";")[0]
        if content_type.strip().lower() != "application/json":
            raise Unparseable("not JSON")
        try:
            document = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Unparseable("not readable JSON") from None
        if not isinstance(document, dict):
            raise Unparseable("not a JSON object")
        return read_update(document, now, self._bot_id)

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """Nothing, but for a button: the answer itself tells Telegram to stop its hourglass.

        A webhook's answer may be a call of the API (https://core.telegram.org/bots/api, "Making
        requests when getting updates"), so no other is needed.
        """
        for query in _pressed(items):
            call = {"method": _ANSWER, "callback_query_id": query}
            return WebhookReply(200, json.dumps(call).encode(), "application/json")
        return _RECEIVED

    def send(self, message: OutboundMessage) -> str:
        """Send ``message``, in parts where it is long; ``chat:message_id`` of the last part.

        Raises ``DeliveryError``. Once the first part is with the person nothing may send it again:
        a later part that fails is tried again here, and if it still fails the outcome is unknown.
        """
        parts = split(message.text)
        sent = ""
        for number, part in enumerate(parts):
            call: dict[str, object] = {
                "chat_id": message.address,
                "text": part,
                # A preview would show what the text is about on a phone that others read.
                "link_preview_options": {"is_disabled": True},
            }
            if message.choices and number == len(parts) - 1:
                call["reply_markup"] = {"inline_keyboard": _buttons(message.choices)}
            sent = self._send_later_part(call) if number else self._send_part(call)
        return sent

    def limits(self) -> Limits | None:
        """See ``LIMITS``."""
        return LIMITS

    def parts(self, message: OutboundMessage) -> int:
        """The messages that a long text goes in."""
        return len(split(message.text))

    def find_sent(self, message: OutboundMessage) -> str | None:
        """Raises ``CannotAsk``: Telegram never tells a bot what it has sent."""
        raise CannotAsk("Telegram has no list of what a bot sent")

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """Nothing: Telegram itself keeps what it could not hand over, for 24 hours."""
        return ()

    def link(self, site: str) -> str:
        """A deep link (https://core.telegram.org/bots/features#deep-linking); empty: no name."""
        if not self.settings.username:
            return ""
        start = f"?start={site}" if _PAYLOAD.fullmatch(site) else ""
        return f"https://t.me/{self.settings.username}{start}"

    def check(self) -> str:
        """Ask who the bot is and where its updates go. Raises ``DeliveryError``."""
        me = self._api.call("getMe")
        name = f"@{me.get('username')}" if isinstance(me, dict) else ""
        url, waiting = self._webhook()
        if self.settings.mode is Mode.POLLING:
            stale = "; a webhook is set, which the first look removes" if url else ""
            return f"Telegram bot {name}, polled, {waiting} waiting{stale}"
        if url != self.inbound_url:
            return f"Telegram bot {name}, but its webhook is not this hub's: register it"
        return f"Telegram bot {name}, webhook set, {waiting} waiting"

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """The file by its id, up to ``most`` bytes. Raises ``DeliveryError``."""
        from channels._fetching import too_large  # noqa: PLC0415  loads requests

        if not attachment.url.startswith(FILE):
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="not_a_file")
        found = self._api.call("getFile", {"file_id": attachment.url.removeprefix(FILE)})
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(path, str):
            raise DeliveryError(SendFault.PROVIDER_DOWN)
        size = found.get("file_size")
        if isinstance(size, int) and size > most:
            raise too_large()
        return self._api.download(path, most, seconds)

    def pulls(self) -> bool:
        """Whether ``mode`` is polling."""
        return self.settings.mode is Mode.POLLING

    def pull(self, cursor: str, now: datetime) -> Pulled:
        """Up to 100 updates; see ``Pulls``. ``cursor`` is the next id and when it was learnt."""
        updates = self._updates(_offset(cursor, now))
        deliveries: list[tuple[bytes, Sequence[Item] | None]] = []
        newest = -1
        for update in updates:
            number = update.get("update_id") if isinstance(update, dict) else None
            newest = max(newest, number if isinstance(number, int) else -1)
            deliveries.append((json.dumps(update).encode(), self._pulled(update, now)))
        if newest >= 0:
            cursor = f"{newest + 1}@{int(now.timestamp())}"
        self._stop_hourglasses(items for _, found in deliveries for items in found or ())
        return Pulled(deliveries, cursor, more=len(updates) >= _MOST_UPDATES)

    def load(self) -> None:
        """Load Telegram's library, which reads updates: 180 modules, 8 MB."""
        import_module("telegram")

    def registered(self) -> str:
        """The address Telegram calls. Raises ``DeliveryError``."""
        return self._webhook()[0]

    def register(self) -> None:
        """Set the webhook, or remove it where the bot is polled. Raises ``DeliveryError``."""
        if self.pulls():
            self._api.call("deleteWebhook")
            return
        self._api.call(
            "setWebhook",
            {
                "url": self.inbound_url,
                "secret_token": self.settings.secret_token,
                "allowed_updates": list(KINDS),
            },
        )

    @cached_property
    def _api(self) -> Api:
        # A process that only receives calls nobody.
        from channels._telegram_api import Api

        return Api(self.settings)

    def _send_part(self, call: Mapping[str, object]) -> str:
        sent = self._api.call("sendMessage", call, writes=True)
        number = sent.get("message_id") if isinstance(sent, dict) else None
        if not isinstance(number, int):
            raise DeliveryError(SendFault.NO_ANSWER, outcome_unknown=True)
        return f"{call['chat_id']}:{number}"

    def _send_later_part(self, call: Mapping[str, object]) -> str:
        # The hub has counted this part too; in the chat itself it comes a second later.
        pause = LIMITS.to_one.total_seconds()
        for tries in range(1, _TRIES_OF_A_LATER_PART + 1):
            time.sleep(pause)
            try:
                return self._send_part(call)
            except DeliveryError as error:
                if error.permanent or error.outcome_unknown:
                    raise
                pause = error.retry_after or 1.0
                if tries == _TRIES_OF_A_LATER_PART or pause > _LONGEST_PAUSE:
                    raise DeliveryError(
                        error.fault, outcome_unknown=True, provider_code="sent_in_part"
                    ) from None
        raise AssertionError("unreachable")

    def _stop_hourglasses(self, items: Iterable[Item]) -> None:
        """Tell Telegram that each press arrived, or a polled bot's buttons seem dead for a minute.

        That is all it says: until the update is confirmed Telegram hands the press over again.
        """
        try:
            for query in _pressed(items):
                self._api.call(_ANSWER, {"callback_query_id": query}, patience=_GRACE)
        except DeliveryError:
            return  # too old, or away: what was pressed is read all the same

    def _pulled(self, update: object, now: datetime) -> Sequence[Item] | None:
        """What one pulled update says; None where it cannot be read."""
        try:
            return read_update(update, now, self._bot_id) if isinstance(update, dict) else None
        except Unparseable:
            return None

    def _updates(self, offset: int | None) -> list[object]:
        wait = min(_LONGEST_POLL, self.settings.read_timeout)
        asked: dict[str, object] = {
            "timeout": int(wait),
            "limit": _MOST_UPDATES,
            "allowed_updates": list(KINDS),
        }
        if offset is not None:
            asked["offset"] = offset
        patience = wait + min(_GRACE, self.settings.read_timeout)
        try:
            updates = self._api.call("getUpdates", asked, patience=patience)
        except DeliveryError as error:
            if error.provider_code != "409":
                raise
            # A webhook is still set. (Or somebody else polls: then the second try says so.)
            self._api.call("deleteWebhook")
            updates = self._api.call("getUpdates", asked, patience=patience)
        if not isinstance(updates, list):
            raise DeliveryError(SendFault.PROVIDER_DOWN)
        return updates

    def _webhook(self) -> tuple[str, int]:
        """Where updates go, and how many wait."""
        found = self._api.call("getWebhookInfo")
        if not isinstance(found, dict):
            raise DeliveryError(SendFault.PROVIDER_DOWN)
        waiting = found.get("pending_update_count")
        return str(found.get("url") or ""), waiting if isinstance(waiting, int) else 0


def split(text: str, most: int = LONGEST_TEXT) -> list[str]:
    """``text`` in parts of at most ``most`` UTF-16 units, cut between words where there are any.

    The white space at a cut and around the whole is left out; everything else is there, in order.
    """
    if _fitting(text, most) == len(text):
        return [text]
    parts = []
    rest = text.strip()
    while (end := _fitting(rest, most)) < len(rest):
        space = max(rest.rfind(white, 1, end + 1) for white in " \n\t")
        cut = space if space > 0 else end
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest]


def _fitting(text: str, most: int) -> int:
    """How many characters of ``text`` fit into ``most`` UTF-16 units; at least one."""
    units = 0
    for place, letter in enumerate(text):
        units += 2 if ord(letter) > 0xFFFF else 1
        if units > most:
            return max(place, 1)
    return len(text)


def _buttons(choices: Sequence[str]) -> list[list[dict[str, str]]]:
    """A button a line: most phones cut two beside each other."""
    return [
        [{"text": choice, "callback_data": str(number)}]
        for number, choice in enumerate(choices, start=1)
    ]


def _pressed(items: Iterable[Item]) -> Iterator[str]:
    """The ids of the presses on a button among ``items``."""
    for item in items:
        if isinstance(item, InboundMessage) and (query := item.metadata.get("callback")):
            yield query


def _offset(cursor: str, now: datetime) -> int | None:
    number, _, learnt = cursor.partition("@")
    if not (number.isdecimal() and learnt.isdecimal()):
        return None
    is_old = now.timestamp() - int(learnt) > _OFFSET_HOLDS.total_seconds()
    return None if is_old else int(number)

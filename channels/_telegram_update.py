"""Reads a Telegram update: what a person did, in our words.

Telegram's library reads the document; what it leaves unchecked (it believes every value) is checked
here, since everything that is verified may still be damaged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING

from channels.base import Unparseable
from feedback_hub.domain.message import Attachment, InboundMessage, Location, MessageKind

if TYPE_CHECKING:
    import telegram

KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update asked for; any other is kept as rejected."""

FILE = "telegram:"
"""What an attachment's ``url`` begins with; then comes the file's id. No host and no token."""

COMMANDS: Mapping[str, str] = {
    # A bot's command → the plain word that people text on any channel.
    "estado": "status",
    "status": "status",
    "parar": "parar",
    "stop": "stop",
}
_OPENING = "start"

_FILES: Mapping[str, tuple[MessageKind, str]] = {
    # Field → what it is to us, and the type where Telegram does not say. An animation comes as a
    # document too, and is one file: the first that is there counts.
    "voice": (MessageKind.VOICE, "audio/ogg"),
    "video_note": (MessageKind.VOICE, "video/mp4"),
    "audio": (MessageKind.VOICE, "audio/mpeg"),
    "video": (MessageKind.TEXT, "video/mp4"),
    "animation": (MessageKind.TEXT, "video/mp4"),
    "document": (MessageKind.TEXT, ""),
}

_SERVICE = frozenset(
    # What Telegram itself notes in a chat: nobody said it, so there is nothing to keep.
    # Source: https://core.telegram.org/bots/api#message
    {
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_shared",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_completed",
        "giveaway_created",
        "group_chat_created",
        "left_chat_member",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "pinned_message",
        "proximity_alert_triggered",
        "supergroup_chat_created",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "write_access_allowed",
    }
)

_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_MENTION = re.compile(r"@\w+bot\b", re.IGNORECASE)
_PAYLOAD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,250}", re.ASCII)
_BUTTON = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LARGEST_ID = 2**53  # "at most 52 significant bits"


def read_update(
    document: Mapping[str, object], now: datetime, bot_id: str
) -> Sequence[InboundMessage]:
    """What ``document`` says. Empty where nobody said anything to the bot.

    Raises ``Unparseable`` for a damaged one and for a kind nobody asked for.
    """
    from telegram import Update

    try:
        update = Update.de_json(dict(document), None)
        return _items(update, document, now, bot_id)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OSError):
        # The library trusts the shape of what it reads. Where that is another, reading fails in one
        # of these ways, there or here.
        raise Unparseable("not an update of Telegram's shape") from None


def _items(
    update: telegram.Update, document: Mapping[str, object], now: datetime, bot_id: str
) -> Sequence[InboundMessage]:
    if update.callback_query is not None:
        return [_pressed(update.callback_query, now)]
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, now)
    message = update.edited_message or update.message
    if message is None:
        raise Unparseable("an update of a kind that is not handled")
    plain = document["edited_message" if update.edited_message else "message"]
    return _said(message, plain, now, bot_id)


def _said(
    message: telegram.Message, plain: object, now: datetime, bot_id: str
) -> Sequence[InboundMessage]:
    fields = plain.keys() if isinstance(plain, dict) else set()
    edited_at = _time(message.edit_date) if message.edit_date else None
    if fields & _SERVICE or (edited_at and message.location):
        # A location that is edited is a live one. The point it was sent from is kept; where the
        # person walks afterwards is nobody's business.
        return ()
    in_group = message.chat.type in ("group", "supergroup")
    if not in_group and message.chat.type != "private":
        raise Unparseable("not from a private chat or a group")
    if in_group and not _is_for(message, bot_id):
        return ()
    chat = _id(message.chat.id, "chat")
    original = f"{chat}:{_id(message.message_id, 'message_id')}"
    sent_at = edited_at or _time(message.date)
    kind, text, attachments = _content(message)
    site = ""
    if kind is MessageKind.TEXT and not attachments:
        kind, text, site = _command(text)
    sender, name = _person(message, in_group)
    answered = message.reply_to_message
    metadata = {"chat": "group"} if in_group else {}
    if message.media_group_id:
        metadata["album"] = _words(message.media_group_id, "media_group_id")
    return [
        InboundMessage(
            external_id=f"{original}:{int(edited_at.timestamp())}" if edited_at else original,
            received_at=min(sent_at, now),
            text=text,
            sender=sender,
            # Never the group: whoever wrote there is answered in private, or not at all.
            address=sender,
            kind=kind,
            recipient=bot_id,
            site=site,
            sender_name=name,
            attachments=attachments,
            sent_at=sent_at,
            metadata=metadata,
            revises=original if edited_at else "",
            reply_to=f"{chat}:{_id(answered.message_id, 'reply')}" if answered else "",
            location=_location(message),
        )
    ]


def _is_for(message: telegram.Message, bot_id: str) -> bool:
    """Whether a message in a group is meant for the bot: a command, an answer to it, its name.

    With privacy mode on (docs) Telegram sends no other. Without it the whole group's talk would
    come, and taking that in would be listening to people who did not speak to us. Every bot's name
    ends in "bot"; ours alone cannot be told without asking Telegram.
    """
    text = message.text or message.caption or ""
    if not isinstance(text, str):
        raise Unparseable("text is not text")
    answered = message.reply_to_message
    to_us = answered is not None and answered.from_user and str(answered.from_user.id) == bot_id
    return bool(to_us or _COMMAND.match(text) or _MENTION.search(text))


def _person(message: telegram.Message, in_group: bool) -> tuple[str, str]:
    """Who wrote: the number of their private chat with the bot, which is their own, and their name.

    A group's anonymous administrator has neither.
    """
    if not in_group:
        chat = _id(message.chat.id, "chat")
        user = message.from_user
        return chat, _words(user.full_name, "name") if user else ""
    if message.sender_chat is not None or message.from_user is None or message.from_user.is_bot:
        return "", ""
    return _id(message.from_user.id, "from"), _words(message.from_user.full_name, "name")


def _content(
    message: telegram.Message,
) -> tuple[MessageKind, str, tuple[Attachment, ...]]:
    text = _words(message.text or message.caption or "", "text")
    if message.photo:
        largest = message.photo[-1]
        return MessageKind.TEXT, text, (_attachment(largest.file_id, "image/jpeg", ""),)
    for field, (kind, usual) in _FILES.items():
        if (file := getattr(message, field)) is not None:
            content_type = _words(getattr(file, "mime_type", None) or usual, "mime_type")
            filename = _words(getattr(file, "file_name", None) or "", "file_name")
            return kind, text, (_attachment(file.file_id, content_type, filename),)
    if (sticker := message.sticker) is not None:
        drawn = "application/x-tgsticker" if sticker.is_animated else "image/webp"
        content_type = "video/webm" if sticker.is_video else drawn
        emoji = _words(sticker.emoji or "", "emoji")
        return MessageKind.TEXT, emoji, (_attachment(sticker.file_id, content_type, ""),)
    if (card := message.contact) is not None:
        name = " ".join(part for part in (card.first_name, card.last_name) if part)
        return MessageKind.TEXT, _words(f"{name}\n{card.phone_number}", "contact"), ()
    if (venue := message.venue) is not None:
        return MessageKind.LOCATION, _words(f"{venue.title}\n{venue.address}", "venue"), ()
    if message.location is not None:
        return MessageKind.LOCATION, text, ()
    if message.dice is not None:
        return MessageKind.TEXT, _words(message.dice.emoji, "emoji"), ()
    return (MessageKind.TEXT if text else MessageKind.UNKNOWN), text, ()


def _command(text: str) -> tuple[MessageKind, str, str]:
    """Kind, text and site of a message that may be a command; any other text stays as it is."""
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return MessageKind.TEXT, text, ""
    word, rest = command[1].lower(), (command[2] or "").strip()
    if word == _OPENING and (not rest or _PAYLOAD.fullmatch(rest)):
        # The payload of a link or a poster's code: https://core.telegram.org/bots/features#deep-linking
        return MessageKind.OPENED, _OPENING, rest
    if word in COMMANDS:
        return MessageKind.TEXT, f"{COMMANDS[word]} {rest}".strip(), ""
    return MessageKind.TEXT, text, ""


def _pressed(query: telegram.CallbackQuery, now: datetime) -> InboundMessage:
    """A button of ours: the choice's number, as if it were typed.

    The same button of the same message counts once, however often an impatient finger or a slow
    network repeats it: the second press must not answer the next question.
    """
    data = _button(query.data, "a button's data")
    query_id = _button(query.id, "callback_query.id")
    sender = _id(query.from_user.id, "from")
    asked = query.message
    about = f"{_id(asked.chat.id, 'chat')}:{_id(asked.message_id, 'message_id')}" if asked else ""
    return InboundMessage(
        external_id=f"{about}:b{data}" if about else f"b:{query_id}",
        received_at=now,
        text=data,
        sender=sender,
        address=sender,
        sender_name=_words(query.from_user.full_name, "name"),
        metadata={"callback": query_id},
        reply_to=about,
    )


def _membership(change: telegram.ChatMemberUpdated, now: datetime) -> Sequence[InboundMessage]:
    """Whoever blocks the bot has said STOP in the plainest way; the rest says nothing to us.

    Unblocking alone is no START: Telegram's *Restart* button sends ``/start`` besides.
    """
    if change.chat.type != "private" or change.new_chat_member.status != "kicked":
        return ()
    chat, at = _id(change.chat.id, "chat"), _time(change.date)
    return [
        InboundMessage(
            external_id=f"{chat}:blocked:{int(at.timestamp())}",
            received_at=min(at, now),
            text="STOP",
            sender=chat,
            address=chat,
            sent_at=at,
            metadata={"opt_out": "stop"},
        )
    ]


def _attachment(file_id: object, content_type: str, filename: str) -> Attachment:
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        raise Unparseable("file_id is not an id")
    return Attachment(f"{FILE}{file_id}", content_type, filename)


def _button(value: object, what: str) -> str:
    if not isinstance(value, str) or not _BUTTON.fullmatch(value):
        raise Unparseable(f"{what} is not one of ours")
    return value


def _location(message: telegram.Message) -> Location | None:
    point = message.venue.location if message.venue else message.location
    if point is None:
        return None
    latitude, longitude = point.latitude, point.longitude
    if not (_is_angle(latitude, 90) and _is_angle(longitude, 180)):
        raise Unparseable("location is not a point")
    return Location(float(latitude), float(longitude))


def _is_angle(value: object, most: int) -> bool:
    return isinstance(value, int | float) and isfinite(value) and abs(value) <= most


def _id(value: object, what: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST_ID:
        raise Unparseable(f"{what} is not an id")
    return str(value)


def _time(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Unparseable("date is not a time")
    return value.astimezone(UTC)


def _words(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise Unparseable(f"{what} is not text")
    # JSON can write half an emoji, which no database stores.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""The settings of a Telegram bot. Light on purpose: nothing of Telegram's library is loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from channels._patience import Patience
from feedback_hub.config import Unfit, secret, setting
from feedback_hub.config.addresses import parse_base_url


class Mode(StrEnum):
    """How messages arrive: Telegram calls the hub, or the hub asks Telegram."""

    WEBHOOK = "webhook"
    POLLING = "polling"


def _token(raw: str) -> str:
    # It becomes part of every address that is called.
    if not re.fullmatch(r"[A-Za-z0-9:_-]{20,128}", raw):
        raise Unfit("is not a bot's token", "Copy it from @BotFather: digits, a colon, letters.")
    return raw


def _secret_token(raw: str) -> str:
    # Source: https://core.telegram.org/bots/api#setwebhook
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", raw):
        raise Unfit(
            "is not 16 to 256 letters, digits, dashes and underscores",
            "Make one with: openssl rand -hex 32.",
        )
    return raw


def _username(raw: str) -> str:
    # Source: https://core.telegram.org/bots/features#botfather
    name = raw.removeprefix("@")
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{4,31}", name):
        raise Unfit("is not a bot's user name", "Letters, digits and _; @BotFather shows it.")
    return name


@dataclass(frozen=True)
class TelegramSettings(Patience):
    """One bot."""

    token: str = secret("The bot's token, from @BotFather. Opens the bot.", parse=_token)
    secret_token: str = secret(
        "Proves that a webhook call is Telegram's. Not needed for polling.",
        default="",
        parse=_secret_token,
    )
    mode: Mode = setting(
        'How messages arrive: "webhook" (Telegram calls base_url) or "polling" (the hub asks, '
        "where it has no public address).",
        default=Mode.WEBHOOK,
    )
    username: str = setting(
        "The bot's user name, without @: posters then carry a QR code that opens it.",
        default="",
        parse=_username,
    )
    api_base: str = setting(
        "Where the Bot API is; change it only for tests or a Bot API server of your own.",
        default="https://api.telegram.org",
        parse=parse_base_url,
    )

    def __post_init__(self) -> None:
        if self.mode is Mode.WEBHOOK and not self.secret_token:
            raise Unfit(
                "is missing, and without it anybody could pretend to be Telegram",
                'Make one with: openssl rand -hex 32. Or set mode = "polling".',
                key="secret_token",
            )

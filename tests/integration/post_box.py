"""A provider's post box in a file: what the hub is given again until it asks beyond it.

It is a ``channels.base.Channel`` that is pulled, so that pulling can be tested on its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from channels.base import Channel, Pulled
from feedback_hub.bootstrap import Hub
from feedback_hub.bootstrap.channel_accounts import ChannelAccounts
from feedback_hub.domain.message import DeliveryError, InboundMessage, OutboundMessage

NAME = "box"


class PostBox:
    """One account. ``most`` is how many it gives at once."""

    name = NAME

    def __init__(self, file: Path, most: int = 3) -> None:
        self.file = file
        self.most = most
        self.fails: list[Exception] = []
        self.asked: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None
        """Called while the hub waits for the answer."""
        self.at = ""
        """Where the webhook is registered."""
        self.came: list[InboundMessage] = []
        """What the provider lists as having come in."""

    def put(self, *texts: str) -> None:
        """People write; a text of ``?`` is a payload that nobody can read."""
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)

    def pulls(self) -> bool:
        return True

    def pull(self, cursor: str, now: datetime) -> Pulled:
        self.asked.append(cursor)
        if self.fails:
            raise self.fails.pop(0)
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        start = int(cursor or 0)
        given = list(enumerate(lines))[start : start + self.most]
        self.meanwhile()
        return Pulled(
            [(line.encode(), self._items(number, line, now)) for number, line in given],
            str(start + len(given)),
            more=start + len(given) < len(lines),
        )

    def _items(self, number: int, line: str, now: datetime) -> Sequence[InboundMessage] | None:
        text = json.loads(line)
        if text == "?":
            return None
        sender = f"+25884{number:07}"
        return [InboundMessage(f"box-{number}", now, text, sender=sender, address=sender)]

    def send(self, message: OutboundMessage) -> str:
        return f"sent-{message.id}"

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        self.asked.append(since.isoformat())
        if self.fails:
            raise self.fails.pop(0)
        return [message for message in self.came if message.received_at >= since]

    def check(self) -> str:
        if self.fails:
            raise self.fails.pop(0)
        return "the box is there"


class Listed(PostBox):
    """The same provider calling us: nothing is pulled, its webhook can be registered."""

    def pulls(self) -> bool:
        return False

    def registered(self) -> str:
        return self.at

    def register(self) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.at = f"http://127.0.0.1:8000/channels/{NAME}/inbound"


def give(hub: Hub, box: PostBox) -> None:
    """Make ``box`` the hub's only account."""
    hub.channels = ChannelAccounts({NAME: cast("Channel", box)}, hub.config.hub.base_url)


__all__ = ["NAME", "DeliveryError", "Listed", "PostBox", "give"]

"""A new invented message now and then, over the real webhook, while the demonstration runs."""

from __future__ import annotations

import json
import random
import signal
import threading
import uuid
from urllib.error import URLError
from urllib.request import Request, urlopen

from channels.sandbox import SIGNATURE_HEADER, Adapter
from feedback_hub.bootstrap import Hub
from feedback_hub.demo.story import CHANNEL, messages

EVERY = 25.0
"""Seconds between two messages."""


def run(hub: Hub) -> None:
    """Send until SIGTERM."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    channel = hub.channels.accounts[CHANNEL]
    if not isinstance(channel, Adapter):
        return
    told = [one.text for one in messages(hub.clock())]
    while not stopped.wait(EVERY):
        _send(channel, random.choice(told))  # noqa: S311


def _send(channel: Adapter, text: str) -> None:
    number = f"+25886{random.randrange(1_000_000, 9_999_999)}"  # noqa: S311
    body = json.dumps({"id": uuid.uuid4().hex, "from": number, "text": text}).encode()
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: channel.sign(body)}
    try:
        urlopen(Request(channel.inbound_url, body, headers), timeout=5).close()  # noqa: S310
    except (URLError, OSError):
        # The hub is starting or stopping; the next one will do.
        return

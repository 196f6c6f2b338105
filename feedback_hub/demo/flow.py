"""A new invented message now and then, over the real webhooks, while the demonstration runs."""

from __future__ import annotations

import json
import random
import signal
import threading
import uuid
from urllib.error import URLError
from urllib.request import Request, urlopen

from channels.email import Adapter as Mailbox
from channels.sandbox import SIGNATURE_HEADER, Adapter
from feedback_hub.bootstrap import Hub
from feedback_hub.demo import channels
from feedback_hub.demo.story import CHANNEL, messages
from feedback_hub.services import intake

EVERY = 25.0
"""Seconds between two messages."""


def run(hub: Hub) -> None:
    """Send until SIGTERM: once through every channel, then through the practice phone."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    base_url = hub.config.hub.base_url
    _mail(hub, random.choice([one.text for one in messages(hub.clock())]))
    told = [one.text for one in messages(hub.clock())]
    waiting = list(channels.EVERY)
    while not stopped.wait(EVERY if not waiting else 2.0):
        text, number = random.choice(told), _number()
        if waiting:
            _post(base_url, waiting.pop(0)(base_url, text, number))
        else:
            _post(base_url, _handset(hub, text, number))


def _mail(hub: Hub, text: str) -> None:
    """What ``feedback-hub receive-mail`` does with a mail in the server's pipe."""
    mailbox = hub.channels.accounts["mail"]
    assert isinstance(mailbox, Mailbox)  # noqa: S101  the demonstration's own configuration
    raw, now = channels.mail(text), hub.clock()
    with hub.unit_of_work() as uow:
        intake.accept(uow, "mail", mailbox.receive(raw, now) or [], raw, now)
        uow.commit()


def _number() -> str:
    return f"+25886{random.randrange(1_000_000, 9_999_999)}"


def _handset(hub: Hub, text: str, number: str) -> channels.Call:
    channel = hub.channels.accounts[CHANNEL]
    assert isinstance(channel, Adapter)  # noqa: S101  the demonstration's own configuration
    body = json.dumps({"id": uuid.uuid4().hex, "from": number, "text": text}).encode()
    headers = {"Content-Type": channels.JSON, SIGNATURE_HEADER: channel.sign(body)}
    return f"/channels/{CHANNEL}/inbound", body, headers


def _post(base_url: str, call: channels.Call) -> None:
    path, body, headers = call
    try:
        urlopen(Request(base_url + path, body, dict(headers)), timeout=5).close()
    except (URLError, OSError):
        # The hub is starting or stopping; the next one will do.
        return

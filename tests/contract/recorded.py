"""Reads the recorded payloads in ``samples/<kind>/`` that the contract suite is run with.

``_kind.json`` has the account they were recorded for: ``name``, ``settings`` (keys as in the
config file), ``secrets``, ``public_url``, ``proof`` (the header that proves the sender) and
``signs`` (what it vouches for: ``url``, ``body``, both or neither). Every other file is one
request: ``what``, ``endpoint``, ``method``, ``query``, ``headers``, ``body`` (or ``body_base64``),
``items`` (``type`` message, submission or receipt, and the fields that differ from a dataclass's
defaults; null where it must be rejected) and ``reply``.

A channel that is pulled has samples of what it finds: ``endpoint`` is ``pulled``, ``method`` empty,
``body`` the raw payload.
"""

from __future__ import annotations

import json
import pkgutil
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import channels
from channels.base import Channel, Item, WebhookRequest, load_kind
from feedback_hub.config import Context, Section, build_settings, env_name
from feedback_hub.domain.message import (
    Attachment,
    DeliveryReceipt,
    DeliveryState,
    InboundMessage,
    Location,
    MessageKind,
)
from feedback_hub.services import inbox

SAMPLES = Path(__file__).parent / "samples"
DOCS = Path(__file__).parents[2] / "docs" / "channels"
PULLED = "pulled"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def kinds() -> list[str]:
    """Every channel kind there is a file for, whether or not anybody remembered to list it."""
    names = (module.name for module in pkgutil.iter_modules(channels.__path__))
    return sorted(name for name in names if not name.startswith("_") and name != "base")


@dataclass(frozen=True)
class Account:
    """The account that a kind's samples were recorded for."""

    kind: str
    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    public_url: str
    proof: str
    signs: frozenset[str]

    def channel(self) -> Channel:
        """The channel, built from its configuration as the hub builds it."""
        adapter: Any = load_kind(self.kind)
        table = f"channels.{self.name}"
        environ = {env_name(table, key): value for key, value in self.secrets.items()}
        context = Context(environ, directory=SAMPLES, working_directory=SAMPLES)
        settings = build_settings(
            adapter.Settings, Section(table, self.settings, self.kind), context
        )
        channel: Channel = adapter(self.name, settings, self.public_url)
        return channel


@dataclass(frozen=True)
class Sample:
    """One recorded request and what is to become of it."""

    account: Account
    file: str
    endpoint: str
    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    items: tuple[Item, ...] | None
    reply: Mapping[str, Any] | None

    @property
    def is_pulled(self) -> bool:
        """Whether it was found in a post box rather than brought by a call."""
        return self.endpoint == PULLED

    @property
    def label(self) -> str:
        """How a test run names it."""
        return f"{self.account.kind}-{self.file}"

    @property
    def request(self) -> WebhookRequest:
        """The request as the web layer hands it over."""
        url = f"{self.account.public_url}/{self.endpoint}"
        return WebhookRequest(
            endpoint=self.endpoint,
            method=self.method,
            url=f"{url}?{self.query}" if self.query else url,
            headers=self.headers,
            body=self.body,
        )


@cache
def account(kind: str) -> Account:
    """The account of a kind's samples."""
    plain = json.loads((SAMPLES / kind / "_kind.json").read_text("utf-8"))
    return Account(kind=kind, **(plain | {"signs": frozenset(plain["signs"])}))


@cache
def samples(kind: str) -> tuple[Sample, ...]:
    """A kind's recorded requests."""
    files = sorted((SAMPLES / kind).glob("[!_]*.json"))
    return tuple(_sample(account(kind), file) for file in files)


def _sample(owner: Account, file: Path) -> Sample:
    plain = json.loads(file.read_text("utf-8"))
    coded = plain.get("body_base64")
    items = plain["items"]
    return Sample(
        account=owner,
        file=file.stem,
        endpoint=plain["endpoint"],
        method=plain["method"],
        query=plain["query"],
        headers=plain["headers"],
        body=b64decode(coded) if coded else plain["body"].encode(),
        items=None if items is None else tuple(_item(dict(item)) for item in items),
        reply=plain["reply"],
    )


def _item(fields: dict[str, Any]) -> Item:
    kind = fields.pop("type")
    if kind == "submission":
        message = {"received_at": NOW.isoformat(), "kind": "form", **fields["message"]}
        return inbox.load(fields | {"message": message})
    if kind == "receipt":
        state = fields.pop("state")
        at = _time(fields.pop("at", None)) or NOW
        return DeliveryReceipt(state=DeliveryState(state) if state else None, at=at, **fields)
    point = fields.pop("location", None)
    return InboundMessage(
        location=Location(**point) if point else None,
        received_at=_time(fields.pop("received_at", None)) or NOW,
        sent_at=_time(fields.pop("sent_at", None)),
        kind=MessageKind(fields.pop("kind", "text")),
        attachments=tuple(Attachment(**one) for one in fields.pop("attachments", [])),
        **fields,
    )


def _time(words: str | None) -> datetime | None:
    return datetime.fromisoformat(words) if words else None

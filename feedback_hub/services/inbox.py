"""How an accepted item is written down in the inbox until a worker registers it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar

from feedback_hub.domain.ids import new_id
from feedback_hub.domain.message import DeliveryReceipt, InboundMessage
from feedback_hub.domain.submission import Submission
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.work import InboxKind, InboxRow

T = TypeVar("T")


def dump(item: InboundMessage | Submission | DeliveryReceipt) -> str:
    """``item`` as JSON, times in ISO 8601."""
    # Not by ``asdict``: it copies all it comes to, a third of what accepting a message took.
    return json.dumps(item, default=_plain)


def _plain(part: object) -> object:
    if isinstance(part, datetime):
        return part.isoformat()
    if dataclasses.is_dataclass(part):
        return {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    raise TypeError(f"{type(part).__name__} has no form in the inbox")


def load(parsed: Mapping[str, Any]) -> InboundMessage | Submission:
    """What ``dump`` wrote of a message or a submission; a field it did not have has its default."""
    if "message" in parsed:
        return _made(Submission, parsed)
    return _made(InboundMessage, parsed)


def row_of(
    uow: UnitOfWork,
    channel: str,
    kind: InboxKind,
    external_id: str,
    raw: bytes,
    parsed: str,
    now: datetime,
) -> InboxRow:
    """A row, sealed with a key of its own, for what arrived ``now``."""
    key_id = uow.vault.new_key()
    return sealed_row(uow, key_id, channel, kind, external_id, raw, parsed, now)


def sealed_row(
    uow: UnitOfWork,
    key_id: str,
    channel: str,
    kind: InboxKind,
    external_id: str,
    raw: bytes,
    parsed: str,
    now: datetime,
) -> InboxRow:
    """The same with a key that was made before."""
    row_id = new_id()
    return InboxRow(
        id=row_id,
        channel=channel,
        kind=kind,
        external_id=external_id,
        key_id=key_id,
        raw_sealed=uow.vault.seal(key_id, raw, f"inbox.raw:{row_id}"),
        parsed_sealed=uow.vault.seal(key_id, parsed, f"inbox.parsed:{row_id}"),
        arrived_at=now,
        available_at=now,
    )


def external_id(item: InboundMessage | Submission | DeliveryReceipt) -> str:
    """What an item is known by in the inbox, within its channel and kind."""
    if isinstance(item, Submission):
        return fitting(item.message.external_id)
    if isinstance(item, InboundMessage):
        return fitting(item.external_id)
    # The same message has several receipts; each state of it counts once.
    return fitting(f"{item.provider_id}:{item.raw_state}:{item.error_code}")


def fitting(external_id: str) -> str:
    """A provider's id as the column takes it: an overlong one by its hash, still unique."""
    if len(external_id) <= 200:
        return external_id
    return hashlib.sha256(external_id.encode()).hexdigest()


def _made(cls: type[T], written: Mapping[str, Any]) -> T:
    readers = _readers(cls)  # type: ignore[arg-type]  # a class is hashable, whatever mypy thinks
    return cls(**{name: read(written[name]) for name, read in readers.items() if name in written})


@cache
def _readers(cls: Hashable) -> Mapping[str, Callable[[Any], Any]]:
    # By the declared types, so that a field added to a record needs no line here.
    return {name: _reader(hint) for name, hint in typing.get_type_hints(cls).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - whatever a field's type is
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        arm = _reader(next(one for one in inner if one is not types.NoneType))
        return lambda written: None if written is None else arm(written)
    if origin is tuple and inner[-1] is Ellipsis:
        each = _reader(inner[0])
        return lambda written: tuple(each(one) for one in written)
    if origin is tuple:
        all_of = [_reader(one) for one in inner]
        return lambda written: tuple(read(one) for read, one in zip(all_of, written, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return partial(_made, hint)
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return _as_written


def _as_written(written: Any) -> Any:  # noqa: ANN401 - whatever a field's type is
    return written

"""How an accepted item is written down in the inbox until a worker registers it."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Hashable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from feedback_hub.domain.message import DeliveryReceipt, InboundMessage
from feedback_hub.domain.submission import Submission

T = TypeVar("T")


def dump(item: InboundMessage | Submission | DeliveryReceipt) -> str:
    """``item`` as JSON, times in ISO 8601."""
    return json.dumps(dataclasses.asdict(item), default=datetime.isoformat)


def load(parsed: Mapping[str, Any]) -> InboundMessage | Submission:
    """What ``dump`` wrote of a message or a submission; a field it did not have has its default."""
    if "message" in parsed:
        return _made(Submission, parsed)
    return _made(InboundMessage, parsed)


def _made(cls: type[T], written: Mapping[str, Any]) -> T:
    # By the declared types, so that a field added to a record needs no line here.
    hints = _hints(cls)  # type: ignore[arg-type]  # a class is hashable, whatever mypy thinks
    return cls(
        **{name: _value(hint, written[name]) for name, hint in hints.items() if name in written}
    )


@cache
def _hints(cls: Hashable) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _value(hint: Any, written: Any) -> Any:  # noqa: ANN401 - whatever a field's type is
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        arm = next(one for one in inner if one is not types.NoneType)
        return None if written is None else _value(arm, written)
    if origin is tuple:
        items = inner[:1] * len(written) if inner[-1] is Ellipsis else inner
        return tuple(_value(one, value) for one, value in zip(items, written, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _made(hint, written)
    if hint is datetime:
        return datetime.fromisoformat(written)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(written)
    return written

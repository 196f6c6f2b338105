"""From what TOML or the environment holds to the types settings are declared with."""

from __future__ import annotations

import math
import stat
import types
import typing
from enum import StrEnum
from pathlib import Path

from feedback_hub.config.faults import Unfit

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_LARGEST_SECRET = 64 * 1024


def convert(hint: object, raw: object, *, from_text: bool = False) -> object:
    """Make ``hint`` from ``raw``, which is a TOML value or (``from_text``) the environment's text.

    Lists in the environment are separated by commas. Raises ``Unfit``, and ``TypeError`` for a
    ``hint`` that no setting may have (a mistake in the code, not in the file).
    """
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [arm for arm in typing.get_args(hint) if arm is not type(None)]
        if len(inner) == 1:
            return convert(inner[0], raw, from_text=from_text)
    elif origin is tuple:
        item, rest = typing.get_args(hint)
        if rest is Ellipsis:
            return tuple(convert(item, one, from_text=from_text) for one in listed(raw, from_text))
    elif hint is str:
        return text(raw)
    elif hint is bool:
        return _boolean(raw, from_text)
    elif hint in (int, float):
        return _number(hint, raw, from_text)
    elif hint is Path:
        return Path(named(raw))
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word(hint, raw)
    raise TypeError(f"a setting cannot be {hint!r}")


def text(raw: object) -> str:
    """One line of text, possibly empty. Raises ``Unfit``."""
    if not isinstance(raw, str):
        raise Unfit("must be text in quotes")
    if not raw.isprintable():
        raise Unfit("holds characters that cannot be printed", "Keep it to one plain line.")
    return raw


def named(raw: object) -> str:
    """One line of text that says something. Raises ``Unfit``."""
    words = text(raw).strip()
    if not words:
        raise Unfit("is empty")
    return words


def listed(raw: object, from_text: bool = False) -> list[object]:
    """A list; from the environment, what stands between the commas. Raises ``Unfit``."""
    if from_text and isinstance(raw, str):
        return [part for piece in raw.split(",") if (part := piece.strip())]
    if not isinstance(raw, list):
        raise Unfit("must be a list", 'Write it like ["one", "two"].')
    return raw


def _boolean(raw: object, from_text: bool) -> bool:
    if isinstance(raw, bool):
        return raw
    if from_text and isinstance(raw, str) and raw.lower() in _TRUE | _FALSE:
        return raw.lower() in _TRUE
    raise Unfit("must be true or false", "Write true or false, without quotes.")


def _number(kind: type[int | float], raw: object, from_text: bool) -> int | float:
    what = "a whole number" if kind is int else "a number"
    unfit = Unfit(f"must be {what}", f"Write {what}, without quotes.")
    if from_text and isinstance(raw, str):
        try:
            raw = kind(raw)
        except ValueError:
            raise unfit from None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise unfit
    if kind is int and not isinstance(raw, int):
        raise unfit
    try:
        number = kind(raw)
    except OverflowError:
        raise unfit from None
    if isinstance(number, float) and not math.isfinite(number):
        raise unfit
    return number


def _word(words: type[StrEnum], raw: object) -> StrEnum:
    known = [str(word.value) for word in words]
    if not isinstance(raw, str) or raw not in known:
        raise Unfit("is not a known word", f"Choose one of: {', '.join(known)}.")
    return words(raw)


def secret_from_file(path: Path, key: str) -> tuple[str, bool]:
    """The stripped text of a secret's file, and whether every user of the machine may read it.

    ``key`` is what named the file, for the fault. Raises ``Unfit``.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = file.read(_LARGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a file's"
        raise Unfit(f"the file {key} names cannot be read: {reason}", "Check the path.") from None
    if len(content) > _LARGEST_SECRET:
        raise Unfit(f"the file {key} names is too large for a secret", "Check the path.")
    try:
        words = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unfit(f"the file {key} names is not text", "Check the path.") from None
    if not words:
        raise Unfit(f"the file {key} names is empty", "Write the secret into it.")
    return words, bool(mode & stat.S_IROTH)

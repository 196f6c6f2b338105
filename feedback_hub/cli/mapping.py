"""What an import is told about a file: whose columns mean what, and where its clock stood."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click


def pairs_in(written: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """``--map``: our column → the file's. Raises ``BadParameter``."""
    columns: dict[str, str] = {}
    for one in written:
        words = shlex.shlex(one, posix=True, punctuation_chars="")
        words.whitespace, words.whitespace_split = ",", True
        words.commenters, words.escape, words.quotes = "", "", '"'
        try:
            pairs = list(words)
        except ValueError as error:
            raise click.BadParameter(
                "has a quote that is not closed", param_hint="--map"
            ) from error
        for pair in pairs:
            ours, is_pair, theirs = pair.partition("=")
            if not is_pair or not theirs.strip():
                raise click.BadParameter(
                    f"{pair!r} is not like text=DESCRIPTION", param_hint="--map"
                )
            columns[ours.strip()] = theirs.strip()
    check_ours(columns, known)
    return columns


def check_ours(columns: Mapping[str, str], known: Sequence[str]) -> None:
    """Raises ``BadParameter`` for a column that is none of ours."""
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise click.BadParameter(
            f"{unknown[0]!r} is no column of ours: {', '.join(known)}",
            param_hint="--map",
        )


def zone_named(name: str) -> ZoneInfo:
    """``--timezone``. Raises ``BadParameter``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter("is no IANA time zone", param_hint="--timezone") from error

"""The lists that forms choose from: a page holds hundreds of lines, made once and marked anew."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from flask import Flask
from markupsafe import Markup, escape

from feedback_hub.domain.coding import SECTOR_LABELS, TYPE_LABELS, CodingFrame, FeedbackType, Sector
from feedback_hub.web.labels import shown_language


def options(named: Iterable[tuple[str, str]], chosen: str = "") -> Markup:
    """Lines for a list of codes and their words, ``chosen`` marked; none where it is empty."""
    return _marked(_lines(tuple(named)), chosen)


def init_options(app: Flask, frame: CodingFrame) -> None:
    """Give every template its lists."""

    @cache
    def made(language: str, *, telling: bool) -> str:
        return "".join(
            _group(frame, kind, codes, language, telling=telling) for kind, codes in frame.by_type()
        )

    def code_options(chosen: str = "", *, telling: bool = False) -> Markup:
        """The codes of the frame; ``telling``: each with the level, sector and priority it has."""
        return _marked(made(shown_language(), telling=telling), chosen)

    def sector_options(chosen: str = "") -> Markup:
        """Every sector."""
        return _marked(_sectors(shown_language()), chosen)

    app.jinja_env.globals.update(
        options=options, code_options=code_options, sector_options=sector_options
    )


def _group(
    frame: CodingFrame, kind: FeedbackType, codes: Iterable[str], language: str, *, telling: bool
) -> str:
    lines = []
    for code in codes:
        line, told = frame[code], ""
        if telling:
            told = (
                f' data-level="{line.sensitivity}" data-sector="{line.sector or ""}"'
                f' data-priority="{line.priority}"'
            )
        lines.append(
            f'<option value="{code}"{told}>{escape(line.label.in_language(language))}</option>'
        )
    words = escape(TYPE_LABELS[kind].in_language(language))
    return f'<optgroup label="{words}">{"".join(lines)}</optgroup>'


@cache
def _sectors(language: str) -> str:
    return _lines(tuple((one.value, SECTOR_LABELS[one].in_language(language)) for one in Sector))


@lru_cache(maxsize=32)
def _lines(named: tuple[tuple[str, str], ...]) -> str:
    return "".join(
        f'<option value="{escape(code)}">{escape(words)}</option>' for code, words in named
    )


def _marked(lines: str, chosen: str) -> Markup:
    if chosen:
        # What stands there already, escaped in the same way, and nothing of what was typed.
        line = f'<option value="{escape(chosen)}"'
        lines = lines.replace(line, f"{line} selected", 1)
    return Markup(lines)  # noqa: S704  escaped above

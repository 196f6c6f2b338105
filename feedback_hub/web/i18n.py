"""The reader's language and time zone.

Portuguese of Mozambique or English: what the account says, else what the session says, else what
the browser asks for. Languages are ISO 639-3; Babel's name for ``por`` is ``pt_MZ``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from babel import localedata
from babel.dates import get_month_names
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_app_context, request, session
from flask_babel import Babel, force_locale, get_locale, get_translations
from flask_security import current_user
from markupsafe import Markup

from feedback_hub.bootstrap import Hub

LOCALES = {"por": "pt_MZ", "eng": "en"}
LANGUAGES = (("por", "PT", "Português"), ("eng", "EN", "English"))
"""Code, short name and name, as the switch on every page shows them."""
_BABELS = ("root", "pt", "pt_PT", *LOCALES.values())
"""What Babel loads for them: each language's forms, and those they are made from."""
_NEVER_SHOWN = (
    "currency_names",
    "currency_names_plural",
    "compact_currency_formats",
    "unit_patterns",
    "unit_display_names",
    "compound_unit_patterns",
)
"""How the world's money and measures are called: half of a language's forms."""
_KEY = "language"
_SHOWN = "feedback_hub_shown"


@dataclass(frozen=True)
class Shown:
    """One of our languages as pages show it: made once a process.

    ``language`` is ISO 639-3. ``marked``: words of templates as they stand in a page, by what they
    are in the template; there are as many as templates have.
    """

    language: str
    catalogue: NullTranslations
    months: Mapping[int, str]
    marked: dict[str, Markup] = field(default_factory=dict)


def init_i18n(app: Flask, hub: Hub) -> None:
    """Translate by each request's reader; times in the hub's zone."""
    Babel(
        app,
        default_translation_directories="translations",
        locale_selector=lambda: LOCALES[reader_language()],
        timezone_selector=lambda: hub.config.hub.timezone.key,
    )
    app.extensions[_SHOWN] = {}
    # In the place of Babel's own, which looks for the catalogue again at every word of a page.
    app.jinja_env.globals.update(_=_marked_up, gettext=_marked_up)


def load(app: Flask) -> None:
    """Both languages' words and forms, before a fork: 4 MB, once and not in each process."""
    with app.app_context():
        for locale in LOCALES.values():
            with force_locale(locale):
                _ = _found_now(), get_locale().text_direction
    for name in _BABELS:
        forms = localedata.load(name)
        for kind in _NEVER_SHOWN:
            forms.pop(kind, None)


def shown() -> Shown:
    """The language that is shown now, looked for once a request.

    Raises ``RuntimeError`` outside one.
    """
    # A page asks for it some hundred times: one look, not two.
    found: Shown | None = getattr(g, "shown", None)
    if found is None:
        found = g.shown = _found_now()
    return found


def _found_now() -> Shown:
    made: dict[str, Shown] = current_app.extensions[_SHOWN]
    locale = get_locale()
    name = str(locale)
    if name not in made:
        language = "por" if locale.language == "pt" else "eng"
        months = get_month_names("abbreviated", locale=locale)
        made[name] = Shown(language, get_translations(), months)
    return made[name]


def gettext(words: str, **values: object) -> str:
    """``words`` in the reader's language, filled with ``values``."""
    found = shown().catalogue.gettext(words) if has_app_context() else words
    return found % values if values else found


def N_(words: str) -> str:
    """Mark ``words`` for extraction; they are translated where they are shown."""
    return words


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Words and names within are of this language of ours (ISO 639-3), whoever reads."""
    before = g.pop("shown", None)
    try:
        with force_locale(LOCALES[language]):
            yield
    finally:
        g.shown = before


def _marked_up(words: str, **values: object) -> Markup:
    """``words`` of a template in the reader's language; the ``values`` in them are escaped."""
    now = shown()
    # Most words of a page have nothing to be filled with: those are made once.
    found = now.marked.get(words) if not values else None
    if found is None:
        found = Markup(now.catalogue.gettext(words))  # noqa: S704  the words are ours
        if values or "%" in found:
            found %= values
        if not values:
            now.marked[words] = found
    return found


def reader_language() -> str:
    """The reader's language for this request."""
    if "language" not in g:
        g.language = _found()
    language: str = g.language
    return language


def keep_language(language: str) -> None:
    """Remember a reader's choice in the session. A word that is no language of ours is nothing."""
    if language in LOCALES:
        session[_KEY] = language
        g.language = language


def _found() -> str:
    chosen = session.get(_KEY) or getattr(current_user, "locale", "")
    if chosen:
        return "por" if str(chosen).startswith("p") else "eng"
    best = request.accept_languages.best_match(["pt", "pt-MZ", "pt-PT", "pt-BR", "en"])
    return "por" if (best or "pt").startswith("pt") else "eng"

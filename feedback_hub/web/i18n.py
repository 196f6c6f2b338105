"""The reader's language and time zone.

Portuguese of Mozambique or English: what the account says, else what the session says, else what
the browser asks for. Languages are ISO 639-3; Babel's name for ``por`` is ``pt_MZ``.
"""

from __future__ import annotations

from flask import Flask, g, request, session
from flask_babel import Babel
from flask_security import current_user

from feedback_hub.bootstrap import Hub

LOCALES = {"por": "pt_MZ", "eng": "en"}
LANGUAGES = (("por", "PT", "Português"), ("eng", "EN", "English"))
"""Code, short name and name, as the switch on every page shows them."""
_KEY = "language"


def init_i18n(app: Flask, hub: Hub) -> None:
    """Translate by each request's reader; times in the hub's zone."""
    Babel(
        app,
        default_translation_directories="translations",
        locale_selector=lambda: LOCALES[reader_language()],
        timezone_selector=lambda: hub.config.hub.timezone.key,
    )


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

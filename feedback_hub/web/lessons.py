"""Learning mode as the desk app reads it without a network: exercises, and help for the desk."""

from __future__ import annotations

from feedback_hub.web.exercises import EXERCISES
from feedback_hub.web.help_topics import AT_THE_DESK
from feedback_hub.web.i18n import gettext, in_language


def lessons(language: str) -> dict[str, list[dict[str, object]]]:
    """Exercises and help in one of the reader's languages (ISO 639-3), as the app reads them."""
    with in_language(language):
        return {
            "exercises": [
                {
                    "name": one.name,
                    "title": gettext(one.title),
                    "scene": gettext(one.scene),
                    "options": [
                        {
                            "text": gettext(option.text),
                            "why": gettext(option.why),
                            "right": option.right,
                        }
                        for option in one.options
                    ],
                }
                for one in EXERCISES
            ],
            "topics": [
                {
                    "name": one.name,
                    "title": gettext(one.title),
                    "text": [gettext(line) for line in one.text],
                }
                for one in AT_THE_DESK
            ],
        }

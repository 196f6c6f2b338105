"""Message templates: the drafts that ship, and filling an approved one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.errors import Invalid
from feedback_hub.services.records.telling import Wording


class JinjaRenderer:
    """Fulfils ``services.ports.Renderer``. Wording is written by people: it runs in a sandbox."""

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

        # A burst fills one wording a thousand times.
        self._compiled = lru_cache(maxsize=256)(self._environment.from_string)

    def render(self, wording: str, values: Mapping[str, str]) -> str:
        """The text to send. Raises ``Invalid`` for a placeholder without a value."""
        try:
            return self._compiled(wording).render(values).strip()
        except TemplateError as error:
            raise Invalid("wording", "has a placeholder that has no value here") from error


def shipped_wordings() -> Iterator[Wording]:
    """Every text and prompt in the package, as a draft: a new hub uses none of them."""
    for folder, is_spoken in (("messages", False), ("voice", True)):
        languages = (resources.files("templates") / folder).iterdir()
        for language in sorted(languages, key=lambda entry: entry.name):
            if not language.is_dir() or language.name.startswith("_"):
                continue
            for purpose in Purpose:
                template = language / f"{purpose.value}.txt"
                if purpose.is_spoken is is_spoken and template.is_file():
                    yield Wording(language.name, purpose, template.read_text("utf-8").strip())


def shipped_mails() -> dict[str, str]:
    """The e-mails to staff and partners by ``language/name``; the first line is the subject."""
    folder = resources.files("templates") / "mail"
    return {
        f"{language.name}/{file.name.removesuffix('.txt')}": file.read_text("utf-8")
        for language in folder.iterdir()
        if language.is_dir() and not language.name.startswith("_")
        for file in language.iterdir()
        if file.name.endswith(".txt")
    }

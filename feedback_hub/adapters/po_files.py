"""Wordings as gettext PO files, which translators' programs open: one language a file.

The message's context is the language and the purpose (``swh/status``: many of ours are no locale
that a header could name), the message the hub's own language, its translation the wording (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from feedback_hub.adapters.table_files import TableFile, Unreadable
from feedback_hub.services.records.telling import Wording

COLUMNS = ("language", "purpose", "text")


def write_po(path: Path, wordings: Sequence[Wording], source: str, language: str) -> int:
    """Write what there is in ``source`` with what it is in ``language``; how many messages."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po as write

    known = {one.purpose: one.text for one in wordings if one.language == language}
    catalog = Catalog(charset="utf-8")
    originals = [one for one in wordings if one.language == source]
    for one in originals:
        # An original that two purposes share is two messages: the context keeps them apart.
        catalog.add(one.text, known.get(one.purpose, ""), context=f"{language}/{one.purpose.value}")
    with path.open("wb") as file:
        write(file, catalog, width=0)
    return len(originals)


@contextmanager
def open_po(path: Path) -> Iterator[TableFile]:
    """The translated messages as rows of ``COLUMNS``; fuzzy ones are left out.

    Raises ``Unreadable``, ``OSError``.
    """
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("is no PO file in UTF-8") from error
    translated = (one for one in catalog if one.id and one.string and not one.fuzzy)
    rows = [[*_split(one.context or ""), str(one.string)] for one in translated]
    yield TableFile(iter(list(enumerate([list(COLUMNS), *rows], start=1))))


def _split(context: str) -> tuple[str, str]:
    language, _, purpose = context.partition("/")
    return language, purpose

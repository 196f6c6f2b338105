"""Finding cases by words: masked, person-confirmed L1 text only, accents folded.

SQLite FTS5 or PostgreSQL tsvector; both see text already folded here, so that they agree.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import case, search_text

_NEWEST, _COMMON = 2000, 15
"""Words that so many of the newest texts hold are common: at a million texts it takes as long to
look at the newest until a page is full as to look up and order all that hold them."""
_WORD = re.compile(r"[^\W_]+")


def fold(written: str) -> str:
    """Lower case, no accents: ``Mocímboa`` and ``mocimboa`` are one word."""
    split = unicodedata.normalize("NFKD", written.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def words(written: str) -> list[str]:
    """The words of a text as the index knows them."""
    # Words alone: each database has its own idea of what "agua.latrina" is, a host name for one.
    return _WORD.findall(fold(written))


def remember(session: Session, case_id: str, masked: str) -> None:
    """Make a case findable by ``masked``, replacing what was there."""
    _remove(session, case_id)
    session.execute(insert(search_text).values(case_id=case_id, body=" ".join(words(masked))))


def forget(session: Session, case_id: str) -> None:
    """Take a case out, and its words out of the index file.

    Deleted words stay in FTS5's segments until they are merged: raising a case is rare enough to
    pay for the merge at once.
    """
    if _remove(session, case_id) and session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO search_fts(search_fts) VALUES ('optimize')"))


def _remove(session: Session, case_id: str) -> bool:
    return change(session, delete(search_text).where(search_text.c.case_id == case_id)) > 0


def matches(session: Session, asked: str) -> ColumnElement[bool]:
    """A condition on ``case`` rows: every word of ``asked`` occurs, as the beginning of a word.

    What holds no word finds nothing.
    """
    found = words(asked)[:8]
    if not found:
        return false()
    # The body is words with a space between them, and so is what is asked: no sign is a wildcard.
    has_all = [(" " + search_text.c.body).like(f"% {word}%") for word in found]
    newest = select(search_text.c.body).order_by(search_text.c.row.desc()).limit(_NEWEST).subquery()
    of_newest = select(func.count()).select_from(newest)
    of_newest = of_newest.where(*((" " + newest.c.body).like(f"% {word}%") for word in found))
    if (session.scalar(of_newest) or 0) >= _COMMON:
        # A page is full after a few hundred cases, newest first: each is looked at, which is much
        # less than to put all that hold the word in order. Within a function it has no index, and
        # as a value, not a question of existence, it is not asked of all texts beforehand.
        holds = select(and_(*has_all)).where(search_text.c.case_id == case.c.id)
        return func.coalesce(holds.correlate(case).scalar_subquery(), false())
    if session.get_bind().dialect.name == "postgresql":
        query = " & ".join(f"{word}:*" for word in found)
        vector = func.to_tsvector(text("'simple'"), search_text.c.body)
        inner: Select[tuple[str]] = select(search_text.c.case_id).where(
            search_text.c.case_id == case.c.id,
            vector.op("@@")(func.to_tsquery(text("'simple'"), query)),
        )
        return exists(inner)
    query = " ".join(f'"{word}"*' for word in found)
    rows = text(
        "SELECT s.case_id AS case_id FROM search_fts f JOIN search_text s ON s.row = f.rowid"
        " WHERE search_fts MATCH :words"
    ).bindparams(bindparam("words", query))
    return case.c.id.in_(rows.columns(search_text.c.case_id))

"""Free words beside a case: what was typed of its place and accused, and staff's tags.

They are sealed like what was said, since either may hold a name. A tag is found by a keyed hash;
the word itself stands once, in ``tag``, for all cases that have it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing

from sqlalchemy import (
    ColumnElement,
    Engine,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change, insert_into
from feedback_hub.adapters.tables import case, case_event, case_tag, case_typed, organisation, tag
from feedback_hub.adapters.vault import Keyring, SqlVault
from feedback_hub.domain.events import EventKind
from feedback_hub.services.records.messages import TypedRow
from feedback_hub.services.seals import TAG, tag_bound_to, typed_bound_to
from feedback_hub.services.typed import UNLISTED

_INDEX = 64
"""Characters of a keyed hash. No tag is that long."""
_AT_ONCE = 500


def index_of(vault: SqlVault | Keyring, word: str) -> str:
    """The keyed hash by which cases with this tag are found."""
    return vault.index(word, TAG)


def put_tag(session: Session, vault: SqlVault, case_id: str, word: str) -> bool:
    """Put a tag on a case; False if it is there already."""
    index = index_of(vault, word)
    _know(session, vault, index, word)
    added = insert_into(session, case_tag).values(case_id=case_id, tag=index)
    return change(session, added.on_conflict_do_nothing()) == 1


def take_tag(session: Session, vault: SqlVault, case_id: str, word: str) -> bool:
    """Take a tag off a case; False if it was not there."""
    index = index_of(vault, word)
    off = delete(case_tag).where(case_tag.c.case_id == case_id, case_tag.c.tag.in_((index, word)))
    taken = change(session, off) == 1
    if taken:
        vault.destroy_all(forget_unused(session))
    return taken


def forget_unused(session: Session) -> list[str]:
    """Let go of words that no case has any more; their keys, for the caller to destroy."""
    in_use = exists(select(literal(1)).where(case_tag.c.tag == tag.c.tag))
    return list(session.scalars(delete(tag).where(~in_use).returning(tag.c.key_id)))


def tags_of(
    session: Session, vault: SqlVault, case_ids: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The tags of each of these cases that has any, in the order of the alphabet."""
    put = session.execute(
        select(case_tag.c.case_id, case_tag.c.tag).where(case_tag.c.case_id.in_(case_ids))
    ).all()
    if not put:
        return {}
    words = words_of(session, vault, tag.c.tag.in_({index for _, index in put}))
    found: dict[str, list[str]] = {}
    for case_id, index in put:
        # Not sealed yet: put there by a program of before.
        word = words.get(index, "" if len(index) == _INDEX else index)
        if word:
            found.setdefault(case_id, []).append(word)
    return {case_id: tuple(sorted(some)) for case_id, some in found.items()}


def words_of(session: Session, vault: SqlVault, which: ColumnElement[bool]) -> dict[str, str]:
    """The words of these tags, by their keyed hashes."""
    rows = session.execute(select(tag.c.tag, tag.c.key_id, tag.c.name_sealed).where(which)).all()
    vault.load({row.key_id for row in rows})
    return {row.tag: vault.open(row.key_id, row.name_sealed, tag_bound_to(row.tag)) for row in rows}


def keep_typed(session: Session, case_id: str, key_id: str, sealed: bytes) -> None:
    """Keep what was typed of a case, sealed."""
    session.execute(insert(case_typed).values(case_id=case_id, key_id=key_id, words_sealed=sealed))


def typed_of(session: Session, case_ids: Sequence[str]) -> list[TypedRow]:
    """What was typed of each of these cases of which anything is kept."""
    rows = session.execute(
        select(case.c.id, case.c.place, case_typed.c.key_id, case_typed.c.words_sealed)
        .outerjoin(case_typed, case_typed.c.case_id == case.c.id)
        .where(case.c.id.in_(case_ids), or_(case_typed.c.case_id.is_not(None), case.c.place != ""))
    )
    return [TypedRow(row[0], row[1], row[2] or "", row[3] or b"") for row in rows]


def seal_open_ones(engine: Engine, keyring: Keyring, *, history: bool = False) -> int:
    """Seal what a program of before 0005 left open; how many cases and tags that was.

    Such a program may still write while its hub is upgraded, so this is done at each start and once
    a day, some at a time; with ``history``, once after the upgrade, tags in the cases' histories
    too, which is a look at all of them.
    """
    done = 0
    while _any_open(engine):
        with Session(engine) as session:
            vault = SqlVault(session, keyring)
            done += _seal_typed(session, vault) + _seal_tags(session, vault)
            session.commit()
    if history:
        with Session(engine) as session:
            done += _seal_history(session, SqlVault(session, keyring))
            session.commit()
    if done and engine.dialect.name == "sqlite":
        # What it was is overwritten in the file, but stands in the log that goes with it.
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return done


def _is_unlisted() -> ColumnElement[bool]:
    named = case.c.accused_organisation
    return and_(named.not_in(("", UNLISTED)), named.not_in(select(organisation.c.code)))


def _is_plain(column: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(column != "", func.length(column) != _INDEX)


def _any_open(engine: Engine) -> bool:
    # Looks first: on SQLite a transaction that may write keeps everybody else waiting.
    with Session(engine.execution_options(readonly=True)) as session:
        looks = (
            select(case.c.id).where(or_(case.c.place != "", _is_unlisted())),
            select(case_tag.c.tag).where(_is_plain(case_tag.c.tag)),
        )
        return any(session.scalar(look.limit(1)) is not None for look in looks)


def _seal_typed(session: Session, vault: SqlVault) -> int:
    unlisted = _is_unlisted()
    rows = session.execute(
        select(case.c.id, case.c.place, case.c.accused_organisation, unlisted.label("unlisted"))
        .where(or_(case.c.place != "", unlisted))
        .order_by(case.c.id)
        .limit(_AT_ONCE)
    ).all()
    kept = {row.case_id for row in typed_of(session, [row.id for row in rows]) if row.key_id}
    keys = iter(vault.new_keys(sum(row.id not in kept for row in rows)))
    for row in rows:
        accused = row.accused_organisation if row.unlisted else ""
        if row.id not in kept:
            key_id = next(keys)
            words = json.dumps({"place": row.place, "accused": accused}, ensure_ascii=False)
            keep_typed(session, row.id, key_id, vault.seal(key_id, words, typed_bound_to(row.id)))
        emptied = {"place": ""} | ({"accused_organisation": UNLISTED} if accused else {})
        session.execute(update(case).where(case.c.id == row.id).values(emptied))
    return len(rows)


def _seal_tags(session: Session, vault: SqlVault) -> int:
    tagged = case_tag.c.tag
    plain = select(tagged).where(_is_plain(tagged)).distinct().limit(_AT_ONCE)
    words = session.scalars(plain).all()
    for word in words:
        index = index_of(vault, word)
        _know(session, vault, index, word)
        has_it = select(case_tag.c.case_id).where(tagged == index)
        session.execute(delete(case_tag).where(tagged == word, case_tag.c.case_id.in_(has_it)))
        session.execute(update(case_tag).where(tagged == word).values(tag=index))
    return len(words)


def _seal_history(session: Session, vault: SqlVault) -> int:
    told = case_event.c.kind.in_((EventKind.TAGGED, EventKind.UNTAGGED))
    about = case_event.c.about
    words = session.scalars(select(about).where(told, _is_plain(about)).distinct()).all()
    for word in words:
        session.execute(
            update(case_event).where(told, about == word).values(about=index_of(vault, word))
        )
    return len(words)


def _know(session: Session, vault: SqlVault, index: str, word: str) -> None:
    if session.scalar(select(tag.c.tag).where(tag.c.tag == index)) is not None:
        return
    key_id = vault.new_key()
    sealed = vault.seal(key_id, word, tag_bound_to(index))
    kept = insert_into(session, tag).values(tag=index, key_id=key_id, name_sealed=sealed)
    if not change(session, kept.on_conflict_do_nothing()):
        vault.destroy(key_id)

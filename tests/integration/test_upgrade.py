"""A hub of the first release with something in every table is upgraded while its old web serves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, Table, func, insert, select, update

from feedback_hub import migrations
from feedback_hub.adapters import case_words
from feedback_hub.adapters.engine import make_engine
from feedback_hub.services import typed
from feedback_hub.services.typed import UNLISTED, Typed
from tests.integration.databases import Database, HubOn

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
# Alembic's own; and what FTS5 keeps for itself.
NOT_OURS = ("alembic_version", "search_fts", "sqlite_")


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = make_engine(database.bare())
    yield made
    made.dispose()


def old_tables(engine: Engine) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(engine)
    return [table for table in metadata.sorted_tables if not table.name.startswith(NOT_OURS)]


def a_row(table: Table, made: dict[str, dict[str, object]]) -> dict[str, object]:
    """One that the table takes: whatever a foreign key asks for stands in ``made``."""
    row: dict[str, object] = {}
    for column in table.columns:
        known = next(iter(column.foreign_keys), None)
        kind = column.type.python_type
        if known is not None and known.column.table.name != table.name:
            row[column.name] = made[known.column.table.name][known.column.name]
        elif known is not None or (column.nullable and not column.primary_key):
            continue
        elif kind is str:
            row[column.name] = uuid.uuid4().hex[: getattr(column.type, "length", 32) or 32]
        elif kind is bytes:
            row[column.name] = b"sealed"
        elif kind is bool:
            row[column.name] = False
        elif kind is datetime:
            aware = engine_keeps_zones(table)
            row[column.name] = AT if aware else AT.replace(tzinfo=None)
        elif kind in {int, float}:
            row[column.name] = uuid.uuid4().int % 1_000_000
        else:
            row[column.name] = AT.date()
    return row


def engine_keeps_zones(table: Table) -> bool:
    return any(getattr(column.type, "timezone", False) for column in table.columns)


def fill(engine: Engine, tables: list[Table]) -> dict[str, dict[str, object]]:
    made: dict[str, dict[str, object]] = {}
    with engine.begin() as connection:
        for table in tables:
            made[table.name] = a_row(table, made)
            connection.execute(insert(table).values(made[table.name]))
    return made


def test_what_the_first_release_kept_is_there_and_its_program_can_still_write(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        migrations.migrate_within(connection, "0001")
    old = old_tables(engine)
    assert len(old) > 15
    kept = fill(engine, old)
    assert migrations.migrate(engine)
    # What the old program asks, and what it writes, in its own words.
    with engine.connect() as connection:
        for table in old:
            keys = list(table.primary_key)
            mine = select(table).where(*(key == kept[table.name][key.name] for key in keys))
            found = connection.execute(mine).one()._mapping
            assert {name: found[name] for name in kept[table.name]} == kept[table.name], table.name
    fill(engine, old)
    with engine.connect() as connection:
        for table in old:
            assert (connection.scalar(select(func.count()).select_from(table)) or 0) >= 2


def test_words_that_stood_open_are_sealed_and_nothing_of_them_is_left(
    engine: Engine, tmp_path: Path, hub_on: HubOn
) -> None:
    with engine.begin() as connection:
        migrations.migrate_within(connection, "0004")
    old = {table.name: table for table in old_tables(engine)}
    made = fill(engine, [table for table in old.values() if table.name in {"contact", "case"}])
    case_id, organisation = str(made["case"]["id"]), old["organisation"]
    words = {"place": "atras da casa da Zubaida", "accused_organisation": "os do Mutarara"}
    with engine.begin() as connection:
        connection.execute(update(old["case"]).values(words))
        known = a_row(old["case"], made) | {"id": "k" * 32, "ref": "123456789"}
        known |= {"place": "", "accused_organisation": "avsi"}
        listed = a_row(organisation, made) | {"code": "avsi"}
        connection.execute(insert(organisation).values(listed))
        connection.execute(insert(old["case"]).values(known))
        for tag in ("kimbundunga", "bomba"):
            connection.execute(insert(old["case_tag"]).values(case_id=case_id, tag=tag))
        event = a_row(old["case_event"], made) | {"case_id": case_id}
        told = event | {"kind": "tagged", "about": "kimbundunga", "detail": "{}"}
        connection.execute(insert(old["case_event"]).values(told))
    url = engine.url.render_as_string(hide_password=False)
    hub = hub_on(url, tmp_path / "home")
    assert case_words.seal_open_ones(hub.engine, hub.keyring, history=True) == 4
    assert case_words.seal_open_ones(hub.engine, hub.keyring, history=True) == 0
    with hub.reading() as uow:
        found = typed.of(uow, [case_id, "k" * 32])
        assert found == {case_id: Typed("atras da casa da Zubaida", "os do Mutarara")}
        assert uow.tags_of([case_id]) == {case_id: ("bomba", "kimbundunga")}
        column = old["case"].c.accused_organisation
        assert set(uow.session.scalars(select(column))) == {UNLISTED, "avsi"}
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        files = [one for one in path.parent.glob(f"{path.name}*") if one.is_file()]
        kept = b"".join(one.read_bytes() for one in files).lower()
        assert not [mark for mark in (b"zubaida", b"mutarara", b"kimbundunga") if mark in kept]

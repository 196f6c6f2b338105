"""A call log put into the watched folder is taken by itself, once, whatever happens meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import channel_accounts, tables
from feedback_hub.bootstrap import Hub
from feedback_hub.services.hotline import CallTaker
from feedback_hub.services.records.watching import AlertKind
from tests.integration.databases import NOW
from tests.integration.test_import_ivr import EVENING
from workers.drop_folder import LEASE, DropFolder


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    hub.config = replace(hub.config, hotline=replace(hub.config.hotline, drop_folder=folder))
    return folder


def put(folder: Path, lines: list[str], name: str = "Master.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def accepted(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(tables.inbox)) or 0


def names(folder: Path, where: str) -> list[str]:
    return sorted(path.name.partition("-")[2] for path in (folder / where).glob("*"))


def test_a_file_that_stands_still_is_imported_and_moved(hub: Hub, folder: Path) -> None:
    put(folder, [*EVENING, "damaged"])
    drop = DropFolder(hub)
    assert drop.look() == 0
    assert drop.look() == 1
    assert accepted(hub) == 3
    assert names(folder, "done") == ["Master.csv", "Master.csv.rejected.csv"]
    assert [path.name for path in folder.glob("*.csv")] == []
    # The same calls under another day's file of the same name.
    put(folder, EVENING)
    assert (drop.look(), drop.look()) == (0, 1)
    assert accepted(hub) == 3
    assert names(folder, "done") == ["Master.csv", "Master.csv", "Master.csv.rejected.csv"]
    with hub.reading() as uow:
        history = select(func.count()).where(tables.inbox.c.from_history)
        assert uow.session.scalar(history) == 0


def test_a_file_still_being_written_is_left_alone(hub: Hub, folder: Path) -> None:
    drop = DropFolder(hub)
    for many in range(1, 4):
        put(folder, EVENING[:many])
        put(folder, EVENING, "upload.csv.part")
        put(folder, EVENING, ".hidden.csv")
        assert drop.look() == 0
    assert drop.look() == 1
    assert accepted(hub) == 1
    assert sorted(path.name for path in folder.glob("*") if path.is_file()) == [
        ".hidden.csv",
        "upload.csv.part",
    ]


def test_a_file_nobody_can_read_is_put_aside_and_told_of(hub: Hub, folder: Path) -> None:
    put(folder, ["what,is,this"], "odd.csv")
    put(folder, EVENING)
    drop = DropFolder(hub)
    assert (drop.look(), drop.look()) == (0, 2)
    assert names(folder, "failed") == ["odd.csv", "odd.csv.rejected.csv"]
    assert names(folder, "done") == ["Master.csv"]
    assert accepted(hub) == 3


def test_the_operator_hears_of_it_until_a_good_file_comes(hub: Hub, folder: Path) -> None:
    drop = DropFolder(hub)
    for lines, told in ((["what,is,this"], ["hotline"]), (EVENING, [])):
        put(folder, lines)
        assert (drop.look(), drop.look()) == (0, 1)
        with hub.reading() as uow:
            lasting = uow.lasting_alerts()
        assert [one.subject for one in lasting if one.kind is AlertKind.PULL_FAILS] == told


def test_a_death_in_the_middle_loses_and_doubles_nothing(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, EVENING)
    drop = DropFolder(hub)
    drop.look()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            drop.look()
    assert accepted(hub) == 3
    again = DropFolder(hub)
    assert (again.look(), again.look()) == (0, 1)
    assert accepted(hub) == 3
    assert names(folder, "done") == ["Master.csv"]


def test_a_database_that_is_away_leaves_the_file(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, EVENING)
    drop = DropFolder(hub)
    drop.look()
    with monkeypatch.context() as patch:
        patch.setattr(CallTaker, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            drop.look()
    assert accepted(hub) == 0
    assert drop.look() == 1
    assert accepted(hub) == 3


def test_one_process_at_a_time(hub: Hub, folder: Path) -> None:
    put(folder, EVENING)
    drop = DropFolder(hub)
    drop.look()
    with hub.unit_of_work() as uow:
        assert channel_accounts.take(uow.session, LEASE, "another", NOW) is not None
        uow.commit()
    assert drop.look() == 0
    assert accepted(hub) == 0
    with hub.unit_of_work() as uow:
        channel_accounts.let_go(uow.session, "another")
        uow.commit()
    assert drop.look() == 1


def test_told_to_stop_it_leaves_the_file_for_the_next(hub: Hub, folder: Path) -> None:
    put(folder, EVENING)
    drop = DropFolder(hub, stopped=lambda: True)
    assert (drop.look(), drop.look()) == (0, 0)
    assert (folder / "Master.csv").exists()


def killed(*_: object) -> None:
    raise KeyboardInterrupt

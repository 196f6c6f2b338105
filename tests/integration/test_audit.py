"""The audit log: what is in it, that it only grows, and that tampering is found."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import DBAPIError

from feedback_hub.adapters import audit_log
from feedback_hub.adapters.audit_head import HeadKeeper, read_heads
from feedback_hub.adapters.tables import audit
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction, AuditHead
from tests.integration.databases import NOW


def note(hub: Hub, count: int = 1, actor: str = "ana") -> None:
    for number in range(count):
        with hub.unit_of_work() as uow:
            uow.audit(
                AuditAction.CASE_READ,
                actor,
                NOW + timedelta(microseconds=number),
                kind="case",
                object_id=f"case{number}",
            )
            uow.commit()


def verified(hub: Hub, *kept: AuditHead) -> audit_log.Verified:
    with hub.reading(streaming=True) as uow:
        return audit_log.verify(uow.session, kept)


def by_force(connection: Connection, *statements: str) -> None:
    """What somebody does who owns the database: the triggers are in nobody's way."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_grows"))
    else:
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{verb}"))
    for statement in statements:
        connection.execute(text(statement))


def test_lines_follow_from_each_other_and_hold(hub: Hub) -> None:
    assert verified(hub).lines == 0
    note(hub, 3)
    found = verified(hub, *hub.audit_heads.kept())
    assert (found.lines, found.bad) == (3, None)
    assert hub.audit_heads.kept() == [found.head]


def test_what_is_not_kept_leaves_no_line(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        uow.audit(AuditAction.EXPORTED, "ana", NOW)
    assert verified(hub).lines == 0


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_or_delete_a_line(hub: Hub, statement: str) -> None:
    note(hub)
    with (
        pytest.raises(DBAPIError, match="only added to"),
        hub.engine.begin() as connection,
    ):
        connection.execute(text(statement))
    assert verified(hub).lines == 1


TAMPERED = {
    "UPDATE audit SET actor = 'x' WHERE sequence = 2": 2,
    "UPDATE audit SET reason = 'x' WHERE sequence = 3": 3,
    "UPDATE audit SET at = '2020-01-01 00:00:00' WHERE sequence = 1": 1,
    "DELETE FROM audit WHERE sequence = 2": 2,
    "DELETE FROM audit WHERE sequence = 1": 1,
    "DELETE FROM audit WHERE sequence >= 4": 4,
    "UPDATE audit SET sequence = 9 WHERE sequence = 2; UPDATE audit SET sequence = 2"
    " WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 9": 2,
    "UPDATE audit SET hash = previous, previous = hash WHERE sequence = 2": 2,
    "UPDATE audit_head SET sequence = 4": 5,
}


def test_every_edit_is_found_at_its_line(hub: Hub) -> None:
    note(hub, 5)
    for statements, line in TAMPERED.items():
        with hub.unit_of_work() as uow:
            by_force(uow.session.connection(), *statements.split("; "))
            bad = audit_log.verify(uow.session).bad
        assert bad is not None, statements
        assert bad.sequence == line, statements
    assert verified(hub).bad is None


def test_a_log_that_grows_while_it_is_checked_holds(hub: Hub) -> None:
    note(hub, 3)

    def meanwhile(*told: object) -> None:
        if "audit_head" in str(told[2]):
            note(hub)

    with hub.reading(streaming=True) as uow:
        event.listen(uow.session.connection(), "before_cursor_execute", meanwhile)
        assert audit_log.verify(uow.session).bad is None
    assert verified(hub).lines == 4


def test_a_cut_that_also_moves_the_head_is_found_by_the_head_kept_outside(hub: Hub) -> None:
    note(hub, 5)
    with hub.engine.begin() as connection:
        by_force(
            connection,
            "DELETE FROM audit WHERE sequence > 3",
            "UPDATE audit_head SET sequence = 3,"
            " hash = (SELECT hash FROM audit WHERE sequence = 3)",
        )
    assert verified(hub).bad is None
    bad = verified(hub, *hub.audit_heads.kept()).bad
    assert bad is not None
    assert bad.sequence == 4


def test_a_log_written_anew_is_found_by_the_head_kept_outside(hub: Hub) -> None:
    note(hub, 3)
    (kept,) = hub.audit_heads.kept()
    with hub.engine.begin() as connection:
        by_force(
            connection,
            "DELETE FROM audit",
            f"UPDATE audit_head SET sequence = 0, hash = '{'0' * 64}'",  # noqa: S608  zeros
        )
    note(hub, 3, actor="somebody else")
    assert verified(hub).bad is None
    assert verified(hub, kept).bad == audit_log.BadLine(
        3, "is not the line whose hash was kept outside"
    )


def test_many_writers_at_once_make_one_chain(hub: Hub) -> None:
    faults: list[BaseException] = []
    _ = hub.engine  # made before the threads share it

    def write() -> None:
        try:
            note(hub, 10)
        except BaseException as error:  # noqa: BLE001  handed to the test
            faults.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    found = verified(hub, *hub.audit_heads.kept())
    assert (found.lines, found.bad) == (80, None)


def test_heads_are_found_in_a_syslog_too(tmp_path: Path) -> None:
    digest = "ab" * 32
    lines = f"Mar  4 09:00:00 hub feedback_hub audit head 17 {digest}\nsomething else\n"
    assert read_heads(lines) == [AuditHead(17, digest)]
    copy = tmp_path / "copy"
    keeper = HeadKeeper(tmp_path, str(copy))
    keeper.keep(AuditHead(2, digest))
    keeper.keep(AuditHead(1, digest))
    assert (tmp_path / "audit.head").read_text() == f"2 {digest}\n"
    assert [head.sequence for head in read_heads(copy.read_text())] == [2, 1]


def test_no_content_has_a_column() -> None:
    assert not re.search("text|sealed|email|name", " ".join(c.name for c in audit.columns))


def test_a_head_that_cannot_be_kept_stops_nobody(hub: Hub) -> None:
    hub.audit_heads.path.mkdir()
    note(hub)
    with hub.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(audit)) == 1

"""Several rows of one kind of work in one transaction, for a fraction of what each costs alone.

What they all need is read first, in a few statements (``before_…``), and what each of them leaves
in other tables is written in one go. Everything else is ``SqlUnitOfWork``: whatever is asked of the
database sees all that was added so far.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, event, insert, inspect, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import likenesses, outbox, places, tables
from feedback_hub.adapters.kept.transaction import row_of
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.read_ahead import ReadAhead
from feedback_hub.adapters.vault import KEY_BYTES, Keyring, SqlVault
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.whereabouts import Whereabouts
from feedback_hub.services.kept.transaction import Kept
from feedback_hub.services.records.messages import Message
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.records.work import InboxRow, Task

T = TypeVar("T")

# Many at once are not put in as they were added: what a foreign key points at goes first.
_IN_THIS_ORDER = (Contact, Case, Message)
# What reading and acknowledging may change of a case.
_MACHINE_CHANGES = frozenset(
    {
        *("language", "site", "codes", "type", "sector", "sensitivity", "suspected", "priority"),
        *("route_organisation", "route_focal_point", "acknowledged_at", "classified_at"),
        "doubted_at",
        *("due_at", "alarm_at", "clocks"),
    }
)


class BatchVault(SqlVault):
    """Writes the data keys it made all at once, before anything that refers to them."""

    def __init__(self, session: Session, keyring: Keyring) -> None:
        super().__init__(session, keyring)
        self._unwritten: dict[str, dict[str, object]] = {}

    def new_keys(self, count: int) -> list[str]:
        """Make ``count`` data keys."""
        made = [new_id() for _ in range(count)]
        for key_id in made:
            key = secrets.token_bytes(KEY_BYTES)
            wrapped, by = self._keyring.wrap(key_id, key)
            self._unwritten[key_id] = {"id": key_id, "wrapped": wrapped, "wrapped_by": by}
            self._open_keys[key_id] = AESGCM(key)
        return made

    def destroy_all(self, key_ids: Sequence[str]) -> None:
        """Delete these data keys; one that was never written leaves nothing."""
        unwritten = {one for one in key_ids if self._unwritten.pop(one, None) is not None}
        for key_id in unwritten:
            self._open_keys.pop(key_id, None)
        super().destroy_all([one for one in key_ids if one not in unwritten])

    def write(self) -> None:
        """Into the database, in the caller's transaction."""
        if self._unwritten:
            rows, self._unwritten = list(self._unwritten.values()), {}
            self._session.connection().execute(insert(tables.data_key), rows)


class BatchUnitOfWork(ReadAhead):
    """Fulfils ``services.ports.UnitOfWork`` for rows that were read ahead; made for one batch."""

    def __init__(self, session: Session, keyring: Keyring, **more: Any) -> None:
        super().__init__(session, keyring, **more)
        self._batch_vault = BatchVault(session, keyring)
        self.vault = self._batch_vault
        self._added: list[Kept] = []
        self._work: list[dict[str, object]] = []
        self._likenesses: dict[str, tuple[Case, Sketch]] = {}
        self._whereabouts: dict[str, Whereabouts] = {}
        self._done: tuple[Sequence[Claim], datetime] | None = None
        self._changed_cases: Sequence[Case] = ()
        self._changed_rows: Sequence[InboxRow] = ()
        event.listen(session, "before_flush", lambda *_: self._batch_vault.write())
        event.listen(session, "do_orm_execute", lambda _: self._put_in())

    def add(self, kept: Kept) -> None:
        """A new object."""
        self._added.append(kept)
        match kept:
            case Contact():
                self._here[Contact, kept.id] = kept
                self._contacts[kept.channel, kept.address_index] = kept
                self._silent.add(kept.id)
                self._new.add(kept.id)
                self._told[kept.id] = []
            case Case():
                self._here[Case, kept.id] = kept
                self._silent.discard(kept.contact_id or "")
                self._new.add(kept.id)
                self._talk[kept.id], self._texts[kept.id], self._typed[kept.id] = [], [], ()
            case Message():
                self._here[Message, kept.id] = kept
                self._silent.discard(kept.contact_id or "")
                if self._talk.get(kept.case_id) == []:
                    self._talk[kept.case_id] = [kept]
                else:
                    self._talk.pop(kept.case_id, None)
            case Delivery():
                self._here[Delivery, kept.id] = kept
                self._silent.discard(kept.contact_id or "")
                if kept.case_id in self._texts:
                    self._texts[kept.case_id].append(kept)
                if kept.contact_id in self._told:
                    self._told[kept.contact_id].append(kept)
            case _:
                pass

    def set_inbox_case(self, inbox_id: str, case_id: str) -> None:
        """Note which case a submission became."""
        row = self._seen(InboxRow, inbox_id)
        if row is not None:
            row.case_id = case_id
        else:
            super().set_inbox_case(inbox_id, case_id)

    def work(self, task: Task, subject_id: str, available_at: datetime) -> None:
        """Put a piece of work in the outbox."""
        self._work.append(row_of(task, subject_id, available_at))

    def taken(self, task: Task, wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
        """What was put here, where it is ``wanted``: (what it is about, its trace).

        It is no work any more: the caller does it.
        """
        mine = [
            row
            for row in self._work
            if row["task"] is task and wanted(cast("str", row["subject_id"]))
        ]
        if mine:
            self._work = [row for row in self._work if row not in mine]
        return [(cast("str", row["subject_id"]), cast("str", row["trace"])) for row in mine]

    def finish(self, claims: Sequence[Claim], now: datetime) -> None:
        """What is committed here is what these ask for: they are done with it, or it is not done.

        Where a lease was lost the commit raises ``StaleVersion``.
        """
        self._done = claims, now

    def keep_typed(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep what was typed of a case's place and accused, sealed."""
        self._typed.pop(case_id, None)
        super().keep_typed(case_id, key_id, sealed)

    def keep_whereabouts(self, case_id: str, where: Whereabouts) -> None:
        """Keep the district and the candidates of a case, in place of what was kept."""
        if self._may_keep("case_place", case_id):
            super().keep_whereabouts(case_id, where)
        else:
            self._whereabouts[case_id] = where

    def whereabouts_of(self, cases: Sequence[Case]) -> Mapping[str, Whereabouts]:
        """The district and the candidates of each of these cases of which any is known."""
        self._write_whereabouts()
        return super().whereabouts_of(cases)

    def keep_likeness(self, case: Case, sketch: Sketch) -> None:
        """Keep what tells the case from others."""
        self._likenesses[case.id] = (case, sketch)

    def move_likeness(self, case: Case) -> bool:
        """Follow the case's site and code; False if nothing is kept of it."""
        if case.id in self._likenesses:
            return True
        return self._may_keep("likeness", case.id) and super().move_likeness(case)

    def forget_likeness(self, case_id: str) -> None:
        """Keep nothing of a case."""
        self._likenesses.pop(case_id, None)
        if self._may_keep("likeness", case_id):
            super().forget_likeness(case_id)

    def forget_text(self, case_id: str) -> None:
        """Take a case out of the search index."""
        if self._may_keep("search_text", case_id):
            super().forget_text(case_id)

    def _may_keep(self, table: str, case_id: str) -> bool:
        """Whether ``table`` may have a row of a case: unknown of one that was not read ahead."""
        return case_id not in self._talk or case_id in self._kept[table]

    def _write_whereabouts(self) -> None:
        if self._whereabouts:
            kept, self._whereabouts = self._whereabouts, {}
            places.add_all(self.session, kept)
            self._kept["case_place"].update(kept)

    def _put_in(self) -> None:
        """What was added, into the database: first what others refer to."""
        if self._settled:
            return
        self._batch_vault.write()
        while self._added:
            added, self._added = self._added, []
            for first in _IN_THIS_ORDER:
                self.session.add_all(one for one in added if isinstance(one, first))
                self.session.flush()
                added = [one for one in added if not isinstance(one, first)]
            self.session.add_all(added)
            self.session.flush()

    def _take_changes(self, cls: type[T], columns: Collection[str]) -> list[T]:
        """What of these objects changed, where it is nothing but ``columns``.

        The session lets go of them: it would write one statement an object, as it does for what is
        versioned, and ask of each whether it was there. Their history is written all the same.
        """
        changed = [
            one
            for one in self.session.dirty
            if isinstance(one, cls) and set(columns).issuperset(inspect(one).committed_state)
        ]
        for one in changed:
            self.session.expunge(one)
        return changed

    def _change_cases(self, read: Sequence[Case]) -> None:
        """Write what reading changed of cases in one statement, each still under its version."""
        columns = tables.case.c
        statement = (
            update(tables.case)
            .where(columns.id == bindparam("of"), columns.version == bindparam("read"))
            .values({name: bindparam(f"new_{name}") for name in (*_MACHINE_CHANGES, "version")})
        )
        rows = [
            {"of": one.id, "read": one.version, "new_version": one.version + 1}
            | {f"new_{name}": getattr(one, name) for name in _MACHINE_CHANGES}
            for one in read
        ]
        done = self.session.connection().execute(
            statement, rows, execution_options={"preserve_rowcount": True}
        )
        if done.rowcount != len(read):
            raise StaleVersion("changed by somebody else meanwhile")

    def _note_cases(self, rows: Sequence[InboxRow]) -> None:
        """Which case each of these became."""
        columns = tables.inbox.c
        statement = (
            update(tables.inbox)
            .where(columns.id == bindparam("of"))
            .values({"case_id": bindparam("new_case_id")})
        )
        became = [{"of": one.id, "new_case_id": one.case_id} for one in rows]
        self.session.connection().execute(statement, became)

    def _finish(self, claims: Sequence[Claim], now: datetime) -> None:
        if len(outbox.finish_all(self.session, claims, now)) != len(claims):
            raise StaleVersion("somebody else took it on meanwhile")

    def commit(self) -> None:
        """Keep everything. Raises ``StaleVersion`` when somebody changed the same object first."""
        # Before anything is put in, which would write these too; at the end, for what is changed
        # later would be nobody's.
        self._changed_cases = self._take_changes(Case, _MACHINE_CHANGES)
        self._changed_rows = self._take_changes(InboxRow, {"case_id"})
        super().commit()

    def _write_history(self) -> None:
        self._put_in()
        super()._write_history()
        self._batch_vault.write()
        self._write_whereabouts()
        if self._likenesses:
            kept, self._likenesses = self._likenesses, {}
            likenesses.keep_all(self.session, kept.values())
            self._kept["likeness"].update(kept)
        if self._work:
            work, self._work = self._work, []
            self.session.execute(insert(tables.outbox), work)
        # What was put in waits until here (``engine.Writer``); the rest is asked how many it was.
        if self._changed_cases:
            self._change_cases(self._changed_cases)
        if self._changed_rows:
            self._note_cases(self._changed_rows)
        if self._done is not None:
            (claims, now), self._done = self._done, None
            self._finish(claims, now)

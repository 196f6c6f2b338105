"""Several rows of one kind of work in one transaction, for a fraction of what each costs alone.

What they all need is read first, in a few statements (``before_…``), and what each of them leaves
in other tables is written in one go. Everything else is ``SqlUnitOfWork``: whatever is asked of the
database sees all that was added so far.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, event, insert, inspect, literal, select, union_all, update
from sqlalchemy.orm import Session

from feedback_hub.adapters import likenesses, outbox, places, tables
from feedback_hub.adapters.kept.transaction import row_of
from feedback_hub.adapters.outbox import Claim
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.vault import KEY_BYTES, Keyring, SqlVault
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.place import Service
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.whereabouts import KnownPlace, Whereabouts
from feedback_hub.services.kept.transaction import Kept
from feedback_hub.services.records.messages import Message, TypedRow
from feedback_hub.services.records.telling import Delivery, Wording
from feedback_hub.services.records.work import InboxRow, Task
from feedback_hub.services.seals import text_bound_to

T = TypeVar("T")

TOLD_WITHIN = timedelta(days=1)
"""How far back the texts to a contact are read ahead: what the limit a day counts."""

# Many at once are not put in as they were added: what a foreign key points at goes first.
_IN_THIS_ORDER = (Contact, Case, Message)
_KEPT_OF_CASES = (tables.likeness, tables.search_text, tables.case_place)
# What reading and acknowledging may change of a case.
_MACHINE_CHANGES = frozenset(
    {
        *("language", "site", "codes", "type", "sector", "sensitivity", "suspected", "priority"),
        *("route_organisation", "route_focal_point", "acknowledged_at", "classified_at"),
        "doubted_at",
        *("due_at", "alarm_at", "clocks"),
    }
)


def texts_of(uow: SqlUnitOfWork, message_ids: Sequence[str]) -> list[tuple[str, str]]:
    """What these messages say, and the language of each as far as it is known."""
    message = tables.message.c
    rows = uow.session.execute(
        select(message.id, message.key_id, message.text_sealed, message.language).where(
            message.id.in_(message_ids)
        )
    ).all()
    uow.vault.load({row.key_id for row in rows})
    return [
        (uow.vault.open(row.key_id, row.text_sealed, text_bound_to(row.id)), row.language)
        for row in rows
    ]


def arrived(uow: SqlUnitOfWork, inbox_ids: Sequence[str]) -> Sequence[InboxRow]:
    """These rows of the inbox, with their keys."""
    rows = uow.session.scalars(select(InboxRow).where(tables.inbox.c.id.in_(inbox_ids))).all()
    uow.vault.load({row.key_id for row in rows})
    return rows


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


class BatchUnitOfWork(SqlUnitOfWork):
    """Fulfils ``services.ports.UnitOfWork`` for rows that were read ahead; made for one batch."""

    def __init__(self, session: Session, keyring: Keyring, **more: Any) -> None:
        super().__init__(session, keyring, **more)
        self._batch_vault = BatchVault(session, keyring)
        self.vault = self._batch_vault
        self._here: dict[tuple[type, object], object] = {}
        self._contacts: dict[tuple[str, str], Contact | None] = {}
        # Contacts of whom nothing but themselves is kept yet.
        self._silent: set[str] = set()
        # Contacts and cases that were added here: of these nothing is kept that is not here.
        self._new: set[str] = set()
        self._free_references: list[str] = []
        self._work: list[dict[str, object]] = []
        self._talk: dict[str, list[Message]] = {}
        self._texts: dict[str, list[Delivery]] = {}
        self._told: dict[str, list[Delivery]] = {}
        self._told_from: datetime | None = None
        self._kept: dict[str, set[str]] = {table.name: set() for table in _KEPT_OF_CASES}
        self._typed: dict[str, tuple[TypedRow, ...]] = {}
        self._likenesses: dict[str, tuple[Case, Sketch]] = {}
        self._whereabouts: dict[str, Whereabouts] = {}
        self._services: dict[tuple[str, date], Sequence[Service]] = {}
        self._stamp: str | None = None
        self._added: list[Kept] = []
        self._done: tuple[Sequence[Claim], datetime] | None = None
        self._settled = False
        event.listen(session, "before_flush", lambda *_: self._batch_vault.write())
        event.listen(session, "do_orm_execute", lambda _: self._put_in())

    # --- Read ahead

    def before_registering(self, inbox_ids: Sequence[str]) -> Sequence[InboxRow]:
        """These rows of the inbox, with their keys, and case references that are free."""
        inbox = tables.inbox.c
        rows = self._hold_all(select(InboxRow).where(inbox.id.in_(inbox_ids)))
        self.vault.load({row.key_id for row in rows})
        self._draw_references(len(rows))
        return rows

    def before_meeting(self, addresses: Iterable[tuple[str, str]]) -> None:
        """The contacts with these (channel, address index), locked; or that there are none."""
        by_channel: dict[str, list[str]] = defaultdict(list)
        for channel, index in sorted(set(addresses)):
            by_channel[channel].append(index)
            self._contacts[channel, index] = None
        contact = tables.contact.c
        for channel, indexes in by_channel.items():
            theirs = select(Contact).where(
                contact.channel == channel, contact.address_index.in_(indexes)
            )
            # In one order, so that two batches that share people wait and do not lock each other.
            for one in self._hold_all(theirs.order_by(contact.id).with_for_update()):
                self._contacts[channel, one.address_index] = one

    def before_classifying(self, message_ids: Sequence[str], now: datetime) -> None:
        """These messages with all that reading them asks for."""
        messages = self._hold_all(select(Message).where(tables.message.c.id.in_(message_ids)))
        case_ids = sorted({one.case_id for one in messages})
        cases = self._hold_all(select(Case).where(tables.case.c.id.in_(case_ids)))
        contact_ids = sorted({one.contact_id for one in cases if one.contact_id})
        self._hold_all(select(Contact).where(tables.contact.c.id.in_(contact_ids)))
        self._read_talk(case_ids)
        self._read_texts(case_ids, contact_ids, now)
        self._read_kept(case_ids)

    def before_sending(self, delivery_ids: Sequence[str]) -> None:
        """These texts, whom they go to and what about; nobody else tries them meanwhile."""
        sent, case, contact = tables.delivery.c, tables.case.c, tables.contact.c
        rows = self.session.execute(
            select(Delivery, Contact, Case)
            .outerjoin(Contact, contact.id == sent.contact_id)
            .outerjoin(Case, case.id == sent.case_id)
            .where(sent.id.in_(delivery_ids))
            # In one order, so that two who hold several do not wait for each other.
            .order_by(sent.id)
            .with_for_update(of=tables.delivery)
        ).all()
        keys = set()
        for delivery, to, about in rows:
            for one in (delivery, to, about):
                if one is not None:
                    self._here[type(one), one.id] = one
            keys.add(delivery.key_id)
            if to is not None:
                keys.add(to.key_id)
        self.vault.load(keys)

    def _hold_all(self, statement: Any) -> Sequence[Any]:  # noqa: ANN401  a Select of any class
        """What ``statement`` finds, held here: the session alone would let it go."""
        found = self.session.scalars(statement).all()
        for one in found:
            self._here[type(one), one.id] = one
        return found

    def _draw_references(self, count: int) -> None:
        drawn = {new_reference() for _ in range(count)}
        taken = self.session.scalars(select(tables.case.c.ref).where(tables.case.c.ref.in_(drawn)))
        self._free_references = list(drawn - set(taken))

    def _read_talk(self, case_ids: Sequence[str]) -> None:
        self._talk = {case_id: [] for case_id in case_ids}
        of_cases = self._in_order().where(tables.message.c.case_id.in_(case_ids))
        for one in self._hold_all(of_cases):
            self._talk[one.case_id].append(one)
        self.vault.load({one.key_id for talk in self._talk.values() for one in talk})

    def _read_texts(
        self, case_ids: Sequence[str], contact_ids: Sequence[str], now: datetime
    ) -> None:
        sent = tables.delivery.c
        self._told_from = now - TOLD_WITHIN
        self._texts |= {case_id: [] for case_id in case_ids}
        self._told |= {contact_id: [] for contact_id in contact_ids}
        about = select(Delivery).where(sent.case_id.in_(case_ids)).order_by(sent.queued_at)
        for one in self._hold_all(about):
            self._texts[cast("str", one.case_id)].append(one)
        lately = select(Delivery).where(
            sent.contact_id.in_(contact_ids), sent.queued_at >= self._told_from
        )
        for one in self._hold_all(lately):
            self._told[cast("str", one.contact_id)].append(one)

    def _read_kept(self, case_ids: Sequence[str]) -> None:
        some = union_all(
            *(
                select(literal(table.name), table.c.case_id).where(table.c.case_id.in_(case_ids))
                for table in _KEPT_OF_CASES
            )
        )
        for name, case_id in self.session.execute(some):
            self._kept[name].add(case_id)
        self._typed = dict.fromkeys(case_ids, ()) | {
            row.case_id: (row,) for row in super().typed_of(case_ids)
        }

    # --- Answered from what is here

    def _seen(self, cls: type[T], key: object) -> T | None:
        return cast("T | None", self._here.get((cls, key)))

    def inbox_row(self, inbox_id: str) -> InboxRow | None:
        """An inbox row by id."""
        return self._seen(InboxRow, inbox_id) or super().inbox_row(inbox_id)

    def case(self, case_id: str) -> Case | None:
        """A case by id."""
        return self._seen(Case, case_id) or super().case(case_id)

    def contact(self, contact_id: str) -> Contact | None:
        """A contact point by id."""
        return self._seen(Contact, contact_id) or super().contact(contact_id)

    def message(self, message_id: str) -> Message | None:
        """A message by id."""
        return self._seen(Message, message_id) or super().message(message_id)

    def delivery(self, delivery_id: str, *, hold: bool = False) -> Delivery | None:
        """A delivery by id; those that ``before_sending`` read are held."""
        return self._seen(Delivery, delivery_id) or super().delivery(delivery_id, hold=hold)

    def wording(self, language: str, purpose: Purpose) -> Wording | None:
        """The wording for a purpose in a language, whatever its state."""
        key = (Wording, (language, purpose))
        if key not in self._here:
            with self._as_it_stands():
                self._here[key] = super().wording(language, purpose)
        return self._seen(*key)

    def contact_at(self, channel: str, address_index: str, *, hold: bool = False) -> Contact | None:
        """The contact point with this address on this channel account."""
        if (channel, address_index) in self._contacts:
            return self._contacts[channel, address_index]
        return super().contact_at(channel, address_index, hold=hold)

    def talked_about(self, contact_id: str, channel: str, since: datetime) -> Sequence[Case]:
        """The cases talked about on this channel account since then, the latest first."""
        if contact_id in self._silent:
            return ()
        return super().talked_about(contact_id, channel, since)

    def new_reference(self) -> str:
        """A random case reference that is not taken."""
        return self._free_references.pop() if self._free_references else super().new_reference()

    def messages_of(self, case_id: str) -> Sequence[Message]:
        """Every inbound message of a case, in the order in which they were said."""
        talk = self._talk.get(case_id)
        # What was set apart meanwhile is another case's.
        if talk is not None and all(one.case_id == case_id for one in talk):
            return talk
        return super().messages_of(case_id)

    def deliveries_of(self, case_id: str) -> Sequence[Delivery]:
        """Every delivery of a case, the oldest first."""
        texts = self._texts.get(case_id)
        return texts if texts is not None else super().deliveries_of(case_id)

    def told_since(self, contact_id: str, purposes: Sequence[Purpose], since: datetime) -> int:
        """How many texts for these purposes were queued to a contact since then."""
        told = self._told.get(contact_id)
        is_here = contact_id in self._new or (self._told_from and since >= self._told_from)
        if told is None or not is_here:
            return super().told_since(contact_id, purposes, since)
        return sum(
            one.queued_at >= since and one.purpose in purposes and one.withheld is None
            for one in told
        )

    def services_on(self, sector: str, on: date) -> Sequence[Service]:
        """Services of a sector valid on a day, everywhere and at each site; of none that left."""
        if (sector, on) not in self._services:
            with self._as_it_stands():
                self._services[sector, on] = super().services_on(sector, on)
        return self._services[sector, on]

    def place_stamp(self) -> str:
        """Another one whenever any place is another."""
        if self._stamp is None:
            with self._as_it_stands():
                self._stamp = super().place_stamp()
        return self._stamp

    def typed_of(self, case_ids: Sequence[str]) -> Sequence[TypedRow]:
        """What was typed of each of these cases of which anything is kept."""
        if all(one in self._typed for one in case_ids):
            return [row for one in case_ids for row in self._typed[one]]
        return super().typed_of(case_ids)

    def places(self) -> Sequence[KnownPlace]:
        """Every site, and every place of a gazetteer."""
        self._stamp = None
        return super().places()

    @contextmanager
    def _as_it_stands(self) -> Iterator[None]:
        """Read what no batch changes, without putting in first what was added."""
        self._settled = True
        try:
            with self.session.no_autoflush:
                yield
        finally:
            self._settled = False

    # --- Written together

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

    def _write_history(self) -> None:
        # Before anything is put in, which would write these too.
        cases = self._take_changes(Case, _MACHINE_CHANGES)
        rows = self._take_changes(InboxRow, {"case_id"})
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
        if cases:
            self._change_cases(cases)
        if rows:
            self._note_cases(rows)
        if self._done is not None:
            (claims, now), self._done = self._done, None
            self._finish(claims, now)

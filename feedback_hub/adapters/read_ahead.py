"""What a batch's rows all need, read in a few statements before any of them is worked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.vault import Keyring
from feedback_hub.domain.case import Case
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.place import Service
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.whereabouts import KnownPlace
from feedback_hub.services.records.messages import Message, TypedRow
from feedback_hub.services.records.telling import Delivery, Wording
from feedback_hub.services.records.work import InboxRow
from feedback_hub.services.seals import text_bound_to

T = TypeVar("T")

TOLD_WITHIN = timedelta(days=1)
"""How far back the texts to a contact are read ahead: what the limit a day counts."""

_KEPT_OF_CASES = (tables.likeness, tables.search_text, tables.case_place)


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


class ReadAhead(SqlUnitOfWork):
    """Answers from what was read ahead; what was not is looked up, as ``SqlUnitOfWork`` does."""

    def __init__(self, session: Session, keyring: Keyring, **more: Any) -> None:
        super().__init__(session, keyring, **more)
        self._here: dict[tuple[type, object], object] = {}
        self._contacts: dict[tuple[str, str], Contact | None] = {}
        # Contacts of whom nothing but themselves is kept yet.
        self._silent: set[str] = set()
        # Contacts and cases that were added here: of these nothing is kept that is not here.
        self._new: set[str] = set()
        self._free_references: list[str] = []
        self._talk: dict[str, list[Message]] = {}
        self._texts: dict[str, list[Delivery]] = {}
        self._told: dict[str, list[Delivery]] = {}
        self._told_from: datetime | None = None
        self._kept: dict[str, set[str]] = {table.name: set() for table in _KEPT_OF_CASES}
        self._typed: dict[str, tuple[TypedRow, ...]] = {}
        self._services: dict[tuple[str, date], Sequence[Service]] = {}
        self._stamp: str | None = None
        self._settled = False

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

"""One transaction over SQLAlchemy: state, history and outbox commit together or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import (
    Select,
    Table,
    case,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from feedback_hub.adapters import (
    audit_log,
    broadcasts,
    channel_accounts,
    emergencies,
    judgements,
    likenesses,
    monitoring,
    notices,
    places,
    rings,
    sealing,
    search_index,
    tables,
    tracing,
    triage_queue,
)
from feedback_hub.adapters.accounts import account_id_of, actor_by_id, stand_in
from feedback_hub.adapters.engine import change, insert_into
from feedback_hub.adapters.exchange import SqlExchange
from feedback_hub.adapters.vault import Keyring, SqlVault
from feedback_hub.adapters.visibility import case_visible, referral_visible
from feedback_hub.domain.access import Action, Actor, CaseFacts, Role, scope_of
from feedback_hub.domain.audit import AuditAction, AuditHead, AuditLine, Seen, lines_of
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import OPEN, Case, CaseState
from feedback_hub.domain.contact import Contact, Purpose
from feedback_hub.domain.errors import StaleVersion
from feedback_hub.domain.events import EventKind, Recorder
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.judgement import Judgement
from feedback_hub.domain.likeness import Sketch
from feedback_hub.domain.message import MessageKind
from feedback_hub.domain.monitoring import Committee, Visit
from feedback_hub.domain.on_call import Ring, Shift
from feedback_hub.domain.place import Organisation, OrganisationKind, Service, Site
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.referral import Referral, ReferralState
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.whereabouts import KnownPlace, Whereabouts
from feedback_hub.services.ports import Kept
from feedback_hub.services.records import (
    Alert,
    AttachmentRow,
    Checked,
    Delivery,
    Emergency,
    InboxKind,
    InboxRow,
    Mailbox,
    Message,
    Notice,
    NoticeKind,
    PartnerLink,
    Queue,
    Remark,
    RingTry,
    SuggestionRow,
    Task,
    Wording,
)

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert

T = TypeVar("T")

_HELD = (
    ReferralState.SENT,
    ReferralState.ACCEPTED,
    ReferralState.IN_ACTION,
    ReferralState.RETURNED,
)
"""Where a referral still is a partner's."""

QUEUE_OF = {
    Task.CLASSIFY: Queue.TRIAGE,
    Task.SEND: Queue.DELIVERY,
    Task.MAIL: Queue.HOUSEKEEPING,
    Task.CHAT: Queue.HOUSEKEEPING,
    Task.TELL_AGAIN: Queue.HOUSEKEEPING,
    Task.FOLLOW_UP: Queue.HOUSEKEEPING,
    Task.FETCH: Queue.FILES,
    Task.TAKE_OVER: Queue.HOUSEKEEPING,
    Task.EXCHANGE: Queue.EXCHANGE,
    Task.RING: Queue.DELIVERY,
    Task.REREAD: Queue.REREAD,
}

_LOWERS = frozenset({EventKind.SENSITIVITY_CHANGED, EventKind.TRIAGED, EventKind.TRIAGE_UNDONE})
"""After these a case may be less sensitive than before."""


class SqlUnitOfWork:
    """Fulfils ``services.ports.UnitOfWork``."""

    def __init__(
        self,
        session: Session,
        keyring: Keyring,
        *,
        device: Callable[[], str] = str,
        keep_head: Callable[[AuditHead], None] | None = None,
    ) -> None:
        self.session = session
        self.vault: SqlVault = SqlVault(session, keyring)
        self._keyring = keyring
        self.exchange = SqlExchange(session)
        self.seen: dict[Seen, None] = {}
        """Sensitive cases that were opened here, and by whom."""
        self._device = device
        self._keep_head = keep_head
        self._audited: list[AuditLine] = []
        # The session lets go of what was not changed, and its history would go with it.
        self._recorders: dict[int, Recorder] = {}
        for moment in ("loaded_as_persistent", "pending_to_persistent"):
            event.listen(session, moment, self._hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.session.close()

    def commit(self) -> None:
        """Keep everything. Raises ``StaleVersion`` when somebody changed the same object first."""
        try:
            self._write_history()
            # Last of all: whoever else writes the audit log waits from here to the commit.
            head = audit_log.append(self.session, self._audited) if self._audited else None
            self.session.commit()
        except StaleDataError as error:
            self.session.rollback()
            raise StaleVersion("changed by somebody else meanwhile") from error
        self._audited.clear()
        if head is not None and self._keep_head is not None:
            self._keep_head(head)

    def audit(
        self,
        action: AuditAction,
        actor: str,
        now: datetime,
        *,
        kind: str = "",
        object_id: str = "",
        reason: str = "",
    ) -> None:
        """Note an act in the audit log; it is kept with what this transaction keeps, or not."""
        line = AuditLine(action, actor, now, kind, object_id, reason, self._device())
        self._audited.append(line)

    def audit_seen(self, now: datetime) -> None:
        """Note who was shown what of sensitive cases, each once a transaction."""
        for one in self.seen:
            count = str(one.count) if one.count else ""
            self.audit(
                one.action, one.actor, now, kind=one.kind, object_id=one.object_id, reason=count
            )
        self.seen.clear()

    def saw(self, actor: Actor, case: Case) -> None:
        """``actor`` is shown a case: noted if it is sensitive."""
        if case.sensitivity is not Sensitivity.L1:
            self.seen[Seen(AuditAction.CASE_READ, actor.id, "case", case.id)] = None

    def saw_file(self, actor: Actor, case: Case, attachment_id: str) -> None:
        """``actor`` is given a file of a case: noted if the case is sensitive."""
        if case.sensitivity is not Sensitivity.L1:
            self.seen[Seen(AuditAction.FILE_READ, actor.id, "attachment", attachment_id)] = None

    def saw_list(self, actor: Actor, cases: Iterable[Case]) -> None:
        """``actor`` is shown words or names of cases in a list: one line, and how many."""
        count = sum(case.sensitivity is not Sensitivity.L1 for case in cases)
        if count:
            self.seen[Seen(AuditAction.LIST_READ, actor.id, "cases", count=count)] = None

    def _hold(self, _session: Session, kept: object) -> None:
        if isinstance(kept, Recorder):
            self._recorders[id(kept)] = kept

    def settle(self) -> None:
        """Write what happened so far, so that what is read next sees it; kept only by a commit."""
        self._write_history()

    def _write_history(self) -> None:
        self.session.flush()
        happened = [line for kept in self._recorders.values() for line in kept.take_events()]
        lowered = {one.case_id for one in happened if one.kind in _LOWERS}
        for kept in self._recorders.values():
            if isinstance(kept, Case) and (
                kept.sensitivity is Sensitivity.L3 or kept.id in lowered
            ):
                sealing.settle(self.session, self._keyring, kept.id, kept.sensitivity)
        for line in happened:
            self._audited.extend(lines_of(line, self._device()))
        if happened:
            for line in happened:
                self.exchange.tell(line)
            self.session.execute(
                insert(tables.case_event),
                [
                    {
                        "id": uuid.uuid4().hex,
                        "case_id": line.case_id,
                        "position": position,
                        "kind": line.kind,
                        "actor": line.actor,
                        "at": line.at,
                        "about": line.about,
                        "detail": dict(line.detail),
                    }
                    for position, line in enumerate(happened)
                ],
            )

    def expect(
        self,
        kept: Case | Referral | Issue | BoardEntry | BankAnswer | Broadcast,
        version: int | None,
    ) -> None:
        """Raises ``StaleVersion`` if the caller read another version."""
        if version is not None and kept.version != version:
            raise StaleVersion("changed by somebody else meanwhile")

    def add(self, kept: Kept) -> None:
        """A new object."""
        self.session.add(kept)

    def add_inbox(self, row: InboxRow) -> bool:
        """Keep an inbox row; False if this delivery is known already."""
        values = {column.name: getattr(row, column.name) for column in tables.inbox.columns}
        statement = self._insert(tables.inbox).values(**values)
        return change(self.session, statement.on_conflict_do_nothing()) == 1

    def add_alert(self, alert: Alert) -> bool:
        """Keep an alert; False if the same one lasts already."""
        values = {column.name: getattr(alert, column.name) for column in tables.alert.columns}
        statement = self._insert(tables.alert).values(**values)
        return change(self.session, statement.on_conflict_do_nothing()) == 1

    def lasting_alert(self, lasting: str) -> Alert | None:
        """The alert that lasts under this key."""
        return self._one(select(Alert).where(tables.alert.c.lasting == lasting))

    def lasting_alerts(self) -> Sequence[Alert]:
        """Every alert that lasts, the oldest first."""
        lasting = select(Alert).where(tables.alert.c.lasting.is_not(None))
        return self.session.scalars(lasting.order_by(tables.alert.c.raised_at)).all()

    def add_inbox_all(self, rows: Sequence[InboxRow]) -> set[str]:
        """Keep many in one statement; the ids (ours) of those that were not known already."""
        if not rows:
            return set()
        names = [column.name for column in tables.inbox.columns]
        values = [{name: getattr(row, name) for name in names} for row in rows]
        statement = self._insert(tables.inbox).on_conflict_do_nothing()
        return set(self.session.scalars(statement.returning(tables.inbox.c.id), values))

    def claim_duty(
        self, name: str, duty: str, now: datetime, again: timedelta, *, at_once: bool = False
    ) -> bool:
        """Whether an account's duty is due and ours."""
        return channel_accounts.claim(self.session, name, duty, now, again, at_once=at_once)

    def heard(self, name: str, since: datetime | None, most: int) -> Sequence[datetime]:
        """When an account's latest messages came, the newest first."""
        return channel_accounts.heard(self.session, name, since, most)

    def unknown_messages(self, name: str, external_ids: Sequence[str]) -> set[str]:
        """Which of these messages never reached the inbox."""
        return channel_accounts.unknown(self.session, name, external_ids)

    def hold_pace(self, name: str) -> tuple[datetime | None, datetime | None]:
        """How far an account's sending is paced, and the turns given out, locked until the end."""
        return channel_accounts.hold_pace(self.session, name)

    def set_pace(self, name: str, paced: datetime | None, asked: datetime | None) -> None:
        """Note both anew."""
        channel_accounts.set_pace(self.session, name, paced, asked)

    def caught_up_at(self, name: str) -> datetime | None:
        """Until when everything the provider lists is here."""
        return channel_accounts.caught_up_at(self.session, name)

    def set_caught_up(self, name: str, until: datetime) -> None:
        """Everything the provider lists until then is here."""
        channel_accounts.caught_up(self.session, name, until)

    def keep_check(self, name: str, checked: Checked, now: datetime) -> None:
        """Keep what asking the provider brought."""
        channel_accounts.checked(self.session, name, checked, now)

    def new_reference(self) -> str:
        """A random case reference that is not taken.

        Two transactions drawing the same free one at once is one in 90 million times the number
        of concurrent intakes; the unique column then refuses one and its work is tried again.
        """
        while True:
            ref = new_reference()
            if self._one(select(tables.case.c.id).where(tables.case.c.ref == ref)) is None:
                return ref

    def work(self, task: Task, subject_id: str, available_at: datetime) -> None:
        """Put a piece of work in the outbox."""
        self.session.execute(
            insert(tables.outbox).values(
                id=uuid.uuid4().hex,
                queue=QUEUE_OF[task],
                task=task,
                subject_id=subject_id,
                available_at=available_at,
                trace=tracing.current(),
            )
        )

    def inbox_row(self, inbox_id: str) -> InboxRow | None:
        """An inbox row by id."""
        return self.session.get(InboxRow, inbox_id)

    def waiting_messages(self, now: datetime) -> Mapping[str, tuple[int, int]]:
        """What waits in the inbox, by channel: how many are ready now, and how many in all."""
        inbox = tables.inbox.c
        ready = func.sum(case((inbox.available_at <= now, 1), else_=0))
        counted = (
            select(inbox.channel, ready, func.count())
            .where(inbox.handled_at.is_(None), inbox.set_aside_at.is_(None))
            .group_by(inbox.channel)
        )
        return {name: (int(at), int(all_)) for name, at, all_ in self.session.execute(counted)}

    def put_off(self, channel: str, keep: int, now: datetime, until: datetime) -> int:
        """Let all but the oldest ``keep`` ready messages of a channel wait; how many do."""
        inbox = tables.inbox.c
        late = (
            select(inbox.id)
            .where(
                inbox.channel == channel,
                inbox.handled_at.is_(None),
                inbox.set_aside_at.is_(None),
                inbox.leased_until.is_(None),
                inbox.available_at <= now,
            )
            .order_by(inbox.available_at, inbox.id)
            # SQLite takes an offset only behind a limit.
            .limit(2**31)
            .offset(keep)
        )
        return change(
            self.session,
            update(tables.inbox)
            # Said again, so that a row claimed meanwhile is left alone.
            .where(inbox.id.in_(late), inbox.handled_at.is_(None), inbox.leased_until.is_(None))
            .values(available_at=until),
        )

    def set_inbox_case(self, inbox_id: str, case_id: str) -> None:
        """Note which case a submission became."""
        self.session.execute(
            update(tables.inbox).where(tables.inbox.c.id == inbox_id).values(case_id=case_id)
        )

    def accepted(self, channel: str, kind: InboxKind, external_id: str) -> InboxRow | None:
        """The inbox row of something that was accepted before."""
        return self._one(
            select(InboxRow).where(
                tables.inbox.c.channel == channel,
                tables.inbox.c.kind == kind,
                tables.inbox.c.external_id == external_id,
            )
        )

    def accepted_among(
        self, channel: str, kind: InboxKind, external_ids: Sequence[str]
    ) -> dict[str, InboxRow]:
        """Those of ``external_ids`` that were accepted before, with their rows."""
        of_these = select(InboxRow).where(
            tables.inbox.c.channel == channel,
            tables.inbox.c.kind == kind,
            tables.inbox.c.external_id.in_(external_ids),
        )
        return {row.external_id: row for row in self.session.scalars(of_these)}

    def accepted_between(self, channel: str, kind: InboxKind, first: str, last: str) -> bool:
        """Whether something was accepted whose id sorts from ``first`` to ``last``."""
        some = select(tables.inbox.c.id).where(
            tables.inbox.c.channel == channel,
            tables.inbox.c.kind == kind,
            tables.inbox.c.external_id.between(first, last),
        )
        return self.session.scalar(some.limit(1)) is not None

    def case(self, case_id: str) -> Case | None:
        """A case by id."""
        return self.session.get(Case, case_id)

    def case_by_ref(self, ref: str) -> Case | None:
        """A case by reference."""
        return self._one(select(Case).where(tables.case.c.ref == ref))

    def visible_case(self, actor: Actor, action: Action, ref: str) -> Case | None:
        """The case, if it exists for ``actor`` with ``action``."""
        visible = case_visible(scope_of(actor, action))
        found = self._one(select(Case).where(tables.case.c.ref == ref, visible))
        if found is not None:
            self.saw(actor, found)
        return found

    def visible_referral(
        self, actor: Actor, action: Action, referral_id: str
    ) -> tuple[Referral, Case] | None:
        """The referral and its case, if it exists for ``actor`` with ``action``."""
        visible = referral_visible(scope_of(actor, action))
        row = self.session.execute(
            select(Referral, Case)
            .join(tables.case, tables.case.c.id == tables.referral.c.case_id)
            .where(tables.referral.c.id == referral_id, visible)
        ).one_or_none()
        if row is None:
            return None
        self.saw(actor, row[1])
        return row[0], row[1]

    def emergencies_of(self, case_id: str) -> Sequence[Emergency]:
        """When a case was opened in an emergency, the latest first."""
        return emergencies.of_case(self.session, case_id)

    def facts(self, case: Case) -> CaseFacts:
        """What the access policy needs to know of a case."""
        return self.facts_of([case])[case.id]

    def facts_of(self, cases: Sequence[Case]) -> dict[str, CaseFacts]:
        """The same of each of these cases, in one query."""
        asked: dict[str, set[str]] = {case.id: set() for case in cases}
        referral = tables.referral.c
        sent = select(referral.case_id, referral.organisation).where(
            referral.case_id.in_(asked), referral.state != ReferralState.DRAFTED
        )
        for case_id, organisation in self.session.execute(sent):
            asked[case_id].add(organisation)
        return {
            case.id: CaseFacts(
                sensitivity=case.sensitivity,
                site=case.site,
                sector=case.sector,
                owner=case.owner,
                entered_by=case.entered_by,
                accused_organisation=case.accused_organisation,
                referred_to=frozenset(asked[case.id]),
                id=case.id,
                accused_class=case.accused_class,
            )
            for case in cases
        }

    def referral(self, referral_id: str) -> Referral | None:
        """A referral by id."""
        return self.session.get(Referral, referral_id)

    def open_cases(
        self, actor: Actor, *, site: str, owner: str, organisation: str, most: int
    ) -> Sequence[Case]:
        """Open cases that exist for ``actor`` to work on, the oldest first."""
        kept, asked = tables.case.c, tables.referral.c
        wanted = [kept.state.in_(OPEN), case_visible(scope_of(actor, Action.WORK_CASE))]
        if site:
            wanted.append(kept.site == site)
        if owner:
            wanted.append(kept.owner == owner)
        if organisation:
            holds = asked.organisation == organisation, asked.state.in_(_HELD)
            wanted.append(kept.id.in_(select(asked.case_id).where(*holds)))
        oldest = select(Case).where(*wanted).order_by(kept.received_at, kept.id)
        found = self.session.scalars(oldest.limit(most)).all()
        self.saw_list(actor, found)
        return found

    def referrals_of(self, case_id: str) -> Sequence[Referral]:
        """Every referral of a case, the oldest first."""
        of_case = select(Referral).where(tables.referral.c.case_id == case_id)
        return self.session.scalars(of_case.order_by(tables.referral.c.created_at)).all()

    def actor(self, actor_id: str) -> Actor | None:
        """An active account or live token by id, or an account by its e-mail address."""
        if "@" in actor_id:
            actor_id = account_id_of(self.session, actor_id) or ""
        return actor_by_id(self.session, actor_id)

    def stand_in(self, case: Case) -> Actor | None:
        """Who outside takes a case that accuses the hub's own organisation; None for any other."""
        named = stand_in(self.session)
        if named is None or case.accused_organisation != named.organisation:
            return None
        return actor_by_id(self.session, named.account_id)

    def is_community(self, code: str) -> bool:
        """Whether an organisation is a community's own, whose people lead a site."""
        organisation = self.session.get(Organisation, code) if code else None
        return organisation is not None and organisation.kind is OrganisationKind.COMMUNITY

    def accounts(self, role: Role, organisation: str = "") -> Sequence[Actor]:
        """Active accounts that hold ``role``, of one organisation where it is given."""
        held = tables.membership.c
        holders = select(held.account_id).where(held.role == role).distinct()
        if organisation:
            holders = holders.where(held.organisation == organisation)
        found = (actor_by_id(self.session, one) for one in self.session.scalars(holders).all())
        return [actor for actor in found if actor is not None]

    def shifts(self) -> Sequence[Shift]:
        """Everybody on the roster of who is on call, whenever."""
        return rings.shifts(self.session)

    def remove_shift(self, shift_id: str) -> bool:
        """Take a shift off the roster; False if it is not there."""
        return rings.remove_shift(self.session, shift_id)

    def ring_address(self, account_id: str) -> tuple[str, str]:
        """Where an account is rung."""
        return rings.address(self.session, self.vault, account_id)

    def keep_ring_address(self, account_id: str, phone: str, telegram: str) -> None:
        """Keep where an account is rung, sealed."""
        rings.keep_address(self.session, self.vault, account_id, phone, telegram)

    def ring(self, ring_id: str) -> Ring | None:
        """Ringing, by id."""
        return self.session.get(Ring, ring_id)

    def ring_of(self, case_id: str) -> Ring | None:
        """The latest ringing about a case."""
        return rings.of_case(self.session, case_id)

    def ring_try(self, try_id: str) -> RingTry | None:
        """One call or message that rang somebody."""
        return self.session.get(RingTry, try_id)

    def ring_try_by_provider(self, provider_id: str) -> RingTry | None:
        """The one that the provider knows by this id."""
        return rings.try_by_provider(self.session, provider_id)

    def end_ring_try(self, try_id: str, provider_id: str, fault: str) -> None:
        """Note what came of it."""
        rings.end_try(self.session, try_id, provider_id, fault)

    def broadcast(self, broadcast_id: str) -> Broadcast | None:
        """A broadcast by id."""
        return self.session.get(Broadcast, broadcast_id)

    def broadcast_of(self, delivery_id: str) -> Broadcast | None:
        """The broadcast that a text belongs to."""
        return broadcasts.of_delivery(self.session, delivery_id)

    def broadcast_fate(self, broadcast_id: str) -> tuple[int, int]:
        """How many of its texts were tried, and how many of those failed."""
        return broadcasts.fate(self.session, broadcast_id)

    def opted_in(self, broadcast: Broadcast, most: int | None) -> Sequence[Contact]:
        """Who asked for information at its sites and was not told, the longest first."""
        channels = self.session.info.get("reply_channels", ())
        return broadcasts.opted_in(self.session, broadcast, channels, most)

    def issue(self, issue_id: str) -> Issue | None:
        """An issue by id."""
        return self.session.get(Issue, issue_id)

    def board_entry(self, entry_id: str) -> BoardEntry | None:
        """An entry of a board by id."""
        return self.session.get(BoardEntry, entry_id)

    def board_entries(self, issue_id: str) -> Sequence[BoardEntry]:
        """Every entry of an issue, on any board, in any state."""
        wanted = tables.board_entry.c.issue_id == issue_id
        return self.session.scalars(select(BoardEntry).where(wanted)).all()

    def keep_visit(self, held: Visit, photo: str, media_type: str, key_id: str) -> None:
        """Keep a visit to a site; ``photo`` is the name its sealed file has, empty for none."""
        kept = monitoring.KeptPhoto(photo, media_type, key_id)
        monitoring.keep_visit(self.session, held, kept)

    def keep_committee(self, held: Committee) -> None:
        """Keep a site's committee in place of what was kept."""
        monitoring.keep_committee(self.session, held)

    def bank_answer(self, answer_id: str) -> BankAnswer | None:
        """An answer of the information bank by id."""
        return self.session.get(BankAnswer, answer_id) if answer_id else None

    def bank_answers(self, standing_until: date) -> Sequence[BankAnswer]:
        """Every answer that is not withdrawn and whose last day is this one or later."""
        answer = tables.bank_answer.c
        lasting = select(BankAnswer).where(
            answer.valid_to >= standing_until, answer.withdrawn_at.is_(None)
        )
        return self.session.scalars(lasting.order_by(answer.valid_to, answer.id)).all()

    def conduct_reports(self, case_id: str) -> Sequence[ConductReport]:
        """What was reported of a case, the oldest first."""
        made = tables.conduct_report.c
        of_case = select(ConductReport).where(made.case_id == case_id)
        return self.session.scalars(of_case.order_by(made.made_at, made.id)).all()

    def service_referrals(self, case_id: str) -> Sequence[ServiceReferral]:
        """The services a survivor was brought to, the oldest first."""
        made = tables.service_referral.c
        of_case = select(ServiceReferral).where(made.case_id == case_id)
        return self.session.scalars(of_case.order_by(made.made_at, made.id)).all()

    def issue_refs(self, issue_id: str) -> Sequence[str]:
        """The references of every case under an issue, the oldest first."""
        case, linked = tables.case.c, tables.issue_case.c
        under = select(case.ref).join(tables.issue_case, linked.case_id == case.id)
        order = (case.received_at, case.id)
        return self.session.scalars(under.where(linked.issue_id == issue_id).order_by(*order)).all()

    def ordinary_cases(self, issue_id: str, site: str) -> int:
        """How many cases under an issue at a site are L1."""
        case, linked = tables.case.c, tables.issue_case.c
        counted = (
            select(func.count())
            .select_from(tables.issue_case.join(tables.case, case.id == linked.case_id))
            .where(
                linked.issue_id == issue_id,
                case.site == site,
                case.sensitivity == Sensitivity.L1,
            )
        )
        return self.session.scalar(counted) or 0

    def contact(self, contact_id: str) -> Contact | None:
        """A contact point by id."""
        return self.session.get(Contact, contact_id)

    def contact_at(self, channel: str, address_index: str, *, hold: bool = False) -> Contact | None:
        """The contact point with this address on this channel account."""
        found = select(Contact).where(
            tables.contact.c.channel == channel,
            tables.contact.c.address_index == address_index,
        )
        # On SQLite a transaction that writes is alone anyway.
        return self._one(found.with_for_update() if hold else found)

    def open_request(self, contact_id: str) -> Case | None:
        """The contact's open case that asks to be called back, the newest; never an L3."""
        case, message = tables.case.c, tables.message.c
        asked = select(message.case_id).where(
            message.contact_id == contact_id, message.kind == MessageKind.MISSED_CALL
        )
        return self._one(
            select(Case)
            .where(
                case.id.in_(asked),
                case.contact_id == contact_id,
                case.state.in_(OPEN),
                case.sensitivity != Sensitivity.L3,
            )
            .order_by(case.received_at.desc(), case.id)
            .limit(1)
        )

    def call_back(self, line_id: str) -> CallBack | None:
        """A line of the call or desk list by id."""
        return self.session.get(CallBack, line_id)

    def open_call_backs(self, case_id: str) -> Sequence[CallBack]:
        """The lines of a case on which the person is still to be reached, the oldest first."""
        line = tables.call_back.c
        open_lines = select(CallBack).where(line.case_id == case_id, line.ended_at.is_(None))
        return self.session.scalars(open_lines.order_by(line.opened_at, line.id)).all()

    def messages_of(self, case_id: str) -> Sequence[Message]:
        """Every inbound message of a case, in the order in which they were said."""
        of_case = self._in_order().where(tables.message.c.case_id == case_id)
        return self.session.scalars(of_case).all()

    def _in_order(self) -> Select[Message]:
        message = tables.message.c
        said_at = func.coalesce(message.sent_at, message.received_at)
        # Parts of one long text are said in one second: then as they came, and as they are numbered
        # by a provider that counts ("chat:9" before "chat:10").
        counted = (func.length(message.external_id), message.external_id)
        return select(Message).order_by(said_at, message.received_at, *counted, message.id)

    def message_at(self, channel: str, external_id: str) -> Message | None:
        """The message that a channel account's provider knows by this id."""
        known = select(Message).where(
            tables.message.c.channel == channel, tables.message.c.external_id == external_id
        )
        return self.session.scalars(known.limit(1)).one_or_none()

    def talked_about(self, contact_id: str, channel: str, since: datetime) -> Sequence[Case]:
        """The cases talked about on this channel account since then, the latest first."""
        said, told, case = tables.message.c, tables.delivery.c, tables.case.c
        moments = union_all(
            select(said.case_id, said.received_at.label("at")).where(
                said.contact_id == contact_id, said.channel == channel, said.received_at >= since
            ),
            select(told.case_id, told.queued_at).where(
                told.contact_id == contact_id,
                told.channel == channel,
                told.queued_at >= since,
                told.case_id.is_not(None),
                told.withheld.is_(None),
            ),
            select(case.id, case.closed_at).where(
                case.contact_id == contact_id, case.channel == channel, case.closed_at >= since
            ),
        ).subquery()
        last = (
            select(moments.c.case_id, func.max(moments.c.at).label("at"))
            .group_by(moments.c.case_id)
            .subquery()
        )
        return self.session.scalars(
            select(Case)
            .join(last, last.c.case_id == case.id)
            .where(case.from_history.is_(False))
            .order_by(last.c.at.desc(), case.entered_at.desc(), case.id)
        ).all()

    def wrong_tries(self, asked_by: str, about: str, since: datetime) -> int:
        """The larger count of wrong tries, by contact or about this reference, since then."""
        tried = tables.wrong_try.c
        mine = [tried.about == about, *([tried.asked_by == asked_by] if asked_by else ())]
        return max(
            self.session.scalar(select(func.count()).where(which, tried.at >= since)) or 0
            for which in mine
        )

    def has_open_l3(self, contact_id: str) -> bool:
        """Whether a highly sensitive case of this contact is open."""
        case = tables.case.c
        one = select(case.id).where(
            case.contact_id == contact_id,
            case.sensitivity == Sensitivity.L3,
            case.state != CaseState.CLOSED,
        )
        return self.session.scalar(one.limit(1)) is not None

    def told_since(self, contact_id: str, purposes: Sequence[Purpose], since: datetime) -> int:
        """How many texts for these purposes were queued to a contact since then."""
        told = tables.delivery.c
        queued = select(func.count()).where(
            told.contact_id == contact_id,
            told.queued_at >= since,
            told.purpose.in_(purposes),
            told.withheld.is_(None),
        )
        return self.session.scalar(queued) or 0

    def message(self, message_id: str) -> Message | None:
        """A message by id."""
        return self.session.get(Message, message_id)

    def reading_of(self, case_id: str) -> SuggestionRow | None:
        """The machine's latest reading of what was said first in a case."""
        return judgements.reading_of(self.session, case_id)

    def judgement_of(self, case_id: str) -> Judgement | None:
        """The latest judgement of a case."""
        return judgements.last_of(self.session, case_id)

    def take_to_triage(
        self, actor: Actor, now: datetime, *, handlers: bool, most: int
    ) -> Sequence[Case]:
        """Up to ``most`` cases that ``actor`` has before them now."""
        found = triage_queue.claim(self.session, actor, now, handlers=handlers, most=most)
        for one in found:
            self.saw(actor, one)
        return found

    def hold_to_triage(self, case_id: str, actor: Actor, now: datetime) -> bool:
        """Whether ``actor`` has the case before them from now on, and nobody else."""
        return triage_queue.lease(self.session, case_id, actor.id, now)

    def is_held_to_triage(self, case_id: str, now: datetime) -> bool:
        """Whether anybody has the case before them."""
        return bool(triage_queue.holder_of(self.session, case_id, now))

    def end_triage(self, case_id: str) -> None:
        """Nobody needs to hold it any more."""
        triage_queue.end(self.session, case_id)

    def leave_to_others(self, case_id: str, actor: Actor, now: datetime) -> None:
        """``actor`` leaves it to others to triage."""
        triage_queue.leave(self.session, case_id, actor.id, now)

    def remove(self, judgement: Judgement) -> None:
        """It was a slip."""
        self.session.delete(judgement)

    def attachment(self, attachment_id: str) -> AttachmentRow | None:
        """A file by id."""
        return self.session.get(AttachmentRow, attachment_id)

    def attachment_of(self, case_id: str, attachment_id: str) -> AttachmentRow | None:
        """A file by id, if it belongs to a message of this case."""
        return self._one(_attachments(case_id).where(tables.attachment.c.id == attachment_id))

    def attachments_of(self, case_id: str) -> Sequence[AttachmentRow]:
        """Every file of a case, in the order in which they came."""
        message, attachment = tables.message.c, tables.attachment.c
        order = (message.received_at, message.id, attachment.position)
        return self.session.scalars(_attachments(case_id).order_by(*order)).all()

    def uploaded(self, attachment_id: str) -> int:
        """How many bytes of a file that is sent in pieces are here, without a gap."""
        part = tables.upload_part.c
        here = select(func.coalesce(func.sum(part.size), 0))
        return int(self.session.scalar(here.where(part.attachment_id == attachment_id)) or 0)

    def keep_part(self, attachment_id: str, start: int, size: int, sealed: bytes) -> None:
        """Keep one piece, which begins at byte ``start``."""
        self.session.execute(
            insert(tables.upload_part).values(
                attachment_id=attachment_id, start=start, size=size, sealed=sealed
            )
        )

    def upload_parts(self, attachment_id: str) -> Sequence[tuple[int, bytes]]:
        """Where each piece begins, and what it is, sealed; in order."""
        part = tables.upload_part.c
        found = self.session.execute(
            select(part.start, part.sealed)
            .where(part.attachment_id == attachment_id)
            .order_by(part.start)
        )
        return [(row.start, row.sealed) for row in found]

    def forget_upload(self, attachment_id: str) -> None:
        """Drop the pieces of a file."""
        part = tables.upload_part
        self.session.execute(delete(part).where(part.c.attachment_id == attachment_id))

    def remark(self, remark_id: str) -> Remark | None:
        """A remark by id."""
        return self.session.get(Remark, remark_id)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """A delivery by id."""
        return self.session.get(Delivery, delivery_id)

    def provider_ids_beside(self, delivery: Delivery) -> frozenset[str]:
        """What the channel's provider calls the other texts to the same contact."""
        sent = tables.delivery.c
        others = select(sent.provider_id).where(
            sent.contact_id == delivery.contact_id,
            sent.channel == delivery.channel,
            sent.id != delivery.id,
            sent.provider_id.is_not(None),
        )
        return frozenset(one for one in self.session.scalars(others) if one)

    def delivery_by_provider(self, channel: str, provider_id: str) -> Delivery | None:
        """The delivery a provider's receipt speaks of."""
        return self._one(
            select(Delivery).where(
                tables.delivery.c.channel == channel,
                tables.delivery.c.provider_id == provider_id,
            )
        )

    def deliveries_of(self, case_id: str) -> Sequence[Delivery]:
        """Every delivery of a case, the oldest first."""
        of_case = select(Delivery).where(tables.delivery.c.case_id == case_id)
        return self.session.scalars(of_case.order_by(tables.delivery.c.queued_at)).all()

    def segments_since(self, at: datetime) -> int:
        """How many SMS parts were queued to be sent since then."""
        sent = tables.delivery.c
        total = select(func.sum(sent.segments)).where(sent.queued_at >= at)
        return self.session.scalar(total) or 0

    def services_on(self, sector: str, on: date) -> Sequence[Service]:
        """Services of a sector valid on a day, everywhere and at each site; of none that left."""
        if not sector:
            return ()
        columns = tables.service.c
        gone = select(tables.organisation.c.code).where(~tables.organisation.c.active)
        return self.session.scalars(
            select(Service).where(
                columns.sector == sector,
                columns.organisation.not_in(gone),
                or_(columns.valid_from.is_(None), columns.valid_from <= on),
                or_(columns.valid_to.is_(None), columns.valid_to >= on),
            )
        ).all()

    def sites(self) -> Sequence[Site]:
        """Every site."""
        return self.session.scalars(select(Site).order_by(tables.site.c.code)).all()

    def site_exists(self, code: str) -> bool:
        """Whether a site has this code."""
        return bool(code) and self.session.get(Site, code) is not None

    def place_stamp(self) -> str:
        """Another one whenever any place is another."""
        return places.stamp(self.session)

    def places(self) -> Sequence[KnownPlace]:
        """Every site, and every place of a gazetteer."""
        return places.known(self.session)

    def place_at(self, latitude: float, longitude: float) -> KnownPlace | None:
        """The district that a point lies in, where its outline was imported."""
        return places.at(self.session, latitude, longitude)

    def keep_whereabouts(self, case_id: str, where: Whereabouts) -> None:
        """Keep the district and the candidates of a case, in place of what was kept."""
        self.session.flush()
        places.keep(self.session, case_id, where)

    def whereabouts_of(self, cases: Sequence[Case]) -> Mapping[str, Whereabouts]:
        """The district and the candidates of each of these cases of which any is known."""
        return places.of_cases(self.session, cases)

    def organisation_named(self, written: str) -> str:
        """The code of the organisation with this code or name, whatever the case; else empty."""
        wanted = written.strip().lower()
        if not wanted:
            return ""
        named = or_(
            func.lower(tables.organisation.c.code) == wanted,
            func.lower(tables.organisation.c.name) == wanted,
        )
        return self.session.scalar(select(tables.organisation.c.code).where(named).limit(1)) or ""

    def organisation(self, code: str) -> Organisation | None:
        """An organisation by code, active or not."""
        return self.session.get(Organisation, code) if code else None

    def mailbox(self, account: str) -> Mailbox | None:
        """How an account hears by e-mail, by its id or address, active or not."""
        return notices.mailbox(self.session, account)

    def notice(self, notice_id: str) -> Notice | None:
        """A notice by id."""
        return self.session.get(Notice, notice_id)

    def notices_of(self, case_id: str, kind: NoticeKind) -> Sequence[Notice]:
        """The notices of a kind that a case has caused."""
        return notices.of_case(self.session, case_id, kind)

    def claim_mails(self, notice: Notice, now: datetime) -> Sequence[str]:
        """Take on the e-mail of all that waits for the same person; the ids."""
        return notices.claim_mails(self.session, notice, now)

    def claim_chats(self, notice: Notice) -> Sequence[str]:
        """Take on the message of all that waits for the same account; the ids."""
        return notices.claim_chats(self.session, notice)

    def partner_link(self, token_index: str) -> PartnerLink | None:
        """A partner's link by its token's keyed hash."""
        return self._one(
            select(PartnerLink).where(tables.partner_link.c.token_index == token_index)
        )

    def partner_links_of(self, referral_id: str) -> Sequence[PartnerLink]:
        """Every link to a referral."""
        return self.session.scalars(
            select(PartnerLink).where(tables.partner_link.c.referral_id == referral_id)
        ).all()

    def organisation_exists(self, code: str) -> bool:
        """Whether an active organisation has this code."""
        organisation = self.session.get(Organisation, code) if code else None
        return organisation is not None and organisation.active

    def wording(self, language: str, purpose: Purpose) -> Wording | None:
        """The wording for a purpose in a language, whatever its state."""
        return self.session.get(Wording, (language, purpose))

    def link(self, case_id: str, other_id: str, kind: str, actor: str, now: datetime) -> None:
        """Link two cases; a link that stands already is left."""
        first, second = sorted((case_id, other_id))
        linked = self._insert(tables.case_link).values(
            case_id=first, other_id=second, kind=kind, actor=actor, at=now
        )
        self.session.execute(linked.on_conflict_do_nothing())

    def link_issue(self, issue_id: str, case_id: str) -> None:
        """Put a case under an issue; once."""
        linked = self._insert(tables.issue_case).values(issue_id=issue_id, case_id=case_id)
        self.session.execute(linked.on_conflict_do_nothing())

    def keep_fields(self, case_id: str, key_id: str, sealed: bytes) -> None:
        """Keep the answers to the hub's own questions, in place of what was kept before."""
        fields = tables.case_fields
        kept = tables.case_fields.insert().values(
            case_id=case_id, key_id=key_id, answers_sealed=sealed
        )
        self.session.flush()
        self.session.execute(fields.delete().where(fields.c.case_id == case_id))
        self.session.execute(kept)

    def index_fields(self, case_id: str, made_for: str, answers: Mapping[str, str]) -> None:
        """Have a case found by these answers and by no others."""
        fields, index = tables.case_fields, tables.case_answer
        self.session.execute(index.delete().where(index.c.case_id == case_id))
        rows = [
            {"case_id": case_id, "field": field, "answer_index": hashed}
            for field, hashed in answers.items()
        ]
        if rows:
            self.session.execute(insert(index), rows)
        made = fields.update().where(fields.c.case_id == case_id).values(indexed_for=made_for)
        self.session.execute(made)

    def fields_to_index(self, made_for: str, most: int) -> Sequence[str]:
        """Ids of cases whose answers are not indexed for these questions."""
        fields = tables.case_fields.c
        # Two ranges, which an index serves; "not equal" is none.
        others = or_(fields.indexed_for < made_for, fields.indexed_for > made_for)
        return self.session.scalars(select(fields.case_id).where(others).limit(most)).all()

    def fields_of(self, case_ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """The answers of each of these cases that has any: key and sealed."""
        fields = tables.case_fields.c
        rows = self.session.execute(
            select(fields.case_id, fields.key_id, fields.answers_sealed).where(
                fields.case_id.in_(case_ids)
            )
        )
        return {row.case_id: (row.key_id, row.answers_sealed) for row in rows}

    def add_tag(self, case_id: str, tag: str) -> bool:
        """Put a tag on a case; False if it is there already."""
        self.session.flush()
        added = self._insert(tables.case_tag).values(case_id=case_id, tag=tag)
        return change(self.session, added.on_conflict_do_nothing()) == 1

    def remove_tag(self, case_id: str, tag: str) -> bool:
        """Take a tag off; False if it was not there."""
        of_it = tables.case_tag.c.case_id == case_id, tables.case_tag.c.tag == tag
        return change(self.session, tables.case_tag.delete().where(*of_it)) == 1

    def tags_of(self, case_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The tags of each of these cases that has any, in the order of the alphabet."""
        tag = tables.case_tag.c
        rows = self.session.execute(
            select(tag.case_id, tag.tag).where(tag.case_id.in_(case_ids)).order_by(tag.tag)
        )
        found: dict[str, tuple[str, ...]] = {}
        for case_id, one in rows:
            found[case_id] = (*found.get(case_id, ()), one)
        return found

    def keep_likeness(self, case: Case, sketch: Sketch) -> None:
        """Keep what tells a case from others."""
        self.session.flush()
        likenesses.keep(self.session, case, sketch)

    def move_likeness(self, case: Case) -> bool:
        """Follow the case's site and code; False if nothing is kept of it."""
        return likenesses.move(self.session, case)

    def forget_likeness(self, case_id: str) -> None:
        """Keep nothing of a case."""
        likenesses.forget(self.session, case_id)

    def dismiss_likeness(self, case_id: str, other_id: str, actor: str, now: datetime) -> None:
        """Two cases are not the same matter; an empty ``other_id`` is an issue."""
        likenesses.dismiss(self.session, case_id, other_id, actor, now)

    def index_text(self, case_id: str, masked: str) -> None:
        """Make a case findable by its masked text."""
        search_index.remember(self.session, case_id, masked)

    def forget_text(self, case_id: str) -> None:
        """Take a case out of the search index."""
        search_index.forget(self.session, case_id)

    def _one(self, statement: Select[T]) -> T | None:
        return self.session.scalars(statement).one_or_none()

    def _insert(self, table: Table) -> sqlite.Insert | PostgresInsert:
        return insert_into(self.session, table)


def _attachments(case_id: str) -> Select[AttachmentRow]:
    """By way of the message, which may be moved to another case."""
    return (
        select(AttachmentRow)
        .join(tables.message, tables.message.c.id == tables.attachment.c.message_id)
        .where(tables.message.c.case_id == case_id)
    )

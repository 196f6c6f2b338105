"""Passages and letters between mechanisms, and what was heard of each, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import change, insert_into
from feedback_hub.adapters.tables import letter, outbox, passage, peer, peer_seen, remark
from feedback_hub.domain.case_states import Outcome
from feedback_hub.domain.events import Event, EventKind
from feedback_hub.domain.exchange import TOLD, LetterKind, Way
from feedback_hub.domain.ids import new_id
from feedback_hub.services.records.exchange import LetterState, Passage, QueuedLetter, SeenKind
from feedback_hub.services.records.messages import RemarkKind
from feedback_hub.services.records.work import Queue, Task


class SqlExchange:
    """Fulfils ``services.ports.Exchange``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def passage(self, passage_id: str) -> Passage | None:
        """A passage by id."""
        return self._session.get(Passage, passage_id)

    def came(self, peer_name: str, wire_id: str) -> Passage | None:
        """What this peer's referral became here."""
        return self._found(peer_name, Way.IN, wire_id)

    def went(self, peer_name: str, wire_id: str) -> Passage | None:
        """What we sent this peer under this id."""
        return self._found(peer_name, Way.OUT, wire_id)

    def origin_of(self, case_id: str) -> Passage | None:
        """How a case came from another mechanism."""
        return self._session.scalars(
            select(Passage)
            .where(passage.c.case_id == case_id, passage.c.way == Way.IN)
            .order_by(passage.c.made_at)
            .limit(1)
        ).one_or_none()

    def passages_of(self, case_id: str) -> Sequence[Passage]:
        """Every passage of a case, the oldest first."""
        of_case = select(Passage).where(passage.c.case_id == case_id)
        return self._session.scalars(of_case.order_by(passage.c.made_at, passage.c.id)).all()

    def queue(
        self,
        of: Passage,
        kind: LetterKind,
        now: datetime,
        about: str = "",
        outcome: Outcome | None = None,
    ) -> str:
        """A letter that is to leave, and the work of sending it; the letter's id."""
        self._session.flush()
        before = self._session.scalar(
            select(func.max(letter.c.position)).where(letter.c.passage_id == of.id)
        )
        row = {
            "id": new_id(),
            "passage_id": of.id,
            "peer": of.peer,
            "kind": kind,
            "position": (before or 0) + 1,
            "made_at": now,
            "about": about,
            "outcome": outcome,
            "state": LetterState.WAITING,
            "tries": 0,
            "fault": "",
        }
        self._session.execute(insert(letter).values(row))
        self._session.execute(
            insert(outbox).values(
                id=new_id(),
                queue=Queue.EXCHANGE,
                task=Task.EXCHANGE,
                subject_id=row["id"],
                available_at=now,
            )
        )
        return str(row["id"])

    def tell(self, event: Event) -> None:
        """Queue what the mechanism that a case came from is to hear of this event, if anything."""
        kind = TOLD.get(event.kind)
        origin = self.origin_of(event.case_id) if kind else None
        if kind is None or origin is None:
            return
        outcome = Outcome(event.detail["outcome"]) if "outcome" in event.detail else None
        if event.kind is EventKind.CLOSED and self._said(origin, LetterKind.ANSWERED):
            return
        if kind in {LetterKind.ACCEPTED, LetterKind.STARTED} and self._said(origin, kind):
            return
        about = event.about if kind in {LetterKind.ANSWERED, LetterKind.DECLINED} else ""
        self.queue(origin, kind, event.at, about, outcome)

    def letter(self, letter_id: str) -> QueuedLetter | None:
        """A letter by id."""
        return self._session.get(QueuedLetter, letter_id)

    def ahead_of(self, of: QueuedLetter) -> Sequence[str]:
        """The letters of its passage that wait and leave before it, it last; their ids."""
        return self._session.scalars(
            select(letter.c.id)
            .where(
                letter.c.passage_id == of.passage_id,
                letter.c.position <= of.position,
                letter.c.state == LetterState.WAITING,
            )
            .order_by(letter.c.position)
        ).all()

    def waiting(self, peer_name: str, after: datetime | None = None) -> Sequence[QueuedLetter]:
        """Every letter that waits for a peer, or was sent ``after`` then, in their order."""
        waits = letter.c.state == LetterState.WAITING
        if after is not None:
            waits = or_(waits, and_(letter.c.state == LetterState.SENT, letter.c.ended_at >= after))
        return self._session.scalars(
            select(QueuedLetter)
            .where(letter.c.peer == peer_name, waits)
            .order_by(letter.c.made_at, letter.c.passage_id, letter.c.position)
        ).all()

    def last_remark(self, referral_id: str, kind: RemarkKind, until: datetime) -> str:
        """The id of what was written last of this kind on a referral; empty: nothing."""
        written = select(remark.c.id).where(
            remark.c.referral_id == referral_id, remark.c.kind == kind, remark.c.at <= until
        )
        found = self._session.scalar(written.order_by(remark.c.at.desc()).limit(1))
        return found or ""

    def first_time(self, peer_name: str, kind: SeenKind, seen_id: str, now: datetime) -> bool:
        """Whether this nonce or letter of a peer was never seen; from now on it was."""
        kept = insert_into(self._session, peer_seen).values(
            peer=peer_name, kind=kind.value, id=seen_id, at=now
        )
        return change(self._session, kept.on_conflict_do_nothing()) == 1

    def forget_nonces(self, peer_name: str, before: datetime) -> None:
        """A nonce older than the window is refused for its time already."""
        old = delete(peer_seen).where(
            peer_seen.c.peer == peer_name,
            peer_seen.c.kind == SeenKind.NONCE.value,
            peer_seen.c.at < before,
        )
        self._session.execute(old)

    def just_missed(self, peer_name: str, since: datetime) -> bool:
        """Whether the last letter there was not taken, and that since then."""
        failing = select(peer.c.name).where(
            peer.c.name == peer_name, peer.c.fault != "", peer.c.failed_at > since
        )
        return self._session.scalar(failing) is not None

    def heard(self, peer_name: str, now: datetime) -> None:
        """A letter came from there."""
        self._note(peer_name, heard_at=now)

    def reached(self, peer_name: str, now: datetime) -> None:
        """A letter was taken there."""
        self._note(peer_name, reached_at=now, fault="")

    def missed(self, peer_name: str, fault: str, now: datetime) -> None:
        """A letter was not."""
        self._note(peer_name, failed_at=now, fault=fault[:64])

    def try_again(self, peer_name: str, now: datetime) -> int:
        """Let everything that waits or failed leave now; how many letters."""
        again = update(letter).where(letter.c.peer == peer_name, letter.c.state != LetterState.SENT)
        count = change(
            self._session,
            again.values(state=LetterState.WAITING, made_at=now, ended_at=None, fault=""),
        )
        theirs = select(letter.c.id).where(
            letter.c.peer == peer_name, letter.c.state == LetterState.WAITING
        )
        self._session.execute(
            update(outbox)
            .where(outbox.c.task == Task.EXCHANGE, outbox.c.subject_id.in_(theirs))
            .values(
                available_at=now,
                handled_at=None,
                set_aside_at=None,
                leased_until=None,
                attempts=0,
            )
        )
        return count

    def _found(self, peer_name: str, way: Way, wire_id: str) -> Passage | None:
        return self._session.scalars(
            select(Passage).where(
                passage.c.peer == peer_name, passage.c.way == way, passage.c.wire_id == wire_id
            )
        ).one_or_none()

    def _said(self, of: Passage, kind: LetterKind) -> bool:
        said = select(letter.c.id).where(letter.c.passage_id == of.id, letter.c.kind == kind)
        return self._session.scalar(said.limit(1)) is not None

    def _note(self, peer_name: str, **values: object) -> None:
        made = insert_into(self._session, peer).values(name=peer_name, fault="")
        self._session.execute(made.on_conflict_do_nothing())
        self._session.execute(update(peer).where(peer.c.name == peer_name).values(**values))

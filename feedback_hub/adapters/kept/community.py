"""What concerns many: issues, boards, the information bank, broadcasts, visits, committees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import case as when
from sqlalchemy import func, select

from feedback_hub.adapters import broadcasts, monitoring, tables
from feedback_hub.adapters.engine import change
from feedback_hub.adapters.kept.transaction import Transaction
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.monitoring import Committee, Visit
from feedback_hub.domain.sensitivity import Sensitivity


class SqlCommunity(Transaction):
    """Fulfils ``services.kept.community.Community``."""

    def issue(self, issue_id: str) -> Issue | None:
        """An issue by id."""
        return self.session.get(Issue, issue_id)

    def issue_refs(self, issue_id: str) -> Sequence[str]:
        """The references of every case under an issue, the oldest first."""
        case, linked = tables.case.c, tables.issue_case.c
        under = select(case.ref).join(tables.issue_case, linked.case_id == case.id)
        order = (case.received_at, case.id)
        return self.session.scalars(under.where(linked.issue_id == issue_id).order_by(*order)).all()

    def ordinary_cases(self, issue_id: str, site: str) -> tuple[int, int]:
        """How many cases under an issue at a site are L1, and of them those that accuse nobody."""
        case, linked = tables.case.c, tables.issue_case.c
        nobody = (case.accused_organisation == "") & case.accused_class.is_(None)
        counted = (
            select(func.count(), func.count(when((nobody, 1))))
            .select_from(tables.issue_case.join(tables.case, case.id == linked.case_id))
            .where(
                linked.issue_id == issue_id,
                case.site == site,
                case.sensitivity == Sensitivity.L1,
                case.doubted_at.is_(None),
            )
        )
        all_of, accuse_nobody = self.session.execute(counted).one()
        return all_of, accuse_nobody

    def link_issue(self, issue_id: str, case_id: str) -> bool:
        """Put a case under an issue, once; False if it is there already."""
        linked = self._insert(tables.issue_case).values(issue_id=issue_id, case_id=case_id)
        return change(self.session, linked.on_conflict_do_nothing()) > 0

    def unlink_issue(self, issue_id: str, case_id: str) -> bool:
        """Take a case from under an issue; False if it is not there."""
        linked = tables.issue_case.c
        which = (linked.issue_id == issue_id, linked.case_id == case_id)
        return change(self.session, tables.issue_case.delete().where(*which)) > 0

    def board_entry(self, entry_id: str) -> BoardEntry | None:
        """An entry of a board by id."""
        return self.session.get(BoardEntry, entry_id)

    def board_entries(self, issue_id: str) -> Sequence[BoardEntry]:
        """Every entry of an issue, on any board, in any state."""
        wanted = tables.board_entry.c.issue_id == issue_id
        return self.session.scalars(select(BoardEntry).where(wanted)).all()

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

    def keep_visit(self, held: Visit, photo: str, media_type: str, key_id: str) -> None:
        """Keep a visit to a site; ``photo`` is the name its sealed file has, empty for none."""
        kept = monitoring.KeptPhoto(photo, media_type, key_id)
        monitoring.keep_visit(self.session, held, kept)

    def keep_committee(self, held: Committee) -> None:
        """Keep a site's committee in place of what was kept."""
        monitoring.keep_committee(self.session, held)

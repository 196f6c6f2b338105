"""Other mechanisms: how each is, for the operator, and where a case came from or went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.case import Case
from feedback_hub.domain.exchange import Peer, Way
from feedback_hub.reads.names import names_for
from feedback_hub.reads.views.case import PassageLine
from feedback_hub.services.records.exchange import LetterState


@dataclass(frozen=True)
class PeerLine:
    """One mechanism. ``since`` is when the oldest of what waits was written.

    ``fault`` is why the last letter was not taken, empty if it was; ``gone`` says that letters
    wait for a mechanism that the configuration no longer names.
    """

    name: str
    organisation: str
    by_file: bool
    heard_at: datetime | None
    reached_at: datetime | None
    fault: str
    waiting: int
    since: datetime | None
    failed: int
    gone: bool = False


def lines(uow: SqlUnitOfWork, peers: Mapping[str, Peer]) -> tuple[PeerLine, ...]:
    """Every mechanism, and those that letters still wait for."""
    letter, known = tables.letter.c, tables.peer.c
    counted = uow.session.execute(
        select(letter.peer, letter.state, func.count(), func.min(letter.made_at))
        .where(letter.state != LetterState.SENT)
        .group_by(letter.peer, letter.state)
    )
    counts = {(row[0], row[1]): (row[2], row[3]) for row in counted}
    noted = {row.name: row for row in uow.session.execute(select(tables.peer))}
    names = names_for(uow)
    configured = {peer.name: peer for peer in peers.values()}
    found = []
    for name in dict.fromkeys([*configured, *(peer for peer, _ in counts)]):
        peer = configured.get(name)
        row = noted.get(name)
        kept = row._mapping if row is not None else {}
        waiting, since = counts.get((name, LetterState.WAITING), (0, None))
        found.append(
            PeerLine(
                name,
                names.organisation(peer.organisation) if peer else "",
                peer is not None and peer.by_file,
                kept.get(known.heard_at.name),
                kept.get(known.reached_at.name),
                kept.get(known.fault.name, ""),
                waiting,
                since,
                counts.get((name, LetterState.FAILED), (0, None))[0],
                peer is None,
            )
        )
    return tuple(found)


def of_case(uow: SqlUnitOfWork, peers: Mapping[str, Peer], case: Case) -> tuple[PassageLine, ...]:
    """Where a case came from and went, the oldest first."""
    passages = uow.exchange.passages_of(case.id)
    if not passages:
        return ()
    letter = tables.letter.c
    counted = uow.session.execute(
        select(letter.passage_id, letter.state, func.count())
        .where(letter.passage_id.in_([one.id for one in passages]))
        .group_by(letter.passage_id, letter.state)
    )
    counts = {(row[0], row[1]): row[2] for row in counted}
    names = names_for(uow)
    codes = {peer.name: peer.organisation for peer in peers.values()}
    return tuple(
        PassageLine(
            one.peer,
            names.organisation(codes.get(one.peer, one.peer)),
            one.way is Way.IN,
            one.reference,
            counts.get((one.id, LetterState.WAITING), 0),
            counts.get((one.id, LetterState.FAILED), 0),
        )
        for one in passages
    )

"""A report's tables of a site: what is there, what is missing, its committee, its board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.reads import board as boards
from feedback_hub.reads.sites import SiteLine
from feedback_hub.web.i18n import gettext, reader_language
from feedback_hub.web.labels import day_of, sector_label
from feedback_hub.web.reporting.figures import said
from feedback_hub.web.reporting.shape import Cell, Table
from feedback_hub.web.words import word


def facts(line: SiteLine) -> Table:
    """Where it is, for how many, and what the last visit counted."""
    visit = line.visit
    return Table(
        gettext("The site"),
        ["", ""],
        [
            [gettext("District"), line.site.district or "–"],
            [gettext("People"), said(line.population)],
            [gettext("Capacity"), said(line.site.capacity)],
            [gettext("Arrivals at the last visit"), said(visit.arrivals if visit else None)],
            [gettext("Last visit"), day_of(visit.visited_on) if visit else gettext("none")],
            [gettext("Cases per 1,000 residents"), said(line.per_1000)],
        ],
    )


def gaps(lines: Sequence[SiteLine], *, of_one: bool = False) -> Table:
    """What works and what is missing: all of it ``of_one`` site, of several what is missing."""
    head = [gettext("Site"), gettext("Sector"), gettext("At the last visit")]
    rows: list[list[Cell]] = []
    for line in lines:
        for gap in line.gaps if of_one else line.missing:
            state = word(gap.state) if gap.state else gettext("not seen")
            if not gap.has_service and gap.state is None:
                state = gettext("nobody")
            where = [line.site.name, sector_label(gap.sector), state]
            found = (gap.units, gap.needed, gap.missing)
            # Things that nobody counted, not people of whom too few are.
            rows.append([*where, *("–" if one is None else one for one in found)])
    title = gettext("Services") if of_one else gettext("What is missing where")
    counts = [gettext("Works"), gettext("Needed"), gettext("Missing")]
    return Table(title, [*head, *counts], rows, numbers=3)


def committee(line: SiteLine) -> Table:
    """Who sits on it, and what it did."""
    did = line.committee
    faults = ", ".join(word(fault) for fault in did.faults)
    seats = did.committee.all_seats if did.committee else 0
    return Table(
        gettext("The site's committee"),
        ["", ""],
        [
            [gettext("Seats"), seats],
            [gettext("Meetings held"), did.meetings],
            [gettext("Points raised"), did.raised],
            [gettext("Points answered"), did.answered],
            [gettext("Answers read back"), did.read_back],
            [gettext("Sign"), faults or gettext("as it should be")],
        ],
    )


def board(uow: SqlUnitOfWork, site: str, threshold: int, now: datetime) -> Table:
    """What stands on it now, in the reader's language."""
    found = boards.public(uow, site, reader_language(), threshold, now)
    lines = found.lines if found else []
    return Table(
        gettext("You said, we did"),
        [gettext("You said"), gettext("We did"), gettext("Not yet, because")],
        [[one.said, one.did, one.not_yet] for one in lines[:8]],
        numbers=3,
    )

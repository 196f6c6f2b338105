"""Writing what a site's board says, and a person letting it be public (DOMAIN.md, Loop back)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.board import BoardEntry, BoardReading, BoardWords, EntryState, Occasion
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.rules import Rules


def write(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    issue_id: str,
    site: str,
    language: str,
    words: BoardWords,
    now: datetime,
) -> BoardEntry:
    """Draft an issue's words for a site in a language; a draft that is there is reworded.

    Raises ``NotFound``, ``Invalid``: also where nothing ordinary was said there.
    """
    issue = uow.issue(issue_id)
    if issue is None:
        raise NotFound
    if not uow.site_exists(site) or issue.site not in {"", site}:
        raise Invalid("site", "is none that this issue is about")
    words.check()
    _ordinary(uow, rules, issue, site)
    drafts = (
        one
        for one in uow.board_entries(issue_id)
        if (one.site, one.language, one.state) == (site, language, EntryState.DRAFT)
    )
    entry = next(drafts, None)
    if entry is None:
        entry = BoardEntry(
            id=new_id(),
            issue_id=issue_id,
            site=site,
            language=language,
            said=words.said,
            did=words.did,
            not_yet=words.not_yet,
            written_by=actor.id,
            written_at=now,
        )
        uow.add(entry)
    else:
        entry.write(words, actor.id, now)
    return entry


def approve(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    entry_id: str,
    now: datetime,
    delay: timedelta,
    version: int | None = None,
) -> BoardEntry:
    """Let it be public after ``delay``; what stood there for the issue before leaves.

    Raises ``NotFound``, ``IllegalMove``, ``StaleVersion``, ``Invalid``.
    """
    entry = _reach(uow, entry_id, version)
    issue = uow.issue(entry.issue_id)
    if issue is None:
        raise NotFound
    people = _ordinary(uow, rules, issue, entry.site)
    entry.approve(actor.id, now, delay, people)
    uow.audit(AuditAction.WORDING_APPROVED, actor.id, now, kind="board_entry", object_id=entry.id)
    for other in uow.board_entries(entry.issue_id):
        same = (other.site, other.language) == (entry.site, entry.language)
        if same and other.id != entry.id and other.state is EntryState.APPROVED:
            other.archive(now)
    return entry


def archive(
    uow: UnitOfWork, entry_id: str, now: datetime, version: int | None = None
) -> BoardEntry:
    """Take it off the board at once. Raises ``NotFound``, ``IllegalMove``, ``StaleVersion``."""
    entry = _reach(uow, entry_id, version)
    entry.archive(now)
    return entry


def note_reading(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    site: str,
    language: str,
    occasion: Occasion,
    read_on: date,
    people: int | None,
    now: datetime,
) -> BoardReading:
    """Write down that the board was read aloud there. Raises ``NotFound``, ``Invalid``.

    By who writes reports at that site: somebody of another site was not there.
    """
    if not uow.site_exists(site) or not actor.may_at(Action.SUBMIT, site):
        raise NotFound
    today = local_day(now, rules.calendar)
    reading = BoardReading(new_id(), site, language, occasion, read_on, people, actor.id, now)
    reading.check(today)
    uow.add(reading)
    return reading


def _reach(uow: UnitOfWork, entry_id: str, version: int | None) -> BoardEntry:
    entry = uow.board_entry(entry_id)
    if entry is None:
        raise NotFound
    uow.expect(entry, version)
    return entry


def _ordinary(uow: UnitOfWork, rules: Rules, issue: Issue, site: str) -> int:
    """How many ordinary cases of the issue there may be told to everybody.

    Those that accuse somebody are not among them: who is accused reads the board too, and could
    count what it says beside what they may see. Raises ``Invalid`` where there is no ordinary case.
    """
    if issue.code and rules.frame.sensitivity_of([issue.code]) is not Sensitivity.L1:
        raise Invalid("issue", "is about something personal: never on a board")
    ordinary, told = uow.ordinary_cases(issue.id, site)
    if not ordinary:
        raise Invalid("issue", "has no ordinary case at this site")
    return told

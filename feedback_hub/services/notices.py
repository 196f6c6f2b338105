"""Telling people of the staff and of partners that something waits: never what it is.

A notice is seen in the web app, by e-mail where mail is configured and the person wants it, and by
Telegram where the hub has a bot and the person gave their chat.
Whoever may not see a case is not told of it, so that the accused, those of their organisation and
whoever entered it drop out by the one access policy. Of an L3 only its handlers are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.clock import Duty, WorkingCalendar
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.place import MailWish
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services import passages
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.staff import Notice, NoticeKind
from feedback_hub.services.records.work import Task
from feedback_hub.services.routing import accuses
from feedback_hub.services.rules import Rules


class Rung(StrEnum):
    """Where somebody is looked for, in this order; an L3 has its handlers only."""

    FOCAL_POINT = "focal_point"
    BACKUP = "backup"
    COLLEAGUES = "colleagues"
    ADDRESS = "address"
    TEAM = "team"
    COORDINATORS = "coordinators"
    LAST = "last"
    HANDLERS = "handlers"


URGENT = frozenset({Priority.P0, Priority.P1})
"""What somebody is told of at once, as of every L3 (DOMAIN.md, Clocks)."""
_DUTY = {
    NoticeKind.REFERRED: Duty.ACCEPT,
    NoticeKind.UNREACHED: Duty.ACCEPT,
    NoticeKind.DECLINED: Duty.ACCEPT,
    NoticeKind.ANSWERED: Duty.VERIFY,
}


def tell(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    referral: Referral | None,
    kind: NoticeKind,
    people: Iterable[Actor | str],
    now: datetime,
    duty: Duty | None = None,
) -> list[Notice]:
    """A notice to each of ``people`` (an address where there is no account), and what tells it."""
    made = []
    for person in people:
        notice = Notice(new_id(), kind, now, case.id, duty or _DUTY.get(kind, Duty.ANSWER))
        notice.referral_id = referral.id if referral else None
        if isinstance(person, Actor):
            notice.account_id = person.id
        else:
            notice.email = person
        uow.add(notice)
        urgent = kind is NoticeKind.URGENT or case.priority is Priority.P0
        at = _mail_at(uow, rules, notice, referral, now, urgent=urgent)
        if at is not None:
            uow.work(Task.MAIL, notice.id, at)
        at = _chat_at(uow, rules, notice, now, urgent=urgent)
        if at is not None:
            uow.work(Task.CHAT, notice.id, at)
        made.append(notice)
    return made


def tell_partner(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    referral: Referral,
    kind: NoticeKind,
    now: datetime,
) -> None:
    """Something waits for the partner. Where nobody there can be told, the case team is.

    A partner that another mechanism stands for is told there, and nowhere else.
    """
    if passages.is_peer(rules, referral):
        passages.tell_peer(uow, rules, case, referral, kind, now)
        return
    people = [
        one
        for one in partner_of(uow, case, referral, 1, now)
        if rules.sends_mail or isinstance(one, Actor)
    ]
    if people:
        tell(uow, rules, case, referral, kind, people, now)
    else:
        tell(uow, rules, case, referral, NoticeKind.UNREACHED, team_of(uow, case, 1), now)


def tell_referred(
    uow: UnitOfWork, rules: Rules, case: Case, referral: Referral, now: datetime
) -> None:
    """A referral left for its partner.

    Where life is in danger (P0) the partner's back-up and the case team hear of it at once as well
    (DOMAIN.md, Clocks): nobody waits for the time that the partner has to accept.
    """
    tell_partner(uow, rules, case, referral, NoticeKind.REFERRED, now)
    if case.priority is not Priority.P0:
        return
    if not passages.is_peer(rules, referral):
        first = partner_of(uow, case, referral, 1, now)
        backups = [one for one in partner_of(uow, case, referral, 2, now) if one not in first]
        reached = [one for one in backups if rules.sends_mail or isinstance(one, Actor)]
        tell(uow, rules, case, referral, NoticeKind.REFERRED, reached, now)
    team = team_of(uow, case, 2)
    tell(uow, rules, case, referral, NoticeKind.URGENT, team, now, Duty.ACCEPT)


def tell_team(
    uow: UnitOfWork,
    rules: Rules,
    case: Case,
    referral: Referral,
    kind: NoticeKind,
    now: datetime,
) -> None:
    """A partner did something that the case team must react to."""
    tell(uow, rules, case, referral, kind, team_of(uow, case, 1), now)


def tell_urgent(uow: UnitOfWork, rules: Rules, case: Case, now: datetime) -> None:
    """A highly sensitive, P0 or P1 case is told at once to those who handle it, once to each.

    An L3 to its handlers, another to its case managers. Who has not read it by
    ``rules.unread_after`` is told again.
    """
    sensitive = case.sensitivity is Sensitivity.L3
    if case.from_history or not case.is_open or not (sensitive or case.priority in URGENT):
        return
    known = {notice.account_id for notice in uow.notices_of(case.id, NoticeKind.URGENT)}
    new = [one for one in team_of(uow, case, 2) if one.id not in known]
    for notice in tell(uow, rules, case, None, NoticeKind.URGENT, new, now):
        uow.work(Task.TELL_AGAIN, notice.id, now + rules.unread_after)


def tell_again(uow: UnitOfWork, rules: Rules, notice_id: str, now: datetime) -> None:
    """An urgent notice that nobody has read is given once more; nothing if it was, or is done."""
    notice = uow.notice(notice_id)
    case = uow.case(notice.case_id) if notice else None
    if notice is None or case is None or notice.read_at is not None or not case.is_open:
        return
    person = uow.actor(notice.account_id or "")
    if person is not None and case.triaged_at is None and not case.owner:
        tell(uow, rules, case, None, NoticeKind.URGENT, seeing(uow, case, [person]), now)


def partner_of(
    uow: UnitOfWork, case: Case, referral: Referral, step: int, now: datetime
) -> Sequence[Actor | str]:
    """Who answers for a referral: the first rung of the partner's on which somebody hears."""
    for _rung, asked in partner_rungs(uow, case, referral, step, now):
        people = [person for person in asked.values() if person is not None]
        if people:
            return people
    return ()


def partner_rungs(
    uow: UnitOfWork, case: Case, referral: Referral, step: int, now: datetime
) -> Iterator[tuple[Rung, Mapping[str, Actor | str | None]]]:
    """Each rung of a partner: whom it names, and who of them is there (None: is not).

    The focal point, from the deadline (step 2) with the back-up; where they are away or gone the
    back-up, else everybody there, else the organisation's own address. An address without an
    account is told by e-mail.
    """
    named = [referral.focal_point] if step <= 1 else [referral.focal_point, referral.backup]
    there = [one.id for one in uow.accounts(Role.FOCAL_POINT, referral.organisation)]
    organisation = uow.organisation(referral.organisation)
    for rung, addresses in (
        (Rung.FOCAL_POINT, named),
        (Rung.BACKUP, [referral.backup]),
        (Rung.COLLEAGUES, there),
        (Rung.ADDRESS, [organisation.email if organisation else ""]),
    ):
        asked = dict.fromkeys(filter(None, addresses))
        yield rung, {one: _reachable(uow, case, referral, one, now) for one in asked}


def _reachable(
    uow: UnitOfWork, case: Case, referral: Referral, address: str, now: datetime
) -> Actor | str | None:
    box = uow.mailbox(address)
    if box is None and "@" not in address:
        return None  # a name in the register, whom no notice can reach
    if box is None:
        # No partner without an account gets near a highly sensitive case or one about themselves.
        refused = case.sensitivity is Sensitivity.L3
        accused = case.accused_organisation == referral.organisation
        return None if refused or accused else address
    if not box.active or (box.absent_until is not None and now.date() <= box.absent_until):
        return None
    actor = uow.actor(box.account_id)
    if actor is None or is_party(case, actor):
        return None
    if not uow.visible_referral(actor, Action.ANSWER_REFERRAL, referral.id):
        return None
    return actor


def team_of(uow: UnitOfWork, case: Case, step: int) -> Sequence[Actor]:
    """Who of the mechanism is told at ``step``: owner, then the team, then the coordinators."""
    outside = uow.stand_in(case)
    if outside is not None:
        return [outside]
    if case.sensitivity is Sensitivity.L3:
        return seeing(uow, case, uow.accounts(Role.PROTECTION))
    owner = uow.actor(case.owner) if case.owner else None
    if owner is not None and step <= 1 and (found := seeing(uow, case, [owner])):
        return found
    team = seeing(uow, case, uow.accounts(Role.CASE_MANAGER))
    if step <= 2 and team:
        return team
    # Never nobody. A coordinator sees no case: the notice says that one waits, not which.
    accused = case.accused_organisation
    coordinators = [
        one
        for one in uow.accounts(Role.COORDINATOR)
        if not is_party(case, one)
        and (not accused or all(held.organisation != accused for held in one.memberships))
    ]
    return coordinators or team


def seeing(uow: UnitOfWork, case: Case, people: Iterable[Actor]) -> list[Actor]:
    """Those for whom the case exists as something to work on, and who are no party to it."""
    return [
        one
        for one in people
        if not is_party(case, one) and uow.visible_case(one, Action.WORK_CASE, case.ref) is not None
    ]


def is_party(case: Case, person: Actor) -> bool:
    """Whether somebody drops out of all that is done about a case that accuses anybody.

    Whoever entered it, and a committee's people (DOMAIN.md, Sensitivity: conflict of interest);
    the accused organisation's are kept out by the access policy.
    """
    return accuses(case) and (person.id == case.entered_by or person.leads)


def _mail_at(
    uow: UnitOfWork,
    rules: Rules,
    notice: Notice,
    referral: Referral | None,
    now: datetime,
    *,
    urgent: bool,
) -> datetime | None:
    """When the e-mail goes: at once, with the next morning's, with the week's, or never."""
    if not rules.sends_mail:
        return None
    box = uow.mailbox(notice.account_id or "")
    organisation = uow.organisation(referral.organisation) if referral else None
    wish = box.wish if box else organisation.mail if organisation else MailWish.AT_ONCE
    return _by_wish(rules, wish, now, urgent=urgent)


def _chat_at(
    uow: UnitOfWork, rules: Rules, notice: Notice, now: datetime, *, urgent: bool
) -> datetime | None:
    """When the message to their Telegram goes: only for who asked for it."""
    box = uow.mailbox(notice.account_id or "")
    return _by_wish(rules, box.chat_wish, now, urgent=urgent) if box else None


def _by_wish(rules: Rules, wish: MailWish, now: datetime, *, urgent: bool) -> datetime | None:
    if wish is MailWish.NONE:
        return None
    if wish is MailWish.AT_ONCE or urgent:
        return now
    day = rules.digest_day if wish is MailWish.WEEKLY else None
    return next_opening(rules.calendar, now, day)


def next_opening(calendar: WorkingCalendar, now: datetime, weekday: int | None = None) -> datetime:
    """When work begins next (UTC), on ``weekday`` (0 is Monday) if given, worked or not."""
    local = now.astimezone(calendar.zone)
    for ahead in range(366):
        day = local.date() + timedelta(days=ahead)
        at = datetime.combine(day, calendar.opens, calendar.zone)
        fits = calendar.is_worked(day) if weekday is None else day.weekday() == weekday
        if fits and at > local:
            return at.astimezone(now.tzinfo)
    return now

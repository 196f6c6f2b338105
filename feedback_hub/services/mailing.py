"""One content-free e-mail for what waits for somebody: write down the attempt, send, write it off.

A mail whose fate is unknown is never sent again: the notice stands in the app all the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_hub.domain.access import Action
from feedback_hub.domain.message import DeliveryError
from feedback_hub.services import links, notices
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import Post, UnitOfWork
from feedback_hub.services.records.staff import Mailbox, MailState, Notice, NoticeKind
from feedback_hub.services.rules import Rules

MOST_TRIES = 6
_BACK_OFF = (30, 120, 600, 1800, 7200)
_FALLBACK = "eng"


@dataclass(frozen=True)
class Mail:
    """One e-mail and the notices it stands for."""

    to: str
    subject: str
    text: str
    notices: tuple[str, ...]


def mail(
    open_uow: Callable[[], UnitOfWork],
    post: Post | None,
    rules: Rules,
    notice_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Send the e-mail of a notice, with all else that waits for the same person.

    ``Again`` when it surely was not sent and is worth another turn.
    """
    if post is None:
        return None
    with open_uow() as uow:
        letter = _write(uow, rules, notice_id, clock())
        uow.commit()
    if letter is None:
        return None
    try:
        post.send(notice_id, letter.to, letter.subject, letter.text, clock())
    except DeliveryError as error:
        return _failed(open_uow, rules, letter, error, clock())
    with open_uow() as uow:
        for notice in _of(uow, letter.notices):
            notice.mail = MailState.SENT
        uow.commit()
    return None


def send_invitation(
    post: Post, rules: Rules, box: Mailbox, code: str, until: datetime, now: datetime
) -> None:
    """Send somebody the code to choose a password with. Raises ``DeliveryError``.

    Once and at once, for the code is readable now only: it is in no job and no table. What it is
    an account of, and what it may do, is not said.
    """
    day = until.astimezone(rules.calendar.zone).date().isoformat()
    link = f"{rules.base_url}/welcome/{code}"
    letter = _letter(rules, "invitation", box.language, box.address, link, (), until=day)
    post.send(f"invitation-{uuid.uuid4().hex}", letter.to, letter.subject, letter.text, now)


def _write(uow: UnitOfWork, rules: Rules, notice_id: str, now: datetime) -> Mail | None:
    notice = uow.notice(notice_id)
    if notice is None or notice.mail is not None or notice.read_at is not None:
        return None
    claimed = _of(uow, uow.claim_mails(notice, now))
    letter = (
        _to_account(uow, rules, notice.account_id, claimed)
        if notice.account_id
        else _to_partner(uow, rules, notice.email, claimed, now)
    )
    if letter is None:
        for one in claimed:
            one.mail = MailState.NOT_NEEDED
    return letter


def _to_account(
    uow: UnitOfWork, rules: Rules, account_id: str, claimed: Sequence[Notice]
) -> Mail | None:
    box, actor = uow.mailbox(account_id), uow.actor(account_id)
    if box is None or actor is None or not claimed:
        return None
    link = f"{rules.base_url}/notices"
    (about, *others) = {one.referral_id for one in claimed}
    if about and not others and uow.visible_referral(actor, Action.ANSWER_REFERRAL, about):
        link = f"{rules.base_url}/referrals/{about}"
    return _letter(rules, "task", box.language, box.address, link, claimed)


def _to_partner(
    uow: UnitOfWork, rules: Rules, address: str, claimed: Sequence[Notice], now: datetime
) -> Mail | None:
    """To somebody without an account: a link to each referral that may still be opened."""
    if claimed and all(one.referral_id is None for one in claimed):
        return _letter(rules, "task", "", address, f"{rules.base_url}/login", claimed)
    made, language, until = [], "", now
    for referral_id in dict.fromkeys(one.referral_id for one in claimed if one.referral_id):
        referral = uow.referral(referral_id)
        if referral is None:
            continue
        nobody = links.partner("link", referral.organisation)
        if links.usable(uow, referral_id, referral.organisation, nobody) is None:
            continue
        token, until = links.make(uow, rules, referral, now)
        made.append(f"{rules.base_url}/r/{token}")
        organisation = uow.organisation(referral.organisation)
        language = organisation.language if organisation else ""
    if not made:
        return None
    day = until.astimezone(rules.calendar.zone).date().isoformat()
    return _letter(rules, "partner", language, address, "\n".join(made), claimed, until=day)


def _letter(
    rules: Rules,
    name: str,
    language: str,
    to: str,
    link: str,
    claimed: Sequence[Notice],
    **more: str,
) -> Mail:
    spoken = {"pt": "por", "en": "eng"}.get(language[:2], language) or rules.default_language
    template = rules.mails.get(f"{spoken}/{name}") or rules.mails[f"{_FALLBACK}/{name}"]
    values = {"link": link, "count": str(len(claimed)), **more}
    subject, _, text = rules.renderer.render(template, values).partition("\n")
    return Mail(to, subject.strip(), text.strip() + "\n", tuple(one.id for one in claimed))


def _failed(
    open_uow: Callable[[], UnitOfWork],
    rules: Rules,
    letter: Mail,
    error: DeliveryError,
    now: datetime,
) -> Again | None:
    again: Again | None = None
    with open_uow() as uow:
        for notice in _of(uow, letter.notices):
            if error.outcome_unknown:
                notice.mail = MailState.UNKNOWN
                continue
            notice.mail_tries += 1
            if not error.permanent and notice.mail_tries < MOST_TRIES:
                notice.mail = None
                wait = error.retry_after or _BACK_OFF[notice.mail_tries - 1]
                again = Again(now + timedelta(seconds=wait))
                continue
            notice.mail = MailState.FAILED
            _tell_team_instead(uow, rules, notice, now)
        uow.commit()
    return again


def _tell_team_instead(uow: UnitOfWork, rules: Rules, notice: Notice, now: datetime) -> None:
    """A partner that cannot be written to is the case team's to ring: never a dead end."""
    referral = uow.referral(notice.referral_id) if notice.referral_id else None
    case = uow.case(notice.case_id)
    if not notice.account_id and referral is not None and case is not None:
        notices.tell_team(uow, rules, case, referral, NoticeKind.UNREACHED, now)


def _of(uow: UnitOfWork, ids: Sequence[str]) -> list[Notice]:
    return [notice for one in ids if (notice := uow.notice(one)) is not None]

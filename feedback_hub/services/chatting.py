"""One content-free message to somebody's Telegram for what waits for them.

As with e-mail (``mailing``): the attempt is written down, then it is sent, then it is written off;
one whose fate is unknown is never sent again, for the notice stands in the app all the same.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from feedback_hub.domain.access import Role
from feedback_hub.domain.message import DeliveryError, InboundMessage, OutboundMessage
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.place import MailWish
from feedback_hub.services.delivery import Again
from feedback_hub.services.ports import Channels, UnitOfWork
from feedback_hub.services.records.staff import MailState, Notice
from feedback_hub.services.rules import Rules

MOST_TRIES = 4
_BACK_OFF = (30, 300, 1800)
_CODE = 10
_ASKED = re.compile(rf"/?(?:equipa|staff)[ _]+([0-9a-f]{{{_CODE}}})", re.IGNORECASE)
_FALLBACK = "eng"


def code_for(uow: UnitOfWork, account_id: str, now: datetime) -> str:
    """What somebody of the staff writes to the bot, so that it knows them; good until tomorrow."""
    return uow.vault.index(f"{account_id}|{now.date().isoformat()}", "staff chat")[:_CODE]


def take_code(uow: UnitOfWork, message: InboundMessage, now: datetime) -> bool:
    """Whether a message is such a code; then its chat is that person's, and it is no case.

    What looks like one and is nobody's is a message like any other.
    """
    found = _ASKED.fullmatch(message.text.strip())
    # A bot's chats have bare numbers; a telephone's would have its country code.
    if found is None or not message.address.isdecimal():
        return False
    days = now, now - timedelta(days=1)
    for person in {one.id for role in Role for one in uow.accounts(role)}:
        codes = [code_for(uow, person, day) for day in days]
        if any(hmac.compare_digest(found[1].lower(), code) for code in codes):
            phone, _ = uow.ring_address(person)
            uow.keep_ring_address(person, phone, message.address)
            return True
    return False


def chat(
    open_uow: Callable[[], UnitOfWork],
    channels: Channels,
    rules: Rules,
    notice_id: str,
    clock: Callable[[], datetime],
) -> Again | None:
    """Send what a notice and all else that waits for the same account come to, in one message.

    ``Again`` when it surely was not sent and is worth another turn.
    """
    bot = channels.ringers().get(RingWay.TELEGRAM, "")
    with open_uow() as uow:
        message, claimed = _write(uow, rules, bot, notice_id)
        uow.commit()
    if message is None:
        return None
    try:
        channels.send(message)
    except DeliveryError as error:
        return _failed(open_uow, claimed, error, clock())
    with open_uow() as uow:
        for notice in _of(uow, claimed):
            notice.chat = MailState.SENT
        uow.commit()
    return None


def _write(
    uow: UnitOfWork, rules: Rules, bot: str, notice_id: str
) -> tuple[OutboundMessage | None, Sequence[str]]:
    notice = uow.notice(notice_id)
    if notice is None or notice.chat is not None or notice.read_at is not None:
        return None, ()
    box = uow.mailbox(notice.account_id or "")
    claimed = uow.claim_chats(notice)
    _, address = uow.ring_address(box.account_id) if box else ("", "")
    # Switched off, away from here or without a chat since it was made: it stands in the app.
    if box is None or not (bot and address and box.active) or box.chat_wish is MailWish.NONE:
        for one in _of(uow, claimed):
            one.chat = MailState.NOT_NEEDED
        return None, ()
    spoken = {"pt": "por", "en": "eng"}.get(box.language[:2], box.language)
    spoken = spoken or rules.default_language
    template = rules.mails.get(f"{spoken}/chat") or rules.mails[f"{_FALLBACK}/chat"]
    values = {"link": f"{rules.base_url}/notices", "count": str(len(claimed))}
    text = rules.renderer.render(template, values).strip()
    # One id a try: a bot that keeps ids would take the second for the first.
    message_id = f"{notice_id[:28]}c{notice.chat_tries}"
    return OutboundMessage(id=message_id, channel=bot, address=address, text=text), claimed


def _failed(
    open_uow: Callable[[], UnitOfWork],
    claimed: Sequence[str],
    error: DeliveryError,
    now: datetime,
) -> Again | None:
    again: Again | None = None
    with open_uow() as uow:
        for notice in _of(uow, claimed):
            if error.outcome_unknown:
                notice.chat = MailState.UNKNOWN
                continue
            notice.chat_tries += 1
            if error.permanent or notice.chat_tries >= MOST_TRIES:
                notice.chat = MailState.FAILED
                continue
            notice.chat = None
            wait = error.retry_after or _BACK_OFF[notice.chat_tries - 1]
            again = Again(now + timedelta(seconds=wait))
        uow.commit()
    return again


def _of(uow: UnitOfWork, ids: Sequence[str]) -> list[Notice]:
    return [notice for one in ids if (notice := uow.notice(one)) is not None]

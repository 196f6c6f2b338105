"""What somebody was told: that something waits, never what it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from feedback_hub.adapters import choices
from feedback_hub.adapters import notices as kept
from feedback_hub.domain.access import Actor, ActorKind
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.on_call import RingWay
from feedback_hub.domain.place import MailWish
from feedback_hub.reads import looks, notice_list
from feedback_hub.services import chatting, on_call
from feedback_hub.services.records.staff import NoticeKind
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import current_actor

notices = Blueprint("notices", __name__, url_prefix="/notices")


@notices.get("")
def inbox() -> str:
    """The reader's notices, and when they want e-mail."""
    actor = _account()
    hub = current_hub()
    with hub.reading() as uow:
        told = notice_list.page(uow, actor)
        quiet = looks.of(uow.session, actor).quiet
        box = uow.mailbox(actor.id)
        address = on_call.address_of(uow, actor.id)
        code = chatting.code_for(uow, actor.id, hub.clock())
    return render_template(
        "notices.html",
        told=told,
        by_kind=request.args.get("by") == "kind",
        kinds=[kind for kind in NoticeKind if kind not in looks.ALWAYS_TOLD],
        quiet=quiet,
        box=box,
        sends_mail=hub.rules.sends_mail,
        has_bot=RingWay.TELEGRAM in hub.channels.ringers(),
        chat=address.telegram,
        code=code,
    )


@notices.post("/read")
def read() -> Response:
    """Some notices, or all of them, need no reading any more."""
    actor = _account()
    _mark(actor, ids=[one[:32] for one in request.form.getlist("notice")][: notice_list.LIMIT])
    by = "kind" if request.form.get("by") == "kind" else None
    return make_response(redirect(url_for("notices.inbox", by=by), 303))


@notices.post("/wishes")
def wishes() -> Response:
    """When the reader wants e-mail and Telegram, and until when they are away."""
    actor = _account()
    hub = current_hub()
    wish, chat = request.form.get("mail", ""), request.form.get("chat", "")
    with hub.unit_of_work() as uow:
        address = on_call.address_of(uow, actor.id)
        if request.form.get("forget_chat") == "yes":
            uow.keep_ring_address(actor.id, address.phone, "")
            chat = MailWish.NONE
        kept.keep_wish(
            uow.session,
            actor.id,
            MailWish(wish) if wish in _OFFERED else MailWish.AT_ONCE,
            _day(request.form.get("absent_until", "")),
            MailWish(chat) if chat in _OFFERED and address.telegram else MailWish.NONE,
        )
        # What is not ticked is not wanted; the form names what it offered.
        wanted = request.form.getlist("bell")
        offered = request.form.getlist("offered")
        choices.keep(uow.session, actor.id, looks.QUIET, [o for o in offered if o not in wanted])
        uow.commit()
    flash(gettext("Kept."), "success")
    return make_response(redirect(url_for("notices.inbox"), 303))


_OFFERED = {MailWish.AT_ONCE, MailWish.DAILY, MailWish.NONE}


def seen(actor: Actor, *, ref: str = "", referral_id: str = "") -> None:
    """Opening what a notice is about is reading it."""
    if actor.kind is ActorKind.ACCOUNT:
        _mark(actor, ref=ref, referral_id=referral_id)


def _mark(actor: Actor, *, ref: str = "", referral_id: str = "", ids: Sequence[str] = ()) -> None:
    hub = current_hub()
    with hub.reading() as uow:
        unread = kept.waiting(uow.session, actor.id, ref=ref, referral_id=referral_id, ids=ids)
    if unread:
        with hub.unit_of_work() as uow:
            kept.mark_read(uow.session, unread, hub.clock())
            uow.commit()


def _account() -> Actor:
    """The reader, if they log in: a token has no notices. Raises ``NotFound``."""
    actor = current_actor()
    if actor.kind is not ActorKind.ACCOUNT:
        raise NotFound
    return actor


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None

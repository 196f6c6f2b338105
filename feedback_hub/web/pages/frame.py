"""What stands around every page: the hub, the reader and where they may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, g
from flask_babel import get_locale
from flask_security import current_user

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.reads import frame, triage_page
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.reads.views.frame import HubView, Looks, ReaderView
from feedback_hub.web.help_topics import TOPICS
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import LANGUAGES, N_, gettext, reader_language
from feedback_hub.web.labels import Words, install
from feedback_hub.web.options import init_options
from feedback_hub.web.security import Unauthenticated, current_actor, has_token

SANDBOX = "sandbox"
_ORDER = (
    Role.CASE_MANAGER,
    Role.PROTECTION,
    Role.FOCAL_POINT,
    Role.DESK,
    Role.COORDINATOR,
    Role.ADMIN,
    Role.AUDITOR,
    Role.MECHANISM,
)
_CHANNELS = {
    "twilio_sms": N_("SMS"),
    "twilio_voice": N_("Telephone"),
    "telegram": N_("Telegram"),
    "whatsapp": N_("WhatsApp"),
    "sms_http": N_("SMS by a gateway"),
    "kobo": N_("Form on a phone"),
    "email": N_("E-mail"),
    "sandbox": N_("Practice phone"),
    "desk": N_("Help desk"),
    "paper": N_("Paper form"),
    "suggestion_box": N_("Suggestion box"),
    "meeting": N_("Meeting"),
}
"""What people call each kind of channel."""
_HANDLE_CASES = {Role.CASE_MANAGER, Role.PROTECTION, Role.DESK}


def init_frame(app: Flask, hub: Hub) -> None:
    """Give every template its words and the frame's values."""
    kinds = {name: section.kind for name, section in hub.config.channels.items()}
    app.jinja_env.globals["help_topics"] = {one.name: one for one in TOPICS}
    app.jinja_env.globals["site_names"] = _site_names
    install(app, Words(hub.rules.frame, _site_name, _channel_namer(kinds), hub.clock))
    init_options(app, hub.rules.frame)

    @app.context_processor
    def _frame() -> dict[str, object]:
        reader = current_reader()
        return {
            "hub": HubView(
                hub.config.hub.name,
                training=bool(kinds) and set(kinds.values()) == {SANDBOX},
                handset=handset_name(hub),
            ),
            "reader": reader,
            "looks": reader.looks if reader else Looks(),
            "text_direction": get_locale().text_direction,
            "languages": LANGUAGES,
            "current_language": reader_language(),
            "form": FormView(),
        }

    app.extensions["feedback_hub_frame"] = _frame


def handset_name(hub: Hub) -> str:
    """The first practice line that is configured; empty where there is none."""
    found = (name for name, section in hub.config.channels.items() if section.kind == SANDBOX)
    return next(found, "")


def may_see_cases(actor: Actor) -> bool:
    """Whether case pages exist for this reader: a partner has referrals instead."""
    return bool(actor.roles & _HANDLE_CASES)


def current_reader() -> ReaderView | None:
    """Who is logged in, or None; fetched once a request."""
    if "reader" not in g:
        g.reader = _reader(current_hub())
    reader: ReaderView | None = g.reader
    return reader


def forget_reader() -> None:
    """Render what is left of this request as for nobody, without asking the database."""
    g.reader = None
    g.site_names = {}


def _reader(hub: Hub) -> ReaderView | None:
    if has_token():
        return None
    try:
        actor = current_actor()
    except Unauthenticated:
        return None
    own = {m.organisation for m in actor.memberships if m.role is Role.FOCAL_POINT}
    organisation = ""
    with hub.reading() as uow:
        names = names_for(uow) if own else None
        around = frame.around(uow, actor)
    if names is not None:
        organisation = ", ".join(sorted(names.organisation(code) for code in own if code))
    return ReaderView(
        name=current_user.name or current_user.email,
        role=next((role for role in _ORDER if role in actor.roles), Role.AUDITOR),
        organisation=organisation,
        nav=_nav(hub, actor),
        notices=around.unread,
        routing=actor.may(Action.READ_ROUTING),
        looks=around.looks,
        roster=actor.may(Action.KEEP_ROSTER),
        broadcasts=actor.may(Action.BROADCAST),
        hands_over=actor.may(Action.WORK_CASE),
        sends_nothing=around.sends_nothing,
    )


def _nav(hub: Hub, actor: Actor) -> tuple[str, ...]:
    pages = {
        "home": True,
        "report": may_see_cases(actor) and actor.may(Action.SUBMIT),
        "triage": bool(triage_page.queues(actor)),
        "cases": may_see_cases(actor),
        "calls": actor.may(Action.CALL_BACK),
        "referrals": actor.may(Action.ANSWER_REFERRAL),
        "dashboard": actor.may(Action.READ_MEASURES),
        "sites": actor.may(Action.READ_REGISTER),
        "answers": actor.may(Action.READ_BANK),
        "handset": bool(handset_name(hub)) and may_see_cases(actor),
        "learn": may_see_cases(actor),
        "quality": actor.may(Action.READ_MEASURES) and not actor.may(Action.TRIAGE),
        "issues": actor.may(Action.READ_ISSUE),
        "wordings": actor.may(Action.APPROVE_WORDING),
        "people": actor.may(Action.MANAGE_USERS),
        "health": actor.may(Action.CONFIGURE),
        "audit": actor.may(Action.READ_AUDIT),
    }
    return tuple(name for name, open_to_reader in pages.items() if open_to_reader)


def _site_name(code: str) -> str:
    return _site_names().get(code, code)


def _site_names() -> Mapping[str, str]:
    """Every site's name by its code, in the order of names; fetched once a request."""
    if "site_names" not in g:
        with current_hub().reading() as uow:
            g.site_names = site_names(uow)
    names: Mapping[str, str] = g.site_names
    return names


def know_sites(names: Mapping[str, str]) -> None:
    """Every site's name, where a page has read them for its own forms: not to be fetched again."""
    g.site_names = names


def _channel_namer(kinds: dict[str, str]) -> Callable[[str], str]:
    several = {kind for kind in kinds.values() if list(kinds.values()).count(kind) > 1}

    def name(channel: str) -> str:
        kind = kinds.get(channel, channel)
        words = gettext(_CHANNELS[kind]) if kind in _CHANNELS else channel
        return f"{words} ({channel})" if kind in several else words

    return name

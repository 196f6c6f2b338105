"""A site's public board: open to anybody, holding what a person approved and nothing else."""

from __future__ import annotations

from datetime import date, datetime

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import format_date
from flask_security import current_user

from channels.base import Linked
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.board import Occasion
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.errors import Invalid
from feedback_hub.reads import board as reads
from feedback_hub.reads.board import BoardLine, BoardPage
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import board as services
from feedback_hub.web.hub import current_hub, own_language
from feedback_hub.web.i18n import LOCALES, gettext, reader_language
from feedback_hub.web.pages.acting import attempt, text, word
from feedback_hub.web.pictograms import sector_sign
from feedback_hub.web.poster import Poster, PosterPart, Size, draw
from feedback_hub.web.security import current_actor

board = Blueprint("board", __name__, url_prefix="/board")

_SHORT = {"pt": "por", "en": "eng"}


@board.get("/<site>")
def show(site: str) -> str:
    """You said, we did, not yet because; ``?lang=`` chooses the language for this once."""
    return render_template("board.html", page=_page(site), hotline=current_hub().rules.hotline)


@board.get("/<site>/script")
def script(site: str) -> str:
    """The board as sentences to be read on the radio or at a meeting."""
    return render_template(
        "board_script.html", page=_page(site), hotline=current_hub().rules.hotline
    )


@board.get("/<site>/poster.pdf")
def poster(site: str) -> Response:
    """The board as a poster; ``?size=`` a3 or a4."""
    try:
        size = Size(request.args.get("size", Size.A3))
    except ValueError:
        abort(404)
    sheet = draw(_poster(_page(site)), size)
    answer = Response(sheet, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="board-{size}.pdf"'
    return answer


@board.get("/<site>/past")
def past(site: str) -> Response:
    """What the board said before, and when it was read aloud."""
    return _past(site, FormView(), 200)


@board.post("/<site>/readings")
def note_reading(site: str) -> Response:
    """Write down that the board was read aloud."""
    hub = current_hub()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> None:
        language = own_language(text("language"))
        services.note_reading(
            uow,
            hub.rules,
            actor,
            site,
            language,
            word("occasion", Occasion),
            _day(text("read_on")),
            _count(text("people")),
            now,
        )

    refused = attempt(Action.SUBMIT, "reading", work)
    if refused is not None:
        return _past(site, *refused)
    flash(gettext("Written down."), "success")
    return make_response(redirect(url_for("board.past", site=site), 303))


def _page(site: str) -> BoardPage:
    hub = current_hub()
    asked = request.args.get("lang", "")
    language = _SHORT.get(asked, asked)
    if language in LOCALES:
        g.language = language
    elif language not in hub.config.hub.languages:
        language = reader_language()
    threshold = hub.config.loopback.small_number_threshold
    with hub.reading() as uow:
        page = reads.public(uow, site, language, threshold, hub.clock())
    if page is None:
        abort(404)
    return page


def _past(site: str, form: FormView, status: int) -> Response:
    hub = current_hub()
    with hub.reading() as uow:
        page = reads.past(uow, site, hub.config.loopback.small_number_threshold)
    if page is None:
        abort(404)
    actor = current_actor() if current_user.is_authenticated else None
    shown = render_template(
        "board_past.html",
        page=page,
        form=form,
        occasions=list(Occasion),
        today=local_day(hub.clock(), hub.rules.calendar),
        languages_written=hub.config.hub.languages,
        may_note=actor is not None and actor.may_at(Action.SUBMIT, site),
    )
    return make_response(shown, status)


def _poster(page: BoardPage) -> Poster:
    hub = current_hub()
    channels = hub.channels.accounts.values()
    links = (channel.link(page.site) for channel in channels if isinstance(channel, Linked))
    return Poster(
        title=page.name,
        subtitle=format_date(page.changed_at) if page.changed_at else "",
        entries=[_parts(line) for line in page.lines],
        call=gettext("Tell us more: at the help desk, or call %(hotline)s (free).")
        % {"hotline": hub.rules.hotline},
        link=next((link for link in links if link), ""),
        link_words=gettext("Or scan this with a phone."),
    )


def _parts(line: BoardLine) -> list[PosterPart]:
    parts = (
        PosterPart(sector_sign(line.sector), gettext("You said"), line.said),
        PosterPart("check", gettext("We did"), line.did),
        PosterPart("wait", gettext("Not yet, because"), line.not_yet),
    )
    return [part for part in parts if part.words]


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Invalid("read_on", "is no day") from None


def _count(written: str) -> int | None:
    if not written:
        return None
    if not written.isascii() or not written.isdigit():
        raise Invalid("people", "is no number")
    return int(written)

"""The practice phone: what is typed goes the whole road, over the hub's own webhook."""

from __future__ import annotations

import json
import re
import uuid
from http import HTTPStatus
from urllib.request import ProxyHandler, Request, build_opener

import structlog
from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from channels.base import phone_address
from channels.sandbox import SIGNATURE_HEADER, Adapter
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import NotAllowed
from feedback_hub.reads import handset as reads
from feedback_hub.reads.views.handset import HandsetPage
from feedback_hub.web.exercises import EXERCISES
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.frame import may_see_cases
from feedback_hub.web.security import require

handset = Blueprint("handset", __name__, url_prefix="/handset")
# To ourselves, whatever proxy the machine has for others.
_DIRECT = build_opener(ProxyHandler({}))

log = structlog.get_logger()

_NUMBER = re.compile(r"\+[0-9][0-9 ]{5,18}")
_LONGEST = 1600
_SECONDS = 10.0
# What people say, in their words: Portuguese, whoever reads the page.
EXAMPLES = (
    "Quando e a distribuicao de comida?",
    "A bomba de agua do bloco C nao funciona ha 3 dias",
    "O meu nome saiu da lista e ninguem explica",
    "Obrigado pela escola nova",
    "PARAR",
)


@handset.get("/<name>")
def show(name: str) -> str:
    """The phone, as whoever holds the number that was taken."""
    actor, adapter = _reach(name)
    with current_hub().reading() as uow:
        page = reads.page(uow, actor, adapter.name, _held(name), EXAMPLES)
    wanted = request.args.get("exercise", "")
    exercise = next((one for one in EXERCISES if one.name == wanted and one.try_text), None)
    return render_template("handset.html", page=page, exercise=exercise)


@handset.post("/<name>/take")
def take(name: str) -> Response:
    """Hold the phone with this number. Not by address: numbers do not belong into one."""
    _, adapter = _reach(name)
    number = " ".join(request.form.get("number", "").split())
    if _NUMBER.fullmatch(number):
        session[_key(adapter.name)] = phone_address(number)
    else:
        flash(gettext("Write an invented number with + and the country code."), "error")
    return make_response(redirect(url_for("handset.show", name=name), 303))


@handset.get("/<name>/lines")
def lines(name: str) -> str:
    """The texts alone, for looking again."""
    actor, adapter = _reach(name)
    return _lines(current_hub(), actor, adapter)


@handset.post("/<name>")
def send(name: str) -> Response | str:
    """Send what was typed as a provider would: signed, by HTTP, to this hub's webhook."""
    actor, adapter = _reach(name)
    number, text = _held(name), request.form.get("text", "").strip()[:_LONGEST]
    sent = True
    if number and text:
        sent = _post(adapter, f"{reads.typed_by(actor)}{uuid.uuid4().hex}", number, text)
    if request.headers.get("HX-Request"):
        # A failure swaps nothing, and what was typed stays.
        return _lines(current_hub(), actor, adapter) if sent else Response(status=502)
    if not sent:
        flash(gettext("The text could not be sent. Try again."), "error")
    return make_response(redirect(url_for("handset.show", name=name), 303))


def _reach(name: str) -> tuple[Actor, Adapter]:
    actor = require(Action.SUBMIT)
    if not may_see_cases(actor):
        raise NotAllowed(Action.SUBMIT.value)
    channel = current_hub().channels.accounts.get(name)
    if not isinstance(channel, Adapter):
        abort(404)
    return actor, channel


def _lines(hub: Hub, actor: Actor, adapter: Adapter) -> str:
    with hub.reading() as uow:
        found = reads.lines(uow, actor, adapter.name, _held(adapter.name))
    page = HandsetPage(adapter.name, lines=found)
    return render_template("_handset_lines.html", page=page)


def _key(name: str) -> str:
    return f"handset:{name}"


def _held(name: str) -> str:
    return str(session.get(_key(name), ""))


def _post(adapter: Adapter, message_id: str, number: str, text: str) -> bool:
    """Over real HTTP to whatever answers this request: the public address may lead elsewhere."""
    body = json.dumps({"id": message_id, "from": number, "text": text}).encode()
    host, port = request.environ["SERVER_NAME"], request.environ["SERVER_PORT"]
    headers = {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: adapter.sign(body),
        "Host": request.host,
    }
    try:
        url = f"http://{host}:{port}/channels/{adapter.name}/inbound"
        with _DIRECT.open(Request(url, body, headers), timeout=_SECONDS) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError as error:
        log.warning("handset could not send", channel=adapter.name, fault=type(error).__name__)
        return False

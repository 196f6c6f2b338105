"""The screens people work on."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from jinja2 import FileSystemBytecodeCache, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException, SecurityError

from feedback_hub.bootstrap import Hub
from feedback_hub.web.i18n import init_i18n
from feedback_hub.web.oidc import init_oidc
from feedback_hub.web.pages.account import account
from feedback_hub.web.pages.admin import admin
from feedback_hub.web.pages.answers import answers
from feedback_hub.web.pages.audit import audit
from feedback_hub.web.pages.board import board
from feedback_hub.web.pages.broadcasts import broadcasts
from feedback_hub.web.pages.calls import calls
from feedback_hub.web.pages.dashboard import dashboard
from feedback_hub.web.pages.desk_app import desk_app
from feedback_hub.web.pages.emergency import emergency
from feedback_hub.web.pages.exports import export_pages
from feedback_hub.web.pages.frame import forget_reader, init_frame
from feedback_hub.web.pages.go import go
from feedback_hub.web.pages.handover import handover
from feedback_hub.web.pages.handset import handset
from feedback_hub.web.pages.home import home
from feedback_hub.web.pages.issues import issues
from feedback_hub.web.pages.language import language
from feedback_hub.web.pages.learn import learn
from feedback_hub.web.pages.looks import looks
from feedback_hub.web.pages.notices import notices
from feedback_hub.web.pages.on_call import on_call
from feedback_hub.web.pages.packs import packs
from feedback_hub.web.pages.partner_links import partner_links
from feedback_hub.web.pages.passkeys import passkey_pages
from feedback_hub.web.pages.person_requests import person_requests
from feedback_hub.web.pages.quality import quality
from feedback_hub.web.pages.queue import cases
from feedback_hub.web.pages.referrals import referrals
from feedback_hub.web.pages.report import report
from feedback_hub.web.pages.report_many import report_many
from feedback_hub.web.pages.reports import reports
from feedback_hub.web.pages.routing import routing
from feedback_hub.web.pages.sites import sites
from feedback_hub.web.pages.status import status
from feedback_hub.web.pages.styleguide import styleguide
from feedback_hub.web.pages.translations import translations
from feedback_hub.web.pages.triage import triage
from feedback_hub.web.security import SecondFactorOwed, Unauthenticated

_WRITTEN = frozenset({"text", "note", "reason", "question", "answer", "explained", "decision"})
"""Fields of free text. What else a form holds is quickly chosen again, or must not be repeated."""
_LONGEST = 20_000
_KEPT_HEADERS = ("Allow", "Retry-After")


def init_pages(app: Flask, hub: Hub) -> None:
    """Register every page, the templates and their words."""
    app.jinja_loader = PackageLoader("templates", "web")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # A page's first reader after a start would wait a tenth of a second for its templates.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled_pages(hub.config.hub.home)))
    init_i18n(app, hub)
    init_frame(app, hub)
    init_oidc(app, hub)
    for blueprint in (
        home,
        account,
        passkey_pages,
        go,
        looks,
        export_pages,
        report,
        report_many,
        cases,
        triage,
        translations,
        quality,
        calls,
        desk_app,
        referrals,
        notices,
        partner_links,
        handset,
        learn,
        status,
        emergency,
        board,
        dashboard,
        reports,
        sites,
        answers,
        issues,
        routing,
        on_call,
        broadcasts,
        handover,
        person_requests,
        packs,
        audit,
        admin,
        language,
        styleguide,
    ):
        app.register_blueprint(blueprint)


def compiled_pages(home: Path) -> Path:
    """The folder that keeps compiled templates from one start to the next; made if missing.

    It is ours alone like all in the home folder: what lies there is run.
    """
    folder = home / "cache" / "templates"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def page_error(error: Exception, status: int, error_id: str = "") -> Response:
    """What went wrong, as a page; without a log-in, the log-in."""
    if isinstance(error, SecondFactorOwed):
        return _to(url_for("security.two_factor_setup"))
    typed = _typed()
    if isinstance(error, Unauthenticated) and not typed:
        return _to_login()
    if isinstance(error, SecurityError):
        # A host that is not ours: there is no address to make links for.
        return Response("400", 400, content_type="text/plain")
    if status >= 500:
        # The database may be what is broken: this page asks it nothing.
        forget_reader()
    headers = dict(error.get_headers()) if isinstance(error, HTTPException) else {}
    wait = headers.get("Retry-After", "")
    page = render_template(
        "error.html",
        code=int(status),
        error_id=error_id,
        retry_after=int(wait) if wait.isdigit() else None,
        typed=typed,
    )
    response = make_response(page, int(status))
    for name in _KEPT_HEADERS:
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _typed() -> list[str]:
    """What somebody wrote in a form that could not be taken, so that the page gives it back.

    Only what came from a page of ours: elsewhere nobody may put words on this screen.
    """
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    return [
        text
        for name, text in request.form.items()
        if name in _WRITTEN and text.strip() and len(text) <= _LONGEST
    ]


def _to_login() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    if request.headers.get("HX-Request"):
        return _to(url_for("security.login"))
    after = wanted if wanted != "/" else ""
    return _to(url_for("security.login", next=after or None))


def _to(address: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return make_response(redirect(address))

"""Exports by page: what, which columns, what for; the file waits a day for whoever made it."""

from __future__ import annotations

import io
import secrets

from flask import Blueprint, Response, make_response, render_template, request

from feedback_hub.adapters import exports, table_zip
from feedback_hub.adapters.table_writing import write_rows
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import Invalid, NotAllowed, NotFound
from feedback_hub.reads import case_export, case_list
from feedback_hub.reads.names import site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import has_token, require

export_pages = Blueprint("exports", __name__, url_prefix="/exports")

MOST = 20_000
"""Lines by page; more are exported by command."""
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


@export_pages.get("")
def index() -> str:
    """What can be exported, and what this person exported."""
    return _page(_team(), FormView())


@export_pages.post("")
def make() -> Response:
    """Make one; a password is shown this once."""
    actor = _team()
    form = request.form
    hub = current_hub()
    purpose = form.get("purpose", "").strip()
    try:
        columns = case_export.chosen(",".join(form.getlist("columns")))
        if not purpose:
            raise Invalid("purpose", "is needed")
        kind = form.get("kind", "csv")
        if kind not in {"csv", "xlsx"}:
            raise Invalid("kind", "is none")
        password = _export(hub, actor, columns, purpose, kind, form.get("site", ""))
    except Invalid as error:
        words = {
            "purpose": gettext("Write in a few words what it is for (500 characters at most)."),
            "columns": gettext("Choose from the list."),
            "rows": gettext("These are too many cases for a page: choose a site."),
        }
        said = FormView("export", form.to_dict(), {error.field: words.get(error.field, str(error))})
        return make_response(_page(actor, said), 422)
    return make_response(_page(actor, FormView(), password=password))


@export_pages.get("/<export_id>")
def fetch(export_id: str) -> Response:
    """The file, for whoever made it, while its time lasts."""
    actor = _team()
    hub = current_hub()
    with hub.reading() as uow:
        found = exports.fetch(uow, hub.attachments.store, export_id, actor.id, hub.clock())
    if found is None:
        raise NotFound
    name, content = found
    response = Response(content, content_type=_TYPES[name.rpartition(".")[2]])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _team() -> Actor:
    actor = require(Action.READ_HISTORY)
    if has_token():
        raise NotAllowed("export")
    return actor


def _export(
    hub: Hub, actor: Actor, columns: tuple[str, ...], purpose: str, kind: str, site: str
) -> str:
    personal = case_export.is_personal(columns)
    export_id, now = exports.new_id(), hub.clock()
    with hub.unit_of_work() as uow:
        exports.begin(
            uow, export_id, actor.id, actor.id, "cases", columns, purpose, now, personal=personal
        )
        uow.commit()
    filters = case_list.Filters(site=site, in_hand=True)
    count = 0
    name = f"cases-{now:%Y%m%d}-{export_id[:6]}"
    # In memory: what is written to a disk in clear can be read from it for long.
    plain = io.BytesIO()
    with write_rows(plain, xlsx=kind == "xlsx") as table:
        table.row(case_export.header(hub.rules, columns))
        for row in case_export.rows(
            hub.reading, hub.rules, actor, now, filters, columns, export_id
        ):
            count += 1
            if count > MOST:
                raise Invalid("rows", "are too many")
            table.row(row)
    content = plain.getvalue()
    password = ""
    if personal:
        password = secrets.token_urlsafe(12)
        content = table_zip.closed(f"{name}.{kind}", content, password)
    file_name = f"{name}.zip" if personal else f"{name}.{kind}"
    with hub.unit_of_work() as uow:
        exports.keep(uow, hub.attachments.store, export_id, file_name, content, count, now)
        uow.commit()
    return password


def _page(actor: Actor, form: FormView, password: str = "") -> str:
    hub = current_hub()
    now = hub.clock()
    with hub.reading() as uow:
        made = exports.made(uow, actor.id)
        sites = site_names(uow)
    return render_template(
        "exports.html",
        made=made,
        columns=case_export.COLUMNS,
        personal=case_export.PERSONAL,
        password=password,
        sites=tuple(sites.items()),
        now=now,
        form=form,
    )

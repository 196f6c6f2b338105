"""What the audit log hears of from the web: the device of each act, and log-ins that failed."""

from __future__ import annotations

from flask import Flask, Response, has_request_context, request, session
from flask_security import current_user
from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction

_LOGIN = "security.login"
_CODE = ("security.two_factor_token_validation", "security.mf_recovery")
_LONGEST = 254


def init_trail(app: Flask, hub: Hub) -> None:
    """Give each act its device; note who tried to log in and was not let in."""

    def device() -> str:
        if not has_request_context():
            return ""
        # A keyed hash: the same machine can be told again, and nothing else can be told.
        seen = f"{request.remote_addr}\0{request.user_agent.string}"
        return hub.keyring.index(seen, "device")[:16]

    hub.device = device

    @app.after_request
    def _note(response: Response) -> Response:
        tried = request.endpoint == _LOGIN and request.method == "POST"
        if tried and response.status_code != 302 and not current_user.is_authenticated:
            _note_failure(hub, request.form.get("email", "")[:_LONGEST])
        wrong = request.endpoint in _CODE and request.method == "POST"
        if wrong and response.status_code != 302:
            _note_wrong_code(hub, str(session.get("tf_user_id", "")))
        return response

    app.extensions["feedback_hub_trail"] = _note


def _note_failure(hub: Hub, email: str) -> None:
    with hub.unit_of_work() as uow:
        # Whoever is not known here is a mark as well: a typed password must not end up in a log.
        unknown = hub.keyring.index(email.strip().lower(), "log-in")[:32]
        who = account_id_of(uow.session, email) or unknown
        uow.audit(AuditAction.LOG_IN_FAILED, "", hub.clock(), kind="account", object_id=who)
        uow.commit()


def _note_wrong_code(hub: Hub, uniquifier: str) -> None:
    with hub.unit_of_work() as uow:
        account = tables.account.c
        who = uow.session.scalar(select(account.id).where(account.fs_uniquifier == uniquifier))
        if who is not None:
            action = AuditAction.SECOND_FACTOR_FAILED
            uow.audit(action, "", hub.clock(), kind="account", object_id=who)
            uow.commit()

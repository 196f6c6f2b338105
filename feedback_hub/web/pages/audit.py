"""The audit log, for the auditor."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from feedback_hub.domain.access import Action
from feedback_hub.domain.audit import AuditAction
from feedback_hub.reads import audit_pages
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

audit = Blueprint("audit", __name__)

_LONGEST = 64


@audit.get("/audit")
def index() -> str:
    """Who did what, the newest first."""
    require(Action.READ_AUDIT)
    before = request.args.get("before", "")
    with current_hub().reading() as uow:
        page = audit_pages.page(
            uow,
            action=request.args.get("action", ""),
            actor=request.args.get("actor", "").strip()[:_LONGEST],
            subject=request.args.get("subject", "").strip()[:_LONGEST],
            # Nine digits fit every database's integer.
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0,
        )
    return render_template("audit.html", page=page, actions=tuple(AuditAction))

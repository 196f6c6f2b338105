"""``/api/v1/cases/<ref>``: a handler's two separate duties; thin over the services."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.errors import NotFound
from feedback_hub.domain.reference import parse_reference
from feedback_hub.domain.safeguarding import ConsentWay, owes_report, report_due
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads import wire
from feedback_hub.services import remarks, safeguarding
from feedback_hub.services.safeguarding import LONGEST_CHANNEL, LONGEST_REFERENCE, Explained
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

api_safeguarding = Blueprint("api_safeguarding", __name__, url_prefix="/api/v1/cases/<ref>")


@api_safeguarding.get("/safeguards")
def show(ref: str) -> Response:
    """Whether a conduct report is owed, what was reported, and the services with their consent."""
    actor = require(Action.WORK_CASE)
    with current_hub().reading() as uow:
        case = uow.visible_case(actor, Action.WORK_CASE, parse_reference(ref) or "")
        if case is None or case.sensitivity is not Sensitivity.L3:
            raise NotFound
        return jsonify(_shown(uow, case))


@api_safeguarding.post("/conduct-report")
def report_conduct(ref: str) -> Response:
    """The PSEA channel was told; without the survivor's name unless they agreed."""
    body = Body.of_request()
    channel = body.text("channel", needed=True, most=LONGEST_CHANNEL)
    reference = body.text("reference", most=LONGEST_REFERENCE)
    with_name, version = body.flag("with_name") or False, body.number("version")
    own = parse_reference(ref) or ""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = safeguarding.report_conduct(
            uow,
            actor,
            own,
            channel,
            now,
            with_name=with_name,
            reference=reference,
            version=version,
        )
        uow.session.flush()
        return _shown(uow, case), 200

    return act(Action.WORK_CASE, work)


@api_safeguarding.post("/service-referral")
def refer_to_service(ref: str) -> Response:
    """The survivor chose a service: what was explained, by whom, when and how."""
    body = Body.of_request()
    organisation = body.text("organisation", needed=True, most=64)
    sector = body.text("sector", needed=True, most=64)
    explained = Explained(
        body.text("explained", needed=True), body.need("how", ConsentWay), body.when("explained_at")
    )
    version, own = body.number("version"), parse_reference(ref) or ""

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        case = safeguarding.refer_to_service(
            uow, actor, own, organisation, sector, explained, now, version=version
        )
        uow.session.flush()
        return _shown(uow, case), 200

    return act(Action.WORK_CASE, work)


def _shown(uow: SqlUnitOfWork, case: Case) -> wire.Json:
    reports = uow.conduct_reports(case.id)
    due = report_due(case, current_hub().rules.conduct_within)
    return {
        "ref": case.ref,
        "report_owed": owes_report(case) and not reports,
        "report_due_at": due.isoformat(),
        "reports": [
            {
                "channel": report.channel,
                "with_name": report.with_name,
                "reference": report.reference,
                "made_by": report.made_by,
                "made_at": report.made_at.isoformat(),
            }
            for report in reports
        ],
        "services": [
            {
                "organisation": made.organisation,
                "sector": made.sector,
                "made_at": made.made_at.isoformat(),
                "consent": {
                    "explained": remarks.read(uow, made.explained_id),
                    "how": made.explained_how,
                    "by": made.explained_by,
                    "at": made.explained_at.isoformat(),
                },
            }
            for made in uow.service_referrals(case.id)
        ],
    }

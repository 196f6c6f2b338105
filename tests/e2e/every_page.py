"""Every page of the application, by the endpoint that answers, who opens it, and what makes it.

The list is held against the application's own map of addresses (``test_every_page_is_listed``): a
page that is added and not listed here fails there, and a page that is listed is judged by axe.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from feedback_hub.adapters import invitations
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.call_back import CallReason
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import call_list, casework, issues, links, referrals, triage
from feedback_hub.services.issues import NewIssue
from feedback_hub.services.triage import Decision
from feedback_hub.web.exercises import EXERCISES
from feedback_hub.web.help_topics import TOPICS
from tests.pages_world import CHIEF, LINE, PUMP, arrives

NOBODY = ""
"""Who is not logged in."""

PAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "account.show": (("ana", "/account"),),
    "account.welcome": ((NOBODY, "/welcome/"), (NOBODY, "/welcome/{code}")),
    "admin.channels.index": (("ines", "/admin/channels"),),
    "admin.channels.show": (("ines", f"/admin/channels/{LINE}"),),
    "admin.exchange.index": (("ines", "/admin/exchange"),),
    "admin.health": (("ines", "/health"),),
    "admin.tokens.list_tokens": (("ines", "/admin/tokens"),),
    "admin.users.index": (("ines", "/admin/users"),),
    "admin.users.show": (("ines", "/admin/users/{jorge}"),),
    "answers.list": (("graca", "/answers"),),
    "answers.new": (("graca", "/answers/new"),),
    "audit.index": (("abel", "/audit"),),
    "board.past": ((NOBODY, "/board/NTO/past"),),
    "board.script": ((NOBODY, "/board/NTO/script"),),
    "board.show": ((NOBODY, "/board/NTO"),),
    "broadcasts.index": (("graca", "/broadcasts"),),
    "broadcasts.show": (("graca", "/broadcasts/{broadcast}"),),
    "calls.desk_today": (("filipe", "/desk/NTO/today"),),
    "calls.index": (("filipe", "/calls"), ("rosa", "/calls")),
    "calls.show": (("rosa", "/calls/{line}"),),
    "cases.queue": (("ana", "/cases"), ("ana", "/cases?q=bomba"), ("ana", "/cases?tab=verify")),
    "cases.show": (("ana", "/cases/{ref}"), ("filipe", "/cases/{ref}"), ("rosa", "/cases/{chief}")),
    "dashboard.show": (("graca", "/dashboard"), ("ana", "/dashboard")),
    "desk_app.shell": (("filipe", "/desk/app/shell"),),
    "desk_app.start": (("filipe", "/desk/app"),),
    "emergency.ask": (("ana", "/emergency"),),
    "exports.index": (("ana", "/exports"),),
    "go.find": (("ana", "/go"), ("ana", "/go?q=bomba")),
    "handover.show": (("ana", "/handover"),),
    "handset.show": (("ana", f"/handset/{LINE}"),),
    "home.index": tuple(
        (name, "/") for name in ("ana", "jorge", "rosa", "filipe", "graca", "ines", "abel")
    ),
    "issues.list": (("ana", "/issues"),),
    "issues.new": (("ana", "/issues/new"),),
    "issues.show": (("ana", "/issues/{issue}"),),
    "learn.help_page": (("filipe", "/learn/help/{topic}"),),
    "learn.index": (("filipe", "/learn"),),
    "learn.show": (("filipe", "/learn/{exercise}"),),
    "looks.show": (("ana", "/looks"),),
    "notices.inbox": (("ana", "/notices"), ("jorge", "/notices"), ("ana", "/notices?by=kind")),
    "on_call.show": (("rosa", "/on-call"), ("ines", "/on-call")),
    "packs.edit": (("ana", "/packs/por/acknowledgement"),),
    "packs.list": (("ana", "/packs"),),
    "partner_links.show": ((NOBODY, "/r/{token}"),),
    "person_requests.index": (("ana", "/person-requests"), ("rosa", "/person-requests")),
    "quality.index": (("graca", "/quality"),),
    "referrals.inbox": (("jorge", "/referrals"),),
    "referrals.show": (("jorge", "/referrals/{referral}"),),
    "report.start": (("filipe", "/report"),),
    "report_many.box": (("filipe", "/report/box"),),
    "report_many.meeting": (("filipe", "/report/meeting"),),
    "reports.index": (("graca", "/reports"),),
    "reports.show": (("graca", "/reports/weekly"),),
    "routing.show": (("ana", "/routing"),),
    "security.login": ((NOBODY, "/login"),),
    "security.two_factor_setup": (("ana", "/second-factor"),),
    "sites.index": (("ana", "/sites"),),
    "sites.show": (("filipe", "/sites/NTO"),),
    "status.ask": ((NOBODY, "/status"),),
    "styleguide.show": (("ana", "/styleguide"),),
    "translations.index": (("ana", "/translations"),),
    "triage.show": (("ana", "/triage"), ("rosa", "/triage/handlers")),
}

NO_PAGE: Mapping[str, str] = {
    "board.poster": "a PDF",
    "case_files.show": "a file",
    "desk_app.file": "a file of the desk app",
    "desk_app.manifest": "a manifest",
    "desk_app.worker": "a script",
    "exports.fetch": "a file",
    "go.alive": "an answer without a body",
    "handset.lines": "a part of a page",
    "health.alive": "for machines",
    "health.ready": "for machines",
    "metrics.show": "for machines",
    "packs.listen": "a recording",
    "prompts.play": "a recording",
    "reports.fetch": "a file",
    "security.mf_recovery": "in the middle of a log-in: tests/integration/test_second_factor.py",
    "security.mf_recovery_codes": "follows a second factor's set-up; the same macros",
    "security.tf_select": "closed",
    "security.two_factor_rescue": "closed",
    "security.two_factor_token_validation": "in the middle of a log-in",
    "security.verify": "closed",
    "sites.photo": "a file",
    "static": "files",
    "security.static": "files",
    "triage.more": "a part of a page",
}
"""What answers GET and is no page that somebody opens, and why."""


def lived_in(hub: Hub) -> Mapping[str, str]:
    """A hub where every page has something on it; the values that the addresses need."""
    now = hub.clock()
    ref, chief = arrives(hub, PUMP), arrives(hub, CHIEF)
    arrives(hub, PUMP)
    with hub.unit_of_work() as uow:
        ana, rosa = _actor(uow, "ana"), _actor(uow, "rosa")
        wash = Decision(("complaint.broken",), sector="wash", site="NTO")
        triage.triage(uow, hub.rules, ana, ref, wash, now)
        referral = referrals.refer(uow, hub.rules, ana, ref, "avsi", now, note="This week, please.")
        casework.note(uow, ana, ref, "They rang again.", now)
        issue = issues.open_issue(uow, hub.rules, ana, NewIssue("Pump", cases=(ref,)), now)
        case = uow.case_by_ref(chief)
        assert case
        assert case.sensitivity is Sensitivity.L3
        line = call_list.put(uow, hub.rules, case, CallReason.SAFE_CONTACT, rosa.id, now)
        assert line
        broadcast = Broadcast(uuid.uuid4().hex, (), (), "graca", now)
        uow.add(broadcast)
        uow.session.flush()
        token, _ = links.make(uow, hub.rules, referral, now)
        jorge, celia = (account_id_of(uow.session, f"{n}@example.org") for n in ("jorge", "celia"))
        assert jorge
        assert celia
        values = {
            "ref": ref,
            "chief": chief,
            "referral": referral.id,
            "issue": issue.id,
            "line": line.id,
            "broadcast": broadcast.id,
            "token": token,
            "jorge": jorge,
            "code": invitations.invite(uow.session, celia, now),
            "topic": TOPICS[0].name,
            "exercise": EXERCISES[0].name,
        }
        uow.commit()
    return values


def _actor(uow: SqlUnitOfWork, name: str) -> Actor:
    found = account_id_of(uow.session, f"{name}@example.org")
    actor = uow.actor(found) if found else None
    assert actor
    return actor

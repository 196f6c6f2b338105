"""Cases: what is shown of them and what is done to them."""

from __future__ import annotations

from feedback_hub.domain.case_states import CaseState, Outcome
from feedback_hub.domain.person import AgeBand, Disability, Sex
from feedback_hub.domain.sensitivity import Priority
from feedback_hub.reads.behind import Figure
from feedback_hub.reads.views.queue import QueueTab
from feedback_hub.web.api.schemas.shapes import (
    DAY,
    FLAG,
    NUMBER,
    TEXT,
    Schema,
    items_of,
    named,
    page_of,
    word,
)
from feedback_hub.web.api.table.operation import MADE, PAGE, Operation, get

_TRIAGE: tuple[tuple[str, Schema], ...] = (
    ("queue", {"type": "string", "enum": ["ordinary", "handlers"]}),
    ("most", NUMBER | {"minimum": 1, "maximum": 10, "default": 2}),
)


def _case(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/cases/{{ref}}/{verb}", summary, named("CaseMoved"), body)


def _triage(verb: str, body: str, summary: str) -> Operation:
    path = f"/triage/{{ref}}{verb}"
    return Operation("post", path, summary, named("TriageDeck"), body, queries=_TRIAGE)


OPERATIONS: tuple[Operation, ...] = (
    get(
        "/cases",
        "The cases that exist for the caller, newest first.",
        page_of("Case"),
        ("tab", word(QueueTab) | {"description": "One of the queue's views."}),
        ("status", TEXT | {"description": f"One or more, by comma: {', '.join(CaseState)}."}),
        ("site", TEXT | {"description": "A code, or `unknown`; so for the next three."}),
        ("sector", TEXT),
        ("type", TEXT),
        ("channel", TEXT),
        ("code", TEXT | {"description": "A code of the frame."}),
        ("priority", word(Priority)),
        ("partner", TEXT | {"description": "An organisation that a referral went to."}),
        ("assigned", TEXT | {"description": "An account's id, `me` or `none`."}),
        ("overdue", FLAG),
        ("outcome", word(Outcome)),
        ("sex", word(Sex)),
        ("age_band", word(AgeBand)),
        ("disability", word(Disability)),
        ("from", DAY | {"description": "Received on this day or later, in the hub's time zone."}),
        ("to", DAY | {"description": "Received on this day or before."}),
        (
            "figure",
            word(Figure)
            | {"description": "The list behind this figure of `/measures`; `from` and `to` too."},
        ),
        ("tag", TEXT),
        (
            "field",
            TEXT | {"description": "An answer to a question of the hub's own, `name:answer`."},
        ),
        ("q", TEXT),
        *PAGE,
    ),
    get("/cases/{ref}", "One case.", named("Case"), found=True),
    get("/cases/{ref}/events", "Its history.", items_of("Event"), found=True),
    get("/cases/{ref}/messages", "Its conversation.", items_of("Line"), found=True),
    get("/cases/{ref}/attachments", "Files that came with it.", items_of("File"), found=True),
    Operation(
        "get",
        "/cases/{ref}/attachments/{attachment_id}",
        "One file, decrypted.",
        {"type": "string", "format": "binary"},
        media_type="application/octet-stream",
    ),
    get(
        "/cases/{ref}/related",
        "The cases it is linked with, and those from the same number or account; "
        "one number may be several people's.",
        named("Related"),
        found=True,
    ),
    get(
        "/cases/{ref}/likely",
        "Cases that are probably the same matter, and the issue they may be: suggested only.",
        named("Likely"),
        found=True,
    ),
    _case("dismiss", "Dismissal", "Another case, or without one an issue, is not the same matter."),
    _case("triage", "Triage", "A person decides what it is about."),
    get(
        "/triage/next",
        "What the caller has before them to triage: nobody else gets it meanwhile.",
        named("TriageDeck"),
        *_TRIAGE,
        found=True,
    ),
    _triage("", "Triage", "Decide one, as suggested unless the body says otherwise; the next."),
    _triage("/leave", "Nothing", "Leave one to others; the next."),
    _case("undo-triage", "VersionRead", "Take back one's own triage of a moment ago."),
    get(
        "/cases/{ref}/judgements",
        "What people decided of it, each beside what the machine had suggested.",
        items_of("Judgement"),
        found=True,
    ),
    _case("place", "Place", "Say which site it is about."),
    _case("confirm", "Triage", "A handler judges a suspected L3."),
    _case("sensitivity", "Sensitivity", "Set the level, with a reason."),
    _case("learning", "Learning", "A handler lets the machine learn from an L3, or no longer."),
    _case("answer", "Answer", "What the person is told."),
    get(
        "/cases/{ref}/answers",
        "What the information bank has for this question, the fittest first.",
        items_of("BankAnswer"),
        found=True,
    ),
    _case("inform", "Inform", "Answer a question with the information bank's words."),
    _case("interim", "Interim", "Tell the person that it takes longer, and until when."),
    _case("close", "Close", "End it with an outcome and a plain-language reason."),
    _case("reopen", "Reason", "It was not over."),
    _case("appeal", "Reason", "The person disagrees."),
    _case("note", "Note", "Write something down for whoever works on it."),
    _case("ask", "Question", "Ask the mechanism that the case came from."),
    get(
        "/cases/{ref}/passages",
        "The mechanisms it came from and went to, with its numbers there.",
        items_of("Passage"),
        found=True,
    ),
    _case("tag", "Tag", "Put a tag on it."),
    _case("untag", "Tag", "Take a tag off."),
    _case("translation", "Translation", "Put a translation beside the original."),
    _case("assign", "Assignment", "Give it to an account of the case team."),
    _case("hand-off", "HandOff", "Give an L3 to its handlers' group."),
    _case("satisfaction", "Satisfaction", "What the person says of the answer."),
    _case("link", "Link", "Link it to another case or to an issue."),
    _case("unlink", "Link", "Take it from another case or from under an issue."),
    Operation(
        "post",
        "/cases/{ref}/split",
        "Move messages that are another matter into a case of their own.",
        named("Split"),
        "SplitOff",
        MADE,
    ),
    _case("move", "Move", "Move messages to another open case of the same number or account."),
    Operation(
        "post",
        "/cases/{ref}/loop-back",
        "Try to tell the person; answers with the delivery or the task for people.",
        named("LoopBack"),
        "LoopBackBy",
    ),
    get(
        "/cases/{ref}/safeguards",
        "A handler's two duties: conduct reports, and service referrals with their consent.",
        named("Safeguards"),
        found=True,
    ),
    Operation(
        "post",
        "/cases/{ref}/conduct-report",
        "The PSEA channel was told, with or without the survivor's name.",
        named("Safeguards"),
        "ConductReport",
    ),
    Operation(
        "post",
        "/cases/{ref}/service-referral",
        "The survivor chose a service and agreed: what was explained, when and how.",
        named("Safeguards"),
        "ServiceReferral",
    ),
    Operation(
        "post",
        "/cases/{ref}/consent",
        "What the person agrees to now; what is left out stays.",
        named("Consent"),
        "ConsentReview",
    ),
)

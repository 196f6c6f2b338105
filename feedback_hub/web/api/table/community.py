"""Issues, the information bank and information to many."""

from __future__ import annotations

from feedback_hub.domain.bank import Standing
from feedback_hub.domain.issue import IssueState
from feedback_hub.web.api.schemas.shapes import DAY, TEXT, items_of, named, page_of, word
from feedback_hub.web.api.table.operation import MADE, PAGE, Operation, get


def _issue(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/issues/{{issue_id}}/{verb}", summary, named("Issue"), body)


def _bank(verb: str, summary: str) -> Operation:
    path = f"/answers/{{answer_id}}/{verb}"
    return Operation("post", path, summary, named("BankAnswer"), "VersionRead")


def _broadcast(verb: str, summary: str) -> Operation:
    path = f"/broadcasts/{{broadcast_id}}/{verb}"
    return Operation("post", path, summary, named("Broadcast"), "VersionRead")


OPERATIONS: tuple[Operation, ...] = (
    get(
        "/issues",
        "Issues, newest first.",
        page_of("Issue"),
        ("state", word(IssueState)),
        ("site", TEXT),
        ("sector", TEXT),
        ("from", DAY | {"description": "Opened on this day or later, in the hub's time zone."}),
        ("to", DAY | {"description": "Opened on this day or before."}),
        *PAGE,
    ),
    Operation(
        "post",
        "/issues",
        "Say that many cases are one problem.",
        named("Issue"),
        "NewIssue",
        MADE,
    ),
    get(
        "/issues/{issue_id}",
        "One issue, with the cases under it that the caller may see.",
        named("Issue"),
        found=True,
    ),
    _issue("assign", "Assignment", "Give it to an account that works on issues."),
    _issue("decide", "Decision", "Say what will be done."),
    _issue("answer", "PublicAnswer", "Say in public what came of it."),
    Operation(
        "post",
        "/issues/{issue_id}/tell",
        "Tell everybody who reported it the public answer, each in their own safe way.",
        named("Telling"),
        "Nothing",
    ),
    _issue("reopen", "VersionRead", "It came back."),
    get(
        "/answers",
        "The information bank: drafts, what people may be given, and what has just expired.",
        items_of("BankAnswer"),
        ("site", TEXT),
        ("sector", TEXT),
        ("language", TEXT),
        ("standing", word(Standing)),
    ),
    Operation("post", "/answers", "Draft an answer.", named("BankAnswer"), "NewBankAnswer", MADE),
    get("/answers/{answer_id}", "One answer.", named("BankAnswer"), found=True),
    _bank("approve", "Let people be given it; what it replaces leaves."),
    _bank("withdraw", "Give it to nobody any more."),
    get("/broadcasts", "Information to many, the latest first.", items_of("BroadcastLine")),
    Operation(
        "post",
        "/broadcasts",
        "Choose what is said to people who opted in, and where; nothing is sent yet.",
        named("Broadcast"),
        "NewBroadcast",
        MADE,
        found=False,
    ),
    get(
        "/broadcasts/{broadcast_id}",
        "Who hears what, what it costs, and what became of it.",
        named("Broadcast"),
        found=True,
    ),
    _broadcast("start", "Begin, with few people first; after a stop, go on with the others."),
    _broadcast("stop", "Stop at once: what waits to be sent does not go either."),
)

"""Every route of the API, one line each. ``tests/integration/test_openapi.py`` holds it against the
routes that there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.domain.bank import Standing
from feedback_hub.domain.call_back import Way
from feedback_hub.domain.case import CaseState, Outcome
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.issue import IssueState
from feedback_hub.domain.person import AccusedClass, AgeBand, Disability, Sex
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.reads.behind import Figure
from feedback_hub.reads.views.queue import QueueTab
from feedback_hub.web.schemas.shapes import (
    DAY,
    FLAG,
    NUMBER,
    TEXT,
    WHEN,
    Schema,
    items_of,
    named,
    page_of,
    word,
)


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``body`` names what is asked with, ``queries`` the address's part.

    ``answers`` are the statuses of success; ``found`` whether there is something to be not found.
    """

    method: str
    path: str
    summary: str
    answer: Schema
    body: str = ""
    answers: tuple[int, ...] = (200,)
    queries: tuple[tuple[str, Schema], ...] = ()
    found: bool = True
    public: bool = False
    media_type: str = "application/json"
    sent_as: str = "application/json"

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses of refusals, each with a problem as its body."""
        if self.public:
            return ()
        statuses = {401, 403}
        if self.body:
            statuses |= {400, 409, 422}
        if self.queries:
            statuses.add(422)
        if self.found:
            statuses.add(404)
        return tuple(sorted(statuses))


def _get(
    path: str,
    summary: str,
    answer: Schema,
    *queries: tuple[str, Schema],
    found: bool = False,
    public: bool = False,
) -> Operation:
    return Operation("get", path, summary, answer, queries=queries, found=found, public=public)


def _case(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/cases/{{ref}}/{verb}", summary, named("CaseMoved"), body)


def _referral(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/referrals/{{referral_id}}/{verb}", summary, named("Referral"), body)


def _call(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/calls/{{line_id}}/{verb}", summary, named("Call"), body)


def _issue(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/issues/{{issue_id}}/{verb}", summary, named("Issue"), body)


def _bank(verb: str, summary: str) -> Operation:
    path = f"/answers/{{answer_id}}/{verb}"
    return Operation("post", path, summary, named("BankAnswer"), "VersionRead")


def _broadcast(verb: str, summary: str) -> Operation:
    path = f"/broadcasts/{{broadcast_id}}/{verb}"
    return Operation("post", path, summary, named("Broadcast"), "VersionRead")


def _triage(verb: str, body: str, summary: str) -> Operation:
    path = f"/triage/{{ref}}{verb}"
    return Operation("post", path, summary, named("TriageDeck"), body, queries=_TRIAGE)


_TRIAGE: tuple[tuple[str, Schema], ...] = (
    ("queue", {"type": "string", "enum": ["ordinary", "handlers"]}),
    ("most", NUMBER | {"minimum": 1, "maximum": 10, "default": 2}),
)


def _user(verb: str, body: str, summary: str, answer: str = "User") -> Operation:
    return Operation("post", f"/users/{{account_id}}/{verb}", summary, named(answer), body)


_MADE = (201,)
_PAGE = (("cursor", TEXT), ("limit", NUMBER | {"minimum": 1, "maximum": 200}))

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/intake",
        "Hand in one record; 200 with the same body when it is there already.",
        named("Taken"),
        "Intake",
        (200, 201),
        found=False,
    ),
    Operation(
        "post",
        "/intake/batch",
        "Hand in what one meeting or suggestion box brought, all or none; each point is a case.",
        named("TakenAll"),
        "Batch",
        (200, 201),
        found=False,
    ),
    _get(
        "/intake/{submission_id}/files/{position}",
        "How far a file that the record announced has come; only for whoever handed it in.",
        named("Upload"),
        found=True,
    ),
    Operation(
        "put",
        "/intake/{submission_id}/files/{position}",
        "One piece of such a file, up to 1 MiB of bytes, which begins at byte `start`. A piece "
        "that is here already changes nothing.",
        named("Upload"),
        "Piece",
        queries=(("start", NUMBER | {"minimum": 0}),),
        sent_as="application/octet-stream",
    ),
    _get(
        "/desk/hello",
        "For the desk app: who is logged in, the hub's time and the app's version. A device that "
        "was taken out of use gets 410, whoever is logged in.",
        named("DeskHello"),
    ),
    Operation(
        "post",
        "/desk/devices",
        "A new desk device of whoever is logged in: its secret, for the header X-Desk-Device.",
        named("DeskDevice"),
        "Nothing",
        _MADE,
        found=False,
    ),
    Operation(
        "post",
        "/desk/devices/rescue",
        "The key that opens this device's unsent reports when its PIN is forgotten.",
        named("DeskRescue"),
        "Nothing",
    ),
    _get(
        "/desk/kit",
        "What a desk needs without a network: its own sites, the frame, current answers, the "
        "consent script. No case and no person.",
        named("DeskKit"),
    ),
    _get(
        "/desk/today",
        "Whom the desks of the caller's own sites are to find or expect today.",
        named("DeskToday"),
    ),
    _get(
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
        *_PAGE,
    ),
    _get("/cases/{ref}", "One case.", named("Case"), found=True),
    _get("/cases/{ref}/events", "Its history.", items_of("Event"), found=True),
    _get("/cases/{ref}/messages", "Its conversation.", items_of("Line"), found=True),
    _get("/cases/{ref}/attachments", "Files that came with it.", items_of("File"), found=True),
    Operation(
        "get",
        "/cases/{ref}/attachments/{attachment_id}",
        "One file, decrypted.",
        {"type": "string", "format": "binary"},
        media_type="application/octet-stream",
    ),
    _get(
        "/cases/{ref}/related",
        "The cases it is linked with, and those from the same number or account; "
        "one number may be several people's.",
        named("Related"),
        found=True,
    ),
    _get(
        "/cases/{ref}/likely",
        "Cases that are probably the same matter, and the issue they may be: suggested only.",
        named("Likely"),
        found=True,
    ),
    _case("dismiss", "Dismissal", "Another case, or without one an issue, is not the same matter."),
    _case("triage", "Triage", "A person decides what it is about."),
    _get(
        "/triage/next",
        "What the caller has before them to triage: nobody else gets it meanwhile.",
        named("TriageDeck"),
        *_TRIAGE,
        found=True,
    ),
    _triage("", "Triage", "Decide one, as suggested unless the body says otherwise; the next."),
    _triage("/leave", "Nothing", "Leave one to others; the next."),
    _case("undo-triage", "VersionRead", "Take back one's own triage of a moment ago."),
    _get(
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
    _get(
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
    _get(
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
        _MADE,
    ),
    _case("move", "Move", "Move messages to another open case of the same number or account."),
    Operation(
        "post",
        "/cases/{ref}/loop-back",
        "Try to tell the person; answers with the delivery or the task for people.",
        named("LoopBack"),
        "LoopBackBy",
    ),
    _get(
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
        "/cases/{ref}/referrals",
        "Ask a partner to act on a case.",
        named("Referral"),
        "Refer",
        _MADE,
    ),
    Operation(
        "post",
        "/cases/{ref}/referrals/preview",
        "What the partner would see of a referral; nothing is sent or kept.",
        named("ReferralSeen"),
        "Refer",
    ),
    Operation(
        "post",
        "/referrals/{referral_id}/refer/preview",
        "The same for whoever passes it on.",
        named("ReferralSeen"),
        "ReferOn",
    ),
    _get(
        "/referrals/{referral_id}",
        "One referral with its note and answer.",
        named("ReferralRead"),
        found=True,
    ),
    _referral("accept", "VersionRead", "The partner takes it."),
    _referral("decline", "Decline", "The partner cannot take it."),
    _referral("return", "Question", "The partner needs to know more first."),
    _referral("resume", "Information", "The case team answers the partner's question."),
    Operation(
        "post",
        "/referrals/{referral_id}/refer",
        "The partner asks another one; answers with the new referral.",
        named("Referral"),
        "ReferOn",
        _MADE,
    ),
    _referral("start", "Nothing", "The partner is working on it."),
    _referral("answer", "PartnerAnswer", "The partner says what was done."),
    _referral("verify", "Verdict", "The case team judges the answer."),
    _get(
        "/calls",
        "People to reach by telephone or at the desk, the most urgent first.",
        items_of("Call"),
        ("way", word(Way)),
        ("site", TEXT),
    ),
    _get(
        "/calls/{line_id}",
        "One of them; number and script once claimed.",
        named("CallSheet"),
        found=True,
    ),
    _call("claim", "Nothing", "Take it on, so that nobody else calls."),
    _call("release", "Nothing", "Give it back to the list."),
    _call("result", "CallResult", "What the try brought."),
    _get(
        "/issues",
        "Issues, newest first.",
        page_of("Issue"),
        ("state", word(IssueState)),
        ("site", TEXT),
        ("sector", TEXT),
        ("from", DAY | {"description": "Opened on this day or later, in the hub's time zone."}),
        ("to", DAY | {"description": "Opened on this day or before."}),
        *_PAGE,
    ),
    Operation(
        "post",
        "/issues",
        "Say that many cases are one problem.",
        named("Issue"),
        "NewIssue",
        _MADE,
    ),
    _get(
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
    _get(
        "/answers",
        "The information bank: drafts, what people may be given, and what has just expired.",
        items_of("BankAnswer"),
        ("site", TEXT),
        ("sector", TEXT),
        ("language", TEXT),
        ("standing", word(Standing)),
    ),
    Operation("post", "/answers", "Draft an answer.", named("BankAnswer"), "NewBankAnswer", _MADE),
    _get("/answers/{answer_id}", "One answer.", named("BankAnswer"), found=True),
    _bank("approve", "Let people be given it; what it replaces leaves."),
    _bank("withdraw", "Give it to nobody any more."),
    Operation(
        "post",
        "/handovers/preview",
        "What would become of each open case of a colleague, a partner or a site.",
        named("Handover"),
        "NewHandover",
        found=False,
    ),
    Operation(
        "post",
        "/handovers",
        "Hand them over; those that may not go are listed, and why.",
        named("Handover"),
        "NewHandover",
        _MADE,
        found=False,
    ),
    Operation(
        "post",
        "/cases/{ref}/consent",
        "What the person agrees to now; what is left out stays.",
        named("Consent"),
        "ConsentReview",
    ),
    _get("/broadcasts", "Information to many, the latest first.", items_of("BroadcastLine")),
    Operation(
        "post",
        "/broadcasts",
        "Choose what is said to people who opted in, and where; nothing is sent yet.",
        named("Broadcast"),
        "NewBroadcast",
        _MADE,
        found=False,
    ),
    _get(
        "/broadcasts/{broadcast_id}",
        "Who hears what, what it costs, and what became of it.",
        named("Broadcast"),
        found=True,
    ),
    _broadcast("start", "Begin, with few people first; after a stop, go on with the others."),
    _broadcast("stop", "Stop at once: what waits to be sent does not go either."),
    _get("/sites", "Every site.", items_of("Site")),
    _get(
        "/sites/{code}",
        "One site: who is there, what was seen and is missing, its committee, its figures.",
        named("SiteNow"),
        ("from", DAY),
        ("to", DAY),
        found=True,
    ),
    _get("/sites/{code}/visits", "The last visits to a site.", items_of("Visit"), found=True),
    Operation(
        "post", "/sites/{code}/visits", "Write down a visit.", named("Visit"), "NewVisit", _MADE
    ),
    _get("/sites/{code}/committee", "Its committee.", named("CommitteeNow"), found=True),
    Operation(
        "post",
        "/sites/{code}/committee",
        "Say how many sit on its committee: numbers, no names.",
        named("Committee"),
        "Seats",
    ),
    _get("/services", "Who answers for which sector where.", items_of("Service")),
    _get("/organisations", "Every organisation.", items_of("Organisation")),
    _get(
        "/routing",
        "Who would get an example, and why: real routing, of which nothing is kept.",
        named("Routed"),
        ("code", TEXT | {"description": "A code of the frame; needed."}),
        ("site", TEXT),
        ("sector", word(Sector)),
        ("sensitivity", word(Sensitivity)),
        ("language", TEXT),
        ("accused", TEXT | {"description": "The accused organisation."}),
        ("accused_class", word(AccusedClass)),
        ("at", WHEN | {"description": "The moment it comes in; now, if left out."}),
    ),
    _get(
        "/measures",
        "Counts and rates of the cases received in a period, always with the denominator.",
        named("Measures"),
        ("from", DAY | {"description": "The first day, in the hub's time zone."}),
        ("to", DAY | {"description": "The last day, which is part of the period."}),
        ("site", TEXT),
        ("sector", TEXT),
        ("type", TEXT),
        ("channel", TEXT),
    ),
    _get("/on-call", "Who is on call, whenever, and what rings now.", named("Roster")),
    Operation(
        "post",
        "/on-call",
        "Put somebody on the roster.",
        named("Shift"),
        "NewShift",
        _MADE,
    ),
    Operation(
        "post",
        "/on-call/{shift_id}/remove",
        "Take a shift off the roster.",
        named("ShiftRemoved"),
        "Nothing",
    ),
    Operation(
        "post",
        "/on-call/address",
        "Where somebody is rung: a telephone, a Telegram chat.",
        named("RungAt"),
        "NewAddress",
    ),
    Operation(
        "post",
        "/cases/{ref}/take",
        "Whoever is rung about it takes it: nobody else is.",
        named("RingTaken"),
        "Nothing",
    ),
    _get("/users", "Everybody who may come in, for administrators.", items_of("User")),
    Operation(
        "post",
        "/users",
        "Invite somebody; answers, this once, with the address to choose a password at.",
        named("Invited"),
        "NewUser",
        _MADE,
        found=False,
    ),
    _get("/users/{account_id}", "One of them.", named("User"), found=True),
    _user("invite", "Nothing", "A new address to choose a password at.", "Invited"),
    _user("grant", "NewRole", "One more role; a handler's waits for another handler's word."),
    _user("withdraw", "Withdraw", "Take one role away."),
    _user("profile", "Profile", "Name, languages and absence, as a whole."),
    _user("reset-second-factor", "Nothing", "Forget a lost second factor."),
    _user("disable", "Nothing", "Shut them out, at once and everywhere."),
    _user("enable", "Nothing", "Let them in again."),
    _get("/tokens", "Every token, without its secret, for administrators.", items_of("Token")),
    Operation(
        "post",
        "/tokens",
        "Make a token; answers with it this once.",
        named("TokenMade"),
        "NewToken",
        _MADE,
        found=False,
    ),
    Operation(
        "post",
        "/tokens/{token_id}/revoke",
        "The token opens nothing any more.",
        named("Token"),
        "Nothing",
    ),
    _get("/openapi.json", "This document.", {"type": "object"}, public=True),
)

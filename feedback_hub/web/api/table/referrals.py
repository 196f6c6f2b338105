"""Referrals, people to reach, and cases handed over."""

from __future__ import annotations

from feedback_hub.domain.call_back import Way
from feedback_hub.web.api.schemas.shapes import TEXT, items_of, named, word
from feedback_hub.web.api.table.operation import MADE, Operation, get


def _referral(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/referrals/{{referral_id}}/{verb}", summary, named("Referral"), body)


def _call(verb: str, body: str, summary: str) -> Operation:
    return Operation("post", f"/calls/{{line_id}}/{verb}", summary, named("Call"), body)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/cases/{ref}/referrals",
        "Ask a partner to act on a case.",
        named("Referral"),
        "Refer",
        MADE,
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
    get(
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
        MADE,
    ),
    _referral("start", "Nothing", "The partner is working on it."),
    _referral("answer", "PartnerAnswer", "The partner says what was done."),
    _referral("verify", "Verdict", "The case team judges the answer."),
    get(
        "/calls",
        "People to reach by telephone or at the desk, the most urgent first.",
        items_of("Call"),
        ("way", word(Way)),
        ("site", TEXT),
    ),
    get(
        "/calls/{line_id}",
        "One of them; number and script once claimed.",
        named("CallSheet"),
        found=True,
    ),
    _call("claim", "Nothing", "Take it on, so that nobody else calls."),
    _call("release", "Nothing", "Give it back to the list."),
    _call("result", "CallResult", "What the try brought."),
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
        MADE,
        found=False,
    ),
)

"""Who comes in, who is on call, and the tokens of other systems."""

from __future__ import annotations

from feedback_hub.web.api.schemas.shapes import items_of, named
from feedback_hub.web.api.table.operation import MADE, Operation, get


def _user(verb: str, body: str, summary: str, answer: str = "User") -> Operation:
    return Operation("post", f"/users/{{account_id}}/{verb}", summary, named(answer), body)


OPERATIONS: tuple[Operation, ...] = (
    get("/on-call", "Who is on call, whenever, and what rings now.", named("Roster")),
    Operation(
        "post",
        "/on-call",
        "Put somebody on the roster.",
        named("Shift"),
        "NewShift",
        MADE,
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
    get("/users", "Everybody who may come in, for administrators.", items_of("User")),
    Operation(
        "post",
        "/users",
        "Invite somebody; answers, this once, with the address to choose a password at.",
        named("Invited"),
        "NewUser",
        MADE,
        found=False,
    ),
    get("/users/{account_id}", "One of them.", named("User"), found=True),
    _user("invite", "Nothing", "A new address to choose a password at.", "Invited"),
    _user("grant", "NewRole", "One more role; a handler's waits for another handler's word."),
    _user("withdraw", "Withdraw", "Take one role away."),
    _user("profile", "Profile", "Name, languages and absence, as a whole."),
    _user("reset-second-factor", "Nothing", "Forget a lost second factor."),
    _user("disable", "Nothing", "Shut them out, at once and everywhere."),
    _user("enable", "Nothing", "Let them in again."),
    get("/tokens", "Every token, without its secret, for administrators.", items_of("Token")),
    Operation(
        "post",
        "/tokens",
        "Make a token; answers with it this once.",
        named("TokenMade"),
        "NewToken",
        MADE,
        found=False,
    ),
    Operation(
        "post",
        "/tokens/{token_id}/revoke",
        "The token opens nothing any more.",
        named("Token"),
        "Nothing",
    ),
)

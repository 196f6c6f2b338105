"""What a case says that somebody made by pressing keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feedback_hub.domain.call import Call, CallEnd, CallRules, Need
from feedback_hub.domain.submission import Submission
from feedback_hub.services.hotline import CallTaker

MENU = CallRules(codes={"1": "request.water", "1-2": "complaint.broken", "topic=food": "x.food"})
CALL = Call("7", datetime(2026, 3, 1, 6, 30, tzinfo=UTC), CallEnd.ABANDONED, "258840000001")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (replace(CALL, keys=("1",)), "1: Água"),
        (replace(CALL, keys=("1", "2")), "1-2: Avaria"),
        (replace(CALL, keys=("1",), note="A bomba parou"), "A bomba parou"),
        (replace(CALL, keys=("1",), answers={"topic": "food"}), "topic: food"),
        # A menu that nobody told us of says nothing: not a digit that nobody can read.
        (replace(CALL, keys=("4",)), ""),
    ],
)
def test_a_key_is_read_as_what_it_stands_for(call: Call, words: str) -> None:
    labels = {"request.water": "Água", "complaint.broken": "Avaria"}
    taker = CallTaker(
        MENU, "hotline", lambda value, _: value, lambda number: number, label_of=labels.__getitem__
    )
    made = taker.prepared(call, Need.CASE)
    assert isinstance(made, Submission)
    assert made.message.text == words

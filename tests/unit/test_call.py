"""Which call needs a case, and which asks to be called back (docs/channels/hotline_logs.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feedback_hub.domain.call import Call, CallEnd, CallRules, Need, codes_of, judge

AT = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
MISSED = Call("1", AT, CallEnd.ABANDONED, "258840000001", lasted=4)
RULES = CallRules(
    codes={"1-2": "request.water", "1": "request.other", "topic=food": "request.food"}
)


@pytest.mark.parametrize(
    ("call", "need"),
    [
        (MISSED, Need.CALL_BACK),
        (replace(MISSED, end=CallEnd.ANSWERED), Need.SERVED),
        (replace(MISSED, end=CallEnd.AUTOMATED), Need.SERVED),
        (replace(MISSED, end=CallEnd.ANSWERED, note="sem água"), Need.CASE),
        (replace(MISSED, note="sem água"), Need.CASE),
        (replace(MISSED, note="sem água", caller=""), Need.CASE),
        (replace(MISSED, keys=("1", "2")), Need.CASE),
        (replace(MISSED, keys=("9",)), Need.CALL_BACK),
        (replace(MISSED, caller=""), Need.NO_NUMBER),
        (replace(MISSED, caller="anonymous"), Need.NO_NUMBER),
        (replace(MISSED, caller="201"), Need.INTERNAL),
        (replace(MISSED, inbound=False), Need.OUTBOUND),
    ],
)
def test_what_a_call_needs(call: Call, need: Need) -> None:
    assert judge(call, RULES) is need


def test_the_settings_change_it() -> None:
    assert judge(MISSED, replace(RULES, short=5)) is Need.SHORT
    assert judge(MISSED, replace(RULES, call_back=False)) is Need.SERVED
    assert judge(MISSED, replace(RULES, internal=re.compile("25884.*"))) is Need.INTERNAL
    assert judge(replace(MISSED, caller="201"), replace(RULES, internal=re.compile(""))) is (
        Need.CALL_BACK
    )


@pytest.mark.parametrize(
    ("keys", "answers", "codes"),
    [
        (("1", "2"), {}, ("request.water",)),
        (("1", "2", "9"), {}, ("request.water",)),
        (("1", "9"), {}, ("request.other",)),
        (("9",), {"topic": "Food"}, ("request.food",)),
        (("1", "2"), {"topic": "FOOD"}, ("request.water", "request.food")),
        (("2",), {"topic": "Other"}, ()),
    ],
)
def test_the_way_through_the_menu_is_a_code(
    keys: tuple[str, ...], answers: dict[str, str], codes: tuple[str, ...]
) -> None:
    assert codes_of(replace(MISSED, keys=keys, answers=answers), RULES) == codes

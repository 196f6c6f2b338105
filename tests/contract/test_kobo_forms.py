"""Any form at all: nothing a server or an enumerator writes breaks the reading, or is lost."""

from __future__ import annotations

import string
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels._kobo_form import Questions, Values
from channels._kobo_read import Where, read
from channels.base import Unparseable
from feedback_hub.bootstrap import settings_of
from feedback_hub.config import ConfigError, keys_of, parse_config
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.person import AgeBand
from feedback_hub.domain.submission import Submission
from tests.contract.recorded import NOW
from tests.contract.test_channel_contract import assert_storable

WHERE = Where("MZ", ZoneInfo("Africa/Maputo"))
NAMES = sorted({name for key in keys_of(Questions) for name in key.default})
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [*NAMES, "_uuid", "_id", "_attachments", "meta/rootUuid", "points", "a/text"]
)


def one(answers: dict[str, Any], questions: Questions | None = None) -> Submission:
    (matter,) = read({"_id": 1} | answers, questions or Questions(), Values(), WHERE, NOW)
    return matter


@given(st.dictionaries(KEYS | st.text(max_size=12), ANY, max_size=12))
@settings(max_examples=300)
def test_any_answers_are_read_or_rejected(answers: dict[str, Any]) -> None:
    try:
        matters = read(answers, Questions(), Values(), WHERE, NOW)
    except Unparseable:
        return
    assert matters
    assert_storable(matters)
    assert all(matter.message.received_at <= NOW for matter in matters)
    assert len({matter.message.external_id for matter in matters}) == len(matters)


@given(text=st.text(string.printable, min_size=1), group=st.sampled_from(["", "a/", "a/b/"]))
def test_what_was_said_is_kept_in_whatever_group_it_stands(text: str, group: str) -> None:
    assert one({f"{group}text": text}).message.text == text.strip()


@pytest.mark.parametrize(
    ("said", "band"),
    [
        (0, AgeBand.UNDER_18),
        ("17", AgeBand.UNDER_18),
        ("17.9", AgeBand.UNDER_18),
        (18, AgeBand.FROM_18),
        (39.0, AgeBand.FROM_18),
        (40, AgeBand.FROM_40),
        (60, AgeBand.FROM_60),
        ("60_plus", AgeBand.FROM_60),
        (-1, AgeBand.NOT_ASKED),
        (999, AgeBand.NOT_ASKED),
        ("nan", AgeBand.NOT_ASKED),
        ("velho", AgeBand.NOT_ASKED),
    ],
)
def test_an_age_in_years_is_a_band(said: object, band: AgeBand) -> None:
    assert one({"age_band": said}).person.age_band is band


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-02-27", "2026-02-27T10:00:00+00:00"),
        ("2026-02-27T08:00:00.000+02:00", "2026-02-27T06:00:00+00:00"),
        ("2026-02-27T08:00:00", "2026-02-27T06:00:00+00:00"),
        ("2031-01-01", NOW.isoformat()),
        ("ontem", NOW.isoformat()),
        ("0001-01-01T00:00:00+14:00", NOW.isoformat()),
    ],
)
def test_when_it_was_said_is_read_in_the_hub_s_zone_and_never_in_the_future(
    said: str, at: str
) -> None:
    assert one({"received_at": said}).message.received_at.isoformat() == at


def test_a_form_typed_today_from_paper_keeps_both_times() -> None:
    message = one({"received_at": "2026-02-20", "_submission_time": "2026-03-01T07:00:00"}).message
    assert message.sent_at
    assert message.sent_at - message.received_at > timedelta(days=8)


def test_not_asked_is_no_answer() -> None:
    form = one(
        {"how": "not_asked", "consent_contact": "yes", "phone": "84 123 4567", "site": "not_asked"}
    )
    assert form.by_text
    assert (form.safe_time, form.message.site) == ("", "")
    assert form.message.address == "+258841234567"
    assert one({"consent_share": "perhaps"}).consent.record is Answered.NOT_ASKED


def test_an_empty_round_is_no_point_and_the_others_keep_their_number() -> None:
    answers = {"_id": 1, "points": [{"points/text": ""}, {"points/text": "Falta sabão"}, {}]}
    (point,) = read(answers, Questions(), Values(), WHERE, NOW)
    assert (point.message.external_id, point.message.text) == ("id-1:2", "Falta sabão")


def test_a_meeting_s_own_words_are_a_matter_beside_its_points() -> None:
    answers = {"_id": 1, "notes/text": "Todos presentes", "points": [{"points/text": "Sabão"}]}
    matters = read(answers, Questions(), Values(), WHERE, NOW)
    assert [matter.message.text for matter in matters] == ["Todos presentes", "Sabão"]


def test_several_questions_make_one_text_and_a_path_is_meant_exactly() -> None:
    questions = Questions(text=("relato/o_que", "relato/mais"), site=("local/centro",))
    answers = {"relato/o_que": "Bomba", "relato/mais": "há 3 dias", "x/centro": "A"}
    form = one(answers, questions)
    assert (form.message.text, form.message.site) == ("Bomba\nhá 3 dias", "")


def configured(**keys: object) -> list[str]:
    section = {"kind": "kobo", "form": "aX", "username": "kobo", **keys}
    environ = {"FEEDBACK_HUB_CHANNELS_FORM_PASSWORD": "secret-words"}
    with pytest.raises(ConfigError) as refused:
        parse_config({"channels": {"form": section}}, environ, settings_of=settings_of)
    return [f"{fault.where}: {fault.problem}" for fault in refused.value.faults]


def test_a_mapping_is_checked_key_by_key() -> None:
    found = configured(
        mapping={"texto": "a", "site": "two words", "sex": 7},
        values={"sex": {"mulher": "woman"}, "colour": {}},
    )
    assert [line.partition(":")[0] for line in found] == [
        "channels.form.mapping.texto",
        "channels.form.mapping.site",
        "channels.form.mapping.sex",
        "channels.form.values.colour",
        "channels.form.values.sex",
    ]


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"username": "kóbo"}, "channels.form.username"),
        ({"username": "a:b"}, "channels.form.username"),
        ({"username": ""}, "channels.form.username"),
        ({"form": "../x"}, "channels.form.form"),
        ({"pull_url": "https://kf.kobotoolbox.org"}, "channels.form.pull_url"),
        ({"pull_from": "old"}, "channels.form.pull_from"),
    ],
)
def test_a_section_that_cannot_work_is_refused(keys: dict[str, str], where: str) -> None:
    assert [line.partition(":")[0] for line in configured(**keys)] == [where]

"""What a text takes on the air, and that what ships fits in one SMS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.adapters.rendering import JinjaRenderer, shipped_wordings
from feedback_hub.domain.gsm7 import foreign_to_gsm7, sms_length
from feedback_hub.services.records.telling import Wording

VALUES = {"ref": "482-913-075", "hotline": "800-1458-00", "answer": "", "date": "31/12/2026"}


@pytest.mark.parametrize(
    ("text", "is_gsm7", "units", "segments"),
    [
        ("", True, 0, 0),
        ("a" * 160, True, 160, 1),
        ("a" * 161, True, 161, 2),
        ("a" * 306, True, 306, 2),
        ("a" * 307, True, 307, 3),
        ("€" * 80, True, 160, 1),
        ("a" * 152 + "€" * 77, True, 306, 3),  # an escape is not parted from its letter
        ("Olá", False, 3, 1),  # á is not in the alphabet, à is
        ("Là", True, 2, 1),
        ("não" + "a" * 67, False, 70, 1),
        ("não" + "a" * 68, False, 71, 2),
        ("😀" * 35, False, 70, 1),
        ("😀" * 67, False, 134, 3),  # 33 pairs fit in a part of 67 units, not 33 and a half
    ],
)
def test_length(text: str, is_gsm7: bool, units: int, segments: int) -> None:
    length = sms_length(text)
    assert (length.is_gsm7, length.units, length.segments) == (is_gsm7, units, segments)


def test_the_letters_that_cost_are_named_once() -> None:
    assert foreign_to_gsm7("São João não é à toa {€}") == "ã"
    assert foreign_to_gsm7("ã õ á í ó ú â ê ô ç") == "ãõáíóúâêôç"


@given(st.text(max_size=400))
def test_more_text_never_takes_less(text: str) -> None:
    shorter = sms_length(text[:-1])
    longer = sms_length(text)
    assert longer.segments >= shorter.segments
    assert longer.units >= shorter.units


@pytest.mark.parametrize(
    "wording",
    [wording for wording in shipped_wordings() if wording.purpose.is_texted],
    ids=lambda w: f"{w.language}-{w.purpose}",
)
def test_every_shipped_text_fits_in_one_gsm7_sms(wording: Wording) -> None:
    text = JinjaRenderer().render(wording.text, VALUES)
    length = sms_length(text)
    assert length.is_gsm7, foreign_to_gsm7(text)
    assert length.units <= 160

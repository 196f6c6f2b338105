"""Questions about a case, as people type them (the words that stop: see test_contact)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.commands import Command, Enquiry, command_in, enquiry_in, numbers_in
from feedback_hub.domain.reference import new_reference

REF = "482913077"
WHOLE = Enquiry(REF, "123456")


@pytest.mark.parametrize(
    "text",
    [
        f"ESTADO {REF} 123456",
        "estado 482-913-077 123-456",
        "Status: 482 913 077 / 123 456",
        "/estado 482.913.077, 123456",
        "/status@our_bot 482913077 123456",
        "Situação 482.913.077 123456?",
        "estado482913077123456",
        "«ESTADO» #482913077\n123456.",
    ],
)
def test_a_question_about_a_case_is_understood(text: str) -> None:
    assert enquiry_in(text) == WHOLE


@pytest.mark.parametrize(
    "text", ["estado", "ESTADO?", f"status {REF}", "estado 123456", f"estado {REF}1 123456"]
)
def test_one_that_lacks_a_number_is_one_still(text: str) -> None:
    assert enquiry_in(text) == Enquiry()


@pytest.mark.parametrize(
    "text",
    [
        *("estado da bomba e mau", f"estado da bomba {REF} 123456", f"{REF} 123456", ""),
        *("status quo", f"estado {REF} 123456 e a bomba?", "estados 1", "o estado", "estado 💧"),
    ],
)
def test_a_message_is_no_question_about_a_case(text: str) -> None:
    assert enquiry_in(text) is None


@given(text=st.text())
def test_any_text_is_read_without_a_fault(text: str) -> None:
    enquiry_in(text)
    enquiry_in("estado " + text)


@given(secret=st.integers(0, 999_999), between=st.sampled_from(["", " ", "-", ". "]))
def test_the_numbers_may_be_in_threes(secret: int, between: str) -> None:
    ref, six = new_reference(), f"{secret:06}"
    threes = [*(ref[i : i + 3] for i in (0, 3, 6)), six[:3], six[3:]]
    assert enquiry_in("ESTADO " + between.join(threes)) == Enquiry(ref, six)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        *(("/parar", Command.STOP), ("/stop@our_bot", Command.STOP), ("/start@bot", Command.START)),
        *(("PARAR MENSAGENS", Command.STOP), ("Stop messages!", Command.STOP)),
        *(("pare", Command.STOP), ("opt-out", Command.STOP), ("mensagens", None)),
        *(("parar as bombas", None), ("stop at school", None)),
    ],
)
def test_commands_of_bots_and_set_phrases(text: str, command: Command | None) -> None:
    assert command_in(text) is command


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *((f"{REF} 123456", WHOLE), ("482-913-077 / 123 456.", WHOLE), (f" {REF}123456\n", WHOLE)),
        *((REF, None), (f"{REF} 12345", None), ("482913075 123456", None)),
        *((f"{REF} 123456 obrigado", None), ("", None)),
    ],
)
def test_two_numbers_and_nothing_else(text: str, meant: Enquiry | None) -> None:
    assert numbers_in(text) == meant

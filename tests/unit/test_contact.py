"""What may be sent to a contact point, and the words that stop it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.commands import Command, command_in
from feedback_hub.domain.consent import Answered, Consent
from feedback_hub.domain.contact import FromBank, Purpose, Withheld, why_not
from feedback_hub.domain.sensitivity import Sensitivity

CONSENTS = st.builds(
    Consent, contact=st.sampled_from(Answered), content_in_text=st.sampled_from(Answered)
)
ABOUT_A_CASE = sorted(set(Purpose) - {Purpose.STOPPED, Purpose.RESUMED})


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "parar",
        "PARAR!",
        "Parar\n",
        "para",
        "sair",
        "«PARAR»",
        "unsubscribe",
    ],
)
def test_stop_is_understood(text: str) -> None:
    assert command_in(text) is Command.STOP


@pytest.mark.parametrize(
    "text", ["START", "começar", "COMECAR", "Recomeçar!", "comec\u0327ar", "iniciar"]
)
def test_start_is_understood(text: str) -> None:
    assert command_in(text) is Command.START


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "parar de roubar", "para mim", "stop stealing", "quero parar", "parado"),
        *("stop " * 20, "nonstop", "??", "1", "start-stop"),
    ],
)
def test_a_complaint_is_no_command(text: str) -> None:
    assert command_in(text) is None


@given(text=st.text())
def test_any_text_is_read_without_a_fault(text: str) -> None:
    command_in(text)


@given(purpose=st.sampled_from(ABOUT_A_CASE), consent=CONSENTS, stopped=st.booleans())
def test_nothing_is_texted_about_an_l3(purpose: Purpose, consent: Consent, stopped: bool) -> None:
    why = why_not(purpose, sensitivity=Sensitivity.L3, consent=consent, stopped=stopped)
    assert why is Withheld.HIGHLY_SENSITIVE


@given(purpose=st.sampled_from(ABOUT_A_CASE), level=st.sampled_from(Sensitivity), consent=CONSENTS)
def test_who_stopped_gets_the_confirmation_and_nothing_else(
    purpose: Purpose, level: Sensitivity, consent: Consent
) -> None:
    assert why_not(purpose, sensitivity=level, consent=consent, stopped=True) is not None
    assert why_not(Purpose.STOPPED, sensitivity=level, consent=consent, stopped=True) is None


@given(
    purpose=st.sampled_from(ABOUT_A_CASE),
    level=st.sampled_from(Sensitivity),
    consent=CONSENTS,
    bank=st.none() | st.builds(FromBank, st.booleans(), st.booleans()),
)
def test_a_text_leaves_only_where_everything_allows_it(
    purpose: Purpose, level: Sensitivity, consent: Consent, bank: FromBank | None
) -> None:
    allowed = level is not Sensitivity.L3 and consent.contact is not Answered.NO
    if purpose is Purpose.ANSWER:
        agreed = consent.content_in_text is Answered.YES
        if bank is not None and bank.unasked:
            agreed = consent.content_in_text is not Answered.NO
        allowed = allowed and agreed and level is Sensitivity.L1
        allowed = allowed and (bank is None or bank.for_text)
    why = why_not(purpose, sensitivity=level, consent=consent, stopped=False, bank=bank)
    assert (why is None) == allowed

"""What the person agreed to: not asked means masked, the same channel and no content."""

from __future__ import annotations

import pytest

from feedback_hub.domain.consent import Answered, Consent, Share


def test_not_asked_is_careful() -> None:
    nobody_asked = Consent()
    assert nobody_asked.may_contact
    assert not nobody_asked.may_carry_content
    assert nobody_asked.allows_share(Share.ANONYMOUS)
    assert not nobody_asked.allows_share(Share.NAME)


@pytest.mark.parametrize(
    ("agreed", "allowed"),
    [
        (Share.NO, {Share.NO}),
        (Share.NOT_ASKED, {Share.NO, Share.NOT_ASKED, Share.ANONYMOUS}),
        (Share.ANONYMOUS, {Share.NO, Share.NOT_ASKED, Share.ANONYMOUS}),
        (Share.NAME, set(Share)),
    ],
)
def test_never_more_is_shared_than_was_agreed(agreed: Share, allowed: set[Share]) -> None:
    assert {wanted for wanted in Share if Consent(share=agreed).allows_share(wanted)} == allowed


@pytest.mark.parametrize("said", list(Answered))
def test_only_a_no_forbids_contact_and_only_a_yes_allows_content(said: Answered) -> None:
    assert Consent(contact=said).may_contact == (said is not Answered.NO)
    assert Consent(content_in_text=said).may_carry_content == (said is Answered.YES)


@pytest.mark.parametrize(
    ("value", "said"), [(True, Answered.YES), (False, Answered.NO), (None, Answered.NOT_ASKED)]
)
def test_a_flag_may_be_missing(value: bool | None, said: Answered) -> None:
    assert Answered.of(value) is said

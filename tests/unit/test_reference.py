"""References a person reads aloud and keys on a phone: one slip is noticed, every spelling read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.reference import (
    check_digit,
    new_reference,
    parse_reference,
    references_in,
    spoken,
)

REFS = st.integers(10_000_000, 99_999_999).map(lambda n: f"{n}{check_digit(str(n))}")


def test_the_check_digit_is_damm_s() -> None:
    assert check_digit("572") == "4"  # the example of Damm's dissertation
    assert check_digit("") == "0"


@given(ref=REFS)
def test_every_single_wrong_digit_is_noticed(ref: str) -> None:
    for at in range(9):
        for digit in set("0123456789") - {ref[at]}:
            assert parse_reference(ref[:at] + digit + ref[at + 1 :]) is None


@given(ref=REFS)
def test_every_swap_of_neighbours_is_noticed(ref: str) -> None:
    for at in range(8):
        if ref[at] != ref[at + 1]:
            assert parse_reference(ref[:at] + ref[at + 1] + ref[at] + ref[at + 2 :]) is None


def test_new_references_are_valid_nine_digits_and_do_not_begin_with_nought() -> None:
    made = {new_reference() for _ in range(500)}
    assert len(made) > 490
    for ref in made:
        assert len(ref) == 9
        assert ref[0] != "0"
        assert parse_reference(ref) == ref


@given(ref=REFS)
def test_threes_dashes_dots_and_spaces_are_read(ref: str) -> None:
    threes = (ref[:3], ref[3:6], ref[6:])
    for between in ("", " ", "-", "."):
        assert parse_reference(between.join(threes)) == ref
        assert parse_reference(f"  {between.join(threes)}\n") == ref
    assert parse_reference(spoken(ref)) == ref


@pytest.mark.parametrize(
    "written",
    ["", "482", "abc", "4829130750", "48291307", "482--913--075", "4829-13075", "٤٨٢٩١٣٠٧٥"],
)
def test_what_is_no_reference_is_none(written: str) -> None:
    assert parse_reference(written) is None


@given(written=st.text())
def test_any_text_is_read_without_a_fault(written: str) -> None:
    parsed = parse_reference(written)
    assert parsed is None or parse_reference(parsed) == parsed
    references_in(written)


@given(one=REFS, two=REFS)
def test_references_are_found_in_free_text_once_each_in_order(one: str, two: str) -> None:
    text = f"O caso {spoken(one)}, e (nr.{two})! Outra vez {one[:3]} {one[3:6]} {one[6:]}."
    assert references_in(text) == tuple(dict.fromkeys((one, two)))


@given(ref=REFS)
def test_digits_inside_a_longer_number_are_no_reference(ref: str) -> None:
    assert references_in(f"1{ref}") == ()
    assert references_in(f"{ref}7") == ()
    assert references_in(f"caso{ref}obrigado") == (ref,)

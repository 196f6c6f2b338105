"""A count that is hidden cannot be reckoned back from the total and the other counts."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from feedback_hub.reads.measures import hidden_parts

COUNTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 30), max_size=8
)


@given(COUNTS, st.integers(2, 10))
@example({"a": 1, "b": 20, "c": 30}, 5)
@example({"a": 1, "b": 1, "c": 30}, 5)
def test_what_is_hidden_together_is_never_one_and_never_small(
    counts: dict[str, int], threshold: int
) -> None:
    hidden = hidden_parts(counts, threshold)
    assert all(name in hidden for name, count in counts.items() if count < threshold)
    told = [counts[name] for name in hidden if counts[name]]
    if any(0 < count < threshold for count in counts.values()) and len(hidden) < len(counts):
        # The total less what is said is what all that is hidden comes to.
        assert sum(told) >= threshold
        assert len(told) > 1


@given(COUNTS)
def test_where_nothing_is_small_nothing_is_hidden(counts: dict[str, int]) -> None:
    large = {name: count + 5 for name, count in counts.items()}
    assert hidden_parts(large, 5) == frozenset()

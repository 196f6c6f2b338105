"""An id is given once, in the order of time, and says nothing but when."""

from __future__ import annotations

import uuid
from multiprocessing import get_context

from feedback_hub.domain.ids import new_id


def _many(_: int) -> list[str]:
    return [new_id() for _ in range(2000)]


def test_an_id_is_a_uuid_of_version_7() -> None:
    for _ in range(100):
        made = uuid.UUID(new_id())
        assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_what_is_made_later_comes_later() -> None:
    before = new_id()
    moment = int(before[:12], 16)
    while int(new_id()[:12], 16) == moment:
        pass
    assert new_id() > before


def test_forks_of_one_process_never_give_the_same_one() -> None:
    with get_context("fork").Pool(4) as forks:
        made = [one for some in forks.map(_many, range(8), chunksize=1) for one in some]
    assert len(set(made)) == len(made) == 8 * 2000


def test_of_those_of_one_moment_none_is_guessed_from_another() -> None:
    made = [new_id() for _ in range(20_000)]
    tails = {one[16:] for one in made}
    assert len(tails) == len(made)
    # Each hexadecimal digit after the version is drawn: 1,250 times of 20,000, give or take.
    for place in (13, 14, 15, *range(17, 32)):
        counts = [sum(one[place] == digit for one in made) for digit in "0123456789abcdef"]
        assert min(counts) > 1000, place

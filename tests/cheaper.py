"""What every test would pay for again, paid once a session. Nothing behaves differently for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from passlib.hash import argon2

from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.lexicon import Lexicon
from feedback_hub.web import pages

OWASP = {"memory_cost": 19 * 1024, "default_rounds": 2, "parallelism": 1}
"""The least that the OWASP Password Storage Cheat Sheet asks of argon2id (KiB, passes, lanes)."""
CHEAP = {"memory_cost": 8, "default_rounds": 1, "parallelism": 1}


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """A log-in takes a third of a second, so that guessing takes long; here there are hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        for name, cost in CHEAP.items():
            # Browser tests and others in one session each bring it: the second finds it done.
            assert getattr(argon2, name) == cost or getattr(argon2, name) >= OWASP[name]
            patch.setattr(argon2, name, cost)
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test's hub has a home of its own and would compile each page anew."""
    folder = tmp_path_factory.mktemp("templates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "compiled_pages", lambda _home: folder)
        yield


@pytest.fixture(scope="session", autouse=True)
def words_compiled_once() -> Iterator[None]:
    """Each hub that reads a message would compile the same words for half a second."""
    known: dict[tuple[str, ...], Lexicon] = {}
    found = LexiconClassifier.__dict__["_lexicon"]
    if isinstance(found, property):
        # Done already: see above.
        yield
        return
    compiled = found.func

    def lexicon(classifier: LexiconClassifier) -> Lexicon:
        key = (classifier.version, *(code.code for code in classifier._frame))
        if key not in known:
            known[key] = compiled(classifier)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LexiconClassifier, "_lexicon", property(lexicon))
        yield

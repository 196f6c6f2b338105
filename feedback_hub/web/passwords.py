"""Password hashes, one at a time."""

from __future__ import annotations

import fcntl
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_security import Security
from passlib.context import CryptContext


class OneAtATime(CryptContext):
    """Argon2id takes 64 MB while it reckons, as it should: who cracks it needs them too.

    Everybody who logs in on a Monday morning, or whoever tries passwords, would take that much for
    each thread of each process: more than a small machine has. The next in turn waits a fifth of a
    second, and loses little by it, since one hash has work for four processors.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        self._memory = _OnlyOne()
        super().__init__(*given, **named)

    def hash(self, *given: Any, **named: Any) -> str:
        """A new hash, in turn."""
        with self._memory.held():
            return str(super().hash(*given, **named))

    def verify(self, *given: Any, **named: Any) -> bool:
        """Whether a password is the one that was hashed, in turn."""
        with self._memory.held():
            return bool(super().verify(*given, **named))


class _OnlyOne:
    """Between the threads of this process, and between all that are forked after it was made.

    A record lock on a file without a name: whoever dies with it has given it back.
    """

    def __init__(self) -> None:
        self._here = threading.Lock()
        self._file = os.memfd_create("passwords")
        weakref.finalize(self, os.close, self._file)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for it, and give it back."""
        with self._here:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def take_turns(security: Security) -> None:
    """From here on ``security`` hashes and verifies one password at a time."""
    security.pwd_context = OneAtATime.from_string(security.pwd_context.to_string())

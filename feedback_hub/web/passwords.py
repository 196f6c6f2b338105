"""Password hashes, one at a time."""

from __future__ import annotations

import threading
from typing import Any

from flask_security import Security
from passlib.context import CryptContext


class OneAtATime(CryptContext):
    """Argon2id takes 64 MB while it reckons, as it should: who cracks it needs them too.

    Everybody who logs in on a Monday morning, or whoever tries passwords, would take that much for
    each thread of a process: more than a small machine has. The next in turn waits a fifth of a
    second.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        self._turn = threading.Lock()
        super().__init__(*given, **named)

    def hash(self, *given: Any, **named: Any) -> str:
        """A new hash, in turn."""
        with self._turn:
            return str(super().hash(*given, **named))

    def verify(self, *given: Any, **named: Any) -> bool:
        """Whether a password is the one that was hashed, in turn."""
        with self._turn:
            return bool(super().verify(*given, **named))


def take_turns(security: Security) -> None:
    """From here on ``security`` hashes and verifies one password at a time in this process."""
    security.pwd_context = OneAtATime.from_string(security.pwd_context.to_string())

"""Password hashes for accounts made on the command line, as the web's log-in verifies them."""

from __future__ import annotations

from argon2 import PasswordHasher


def hash_password(password: str) -> str:
    """An argon2id hash."""
    return PasswordHasher().hash(password)

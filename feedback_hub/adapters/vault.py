"""Encryption at rest: AES-GCM, one data key per contact and per message, wrapped by the hub's key.

What it stops: a stolen database or backup tells no text, name or number. What it does not: a thief
of the database *and* of the hub's key file. See ``docs/security.md``.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine, Select, bindparam, delete, insert, inspect, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.engine import for_reading
from feedback_hub.adapters.handlers_pair import MARK, HandlersPair
from feedback_hub.adapters.tables import data_key
from feedback_hub.adapters.wrapping_keys import WrappingKeys, fingerprint_of
from feedback_hub.domain.ids import new_id
from feedback_hub.services.ports import VaultClosed, VaultSealed, VaultTampered

_NONCE = 12
KEY_BYTES = 32


class Keyring:
    """The hub's key and what is derived from it: wrapping, look-up and case secrets."""

    def __init__(
        self,
        master: bytes,
        wrapping: WrappingKeys | None = None,
        handlers: HandlersPair | None = None,
    ) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the encryption key must be {KEY_BYTES} bytes")
        self._master = master
        self.fingerprint = fingerprint_of(master)
        self.wrapping = wrapping or WrappingKeys()
        self.handlers = handlers or HandlersPair()
        self._wraps = {self.fingerprint: AESGCM(_derive(master, b"wrap"))}
        # These stay when keys are rotated: numbers already given and kept are derived from them.
        self._index = _derive(master, b"index")
        self._secret = _derive(master, b"case secret")
        self._handset = _derive(master, b"handset")

    def with_handlers(self, handlers: HandlersPair) -> Keyring:
        """The same keys with another pair."""
        return Keyring(self._master, self.wrapping, handlers)

    def current(self) -> str:
        """The fingerprint of the key that wraps from now on."""
        return self.wrapping.current() or self.fingerprint

    def knows(self, fingerprint: str) -> bool:
        """Whether what this key wrapped belongs to this hub."""
        if fingerprint.startswith(MARK):
            return self.handlers.is_known(fingerprint)
        return fingerprint == self.fingerprint or self.wrapping.get(fingerprint) is not None

    def wrap(self, key_id: str, key: bytes) -> tuple[bytes, str]:
        """``(the data key encrypted and bound to its id, by which key)``."""
        by = self.current()
        return _seal(self._cipher(by), key, key_id.encode()), by

    def unwrap(self, key_id: str, wrapped: bytes, wrapped_by: str) -> bytes:
        """Decrypt a data key.

        Raises ``VaultTampered``, also for another hub's key, ``VaultSealed``.
        """
        if wrapped_by.startswith(MARK):
            return self.handlers.open(key_id, wrapped, wrapped_by)
        return _open(self._cipher(wrapped_by), wrapped, key_id.encode())

    def _cipher(self, fingerprint: str) -> AESGCM:
        if fingerprint not in self._wraps:
            key = self.wrapping.get(fingerprint)
            if key is None:
                raise VaultTampered("a data key is wrapped by a key that is not here")
            self._wraps[fingerprint] = AESGCM(_derive(key, b"wrap"))
        return self._wraps[fingerprint]

    def index(self, value: str, purpose: str) -> str:
        """Keyed hash for look-up by equality."""
        return hmac.new(
            self._index, f"{purpose}\0{value}".encode(errors="surrogatepass"), "sha256"
        ).hexdigest()

    def secret_for(self, ref: str) -> str:
        """Six digits only this hub can derive from the reference."""
        digest = hmac.new(self._secret, ref.encode(), "sha256").digest()
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    def handset_key(self) -> str:
        """Signs what the training handset sends."""
        return self._handset.hex()


class SqlVault:
    """The vault of one unit of work: data keys are rows of its transaction."""

    def __init__(self, session: Session, keyring: Keyring) -> None:
        self._session = session
        self._keyring = keyring
        self._open_keys: dict[str, AESGCM] = {}
        self._sealed: set[str] = set()

    def new_key(self) -> str:
        """Make a data key and return its id."""
        return self.new_keys(1)[0]

    def new_keys(self, count: int) -> list[str]:
        """Make ``count`` data keys in one statement."""
        made = {new_id(): secrets.token_bytes(KEY_BYTES) for _ in range(count)}
        if made:
            rows = []
            for key_id, key in made.items():
                wrapped, by = self._keyring.wrap(key_id, key)
                rows.append({"id": key_id, "wrapped": wrapped, "wrapped_by": by})
            self._session.execute(insert(data_key), rows)
        for key_id, key in made.items():
            self._open_keys[key_id] = AESGCM(key)
        return list(made)

    def destroy(self, key_id: str) -> None:
        """Delete a data key."""
        self.destroy_all([key_id])

    def destroy_all(self, key_ids: Sequence[str]) -> None:
        """Delete these data keys."""
        for key_id in key_ids:
            self._open_keys.pop(key_id, None)
        if key_ids:
            self._session.execute(delete(data_key).where(data_key.c.id.in_(key_ids)))

    def seal(self, key_id: str, plain: str | bytes, bound_to: str) -> bytes:
        """Encrypt under the data key ``key_id``. Raises ``VaultClosed``, ``VaultSealed``."""
        return sealed(self._cipher(key_id), plain, bound_to)

    def open(self, key_id: str, sealed: bytes, bound_to: str) -> str:
        """Decrypt; empty for what was erased.

        Raises ``VaultClosed``, ``VaultSealed``, ``VaultTampered``.
        """
        return self.open_bytes(key_id, sealed, bound_to).decode("utf-8", "surrogatepass")

    def open_bytes(self, key_id: str, sealed: bytes, bound_to: str) -> bytes:
        """Decrypt what is no text. Raises ``VaultClosed``, ``VaultTampered``."""
        if not sealed and not self._has(key_id) and key_id not in self._sealed:
            # Nothing is sealed to nothing: with its key it was erased. With the key there, cut.
            return b""
        return _open(self._cipher(key_id), sealed, bound_to.encode())

    def index(self, value: str, purpose: str) -> str:
        """See ``Keyring.index``."""
        return self._keyring.index(value, purpose)

    def secret_for(self, ref: str) -> str:
        """See ``Keyring.secret_for``."""
        return self._keyring.secret_for(ref)

    def load(self, key_ids: set[str]) -> None:
        """Fetch many data keys in one query, for pages that open many texts."""
        wanted = key_ids - self._open_keys.keys() - self._sealed
        if not wanted:
            return
        rows = self._session.execute(_keys(), {"ids": list(wanted)})
        self.take((row[0], row[1], row[2]) for row in rows)

    def take(self, rows: Iterable[tuple[str, bytes | None, str]]) -> None:
        """The same for rows of ``data_key`` that were fetched beside what they open."""
        for key_id, wrapped, by in rows:
            if wrapped is None or key_id in self._open_keys or key_id in self._sealed:
                continue
            try:
                self._open_keys[key_id] = AESGCM(self._keyring.unwrap(key_id, wrapped, by))
            except VaultSealed:
                self._sealed.add(key_id)

    def _has(self, key_id: str) -> bool:
        self.load({key_id})
        return key_id in self._open_keys

    def _cipher(self, key_id: str) -> AESGCM:
        if not self._has(key_id):
            raise VaultSealed if key_id in self._sealed else VaultClosed(key_id)
        return self._open_keys[key_id]


@cache
def _keys() -> Select[str, bytes, str]:
    return select(data_key).where(data_key.c.id.in_(bindparam("ids", expanding=True)))


def sealed_by(engine: Engine) -> str | None:
    """The fingerprint of a key that what is kept here was sealed with; None where nothing is.

    One data key is looked at, not all: a rotation wraps every one anew. Those that are closed to
    the handlers' pair say nothing of the hub's own key. Raises ``SQLAlchemyError``.
    """
    with for_reading(engine).connect() as connection:
        if not inspect(connection).has_table(data_key.name):
            return None
        by = data_key.c.wrapped_by
        return connection.scalar(select(by).where(by.not_like(f"{MARK}%")).limit(1))


def sealed_by_another(engine: Engine, keyring: Keyring) -> str | None:
    """The fingerprint of the key that all of what is kept here was sealed with, if it is not ours.

    None as soon as anything is ours: a single row of another key is a fault of its own, and no
    reason to keep a hub from starting. Raises ``SQLAlchemyError``.
    """
    by = sealed_by(engine)
    if by is None or keyring.knows(by):
        return None
    ours = data_key.c.wrapped_by.in_({keyring.current(), keyring.fingerprint})
    with for_reading(engine).connect() as connection:
        found = connection.scalar(select(data_key.c.id).where(ours).limit(1))
    return by if found is None else None


def sealed(cipher: AESGCM, plain: str | bytes, bound_to: str) -> bytes:
    """``plain`` encrypted, and bound to where it is kept."""
    if isinstance(plain, str):
        # A lone surrogate is not UTF-8, and what a person sent is kept all the same.
        plain = plain.encode("utf-8", "surrogatepass")
    return _seal(cipher, plain, bound_to.encode())


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"feedback_hub " + purpose).derive(master)


def _seal(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise VaultTampered("a sealed value does not belong where it was found") from error

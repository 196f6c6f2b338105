"""The handlers' pair of keys: every process may close with the public one, few hold the private.

Closing is HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM), bound to the data key's id. Where no
pair was made (``feedback-hub keys handlers``), highly sensitive cases are wrapped like all others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from feedback_hub.services.ports import VaultSealed, VaultTampered

PUBLIC_FILE = "handlers_public"
"""In the secrets folder of every machine of the hub."""
MARK = "h:"
"""What ``data_key.wrapped_by`` begins with for a key that only handlers' processes open."""
_RAW = 32


class HandlersPair:
    """The public key, read anew when its file changes, and the private one where this process may.

    ``public``: given by configuration; else the file in ``folder`` counts; else there is none.
    """

    def __init__(self, folder: Path | None = None, *, public: str = "", private: str = "") -> None:
        self._file = folder / PUBLIC_FILE if folder else None
        self._private = X25519PrivateKey.from_private_bytes(_raw(private)) if private else None
        if self._private is not None:
            public = _written(self._private.public_key().public_bytes_raw())
        self._given = _raw(public) if public else b""
        self._stamp = -1
        self._read = b""

    def closes_with(self) -> str:
        """What ``wrapped_by`` says of a key closed now; empty where there is no pair."""
        public = self._public()
        return fingerprint(public) if public else ""

    def opens(self, wrapped_by: str) -> bool:
        """Whether this process holds the private key for this."""
        held = self._private
        return held is not None and fingerprint(held.public_key().public_bytes_raw()) == wrapped_by

    def holds_private(self) -> bool:
        """Whether this process opens what is closed now; also where nothing is closed so."""
        closed_by = self.closes_with()
        return not closed_by or self.opens(closed_by)

    def is_known(self, wrapped_by: str) -> bool:
        """Whether it is this pair's, opened here or not."""
        return wrapped_by == self.closes_with() or self.opens(wrapped_by)

    def public_half(self) -> str:
        """As it is written into a file."""
        return _written(self._public())

    def forget_private(self) -> None:
        """This process opens nothing of it any more."""
        if self._private is not None:
            self._given = self._private.public_key().public_bytes_raw()
            self._private = None

    def close(self, key_id: str, key: bytes) -> tuple[bytes, str]:
        """``(the data key for handlers alone, by which public key)``. There must be a pair."""
        public = self._public()
        sealed = _suite().encrypt(
            key, X25519PublicKey.from_public_bytes(public), info=key_id.encode()
        )
        return sealed, fingerprint(public)

    def open(self, key_id: str, wrapped: bytes, wrapped_by: str) -> bytes:
        """Raises ``VaultSealed`` without the private key, ``VaultTampered``."""
        if self._private is None or not self.opens(wrapped_by):
            raise VaultSealed
        try:
            return _suite().decrypt(wrapped, self._private, info=key_id.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultTampered("a data key does not belong where it was found") from error

    def _public(self) -> bytes:
        if self._given or self._file is None:
            return self._given
        try:
            stamp = self._file.stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return b""
        if stamp != self._stamp:
            self._read = _raw(self._file.read_text("ascii").strip())
            self._stamp = stamp
        return self._read


def make_pair() -> tuple[str, str]:
    """A new ``(private, public)``, as they are written into files."""
    private = X25519PrivateKey.generate()
    return (
        _written(private.private_bytes_raw()),
        _written(private.public_key().public_bytes_raw()),
    )


def fingerprint(public: bytes) -> str:
    """What a pair is known by in ``wrapped_by``."""
    return MARK + hashlib.sha256(b"feedback_hub handlers" + public).hexdigest()[:14]


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _raw(written: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(written)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is no handlers' key") from error
    if len(raw) != _RAW:
        raise ValueError("is no handlers' key")
    return raw

"""A table behind a password: a ZIP in WinZip's AES form (256 bit), which 7-Zip and WinZip open."""

from __future__ import annotations

import io
import os
from pathlib import Path


def closed(name: str, content: bytes, password: str) -> bytes:
    """``content`` as ``name`` in a ZIP that only ``password`` opens."""
    # With it come two more libraries: 2 MB, which few files need.
    import pyzipper  # noqa: PLC0415

    made = io.BytesIO()
    with pyzipper.AESZipFile(
        made, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.writestr(name, content)
    return made.getvalue()


def write(path: Path, name: str, content: bytes, password: str) -> None:
    """The same into a file for its owner's eyes only. Raises ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(closed(name, content, password))

"""Recordings of the wordings: ``packs/<language>/<purpose>.mp3`` or ``.wav`` in the home folder.

Approving a wording approves the recording that is there by its digest: a file that was put there
or changed afterwards is heard by nobody until it is approved in its turn.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from feedback_hub.domain.contact import Purpose

TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}


def find_recording(home: Path, language: str, purpose: Purpose) -> Path | None:
    """The recording of a wording, approved or not; None if there is none."""
    for suffix in TYPES:
        path = home / "packs" / language / f"{purpose.value}{suffix}"
        if path.is_file():
            return path
    return None


def digest_of(path: Path | None) -> str:
    """What a recording is known by (SHA-256, hex); empty if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""

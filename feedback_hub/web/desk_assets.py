"""The files of the desk app: which there are, how each is sent, and the version they make.

The app keeps a version whole on the device. Its name is drawn from the content of every file, so
that a change of any of them, of a translation too, is a new version, and nothing else is.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from feedback_hub.web.i18n import LOCALES
from feedback_hub.web.lessons import lessons
from feedback_hub.web.words.desk_app import words

WORKER = "sw.js"
BASE = "/desk/app/"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
}
_SHARED = ("app.css", "icons.svg", "favicon.svg", "select.svg")
_OWN = ("desk.css",)


@dataclass(frozen=True)
class Asset:
    """One file as it is sent; ``packed`` is the same, compressed."""

    content: bytes
    packed: bytes
    media_type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by its name. Needs an application, for its words."""
    static = files("feedback_hub.web") / "static"
    found = {name: (static / name).read_bytes() for name in (*_SHARED, *_OWN)}
    for one in (static / "desk").iterdir():
        if one.is_file():
            content = one.read_bytes()
            found[one.name] = _without_comments(content) if one.name.endswith(".js") else content
    for language in LOCALES:
        found[f"words-{language}.json"] = _json(words(language))
        found[f"lessons-{language}.json"] = _json(lessons(language))
    return {name: _asset(name, content) for name, content in sorted(found.items())}


@cache
def version() -> str:
    """What the files are, in sixteen characters."""
    every = "\n".join(f"{name} {one.etag}" for name, one in assets().items())
    return hashlib.sha256(every.encode()).hexdigest()[:16]


def worker() -> bytes:
    """The service worker, which knows its version and every file of it."""
    kept = [BASE + name for name in assets() if name != WORKER]
    head = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(kept)};\n"
    return head.encode() + assets()[WORKER].content


def _without_comments(script: bytes) -> bytes:
    """A script without the lines that are for whoever reads it here: bytes cost money."""
    lines = script.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lstrip().startswith(b"//"))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _asset(name: str, content: bytes) -> Asset:
    suffix = name[name.rindex(".") :]
    return Asset(
        content,
        # No time in it: the same file is the same bytes.
        gzip.compress(content, 9, mtime=0),
        _TYPES[suffix],
        hashlib.sha256(content).hexdigest()[:20],
    )

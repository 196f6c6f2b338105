"""What goes over a thin line: compressed, and kept by the browser until it changes."""

from __future__ import annotations

import gzip
import hashlib
import io
import secrets
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, g, request, url_for
from markupsafe import Markup, escape

SMALLEST = 600
"""Below this many bytes compression saves no packet."""
FOREVER = 365 * 24 * 3600
_LONGEST_PADDING = 64
_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/ld")


def init_lean(app: Flask) -> None:
    """Static addresses carry a mark of their content, and text leaves compressed."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def _mark(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static" and "v" not in values:
            mark = _mark_of(folder / str(values.get("filename", "")))
            if mark:
                values["v"] = mark

    @app.after_request
    def _lean(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={FOREVER}, immutable"
        return _compressed(response, folder)

    app.jinja_env.globals["icon"] = icon
    app.extensions["feedback_hub_lean"] = (_mark, _lean)


def icon(name: str, title: str = "") -> Markup:
    """One of our signs; ``title`` says what it means where no word beside it does."""
    if "icons_address" not in g:
        # Reckoned once a page: a list shows hundreds of them.
        g.icons_address = url_for("static", filename="icons.svg")
    said = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
    use = f'<use href="{g.icons_address}#{name}"/>'
    return Markup(f'<svg class="icon" {said} focusable="false">{use}</svg>')  # noqa: S704  ours


def _compressed(response: Response, folder: Path) -> Response:
    kind = response.mimetype or ""
    if not kind.startswith(_TYPES) or response.status_code != 200:
        return response
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers or not request.accept_encodings["gzip"]:
        return response
    if request.endpoint == "static":
        path = folder / str((request.view_args or {}).get("filename", ""))
        body = _static(path, path.stat().st_mtime_ns)
    elif response.is_streamed or response.direct_passthrough:
        return response
    else:
        body = response.get_data()
        if len(body) < SMALLEST:
            return response
        body = _with_padding(body)
    file = response.response
    response.direct_passthrough = False
    response.set_data(body)
    if hasattr(file, "close"):
        file.close()
    response.headers["Content-Encoding"] = "gzip"
    if response.get_etag()[0]:
        # The same thing in other bytes.
        response.set_etag(response.get_etag()[0] or "", weak=True)
    return response


def _with_padding(body: bytes) -> bytes:
    """Compressed, with a file name of random length in front.

    Pages hold a forgery token beside words from outside: without it, the length of an answer
    would tell whether a guess at the token repeats it (BREACH).
    """
    out = io.BytesIO()
    name = "".join("x" for _ in range(secrets.randbelow(_LONGEST_PADDING)))
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=5, fileobj=out, mtime=0) as packed:
        packed.write(body)
    return out.getvalue()


@lru_cache(maxsize=64)
def _static(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def _mark_of(path: Path) -> str:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return ""
    return _hash(path, changed)


@lru_cache(maxsize=256)
def _hash(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]

"""The desk app: its shell, its files, its service worker. What it knows comes from the API.

The shell and the files hold nothing of anybody, so they are handed to whoever asks: a device whose
log-in has ended must be able to fetch a new version. The way in from the hub is for the desk.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request

from feedback_hub.web import desk_assets
from feedback_hub.web.desk_assets import Asset
from feedback_hub.web.desk_devices import at_the_desk
from feedback_hub.web.hub import current_hub

desk_app = Blueprint("desk_app", __name__, url_prefix="/desk/app")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; media-src 'self' blob:; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The hub's own, and what was just recorded or drawn here."""


@desk_app.get("")
def start() -> Response:
    """The app, for whoever sits at a help desk."""
    at_the_desk()
    return _shell()


@desk_app.get("/shell")
def shell() -> Response:
    """The same, as the device keeps it."""
    return _shell()


@desk_app.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to install it."""
    name = current_hub().config.hub.name
    answer = jsonify(
        {
            "id": "/desk/app",
            "name": name,
            "short_name": name[:12].strip(),
            "start_url": "/desk/app",
            "scope": "/desk/app",
            "display": "standalone",
            "orientation": "portrait",
            "background_color": "#f5f4f1",
            "theme_color": "#0b5a78",
            "icons": [
                {"src": "/desk/app/icon-192.png", "sizes": "192x192", "type": "image/png"},
                {
                    "src": "/desk/app/icon-512.png",
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "any maskable",
                },
            ],
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer


@desk_app.get("/sw.js")
def worker() -> Response:
    """The service worker. Asked for anew each time: it is how a device learns of a new version."""
    answer = make_response(desk_assets.worker())
    answer.content_type = "text/javascript; charset=utf-8"
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/desk/app"
    return answer


@desk_app.get("/<filename>")
def file(filename: str) -> Response:
    """One file of the app."""
    asset = desk_assets.assets().get(filename)
    if asset is None or filename == desk_assets.WORKER:
        abort(404)
    return _send(asset)


def _send(asset: Asset) -> Response:
    zipped = request.accept_encodings.quality("gzip") > 0
    answer = make_response(asset.packed if zipped else asset.content)
    answer.content_type = asset.media_type
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    # Kept, but never used without asking: files of two versions must not meet.
    answer.headers["Cache-Control"] = "no-cache"
    # Nothing in a file is a page; and two dozen of them over a thin line make each header count.
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    answer.set_etag(f"{asset.etag}{'-gz' if zipped else ''}")
    answer.make_conditional(request)
    return answer


def _shell() -> Response:
    answer = make_response(render_template("desk_app.html", version=desk_assets.version()))
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer

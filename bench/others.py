"""Three others that do part of the same work, each as its own documentation sets it up.

The message is the same e-mail to each, handed to its own intake over HTTP: to Request Tracker's
mail gateway as its ``rt-mailgate`` does; to django-helpdesk's and to Roundup's by a view of a few
lines beside their pages (``bench/peers``), which spares them the process an e-mail that their
commands would be. A case is there when the program answers: sender, text and ticket are kept.
"""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.load import request, text_of

PLACE = Path(os.environ.get("FEEDBACK_HUB_PEERS", Path.home() / ".cache/feedback_hub/peers"))
HERE = Path(__file__).parent / "peers"
FORM = "Content-Type: application/x-www-form-urlencoded"

Command = Sequence[str]


@dataclass(frozen=True)
class Other:
    """One of them. ``home`` is where its folders lie, ``fill`` makes one with so many cases."""

    name: str
    database: str
    home: Path
    version: Callable[[], str | None]
    """None: it is not installed."""
    made_by: Sequence[str]
    """The files of ``bench/peers`` that decide what a filled one is like."""
    fill: Callable[[Path, int], Command]
    serve: Callable[[Path, int], Sequence[Command]]
    """What has to run for it, in this order, on the port."""
    ready: str
    message: Callable[[int, int], bytes]
    """The request that brings message N to the port."""
    good: str
    """What the answer holds where it was taken."""
    log_in: Callable[[int], str]
    """The cookie of somebody who is logged in."""
    pages: Mapping[str, Sequence[str]]
    """What is fetched to see each of its pages."""
    is_as_installed: bool = True
    """Not: something of what it does by itself is taken from it, in its favour."""


def asked(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, str, Sequence[str]]:
    """The status, the body and the cookies that are set."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as line:
        line.request(method, path, body, dict(headers or {}))
        answer = line.getresponse()
        said = answer.read().decode(errors="replace")
        cookies = [
            value.partition(";")[0]
            for name, value in answer.getheaders()
            if name.lower() == "set-cookie"
        ]
        return answer.status, said, cookies


def entered(port: int, path: str, form: Mapping[str, str], cookie: str = "") -> str:
    """The cookies after a log-in by this form. Raises ``RuntimeError`` where there are none."""
    headers = {"Content-Type": FORM.partition(": ")[2], "Cookie": cookie}
    at = f"http://127.0.0.1:{port}"
    headers |= {"Origin": at, "Referer": f"{at}{path}"}
    status, _, cookies = asked(port, "POST", path, urlencode(form).encode(), headers)
    if not cookies:
        raise RuntimeError(f"no log-in at {path}: {status}")
    return "; ".join(cookies)


def _in_python(name: str) -> Path:
    return PLACE / name / "bin" / "python"


def _version_in_python(name: str) -> str | None:
    python = _in_python(name)
    if not python.exists():
        return None
    asking = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.check_output([python, "-c", asking], text=True).strip()


def _gunicorn(name: str, site: str, home: Path, port: int) -> Command:
    return [
        *("env", f"PEER_HOME={home}", f"PYTHONPATH={HERE}", str(_in_python(name))),
        *("-m", "gunicorn", "--workers", "2", "--threads", "8"),
        *("--bind", f"127.0.0.1:{port}", f"{site}:application"),
    ]


def _mail(number: int) -> str:
    text = text_of(number)
    return "\n".join(
        (
            f"From: p{number}@example.org",
            "To: bench@example.org",
            f"Subject: {text[:40]}",
            f"Message-ID: <{number}@example.org>",
            "",
            text,
        )
    )


_ROOT = PLACE / "request-tracker"


def _rt(what: str, home: Path, *more: str) -> Command:
    return [str(HERE / "request_tracker.sh"), what, str(_ROOT), f"/srv/{home.name}", *more]


def _rt_version() -> str | None:
    # Its root can be entered by root alone.
    status = _ROOT / "var/lib/dpkg/status"
    if os.getuid() != 0 or not status.exists():
        return None
    found = re.search(
        r"Package: request-tracker5\n.*?Version: (\S+)", status.read_text(), re.DOTALL
    )
    return found and found.group(1)


def _rt_message(port: int, number: int) -> bytes:
    form = {"queue": "General", "action": "correspond", "message": _mail(number)}
    url = f"http://127.0.0.1:{port}/REST/1.0/NoAuth/mail-gateway"
    return request(url, urlencode(form).encode(), FORM)


def _rt_found(query: str) -> str:
    return f"/Search/Results.html?Query={quote(query)}&Rows=50&OrderBy=id&Order=DESC"


REQUEST_TRACKER = Other(
    "Request Tracker",
    "PostgreSQL",
    _ROOT / "srv",
    _rt_version,
    ("request_tracker.sh", "request_tracker.sql"),
    fill=lambda home, rows: _rt("fill", home, str(rows)),
    serve=lambda home, port: (_rt("database", home), _rt("serve", home, str(port))),
    ready="/NoAuth/Login.html",
    message=_rt_message,
    good="ok\n",
    log_in=lambda port: entered(
        port, "/NoAuth/Login.html", {"user": "root", "pass": "bench-password"}
    ),
    pages={
        "queue page": (_rt_found("Queue = 'General' AND (Status = 'new' OR Status = 'open')"),),
        "case page": ("/Ticket/Display.html?id=77",),
        "search": (_rt_found("Subject LIKE 'agua'"),),
    },
)


def _mailed(port: int, number: int) -> bytes:
    url = f"http://127.0.0.1:{port}/mail"
    return request(url, _mail(number).encode(), "Content-Type: message/rfc822")


def _helpdesk_rows(search: str) -> str:
    """The rows of its list, as its page fetches them."""
    asking = '{"filtering": {"status__in": [1, 2]}, "sorting": "created", "sortreverse": true}'
    if search:
        asking = '{"filtering": {}, "sorting": "created", "sortreverse": true}'
    asked = urlencode(
        {
            "draw": "1",
            "start": "0",
            "length": "25",
            "order[0][column]": "0",
            "order[0][dir]": "desc",
            "search[value]": search,
        }
    )
    return f"/datatables_ticket_list/{b64encode(asking.encode()).decode()}?{asked}"


def _helpdesk_log_in(port: int) -> str:
    _, page, cookies = asked(port, "GET", "/login/")
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    form = {"username": "bench", "password": "bench"}
    if found:
        form["csrfmiddlewaretoken"] = found.group(1)
    return entered(port, "/login/", form, "; ".join(cookies))


HELPDESK = Other(
    "django-helpdesk",
    "SQLite",
    PLACE / "kept",
    lambda: _version_in_python("django-helpdesk"),
    ("helpdesk_site.py",),
    fill=lambda home, rows: [
        *("env", f"PEER_HOME={home}", str(_in_python("django-helpdesk"))),
        *(str(HERE / "helpdesk_site.py"), "fill", str(rows)),
    ],
    serve=lambda home, port: [_gunicorn("django-helpdesk", "helpdesk_site", home, port)],
    ready="/login/",
    message=_mailed,
    good="",
    log_in=_helpdesk_log_in,
    pages={
        "queue page": ("/tickets/", _helpdesk_rows("")),
        "case page": ("/tickets/77/",),
        "search": ("/tickets/", _helpdesk_rows("agua")),
    },
)


def _roundup_served(home: Path, port: int, *, rounds: int) -> Sequence[Command]:
    config = home / "tracker" / "config.ini"
    written = config.read_text("utf-8")
    for name, value in {
        "web": f"http://127.0.0.1:{port}/",
        "password_pbkdf2_default_rounds": str(rounds),
    }.items():
        written = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", written)
    config.write_text(written, "utf-8")
    return [_gunicorn("roundup", "roundup_site", home, port)]


_ROUNDUP_LIST = "@columns=id,activity,title,creator,status&@sort=-activity&@pagesize=50"
ROUNDUP = Other(
    "Roundup",
    "SQLite",
    PLACE / "kept",
    lambda: _version_in_python("roundup"),
    ("roundup_tracker.py",),
    fill=lambda home, rows: [
        str(_in_python("roundup")),
        *(str(HERE / "roundup_tracker.py"), str(home / "tracker"), str(rows)),
    ],
    serve=partial(_roundup_served, rounds=250_000),
    ready="/",
    message=_mailed,
    good="",
    log_in=lambda port: entered(
        port,
        "/",
        {"@action": "login", "__login_name": "admin", "__login_password": "bench"},
    ),
    pages={
        "queue page": (f"/issue?{_ROUNDUP_LIST}&@filter=status&status=1,2",),
        "case page": ("/issue77",),
        "search": (f"/issue?{_ROUNDUP_LIST}&@search_text=agua",),
    },
)

# Whoever writes first gets a log-in, and to hash its password as often as it does by itself takes
# nine tenths of the time: no part of what is compared.
_CUT_ROUNDUP = replace(
    ROUNDUP,
    name="Roundup, a thousand hashings",
    is_as_installed=False,
    serve=partial(_roundup_served, rounds=1_000),
    pages={},
)

ALL = (REQUEST_TRACKER, ROUNDUP, _CUT_ROUNDUP, HELPDESK)

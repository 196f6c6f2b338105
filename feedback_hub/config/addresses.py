"""Where things are: addresses of this hub, of servers and of folders."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from feedback_hub.config.convert import listed, named, text
from feedback_hub.config.faults import Unfit


def parse_folder(raw: object) -> Path | None:
    """A folder, or none for nothing."""
    name = text(raw).strip()
    return Path(name) if name else None


def parse_audit_copy(raw: object) -> str:
    """``""``, an absolute path, ``syslog:/dev/log`` or ``syslog:host:port``. Raises ``Unfit``."""
    written = text(raw).strip()
    host, colon, port = written.removeprefix("syslog:").rpartition(":")
    there = bool(host and colon and port.isascii() and port.isdigit())
    if not written or written.startswith(("/", "syslog:/")):
        return written
    if written.startswith("syslog:") and there and int(port) < 65536:
        return written
    remedy = 'Write an absolute path, "syslog:/dev/log" or "syslog:host:514".'
    raise Unfit("is no place for the head of the audit log", remedy)


def parse_base_url(raw: object) -> str:
    """The public address, http or https, without query and without the last slash."""
    url = named(raw)
    remedy = 'Write it like "https://hub.example.org".'
    try:
        parts = urlsplit(url)
        # Reading the port is what finds a bad one.
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise Unfit("is not an address", remedy) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        raise Unfit("is not an http or https address", remedy)
    if "?" in url or "#" in url:
        raise Unfit("has a query or a fragment", remedy)
    if "@" in parts.netloc:
        raise Unfit("has a user name in it", remedy)
    return url.rstrip("/")


def parse_other_url(raw: object) -> str:
    """Like ``parse_base_url``; empty stays empty."""
    return parse_base_url(raw) if text(raw).strip() else ""


def parse_hosts(raw: object) -> tuple[str, ...]:
    """Host names; a leading dot takes in every name beneath it."""
    hosts = tuple(named(host).lower() for host in listed(raw, from_text=True))
    for host in hosts:
        if not re.fullmatch(r"\.?[a-z0-9]([a-z0-9.\-]*[a-z0-9])?|\[[0-9a-f:]+\]", host, re.ASCII):
            raise Unfit(
                "has an entry that is no host name",
                'Write names alone, without "https://" and port: ["hub.example.org"].',
            )
    return hosts


def parse_mail_address(raw: object) -> str:
    """An e-mail address, in small letters; empty stays empty."""
    address = text(raw).strip().lower()
    if address and not re.fullmatch(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+", address):
        raise Unfit("is not an e-mail address", 'Write it like "voz@example.org".')
    return address


def parse_smtp_url(raw: object) -> str:
    """The address of a mail server, without a log-in; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    remedy = 'Write it like "smtps://mail.example.org" or "smtp://mail.example.org:587".'
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        raise Unfit("is not an address", remedy) from None
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise Unfit("is not the address of a mail server", remedy)
    if parts.username or parts.password:
        raise Unfit("has a log-in in it", "The name and the password have keys of their own.")
    return url


def parse_clamd(raw: object) -> str:
    """A ClamAV daemon: the absolute path of its socket, or ``host:port``; empty stays empty."""
    address = text(raw).strip()
    host, _, port = address.rpartition(":")
    if not address or address.startswith("/"):
        return address
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Unfit(
            "is not where a ClamAV daemon listens",
            'Write "/run/clamav/clamd.ctl" or "127.0.0.1:3310".',
        )
    return address


_DATABASE_SCHEMES = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_QUEUE_SCHEMES = {
    "redis": "redis",
    "rediss": "rediss",
    "valkey": "redis",
    "valkeys": "rediss",
    "unix": "unix",
}


def parse_database_url(raw: object) -> str:
    """A PostgreSQL or SQLite URL with the driver SQLAlchemy is to use; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    scheme, separator, rest = url.partition("://")
    remedy = (
        'Write "postgresql://user@host/name" or "sqlite:////absolute/path", or leave it empty '
        "for SQLite in the home folder."
    )
    if separator and scheme == "sqlite":
        if not re.match(r"^//[^/?]", rest):
            raise Unfit("names no SQLite file by its whole path", remedy)
        return url
    if not separator or scheme not in _DATABASE_SCHEMES:
        raise Unfit("is neither a PostgreSQL nor a SQLite address", remedy)
    _, slash, name = rest.partition("/")
    if not slash or not name or name.startswith("?"):
        raise Unfit("names no database", remedy)
    return f"{_DATABASE_SCHEMES[scheme]}://{rest}"


def parse_queue_url(raw: object) -> str:
    """A Redis or Valkey URL; empty stays empty."""
    url = text(raw).strip()
    if not url:
        return ""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _QUEUE_SCHEMES or not rest:
        raise Unfit(
            "is not a Redis or Valkey address",
            'Write "redis://host:6379/0", or leave it empty for the embedded one.',
        )
    return f"{_QUEUE_SCHEMES[scheme]}://{rest}"

"""Where the audit log ends, kept outside the database: what a rewritten log is measured against.

``audit.head`` in the home folder holds the newest head. ``[security] audit_copy`` names a second
place, best on another machine: a file that is appended to, or a syslog.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import structlog

from feedback_hub.domain.audit import AuditHead

SYSLOG = "syslog:"
_NAME = "audit.head"

log = structlog.get_logger()


class HeadKeeper:
    """Keeps heads as they come. Safe from several processes: the file never goes backwards."""

    def __init__(self, home: Path, copy: str = "") -> None:
        self.path = home / _NAME
        self._copy = copy

    def keep(self, head: AuditHead) -> None:
        """Keep ``head``. What it belongs to is committed: failing to is logged, not raised."""
        try:
            self._replace(head)
        except OSError as error:
            log.warning("audit head not kept", fault=type(error).__name__)
        if not self._copy:
            return
        try:
            if self._copy.startswith(SYSLOG):
                _to_syslog(self._copy.removeprefix(SYSLOG), head)
            else:
                _append(Path(self._copy), head)
        except OSError as error:
            log.warning("audit head not copied", fault=type(error).__name__)

    def start_anew(self) -> None:
        """A backup was restored: the chain goes on from there; the head so far is kept aside."""
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{_NAME}.before-restore"))

    def _replace(self, head: AuditHead) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = read_heads(file.read())
            if known and known[-1].sequence >= head.sequence:
                return
            file.seek(0)
            # The number grows, so that the new line is never shorter than the old one.
            file.write(_written(head))

    def kept(self) -> list[AuditHead]:
        """Every head that was kept, here and in the copy where that is a file."""
        places = [self.path]
        if self._copy and not self._copy.startswith(SYSLOG):
            places.append(Path(self._copy))
        return [
            head
            for place in places
            if place.exists()
            for head in read_heads(place.read_text("ascii"))
        ]


def read_heads(written: str) -> list[AuditHead]:
    """The heads in a file's lines; also in a syslog's, whatever stands before them."""
    found = []
    for line in written.splitlines():
        words = line.split()
        if len(words) >= 2 and words[-2].isdigit() and len(words[-1]) == 64:
            found.append(AuditHead(int(words[-2]), words[-1]))
    return found


def _written(head: AuditHead) -> str:
    return f"{head.sequence} {head.hash}\n"


def _append(path: Path, head: AuditHead) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(_written(head))


def _to_syslog(address: str, head: AuditHead) -> None:
    """Send it to ``/dev/log`` or ``host:port`` (UDP)."""
    import socket  # noqa: PLC0415  only those who ship need it

    # <109>: facility log audit, severity notice (RFC 5424).
    record = f"<109>feedback_hub audit head {_written(head).strip()}".encode()
    host, _, port = address.rpartition(":")
    if address.startswith("/"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(1)
            out.sendto(record, address)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.settimeout(1)
        out.sendto(record, (host, int(port)))

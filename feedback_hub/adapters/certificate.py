"""The certificate that the hub's own address shows: asked for over the network, as people do."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

GONE = datetime.min.replace(tzinfo=UTC)
"""The end of a certificate that is not good: over, for another name, or of nobody known."""


@dataclass(frozen=True)
class Shown:
    """What an address shows; ``ends_at`` is None where nothing answered."""

    host: str
    ends_at: datetime | None

    @property
    def is_good(self) -> bool:
        """Whether browsers take it."""
        return self.ends_at is not None and self.ends_at != GONE


def shown_host(base_url: str) -> tuple[str, int] | None:
    """Where the certificate of ``base_url`` is shown: host and port; None without TLS."""
    address = urlsplit(base_url)
    if address.scheme != "https" or not address.hostname:
        return None
    return address.hostname, address.port or 443


def certificate_ends(host: str, port: int, seconds: float = 5.0) -> datetime | None:
    """Until when the certificate shown there is good: long ago if it is not; None: no answer.

    Waits ``seconds`` at most for each of its two steps.
    """
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as line,
            ssl.create_default_context().wrap_socket(line, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError:
        return GONE
    except OSError:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)

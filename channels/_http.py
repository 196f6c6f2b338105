"""What an HTTP call to a provider came to: shared by every channel that makes one.

The one question that matters is whether the message may be with the provider: if so, nothing is
sent again before the provider was asked what it has.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError

from requests import RequestException
from requests import Response as Answer
from requests.exceptions import ConnectTimeout, ProxyError
from urllib3.exceptions import ConnectTimeoutError, SSLError

from feedback_hub.domain.message import DeliveryError, SendFault

_LONGEST_WAIT = 3600.0


def unanswered(error: RequestException, writes: bool) -> DeliveryError:
    """No answer came to a request that ``writes``. Only a failure to connect proves it unsent.

    Its own words hold the URL, and with it a number: raise this ``from None``.
    """
    reason = getattr(error.args[0], "reason", None) if error.args else None
    unconnected = (
        isinstance(error, ConnectTimeout | ProxyError)
        or isinstance(reason, ConnectTimeoutError)  # refused or unresolved, too: its subclasses
        or (isinstance(reason, SSLError) and isinstance(reason.args[0], SSLCertVerificationError))
    )
    if unconnected:
        return DeliveryError(SendFault.PROVIDER_DOWN)
    return DeliveryError(SendFault.NO_ANSWER, outcome_unknown=writes)


def retry_after(answer: Answer) -> float | None:
    """``Retry-After`` in seconds (RFC 9110: a number or a date), None without a usable one."""
    header = answer.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdigit():
        return min(float(header[:9]), _LONGEST_WAIT)
    try:
        # Against the server's own clock, so that ours need not be right.
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)

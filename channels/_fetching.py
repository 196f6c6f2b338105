"""Getting a file that a provider holds: bounded in size and time, from the hosts it may be on.

The address comes from outside. A channel decides where the first request may go; a redirect goes
where ``may_follow`` says, without the account's credentials. Nothing is decompressed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from requests import RequestException, Session
from requests import Response as Answer
from urllib3.exceptions import HTTPError

from channels._http import retry_after, unanswered
from feedback_hub.domain.attachment import AttachmentFault
from feedback_hub.domain.message import DeliveryError, SendFault

_PIECE = 64 * 1024
_MOST_HOPS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FAULTS: Mapping[int, SendFault] = {
    401: SendFault.CREDENTIALS,
    403: SendFault.CREDENTIALS,
    429: SendFault.RATE_LIMITED,
}


def nowhere(_url: str) -> bool:
    """Follows no redirect."""
    return False


def download(
    session: Session,
    url: str,
    *,
    most: int,
    seconds: float,
    timeouts: tuple[float, float],
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    may_follow: Callable[[str], bool] = nowhere,
    may_come: bool = False,
) -> bytes:
    """The file at ``url``, at most ``most`` bytes, in ``seconds``. Raises ``DeliveryError``.

    ``timeouts``: seconds to connect and between two pieces. ``auth`` and ``headers`` go to ``url``
    alone, not to where it redirects. ``may_come``: a file that is not there may be on its way, so
    404 is not the end of it.
    """
    deadline = time.monotonic() + seconds
    # What is not asked to be compressed cannot grow when it is opened.
    plain = {"Accept-Encoding": "identity"}
    sent = plain | dict(headers or {})
    for _ in range(_MOST_HOPS):
        try:
            with session.get(
                url, auth=auth, headers=sent, timeout=timeouts, allow_redirects=False, stream=True
            ) as answer:
                if answer.status_code not in _REDIRECTS:
                    return _content(answer, most, deadline, may_come=may_come)
                url = urljoin(url, answer.headers.get("Location", ""))
        except RequestException as error:
            raise unanswered(error, writes=False) from None
        except ValueError:
            # An address that is none: requests takes a redirect apart whether it follows or not.
            raise foreign_host() from None
        if not may_follow(url):
            raise foreign_host()
        auth, sent = None, plain
    raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="redirects")


def is_https_on(url: str, domain: str) -> bool:
    """Whether ``url`` is https on ``domain`` or below it, at the usual port and without a user."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    ours = host == domain or host.endswith(f".{domain}")
    return ours and parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc


def same_origin(url: str, other: str) -> bool:
    """Whether both go to the same scheme, host and port, ``url`` naming no user."""
    try:
        asked, own = urlsplit(url), urlsplit(other)
    except ValueError:
        return False
    return (asked.scheme, asked.netloc.lower()) == (own.scheme, own.netloc.lower())


def too_large() -> DeliveryError:
    """The file is larger than we take."""
    return _never(AttachmentFault.TOO_LARGE)


def gone() -> DeliveryError:
    """The provider does not have the file, or no longer."""
    return _never(AttachmentFault.GONE)


def foreign_host() -> DeliveryError:
    """The address is not the provider's."""
    return _never("foreign_host")


def _never(code: str) -> DeliveryError:
    return DeliveryError(SendFault.REFUSED, permanent=True, provider_code=code)


def _content(answer: Answer, most: int, deadline: float, *, may_come: bool) -> bytes:
    status = answer.status_code
    if status == 410 or (status == 404 and not may_come):
        raise gone()
    if status != 200:
        raise DeliveryError(
            _FAULTS.get(status, SendFault.PROVIDER_DOWN),
            retry_after=retry_after(answer),
            provider_code=str(status),
        )
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="encoded")
    length = answer.headers.get("Content-Length", "")
    announced = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
    if announced is not None and announced > most:
        raise too_large()
    content = _read(answer, most, deadline)
    if announced is not None and len(content) < announced:
        raise DeliveryError(SendFault.NO_ANSWER, provider_code="cut_short")
    return content


def _read(answer: Answer, most: int, deadline: float) -> bytes:
    content = bytearray()
    try:
        # One read of the network at a time: whoever drips a byte a second is noticed.
        while piece := answer.raw.read1(_PIECE, decode_content=False):
            content += piece
            if len(content) > most:
                raise too_large()
            if time.monotonic() > deadline:
                raise DeliveryError(SendFault.NO_ANSWER, provider_code="too_slow")
    except (HTTPError, OSError):
        raise DeliveryError(SendFault.NO_ANSWER, provider_code="broken_off") from None
    return bytes(content)

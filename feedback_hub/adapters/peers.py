"""The road to other hubs: signed requests over https, and the proof that one came from there."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from feedback_hub.config.exchange import HubPeer
from feedback_hub.domain.exchange import is_signed, signature
from feedback_hub.domain.message import DeliveryError, SendFault

TIMESTAMP = "X-Hub-Timestamp"
NONCE = "X-Hub-Nonce"
SIGNATURE = "X-Hub-Signature"
_LONGEST_NONCE = 60
_NOBODY = secrets.token_hex(32)
_FAULTS = {
    401: SendFault.CREDENTIALS,
    403: SendFault.CREDENTIALS,
    404: SendFault.CREDENTIALS,
    429: SendFault.RATE_LIMITED,
}
_LARGEST_ANSWER = 10_000


def path_of(base_url: str, name: str) -> str:
    """Where a hub takes the letters of the peer that it calls ``name``, as it is signed."""
    return f"{urlsplit(base_url).path}/exchange/{name}/letters"


class PeerHubs:
    """The hubs that are configured, by name; fulfils ``services.ports.PeerPost``."""

    def __init__(
        self, peers: Mapping[str, HubPeer], base_url: str, clock: Callable[[], datetime]
    ) -> None:
        self._peers = peers
        self._base_url = base_url
        self._clock = clock

    def post(self, peer: str, letter: Mapping[str, object]) -> object:
        """Hand a letter over. Raises ``DeliveryError``; only what they cannot read is permanent."""
        import requests  # noqa: PLC0415  slow to load, and only for who sends

        known = self._peers.get(peer)
        if known is None:
            raise DeliveryError(SendFault.UNREACHABLE, provider_code="not configured")
        body = json.dumps(letter, ensure_ascii=False).encode()
        stamp, nonce = str(int(self._clock().timestamp())), uuid.uuid4().hex
        path = path_of(known.url, known.known_as)
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: stamp,
            NONCE: nonce,
            SIGNATURE: signature(known.secret, "POST", path, stamp, nonce, body),
        }
        try:
            with requests.post(
                f"{known.url}/exchange/{known.known_as}/letters",
                data=body,
                headers=headers,
                timeout=known.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
                said = answer.raw.read(_LARGEST_ANSWER, decode_content=True)
        except (requests.RequestException, OSError):
            # Its words hold the address. Whether it arrived is all the same: twice there is once.
            raise DeliveryError(SendFault.PROVIDER_DOWN) from None
        if status != 200:
            fault = _FAULTS.get(status, SendFault.PROVIDER_DOWN)
            if status == 422:
                raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="422")
            raise DeliveryError(fault, provider_code=str(status))
        try:
            return json.loads(said)
        except ValueError:
            raise DeliveryError(SendFault.PROVIDER_DOWN, provider_code="no letter") from None

    def proven(self, name: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The nonce of a request that the peer ``name`` has signed just now; empty: it has not.

        ``headers`` by their names in small letters.
        An unknown name takes as long as a wrong signature.
        """
        known = self._peers.get(name)
        stamp, nonce, given = (
            headers.get(header.lower(), "") for header in (TIMESTAMP, NONCE, SIGNATURE)
        )
        path = path_of(self._base_url, name)
        secret = known.secret if known else _NOBODY
        expected = signature(secret, "POST", path, stamp, nonce, body)
        signed = is_signed(expected, given)
        if not signed or known is None or not 16 <= len(nonce) <= _LONGEST_NONCE:
            return ""
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return ""
        sent_at = datetime.fromtimestamp(int(stamp), UTC)
        return nonce if abs(now - sent_at) <= timedelta(seconds=known.window) else ""

    def window(self, name: str) -> timedelta:
        """How long a nonce of this peer must be remembered: its request is stale after that."""
        # A request dated ahead of our clock stays good for twice as long.
        return timedelta(seconds=2 * self._peers[name].window)

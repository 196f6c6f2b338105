"""How long a provider may take: the two keys of every channel that calls one over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.config import setting


@dataclass(frozen=True)
class Patience:
    """What a channel's settings begin with."""

    connect_timeout: float = setting(
        "Seconds to wait for a connection.", default=5.0, least=0.05, most=60
    )
    read_timeout: float = setting(
        "Seconds to wait for the answer to a request.", default=20.0, least=0.05, most=120
    )

    @property
    def timeouts(self) -> tuple[float, float]:
        """Both, in the order in which ``requests`` takes them."""
        return self.connect_timeout, self.read_timeout

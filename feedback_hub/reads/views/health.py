"""How the hub is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ChannelHealth:
    """One channel account. ``fault`` is what is wrong (a ``SendFault``), empty when all is well."""

    name: str
    kind: str
    fault: str = ""
    last_in: datetime | None = None
    last_out: datetime | None = None
    failed_today: int = 0


@dataclass(frozen=True)
class QueueHealth:
    """One queue of work: what waits, since when, and what was set aside after repeated failure."""

    name: str
    waiting: int
    oldest_at: datetime | None = None
    set_aside: int = 0
    slow: bool = False


@dataclass(frozen=True)
class HealthPage:
    """How the machine is; ``facts`` are (name, value) lines such as version and database."""

    channels: tuple[ChannelHealth, ...]
    queues: tuple[QueueHealth, ...]
    lag_seconds: float
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing here needs anybody."""
        return not (
            any(channel.fault for channel in self.channels)
            or any(queue.slow or queue.set_aside for queue in self.queues)
        )

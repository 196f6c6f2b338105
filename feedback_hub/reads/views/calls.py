"""The call and desk list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_hub.domain.call_back import CallReason, Way
from feedback_hub.domain.sensitivity import Priority, Sensitivity


@dataclass(frozen=True)
class CallRow:
    """One person to reach. Nothing of what it is about; ``name`` only where consent allows it."""

    id: str
    way: Way
    reason: CallReason
    ref: str
    priority: Priority
    sensitivity: Sensitivity
    language: str
    site: str
    place: str
    opened_at: datetime
    not_before: datetime
    agreed: bool
    tries: int
    tried_at: datetime | None
    holder: str
    mine: bool
    speaks: bool
    name: str = ""

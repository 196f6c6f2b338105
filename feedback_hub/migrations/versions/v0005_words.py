"""What is sealed besides, and what else this day's work needs kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

from feedback_hub.migrations.v0005_reading import reading
from feedback_hub.migrations.v0005_speed import speed
from feedback_hub.migrations.v0005_trust import trust

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables and columns of every part."""
    trust()
    speed()
    reading()

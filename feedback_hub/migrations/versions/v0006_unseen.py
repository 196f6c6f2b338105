"""What is unseen by whom, and what else this day's work needs kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

from feedback_hub.migrations.v0006_trust import trust

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns and indexes of every part."""
    trust()

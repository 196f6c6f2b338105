"""What understanding, answering and trust need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns of every part."""

"""Every channel: what attachments, conversations, pulled accounts and forms need kept.

Each part is one function, so that a part can be read on its own.
"""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns of every part."""

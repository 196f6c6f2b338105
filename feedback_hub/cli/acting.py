"""Who acts on the command line, as the audit log calls them."""

from __future__ import annotations

import getpass

DEVICE = "command line"


def operator() -> str:
    """The user of this machine."""
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli"

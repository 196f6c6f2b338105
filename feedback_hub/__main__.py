"""``python -m feedback_hub``."""

from __future__ import annotations

from feedback_hub.cli import main

main()

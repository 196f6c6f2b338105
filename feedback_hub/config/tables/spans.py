"""Spans of time, in seconds."""

from __future__ import annotations

HOUR = 3600
DAY = 24 * HOUR

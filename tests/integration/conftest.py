"""What every integration test may ask for."""

from __future__ import annotations

from tests.integration.databases import (
    database,
    database_url,
    hub,
    hub_on,
    own_database_url,
    postgres_server,
    sqlite_files,
)
from tests.integration.talking import talk
from tests.providers.clamd import clamd_server
from tests.providers.twilio import twilio_server

__all__ = [
    "clamd_server",
    "database",
    "database_url",
    "hub",
    "hub_on",
    "own_database_url",
    "postgres_server",
    "sqlite_files",
    "talk",
    "twilio_server",
]

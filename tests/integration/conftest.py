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

__all__ = [
    "database",
    "database_url",
    "hub",
    "hub_on",
    "own_database_url",
    "postgres_server",
    "sqlite_files",
    "talk",
]

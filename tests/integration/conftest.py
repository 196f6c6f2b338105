"""What every integration test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from feedback_hub.bootstrap import Hub
from tests.cheaper import cheap_passwords, templates_compiled_once, words_compiled_once
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
from tests.pages_world import make_app
from tests.providers.clamd import clamd_server
from tests.providers.twilio import twilio_server

__all__ = [
    "cheap_passwords",
    "clamd_server",
    "database",
    "database_url",
    "hub",
    "hub_on",
    "own_database_url",
    "postgres_server",
    "sqlite_files",
    "talk",
    "templates_compiled_once",
    "twilio_server",
    "words_compiled_once",
]


@pytest.fixture
def app(hub: Hub) -> Flask:
    """The pages of whichever hub the module has."""
    return make_app(hub)


LONG = frozenset(
    {
        "test_account",
        "test_backup",
        "test_channel_pages",
        "test_keys_rotate",
        "test_nothing_there",
        "test_oidc",
        "test_schemathesis",
        "test_sms_http_road",
        "test_voice_line",
    }
)
"""What `make test-all` runs, so that `make test` stays within its ten minutes."""
LONG_ON_POSTGRES = frozenset(
    {
        "test_attachments",
        "test_audit",
        "test_bank",
        "test_behind",
        "test_calls",
        "test_channel_watch",
        "test_conversation",
        "test_dialogue",
        "test_drop_folder",
        "test_enquiry",
        "test_exchange",
        "test_import_ivr",
        "test_kobo",
        "test_likely",
        "test_notices",
        "test_own_questions",
        "test_partner_links",
        "test_places",
        "test_pull",
        "test_retention",
        "test_routing_trial",
        "test_safeguarding",
        "test_satisfaction",
        "test_sending",
    }
)
"""Here SQLite only; road, storage, search and visibility are tried on both each time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long as slow."""
    for item in items:
        module = Path(item.path).stem
        on_postgres = item.get_closest_marker("postgres") is not None
        if module in LONG or (on_postgres and module in LONG_ON_POSTGRES):
            item.add_marker(pytest.mark.slow)

"""No page is forgotten: each is opened by who may, and judged for everybody (tests/e2e)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from feedback_hub.bootstrap import Hub
from tests.e2e.every_page import NO_PAGE, NOBODY, PAGES, lived_in
from tests.pages_world import log_in, make_app, make_hub, visitor


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", development=True)
    yield made
    made.close()


@pytest.fixture
def app(hub: Hub) -> Flask:
    return make_app(hub)


def test_every_page_is_listed_and_opens_for_who_is_said_to_open_it(hub: Hub, app: Flask) -> None:
    mapped = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.methods
        and "GET" in rule.methods
        and not rule.rule.startswith(("/api/", "/channels/"))
    }
    assert mapped - PAGES.keys() - NO_PAGE.keys() == set(), "list it in tests/e2e/every_page.py"
    assert (PAGES.keys() | NO_PAGE.keys()) - mapped == set()
    values = lived_in(hub)
    closed = []
    browsers = {NOBODY: visitor(app)}
    for endpoint, opened in PAGES.items():
        for name, path in opened:
            if name not in browsers:
                browsers[name] = log_in(app, name)
            status = browsers[name].get(path.format(**values)).status_code
            if status != 200:
                closed.append((endpoint, name, path, status))
    assert closed == []

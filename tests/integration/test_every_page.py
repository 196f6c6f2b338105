"""No page is forgotten: each is opened by who may, and judged for everybody (tests/e2e)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from feedback_hub.bootstrap import Hub
from tests.e2e.every_page import NO_PAGE, NOBODY, PAGES, lived_in
from tests.pages_world import log_in, make_hub, visitor


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", development=True)
    yield made
    made.close()


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
    closed, astray, followed = [], [], set()
    browsers = {NOBODY: visitor(app)}
    for endpoint, opened in PAGES.items():
        for name, path in opened:
            if name not in browsers:
                browsers[name] = log_in(app, name)
            address = path.format(**values)
            page = browsers[name].get(address)
            if page.status_code != 200:
                closed.append((endpoint, name, path, page.status_code))
            for link in leads_to(address, page.text):
                there = endpoint_of(app, link)
                if (name, there) not in followed:
                    followed.add((name, there))
                    answer = browsers[name].get(link)
                    answer.close()
                    if answer.status_code not in {200, 302, 303}:
                        astray.append((name, path, link, answer.status_code))
    assert closed == []
    assert astray == [], "a reader was shown a link that leads nowhere"
    assert len(followed) > 100


def leads_to(address: str, page: str) -> set[str]:
    """The links of a page within the hub."""
    found = re.findall(r"""<a\s[^>]*?href=("[^"]*"|[^\s>]+)""", page)
    written = (unescape(link.strip('"')) for link in found)
    links = (urldefrag(urljoin(address, link)).url for link in written)
    return {link for link in links if not re.match(r"[a-z]+:", link)}


def endpoint_of(app: Flask, link: str) -> str:
    """What answers there; each is followed once a reader."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(link).path)
    except HTTPException as error:
        return f"{error.code} {link}"
    return str(endpoint)

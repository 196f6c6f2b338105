"""Words, times and signs as a page shows them, looked up once and still the reader's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import format_datetime

from feedback_hub.web.i18n import gettext, in_language
from feedback_hub.web.labels import exact
from tests.pages_world import make_app, make_hub


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(make_hub(tmp_path / "home"))


def test_each_language_has_its_own_words_also_within_the_other(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "pt"}):
        assert gettext("Cases") == "Casos"
        with in_language("eng"):
            assert (gettext("Cases"), render_template_string("{{ _('Cases') }}")) == ("Cases",) * 2
        assert render_template_string("{{ _('Cases') }}") == "Casos"


def test_what_is_filled_into_words_is_escaped(app: Flask) -> None:
    shown = "{{ _('Mark %(case)s', case='<b>') }}{{ ui.icon('lock', '\">') }}"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        page = render_template_string("{% import 'macros.html' as ui %}" + shown)
    assert "Mark &lt;b&gt;" in page
    assert 'aria-label="&#34;&gt;"' in page


@pytest.mark.parametrize("language", ["pt", "en"])
def test_a_time_is_written_as_the_language_writes_it(app: Flask, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        for month in range(1, 13):
            # The hub's day, not that of Greenwich.
            at = datetime(2026, month, 3, 23, 5, tzinfo=UTC)
            assert exact(at) == format_datetime(at, "d MMM y, HH:mm")

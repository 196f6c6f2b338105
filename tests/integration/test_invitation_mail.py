"""An invitation by e-mail: neutral, sent once; the printed code stays, and is what is left if no
mail goes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from feedback_hub.bootstrap import Hub
from tests.pages_world import log_in, make_app, make_hub, token_in
from tests.providers.outgoing import Outgoing


@pytest.fixture
def world(tmp_path: Path) -> tuple[Hub, Flask, Outgoing]:
    hub, box = make_hub(tmp_path), Outgoing()
    hub.post = box
    return hub, make_app(hub), box


def test_somebody_new_chooses_a_password_with_the_mail_and_it_says_nothing_of_them(
    world: tuple[Hub, Flask, Outgoing],
) -> None:
    _, app, box = world
    ines = log_in(app, "ines")
    page = ines.get("/admin/users").text
    assert 'name="by" value="email"' in page
    form = {"email": "nadia@example.org", "role": "protection", "by": "email"}
    done = ines.post("/admin/users", data={"csrf_token": token_in(page), **form})
    assert done.status_code == 303, done.text
    ((mail_id, to, subject, text, _),) = box.mails
    assert to == "nadia@example.org"
    for word in ("protec", "handler", "admin", "sens", "ines", "nadia", "linha"):
        assert word not in (subject + text).lower()
    code = re.search(r"http://localhost(/welcome/([a-z0-9-]{24}))", text)
    assert code
    # Whoever reads the mail server's log or the page sees no code.
    assert code[2] not in mail_id + subject
    assert code[2] not in ines.get(done.location).text
    visitor = app.test_client()
    shown = visitor.get(code[1])
    assert "nadia@example.org" in shown.text
    chosen = {"csrf_token": token_in(shown.text), "code": code[2], "new": "four words are good"}
    assert visitor.post("/welcome/", data=chosen).status_code == 303
    assert app.test_client().get(code[1]).status_code == 404


def test_where_no_mail_goes_the_code_is_shown_to_be_printed(
    world: tuple[Hub, Flask, Outgoing],
) -> None:
    hub, app, box = world
    ines = log_in(app, "ines")
    token = token_in(ines.get("/admin/users").text)
    box.refuses = True
    form = {"csrf_token": token, "email": "nadia@example.org", "role": "desk", "by": "email"}
    shown = ines.post("/admin/users", data=form)
    assert shown.status_code == 200
    assert "No e-mail went" in shown.text
    assert re.search(r"<code>[a-z0-9-]{24}</code>", shown.text)
    # Not asked for, nothing is mailed; and a hub without mail offers none.
    box.refuses = False
    ines.post("/admin/users", data=form | {"email": "olga@example.org", "by": ""})
    assert not box.mails
    hub.post = None
    assert 'value="email"' not in ines.get("/admin/users").text

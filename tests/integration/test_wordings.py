"""The texts people get: written on a page or in a translator's file, read back, approved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.contact import Purpose
from feedback_hub.domain.gsm7 import sms_length, without_costly_accents
from feedback_hub.services.records.telling import Wording, WordingState
from tests.integration.commands import Commands, commands
from tests.pages_world import log_in, make_app, make_hub, token_in

__all__ = ["commands"]

PAGE = "/packs/eng/acknowledgement"
WORDS = "We have it. Your number: {{ ref }}. Questions: {{ hotline }}."


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = make_hub(tmp_path_factory.mktemp("wordings") / "home")
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


def send(client: FlaskClient, path: str, **form: str) -> int:
    form["csrf_token"] = token_in(client.get(PAGE).text)
    return client.post(path, data=form).status_code


def kept(hub: Hub) -> Wording:
    with hub.reading() as uow:
        wording = uow.wording("eng", Purpose.ACKNOWLEDGEMENT)
        assert wording is not None
        uow.session.expunge(wording)
        return wording


def test_what_is_written_is_a_draft_until_somebody_else_read_it_back_and_it_is_approved(
    hub: Hub, app: Flask
) -> None:
    ana, graca = log_in(app, "ana"), log_in(app, "graca")
    assert send(ana, PAGE, text=WORDS) == 303
    assert (kept(hub).text, kept(hub).state) == (WORDS, WordingState.DRAFT)
    assert send(ana, f"{PAGE}/understood", understood="Temos. O seu número ...") == 422
    assert send(graca, f"{PAGE}/understood", understood="Temos. O seu número ...") == 303
    assert kept(hub).state is WordingState.BACK_TRANSLATED
    assert "Temos. O seu número" in ana.get(PAGE).text
    approval = {"language": "eng", "purpose": "acknowledgement"}
    assert send(ana, "/packs/approve", **approval) == 303
    assert kept(hub).state is WordingState.APPROVED
    assert send(ana, PAGE, text=WORDS + " Thank you.") == 303
    assert (kept(hub).state, kept(hub).back_translation) == (WordingState.DRAFT, "")


@pytest.mark.parametrize("text", ["", "Hello {{ name }}", "{{ ref", "x" * 161, "ã" * 71])
def test_what_cannot_be_sent_is_not_kept_and_stays_in_the_form(app: Flask, text: str) -> None:
    ana = log_in(app, "ana")
    token = token_in(ana.get(PAGE).text)
    answer = ana.post(PAGE, data={"text": text, "csrf_token": token})
    assert answer.status_code == 422
    assert not text or text in answer.text.replace("&#34;", '"')


def test_while_it_is_written_its_price_is_shown_and_how_it_gets_cheaper(app: Flask) -> None:
    ana = log_in(app, "ana")
    form = {"text": "Não há água — " + "x" * 60, "csrf_token": token_in(ana.get(PAGE).text)}
    shown = ana.post("/packs/measure", data=form).text
    assert "2 texts" in shown
    assert "Nao há agua - xxx" not in shown  # á is none of GSM-7's letters
    assert "Nao ha agua - xxx" in shown
    for name in ("filipe", "jorge", "rosa", "abel"):
        assert log_in(app, name).get(PAGE).status_code == 403


def test_letters_that_cost_nothing_stay() -> None:
    assert without_costly_accents("é à ñ ç ã “sim”") == 'é à ñ c a "sim"'
    assert sms_length(without_costly_accents("Não sabíamos")).is_gsm7


def test_a_translator_works_in_a_po_file_and_a_spreadsheet(commands: Commands) -> None:
    file = commands.folder / "swh.po"
    assert "--language" in commands.run("packs", "export", str(file), fails=2).stderr
    commands.run("packs", "export", str(file), "--language", "swh")
    _translate(file, "acknowledgement", "Tumepokea. Namba yako: {{ ref }}. Piga {{ hotline }}.")
    assert "1 added" in commands.run("packs", "import", str(file)).stdout
    assert "0 added" in commands.run("packs", "import", str(file)).stdout
    rows = commands.rows("SELECT purpose, state FROM wording WHERE language = 'swh'")
    assert [tuple(row) for row in rows] == [("acknowledgement", "draft")]
    _translate(file, "stopped", "Habari {{ jina }}")
    assert "1 known, 1 rejected" in commands.run("packs", "import", str(file)).stdout

    sheet = commands.folder / "all.xlsx"
    commands.run("packs", "export", str(sheet))
    assert "0 added" in commands.run("packs", "import", str(sheet)).stdout


def _translate(file: Path, purpose: str, words: str) -> None:
    before, found, after = file.read_text("utf-8").partition(f'msgctxt "swh/{purpose}"')
    assert found
    file.write_text(before + found + after.replace('msgstr ""', f'msgstr "{words}"', 1), "utf-8")

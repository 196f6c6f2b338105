"""What a case probably belongs with and where it is about, decided by presses on its page."""

from __future__ import annotations

import re
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedback_hub.domain.place import Site
from tests.pages_world import Clock, arrives, log_in, make_app, make_hub, token_in

PUMP = "a bomba de agua do bloco C em Ntokota esta avariada ha tres dias, as mulheres vao ao rio"


def press(client: FlaskClient, ref: str, verb: str, **values: str) -> TestResponse:
    token = token_in(client.get(f"/cases/{ref}").text)
    data = {"csrf_token": token, **values}
    return client.post(f"/cases/{ref}/{verb}", data=data, follow_redirects=True)


def test_places_links_and_issues_take_one_press(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home", clock=Clock())
    try:
        with hub.unit_of_work() as uow:
            for code, district in (("JM", "Metuge"), ("JA", "Ancuabe")):
                uow.session.add(Site(code, "25 de Junho", district=district))
            uow.commit()
        ana = log_in(make_app(hub), "ana")
        first, second, third, _ = (
            arrives(hub, text) for text in (PUMP, f"Ola, {PUMP}", PUMP, PUMP)
        )

        shown = ana.get(f"/cases/{first}").text
        assert "Probably the same matter" in shown
        assert "4 people report this here within 30 days." in shown
        assert "Linked. Both stay." in press(ana, first, "link", other=second).text
        beside = ana.get(f"/cases/{second}").text
        assert "linked by the team" in beside
        assert "Both stay." in press(ana, second, "unlink", other=first).text
        assert "linked by the team" not in ana.get(f"/cases/{first}").text
        assert "It is not suggested again." in press(ana, first, "dismiss", other=third).text
        assert "3 people report this here" in ana.get(f"/cases/{first}").text

        opened = press(ana, third, "join-issue", issue="")
        assert "It is under the issue now." in opened.text
        assert "Infra-estrutura avariada, Ntokota" in ana.get("/issues").text
        joining = ana.get(f"/cases/{first}").text
        issue = re.search(r'name="issue" value="([0-9a-f]{32})"', joining)
        assert issue
        assert "Put it under: Infra-estrutura avariada, Ntokota" in joining
        assert press(ana, first, "join-issue", issue=issue[1]).status_code == 200
        joined = ana.get(f"/cases/{first}").text
        assert "report this here" not in joined
        assert "Part of an issue" in joined
        assert (
            "It is under the issue no longer."
            in press(ana, first, "leave-issue", issue=issue[1]).text
        )
        assert "Part of an issue" not in ana.get(f"/cases/{first}").text

        vague = arrives(hub, "nao recebi comida no centro 25 de junho este mes")
        assert "Which place is meant?" in ana.get(f"/cases/{vague}").text
        assert "The site is set." in press(ana, vague, "place", site="JA").text
        assert "Ancuabe" in ana.get(f"/cases/{vague}").text
        assert "holds names or numbers" in ana.get(f"/cases/{arrives(hub, 'ligue 841234567')}").text
    finally:
        hub.close()

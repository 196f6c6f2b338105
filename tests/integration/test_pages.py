"""The pages as people use them: who sees what, the whole road by forms, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.reference import check_digit
from feedback_hub.web.words import WORDS
from tests.pages_world import (
    CHIEF,
    PUMP,
    Clock,
    arrives,
    log_in,
    make_hub,
    token_in,
    version_in,
    visitor,
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


def press(client: FlaskClient, page: str, verb: str, **values: str) -> TestResponse:
    """Fill in the form for ``verb`` on ``page`` and press its button."""
    shown = client.get(page).text
    action = re.search(rf'action="([^"]*/{verb})"', shown)
    assert action, f"{page} offers no {verb}"
    hidden = {"csrf_token": token_in(shown), "version": version_in(shown, verb)}
    return client.post(action.group(1), data=hidden | values, follow_redirects=True)


def triaged(client: FlaskClient, ref: str, **more: str) -> TestResponse:
    values = {
        "codes": "complaint.broken",
        "sector": "wash",
        "site": "NTO",
        "priority": "P2",
        "sensitivity": "L1",
    }
    return press(client, f"/cases/{ref}", "triage", **(values | more))


class TestRoad:
    def test_a_case_goes_from_text_to_closed_by_forms_alone(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana, jorge = log_in(app, "ana"), log_in(app, "jorge")
        case = f"/cases/{ref}"

        assert "bomba de agua" in ana.get("/cases?tab=triage").text
        assert "Refer it, or answer it yourself" in triaged(ana, ref).text

        offered = ana.get(case).text
        assert "AVSI answers for this sector here." in offered
        referred = press(
            ana, case, "refer", organisation="avsi", share="anonymous", note="This week, please."
        )
        assert "AVSI: the words, without the name." in referred.text

        inbox = jorge.get("/referrals").text
        found = re.search(r'/referrals/([0-9a-f]{32})"', inbox)
        assert found, inbox
        referral = f"/referrals/{found.group(1)}"
        shown = jorge.get(referral).text
        assert "bomba de agua" in shown
        assert "This week, please." in shown
        assert "841234567" not in shown

        assert "What was done?" in press(jorge, referral, "accept").text
        # Nothing is left to accept: the list opens where something waits.
        assert referral in jorge.get("/referrals").text
        assert "Nothing to accept" in jorge.get("/referrals?tab=accept").text
        press(jorge, referral, "answer", text="Two washers replaced.", outcome="resolved")

        # Not enough: it goes back, with what is missing, and comes again.
        sent_back = press(ana, case, "verify", ok="no", text="Does it give water?")
        assert "Wait for the partner" in sent_back.text
        assert "Does it give water?" in jorge.get(referral).text
        press(jorge, referral, "answer", text="Tested with the committee.", outcome="resolved")
        good = press(ana, case, "verify", ok="yes", text="The pump works again.")
        assert "Tell the person" in good.text
        assert "The pump works again." in good.text

        assert "Person told" in press(ana, case, "loop-back", method="in_person").text
        closed = press(ana, case, "close", outcome="resolved", reason="The pump was repaired.")
        assert "How it ended" in closed.text
        assert "The pump was repaired." in closed.text
        assert "Thank you. The person is told." in jorge.get(referral).text

        again = press(ana, case, "appeal", reason="It broke again.")
        assert "It broke again." in again.text
        assert "The person disagrees" in again.text

    def test_a_partner_may_ask_and_decline(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana, jorge = log_in(app, "ana"), log_in(app, "jorge")
        triaged(ana, ref)
        press(ana, f"/cases/{ref}", "refer", organisation="avsi", share="anonymous")
        found = re.search(r'/referrals/([0-9a-f]{32})"', jorge.get("/referrals").text)
        assert found
        referral = f"/referrals/{found.group(1)}"

        press(jorge, referral, "return", question="Which pump of the two?")
        assert "Which pump of the two?" in ana.get(f"/cases/{ref}").text
        press(ana, f"/cases/{ref}", "resume", text="The one by the school.")
        assert "The one by the school." in jorge.get(referral).text

        refused = press(jorge, referral, "decline", reason="other", text="")
        assert refused.status_code == 422
        press(jorge, referral, "decline", reason="no_capacity", text="No spare parts.")
        after = ana.get(f"/cases/{ref}").text
        assert "No spare parts." in after
        assert "Refer it, or answer it yourself" in after

    def test_a_handler_confirms_hands_over_and_answers(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, CHIEF)
        rosa = log_in(app, "rosa")
        case = f"/cases/{ref}"
        shown = rosa.get(case).text
        assert "Is it highly sensitive?" in shown
        assert "you and the other named handlers, nobody else" in shown

        assert "Say what it is about" in press(rosa, case, "confirm").text
        handed = triaged(rosa, ref, codes="misconduct.sea", sensitivity="L3", priority="P1")
        assert "Hand it to the handlers" in handed.text
        assert "Write the answer" in press(rosa, case, "hand-off").text
        ready = press(rosa, case, "answer", text="She is safe.", outcome="resolved")
        assert "Send this text" not in ready.text


class TestWhoSeesWhat:
    def test_nothing_of_a_highly_sensitive_case_reaches_a_case_manager(
        self, hub: Hub, app: Flask
    ) -> None:
        ref = arrives(hub, CHIEF)
        nothing = "482913075"
        for name in ("ana", "filipe", "jorge", "graca", "ines", "abel"):
            client = log_in(app, name)
            real, absent = client.get(f"/cases/{ref}"), client.get(f"/cases/{nothing}")
            assert real.status_code == absent.status_code
            assert real.status_code in {403, 404}
            for page in (
                "/",
                "/cases",
                "/cases?tab=triage",
                f"/cases?q={ref}",
                "/handset/practice",
            ):
                text = client.get(page).text
                assert "chefe" not in text
                assert f"{ref[:3]}-{ref[3:6]}-{ref[6:]}" not in text
        rosa = log_in(app, "rosa")
        assert "chefe" in rosa.get(f"/cases/{ref}").text
        assert "suspected, to confirm" in rosa.get("/").text

    def test_a_handler_sees_no_ordinary_case(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        assert log_in(app, "rosa").get(f"/cases/{ref}").status_code == 404

    def test_raising_a_case_takes_it_from_whoever_raised_it(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana = log_in(app, "ana")
        after = press(ana, f"/cases/{ref}", "sensitivity", level="L3", reason="Names a child.")
        assert "It has left your list." in after.text
        assert ana.get(f"/cases/{ref}").status_code == 404

    def test_a_partner_sees_its_own_referrals_and_no_case(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana, jorge, celia = (log_in(app, name) for name in ("ana", "jorge", "celia"))
        triaged(ana, ref)
        press(ana, f"/cases/{ref}", "refer", organisation="avsi", share="anonymous")
        found = re.search(r'/referrals/([0-9a-f]{32})"', jorge.get("/referrals").text)
        assert found
        assert jorge.get(f"/cases/{ref}").status_code == 404
        assert jorge.get("/cases").status_code == 404
        assert celia.get(f"/referrals/{found.group(1)}").status_code == 404
        assert "bomba" not in celia.get("/referrals").text
        answer = {"csrf_token": token_in(celia.get("/").text), "text": "x", "outcome": "resolved"}
        posted = celia.post(f"/referrals/{found.group(1)}/answer", data=answer)
        assert posted.status_code == 404

    def test_a_desk_reads_words_without_numbers_and_no_history(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        page = log_in(app, "filipe").get(f"/cases/{ref}").text
        assert "bomba de agua" in page
        assert "841234567" not in page
        assert "history-head" not in page
        assert "··· 417" not in page

    def test_who_can_see_this_counts_the_people_who_can(self, hub: Hub, app: Flask) -> None:
        page = log_in(app, "ana").get(f"/cases/{arrives(hub, PUMP)}").text
        assert "the case team of Ntokota (1 case manager; 1 person at a help desk" in page

    @pytest.mark.parametrize("name", ["graca", "ines", "abel"])
    def test_roles_without_cases_get_no_case_pages(self, hub: Hub, app: Flask, name: str) -> None:
        ref = arrives(hub, PUMP)
        client = log_in(app, name)
        assert client.get("/").status_code == 200
        for page in ("/cases", f"/cases/{ref}", "/referrals", "/handset/practice"):
            assert client.get(page).status_code in {403, 404}
            assert "bomba" not in client.get(page).text

    def test_each_role_is_offered_what_it_may_open(self, app: Flask) -> None:
        for name, pages in {
            "ana": [
                *("home", "report", "triage", "cases", "calls", "dashboard", "sites", "answers"),
                *("handset", "learn", "issues", "wordings"),
            ],
            "jorge": ["home", "referrals", "sites", "answers"],
            "rosa": [
                *("home", "report", "triage", "cases", "calls", "sites", "answers", "handset"),
                "learn",
            ],
            "filipe": [
                *("home", "report", "cases", "calls", "sites", "answers", "handset", "learn"),
            ],
            "graca": ["home", "dashboard", "sites", "answers", "quality", "issues", "wordings"],
            "ines": ["home", "sites", "answers", "wordings", "people", "health"],
            "abel": ["home", "audit"],
        }.items():
            client = log_in(app, name)
            first = client.get("/").text
            assert re.findall(r'data-nav="(\w+)"', first) == pages
            for link in re.findall(r'<a href="([^"]+)" data-nav', first):
                assert client.get(link).status_code == 200


class TestForms:
    def test_what_was_typed_comes_back_with_what_is_wrong(self, hub: Hub, app: Flask) -> None:
        ana = log_in(app, "ana")
        ref = arrives(hub, PUMP)
        answer = triaged(ana, ref, site="NOWHERE", reason="I am <sure> of it")
        assert answer.status_code == 422
        assert "Choose a site from the list." in answer.text
        assert "I am &lt;sure&gt; of it" in answer.text

    def test_somebody_was_faster(self, hub: Hub, app: Flask) -> None:
        ana = log_in(app, "ana")
        ref = arrives(hub, PUMP)
        old = version_in(ana.get(f"/cases/{ref}").text, "sensitivity")
        triaged(ana, ref)
        token = token_in(ana.get("/").text)
        late = {"csrf_token": token, "version": old, "level": "L2", "reason": "Kept words"}
        answer = ana.post(f"/cases/{ref}/sensitivity", data=late)
        assert answer.status_code == 409
        assert "Somebody changed this while you were writing" in answer.text
        assert "Kept words" in answer.text

    def test_a_form_without_its_token_does_nothing(self, hub: Hub, app: Flask) -> None:
        ana = log_in(app, "ana")
        ref = arrives(hub, PUMP)
        answer = ana.post(f"/cases/{ref}/note", data={"text": "forged"})
        assert answer.status_code == 400
        assert "forged" not in ana.get(f"/cases/{ref}").text

    def test_a_wording_is_sent_only_after_somebody_approves_it(self, app: Flask) -> None:
        graca = log_in(app, "graca")
        page = graca.get("/packs").text
        assert "No text is sent to anybody." in page
        values = {
            "csrf_token": token_in(page),
            "language": "por",
            "purpose": "acknowledgement",
        }
        after = graca.post("/packs/approve", data=values, follow_redirects=True).text
        assert "Graca" in after
        assert "No text is sent to anybody." not in after
        missing = values | {"language": "xyz"}
        assert graca.post("/packs/approve", data=missing).status_code == 404

    def test_the_handset_says_when_a_text_cannot_be_sent(self, app: Flask) -> None:
        # Nothing listens where the test client pretends to be.
        ana = log_in(app, "ana")
        token = token_in(ana.get("/handset/practice").text)
        take = {"csrf_token": token, "number": "+258 84 000 0001"}
        assert "+258840000001" in ana.post(
            "/handset/practice/take", data=take, follow_redirects=True
        ).text.replace(" ", "")
        sent = ana.post(
            "/handset/practice",
            data={"csrf_token": token, "text": "ola"},
            follow_redirects=True,
            base_url="http://localhost:9",
        )
        assert "The text could not be sent" in sent.text


class TestDoor:
    def test_without_a_log_in_there_is_the_log_in(self, app: Flask) -> None:
        client = visitor(app)
        answer = client.get("/cases/482913075")
        assert answer.status_code == 302
        assert answer.location == "/login?next=/cases/482913075"
        assert client.get("/cases", headers={"HX-Request": "true"}).status_code == 401

    def test_a_wrong_password_says_the_same_as_an_unknown_person(self, app: Flask) -> None:
        client = visitor(app)
        token = token_in(client.get("/login").text)
        said = []
        for email in ("ana@example.org", "nobody@example.org"):
            form = {"email": email, "password": "not the password", "csrf_token": token}
            said.append(client.post("/login", data=form).text.replace(email, ""))
        assert "The e-mail or the password is not right." in said[0]
        first, second = (re.sub(r'value="[^"]*"', "", text) for text in said)
        assert first == second

    def test_log_out_ends_it(self, app: Flask) -> None:
        ana = log_in(app, "ana")
        ana.post("/logout", data={"csrf_token": token_in(ana.get("/").text)})
        assert ana.get("/").status_code == 302

    def test_every_page_is_hardened(self, app: Flask) -> None:
        ana = log_in(app, "ana")
        for page in ("/", "/cases", "/nowhere", "/status"):
            headers = ana.get(page).headers
            assert "script-src 'self'" in headers["Content-Security-Policy"]
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Frame-Options"] == "DENY"

    def test_no_page_needs_inline_script_or_style(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana = log_in(app, "ana")
        for page in ("/", "/cases", f"/cases/{ref}", "/handset/practice", "/packs", "/status"):
            text = ana.get(page).text
            assert " style=" not in text
            assert not re.search(r"<script(?![^>]*src=)", text)
            assert not re.search(r"\son[a-z]+=", text)

    def test_a_stranger_host_gets_nothing(self, app: Flask) -> None:
        answer = visitor(app).get("/login", headers={"Host": "evil.example"})
        assert answer.status_code == 400


class TestLanguage:
    def test_the_browser_asks_and_the_reader_decides(self, app: Flask) -> None:
        client = visitor(app)
        asked = {"Accept-Language": "pt-MZ,pt;q=0.9"}
        assert "Entrar" in client.get("/login", headers=asked).text
        token = token_in(client.get("/login", headers=asked).text)
        choice = {"csrf_token": token, "language": "eng", "next": "//evil.example/"}
        answer = client.post("/language", data=choice, headers=asked)
        assert answer.location == "/"
        assert "Log in" in client.get("/login", headers=asked).text

    def test_a_choice_outlives_the_session(self, hub: Hub, app: Flask) -> None:
        ref = arrives(hub, PUMP)
        ana = log_in(app, "ana")
        choice = {"csrf_token": token_in(ana.get("/").text), "language": "por", "next": "/"}
        ana.post("/language", data=choice)
        page = log_in(app, "ana").get(f"/cases/{ref}").text
        assert 'lang="pt-MZ"' in page
        assert "Quem pode ver isto" in page

    def test_every_word_set_has_its_words(self) -> None:
        for kind, words in WORDS.items():
            assert set(words) == set(kind)


class TestStatus:
    def ask(self, client: FlaskClient, reference: str, secret: str) -> TestResponse:
        token = token_in(client.get("/status").text)
        form = {"csrf_token": token, "reference": reference, "secret": secret}
        return client.post("/status", data=form)

    def answer(self, page: TestResponse) -> str:
        found = re.search(r'class="answer"[^>]*>([^<]+)<', page.text)
        assert found, page.text
        return found.group(1)

    def test_the_answer_is_the_same_whatever_the_case_is(self, hub: Hub, app: Flask) -> None:
        client = visitor(app)
        said = set()
        for text in (PUMP, CHIEF):
            ref = arrives(hub, text)
            said.add(self.answer(self.ask(client, ref, hub.keyring.secret_for(ref))))
        assert len(said) == 1
        assert "We have your message." in said.pop()

    def test_a_wrong_secret_says_the_same_as_no_such_case(self, hub: Hub, app: Flask) -> None:
        client = visitor(app)
        ref = arrives(hub, PUMP)
        right = hub.keyring.secret_for(ref)
        wrong = "000000" if right != "000000" else "111111"
        unknown = "48291307" + check_digit("48291307")
        said = {
            self.answer(self.ask(client, ref, wrong)),
            self.answer(self.ask(client, unknown, hub.keyring.secret_for(unknown))),
        }
        assert len(said) == 1
        assert "do not belong together" in said.pop()

    def test_after_too_many_tries_it_waits(self, hub: Hub, app: Flask) -> None:
        client = visitor(app)
        ref = arrives(hub, PUMP)
        answers = [self.ask(client, ref, "000000") for _ in range(12)]
        assert answers[0].status_code == 200
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) > 0

    def test_a_number_that_is_none_is_said_so(self, app: Flask) -> None:
        answer = self.ask(visitor(app), "12", "1")
        assert answer.status_code == 422
        assert "This is no case number." in answer.text


def test_a_focal_point_passes_a_referral_on(hub: Hub, app: Flask) -> None:
    ref = arrives(hub, PUMP)
    ana, jorge, celia = log_in(app, "ana"), log_in(app, "jorge"), log_in(app, "celia")
    triaged(ana, ref)
    press(ana, f"/cases/{ref}", "refer", organisation="avsi", share="anonymous")
    found = re.search(r'/referrals/([0-9a-f]{32})"', jorge.get("/referrals").text)
    assert found
    page = f"/referrals/{found.group(1)}"
    refused = press(jorge, page, "refer", organisation="avsi")
    assert refused.status_code == 422
    assert "Passed on." in press(jorge, page, "refer", organisation="wfp", note="Yours?").text
    assert "You have 1 new notice" in celia.get("/").text
    theirs = re.search(r'/referrals/([0-9a-f]{32})"', celia.get("/notices").text)
    assert theirs
    assert "Yours?" in celia.get(f"/referrals/{theirs.group(1)}").text
    assert "new notice" not in celia.get("/").text

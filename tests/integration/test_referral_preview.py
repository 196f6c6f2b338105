"""The sender of a referral sees exactly what its receiver will see, and looking sends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import add_token
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.consent import Consent, Share
from tests.pages_world import PUMP, Clock, arrives, log_in, make_app, make_hub, token_in

NOTE = "Por favor vejam a bomba do bloco C."
_CHANGES = {"id", "focal_point", "sent_at", "due_at", "version", "received_at"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path / "home", clock=Clock())
    yield made
    made.close()


def agreed(hub: Hub, share: Share) -> str:
    """A triaged case whose person agreed to that."""
    ref = arrives(hub, PUMP)
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        case.consent = Consent(share=share)
        case.triage(
            case.codes, case.type, "wash", case.sensitivity, case.priority, "a", hub.clock()
        )
        uow.commit()
    return ref


def words_of(page: str) -> str:
    """What a page says, without the press of a button, moments and ids."""
    body = page[page.index("What the person said") : page.index("</main>")]
    told = re.sub(r"<form.*?</form>|<time.*?</time>", "", body, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", told).split())


def test_the_preview_is_the_receivers_own_page_and_answer(hub: Hub) -> None:
    app = make_app(hub)
    ana, jorge = log_in(app, "ana"), log_in(app, "jorge")
    with hub.unit_of_work() as uow:
        tokens = {
            role: add_token(uow.session, role.value, Membership(role, own), hub.clock())
            for role, own in ((Role.CASE_MANAGER, ""), (Role.FOCAL_POINT, "avsi"))
        }
        uow.commit()
    ask = app.test_client()

    def api(role: Role, path: str, **body: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        method = ask.post if body else ask.get
        answer = method(f"/api/v1{path}", headers=headers, **({"json": body} if body else {}))
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    for share in (Share.ANONYMOUS, Share.NAME):
        ref = agreed(hub, share)
        asked = {"organisation": "avsi", "share": share.value, "note": NOTE}
        form = asked | {"csrf_token": token_in(ana.get(f"/cases/{ref}").text)}
        before = count(hub)
        shown = ana.post(f"/referrals/preview/{ref}", data=form)
        assert shown.status_code == 200, shown.text
        said = api(Role.CASE_MANAGER, f"/cases/{ref}/referrals/preview", **asked)
        assert count(hub) == before, "looking sends nothing"

        sent = api(Role.CASE_MANAGER, f"/cases/{ref}/referrals", **asked)
        theirs = jorge.get(f"/referrals/{sent['id']}").text
        assert words_of(shown.text) == words_of(theirs)
        assert ("841234567" in theirs) == (share is Share.NAME)
        real = {
            "referral": api(Role.FOCAL_POINT, f"/referrals/{sent['id']}"),
            "case": api(Role.FOCAL_POINT, f"/cases/{ref}"),
            "messages": api(Role.FOCAL_POINT, f"/cases/{ref}/messages")["items"],
        }
        assert without(said) == without(real)

    # What the person did not agree to is refused before anything is shown.
    ref = agreed(hub, Share.ANONYMOUS)
    form = {"organisation": "avsi", "share": "name", "note": ""}
    form["csrf_token"] = token_in(ana.get(f"/cases/{ref}").text)
    assert ana.post(f"/referrals/preview/{ref}", data=form).status_code == 422


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        made = [tables.referral, tables.notice, tables.case_event, tables.remark, tables.outbox]
        return sum(uow.session.scalar(select(func.count()).select_from(t)) or 0 for t in made)


def without(value: object) -> object:
    """Without what differs between two referrals: moments and ids."""
    if isinstance(value, dict):
        return {key: without(one) for key, one in value.items() if key not in _CHANGES}
    return [without(one) for one in value] if isinstance(value, list) else value

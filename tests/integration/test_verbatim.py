"""What people write is kept as they wrote it, whatever script it is in and whatever else (issue 3).

Through the whole road, on both databases: webhook or API, worker, then the API and the case page.
"""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from feedback_hub import migrations
from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Role
from feedback_hub.services.records.work import Queue
from tests.integration.asking import Asking
from tests.integration.databases import NOW
from tests.pages_world import log_in, settle
from tests.providers.telegram import SECRET_TOKEN, TOKEN
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN
from workers.drain import drain

ODD = {
    "nothing": "",
    "only spaces": " \t\u00a0\n ",
    "a zero byte": "agua\0 suja\0",
    "control characters": "a\x01\x08\x1b[31mb\x7f\x85c",
    "line ends": "um\r\ndois\rtres\n\nquatro\u2028cinco",
    "right to left": "\u202eabc\u202c المضخة معطلة منذ ٣ أيام שלום \u200f123",
    "combining": "A\u0301gua e\u0301 Ma\u0303e Á é ã z\u0351\u036b\u0343",
    "emoji": "🚰❌ 👩🏾‍👩🏾‍👧🏾‍👦🏾 🏳️‍🌈 🇲🇿 1️⃣",
    "many scripts": "ꦮ 水泵坏了 ポンプ 펌프 ውሃ पानी தண்ணீர் ནང ߒߞߏ 𞤀𞤣𞤢𞤥 𐎠𐎭 Вода Νερό",
    "noncharacters": "\ufeffa\ufffe\uffff\U0010ffff",
    "markup": "<script>alert('1')</script> &amp; {{ 7*7 }} %s %(x)s \\u0000 '; DROP TABLE--",
    "long": ("A bomba não funciona. 💧 " * 8000)[: 100 * 1024],
}


@dataclass
class Road:
    """One hub with three ways in, and a case manager at the API and in a browser."""

    hub: Hub
    asking: Asking
    browser: FlaskClient
    numbers: Iterator[int]
    known: set[str] = field(default_factory=set)

    def telegram(self, text: str) -> None:
        number = next(self.numbers)
        message = {
            "message_id": 1,
            "date": int(NOW.timestamp()),
            "chat": {"id": number, "type": "private"},
            "from": {"id": number, "is_bot": False, "first_name": "A"},
            "text": text,
        }
        update = json.dumps({"update_id": number, "message": message}).encode()
        self._call(
            "bot", update, "application/json", ("X-Telegram-Bot-Api-Secret-Token", SECRET_TOKEN)
        )

    def sms(self, text: str) -> None:
        number = next(self.numbers)
        form = {"MessageSid": f"SM{number:032x}", "From": f"+{number}", "To": "+1", "Body": text}
        form |= {"AccountSid": ACCOUNT_SID, "SmsStatus": "received"}
        url = "http://localhost/channels/sms/inbound"
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
        kind = "application/x-www-form-urlencoded"
        self._call("sms", urlencode(form).encode(), kind, ("X-Twilio-Signature", signature))

    def api(self, text: str) -> None:
        codes = [] if text.strip() else ["complaint.broken"]
        body = {"submission_id": str(uuid.uuid4()), "text": text, "codes": codes}
        answer = self.asking.post(Role.DESK, "/api/v1/intake", **body)
        assert answer.status_code == 201, answer.text

    def _call(self, name: str, body: bytes, kind: str, proof: tuple[str, str]) -> None:
        answer = self.asking.app.test_client().post(
            f"/channels/{name}/inbound", data=body, content_type=kind, headers=[proof]
        )
        assert answer.status_code == 200, answer.text

    def arrived(self) -> str:
        """The reference of the one case that was not there before."""
        for queue in (Queue.INTAKE, Queue.TRIAGE):
            drain(self.hub, queue)
        with self.hub.reading() as uow:
            new = set(uow.session.scalars(select(tables.case.c.ref))) - self.known
        ref: str
        (ref,) = new
        self.known |= new
        return ref

    def on_the_page(self, ref: str) -> str:
        """The first words of the conversation as the case page has them."""
        answer = self.browser.get(f"/cases/{ref}")
        assert answer.status_code == 200
        said = re.search(r'<p class="said"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
        return html.unescape(re.sub("</?mark[^>]*>", "", said[1])) if said else ""

    def over_the_api(self, ref: str) -> str:
        items = self.asking.get(Role.CASE_MANAGER, f"/api/v1/cases/{ref}/messages").json["items"]
        return str(next(line["text"] for line in items if line["direction"] == "inbound"))


Way = Callable[[Road, str], None]
WAYS: tuple[Way, ...] = (Road.telegram, Road.sms, Road.api)


@pytest.fixture(scope="module")
def road(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    document = {
        "hub": {"home": str(tmp_path_factory.mktemp("home")), "base_url": "http://localhost"},
        "database": {"url": database_url},
        "security": {"second_factor": "offered"},
        "channels": {
            "bot": {"kind": "telegram"},
            "sms": {
                "kind": "twilio_sms",
                "account_sid": ACCOUNT_SID,
                "from_number": "+15005550006",
            },
        },
    }
    secrets = {
        "FEEDBACK_HUB_CHANNELS_BOT_TOKEN": TOKEN,
        "FEEDBACK_HUB_CHANNELS_BOT_SECRET_TOKEN": SECRET_TOKEN,
        "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN,
    }
    hub = build(parse_config(document, secrets), clock=lambda: NOW)
    migrations.migrate(hub.engine)
    asking = Asking(hub)
    settle(asking.app, hub)
    yield Road(hub, asking, log_in(asking.app, "ana"), count(258840000001))
    hub.close()


def travels(road: Road, way: Way, text: str) -> None:
    way(road, text)
    ref = road.arrived()
    assert road.over_the_api(ref) == road.on_the_page(ref) == text


@pytest.mark.parametrize("what", ODD)
def test_whatever_is_written_is_kept_and_shown_as_it_was_written(road: Road, what: str) -> None:
    for way in WAYS if what == "a zero byte" else (Road.telegram, Road.api):
        travels(road, way, ODD[what])


@pytest.mark.parametrize("way", [Road.telegram, Road.api], ids=lambda way: way.__name__)
def test_what_stands_around_half_a_character_is_kept(road: Road, way: Way) -> None:
    way(road, "meio \ud83d emoji \udc80")
    ref = road.arrived()
    assert road.over_the_api(ref) == road.on_the_page(ref) == "meio \ufffd emoji \ufffd"


@given(st.text(min_size=1, max_size=60), st.sampled_from(WAYS))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_kept(road: Road, text: str, way: Way) -> None:
    travels(road, way, text)

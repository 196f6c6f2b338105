"""What the desk app asks the hub for: its kit, its files in pieces, its devices, both its times."""

from __future__ import annotations

import io
import json
import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.attachment import AttachmentState
from feedback_hub.domain.call_back import CallReason, Way
from feedback_hub.domain.contact import Purpose
from feedback_hub.services import call_list
from feedback_hub.services.records.messages import AttachmentRow
from feedback_hub.services.records.telling import Wording, WordingState
from feedback_hub.services.records.work import Queue
from feedback_hub.web import desk_assets
from feedback_hub.web.words.desk_app import WORDS
from tests.integration.asking import Answer
from tests.pages_world import (
    CHIEF,
    PUMP,
    Clock,
    arrives,
    log_in,
    make_app,
    make_hub,
    token_in,
    visitor,
)
from workers.drain import drain

MODULES = Path(desk_assets.__file__).parent / "static" / "desk"
PIECE = 40_000


# One hub for all of them: each brings devices and reports of its own.
@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Hub:
    return make_hub(tmp_path_factory.mktemp("desk") / "home", clock=clock)


@pytest.fixture(scope="module")
def app(hub: Hub) -> Flask:
    return make_app(hub)


class Device:
    """A desk's device as the hub hears it."""

    def __init__(self, app: Flask, name: str = "filipe") -> None:
        self.browser: FlaskClient = log_in(app, name)
        self.headers: dict[str, str] = {}
        self.csrf = self.hello()["csrf"]
        made = self.post("/desk/devices", {})
        assert made.status_code == 201, made.text
        self.id = made.json["id"]
        self.headers["X-Desk-Device"] = made.json["secret"]
        self.hello()

    def get(self, path: str) -> Answer:
        return Answer.of(self.browser.get(f"/api/v1{path}", headers=self.headers))

    def hello(self) -> dict[str, str]:
        answer = self.get("/desk/hello")
        return dict(answer.json)

    def post(self, path: str, body: object) -> Answer:
        headers = self.headers | {"X-CSRFToken": self.csrf}
        return Answer.of(self.browser.post(f"/api/v1{path}", json=body, headers=headers))

    def put(self, path: str, content: bytes) -> Answer:
        headers = self.headers | {"X-CSRFToken": self.csrf}
        return Answer.of(self.browser.put(f"/api/v1{path}", data=content, headers=headers))

    def hands_in(self, **more: object) -> tuple[str, str]:
        given = str(uuid.uuid4())
        answer = self.post("/intake", {"submission_id": given, "text": "A bomba"} | more)
        assert answer.status_code == 201, answer.text
        return given, answer.json["ref"]


def picture() -> bytes:
    """A photo of noise, so that it has a size."""
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def files_of(hub: Hub, ref: str) -> list[AttachmentRow]:
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        return list(uow.attachments_of(case.id))


class TestFilesInPieces:
    def test_a_file_goes_on_where_the_link_broke_and_is_there_once(
        self, app: Flask, hub: Hub
    ) -> None:
        device, content = Device(app), picture()
        said = [{"type": "image/jpeg", "size": len(content)}]
        given, ref = device.hands_in(files=said)
        path = f"/intake/{given}/files/0"
        assert device.get(path).json == {"received": 0, "size": len(content), "complete": False}
        first = device.put(f"{path}?start=0", content[:PIECE])
        # The answer got lost: the same piece comes again.
        again = device.put(f"{path}?start=0", content[:PIECE])
        assert first.json == again.json
        gap = device.put(f"{path}?start={PIECE + 5}", content[PIECE + 5 :][:PIECE])
        assert gap.status_code == 422
        assert str(PIECE) in gap.text
        at = device.get(path).json["received"]
        while at < len(content):
            at = device.put(f"{path}?start={at}", content[at : at + PIECE]).json["received"]
        drain(hub, Queue.FILES)
        (row,) = files_of(hub, ref)
        assert (row.state, row.media_type) == (AttachmentState.FETCHED, "image/jpeg")
        assert device.get(path).json["complete"]
        with hub.reading() as uow:
            left = uow.session.scalar(select(func.count()).select_from(tables.upload_part))
        assert left == 0

    def test_nobody_else_and_no_other_file_is_reached(self, app: Flask, hub: Hub) -> None:
        device, other = Device(app), log_in(app, "ana")
        given, ref = device.hands_in(files=[{"size": 10}])
        assert other.get(f"/api/v1/intake/{given}/files/0").status_code == 404
        assert device.get(f"/intake/{given}/files/1").status_code == 404
        assert device.get(f"/intake/{uuid.uuid4()}/files/0").status_code == 404
        assert device.put(f"/intake/{given}/files/0?start=0", b"x" * 11).status_code == 422
        assert device.get(f"/cases/{ref}/attachments").status_code in {403, 404}

    def test_a_voice_note_alone_is_a_report_and_is_known_as_a_voice(
        self, app: Flask, hub: Hub
    ) -> None:
        device = Device(app)
        sound = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\xaeA_OPUS" + bytes(500)
        given, ref = device.hands_in(text="", files=[{"type": "audio/webm", "size": len(sound)}])
        device.put(f"/intake/{given}/files/0?start=0", sound)
        drain(hub, Queue.FILES)
        (row,) = files_of(hub, ref)
        assert row.media_type == "audio/webm"

    def test_files_of_a_highly_sensitive_report_come_though_its_writer_cannot_open_it(
        self, app: Flask, hub: Hub
    ) -> None:
        device = Device(app)
        given, ref = device.hands_in(text=CHIEF, sensitivity="L3", files=[{"size": 5}])
        assert device.get(f"/cases/{ref}").status_code == 404
        assert device.put(f"/intake/{given}/files/0?start=0", b"12345").json["complete"]
        drain(hub, Queue.FILES)
        (row,) = files_of(hub, ref)
        assert row.state is AttachmentState.FETCHED

    @pytest.mark.parametrize("size", [0, -1, 10**9])
    def test_a_size_that_cannot_be_is_refused(self, app: Flask, size: int) -> None:
        body = {"submission_id": str(uuid.uuid4()), "text": "x", "files": [{"size": size}]}
        answer = Device(app).post("/intake", body)
        assert answer.status_code == 422
        assert "files.0.size" in answer.text


def test_the_device_s_time_and_the_mended_one_are_both_kept(
    app: Flask, hub: Hub, clock: Clock
) -> None:
    shown = datetime.fromisoformat("2015-01-01T08:00:00+02:00")
    mended = clock.now - timedelta(hours=3)
    _, ref = Device(app).hands_in(received_at=mended.isoformat(), device_at=shown.isoformat())
    with hub.reading() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        (message,) = uow.messages_of(case.id)
    assert case.received_at == mended
    assert message.device_at == shown


class TestDevices:
    def test_out_of_use_it_is_logged_out_and_hears_why_without_a_log_in(self, app: Flask) -> None:
        device = Device(app)
        owner = log_in(app, "filipe")
        page = owner.get("/account").text
        assert device.id in page
        form = {"csrf_token": token_in(page), "device": device.id, "use": "no_more"}
        assert owner.post("/account/desk-devices", data=form).status_code == 303
        assert device.get("/desk/hello").status_code == 410
        assert device.post("/intake", {}).status_code == 410
        assert device.post("/desk/devices/rescue", {}).status_code == 410
        # The browser without the device's secret is logged out as well.
        assert device.browser.get("/api/v1/desk/hello").status_code == 401

        form = {"csrf_token": token_in(page), "device": device.id, "use": "again"}
        assert owner.post("/account/desk-devices", data=form).status_code == 303
        assert device.get("/desk/hello").status_code == 401

    def test_an_administrator_takes_it_out_of_use_and_nobody_else(
        self, app: Flask, hub: Hub
    ) -> None:
        device, admin, other = Device(app), log_in(app, "ines"), log_in(app, "ana")
        with hub.reading() as uow:
            account = account_id_of(uow.session, "filipe@example.org")
        page = admin.get(f"/admin/users/{account}").text
        assert device.id in page
        form = {"csrf_token": token_in(page), "device": device.id}
        own = {"csrf_token": token_in(other.get("/account").text), "device": device.id}
        assert other.post("/account/desk-devices", data=own).status_code == 404
        assert device.get("/desk/hello").status_code == 200
        assert admin.post(f"/admin/users/{account}/desk-devices", data=form).status_code == 303
        assert device.get("/desk/hello").status_code == 410

    def test_the_key_for_a_forgotten_pin_is_its_owner_s_alone(self, app: Flask) -> None:
        device = Device(app)
        key = device.post("/desk/devices/rescue", {}).json["rescue"]
        assert re.fullmatch(r"[0-9a-f]{64}", key)
        other = Device(app)
        other.headers["X-Desk-Device"] = "somebody's"
        assert other.post("/desk/devices/rescue", {}).status_code == 404

    @pytest.mark.parametrize("name", ["ana", "jorge", "rosa", "graca", "ines", "abel"])
    def test_other_roles_have_no_app(self, app: Flask, name: str) -> None:
        browser = log_in(app, name)
        assert browser.get("/desk/app").status_code == 403
        for path in ("hello", "kit", "today"):
            assert browser.get(f"/api/v1/desk/{path}").status_code == 403

    def test_without_a_log_in_it_leads_there(self, app: Flask) -> None:
        answer = visitor(app).get("/desk/app")
        assert answer.status_code == 302
        assert "/login" in answer.headers["Location"]


class TestKit:
    def test_it_has_the_desk_s_own_sites_and_no_person(self, app: Flask, hub: Hub) -> None:
        device = Device(app)
        device.hands_in(contact={"name": "Amina", "phone": "+258841234567"})
        kit = device.get("/desk/kit")
        assert [one["code"] for one in kit.json["sites"]] == ["NTO"]
        assert "Corrane" not in kit.text
        assert "Amina" not in kit.text
        assert len(kit.json["codes"]) == len(list(hub.rules.frame))

    def test_only_approved_scripts_are_in_it(self, app: Flask, hub: Hub) -> None:
        device = Device(app)
        assert device.get("/desk/kit").json["scripts"] == []
        with hub.unit_of_work() as uow:
            script = uow.session.get(Wording, ("por", Purpose.SCRIPT_CONSENT))
            assert script is not None
            script.state = WordingState.APPROVED
            uow.commit()
        (shown,) = device.get("/desk/kit").json["scripts"]
        assert shown["language"] == "por"
        assert "Podemos escrever" in shown["text"]


class TestToday:
    def test_whom_to_find_today_at_the_desk_s_own_site_and_nothing_of_the_matter(
        self, app: Flask, hub: Hub
    ) -> None:
        device = Device(app)
        refs = {}
        for site in ("NTO", "COR"):
            refs[site] = arrives(hub, PUMP)
            with hub.unit_of_work() as uow:
                case = uow.case_by_ref(refs[site])
                assert case is not None
                case.site = site
                put = {"way": Way.DESK}
                call_list.put(uow, hub.rules, case, CallReason.ANSWER, "x", hub.clock(), **put)
                uow.commit()
        today = device.get("/desk/today")
        assert [one["ref"] for one in today.json["items"]] == [refs["NTO"]]
        assert datetime.fromisoformat(today.json["until"]) - hub.clock() < timedelta(days=1)
        for word in ("bomba", "841234567", "wash"):
            assert word not in today.text

    def test_the_first_page_leads_to_the_app_where_there_is_a_desk(self, app: Flask) -> None:
        assert 'href="/desk/app"' in log_in(app, "filipe").get("/").text
        assert 'href="/desk/app"' not in log_in(app, "ana").get("/").text


class TestFiles:
    def test_the_first_load_is_small(self, app: Flask) -> None:
        browser = visitor(app)
        shell = browser.get("/desk/app/shell").data
        with app.test_request_context():
            names = [one for one in desk_assets.assets() if not one.endswith(".png")]
        sizes = {}
        for name in names:
            answer = browser.get(f"/desk/app/{name}", headers={"Accept-Encoding": "gzip"})
            sizes[name] = len(answer.data)
        assert sum(sizes.values()) + len(shell) <= 60 * 1024, sizes

    def test_no_inline_script_and_a_policy_without_exceptions(self, app: Flask) -> None:
        shell = visitor(app).get("/desk/app/shell")
        policy = shell.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
        assert not re.search(r"<script(?![^>]*src=)", shell.text)
        assert " style=" not in shell.text

    def test_every_word_the_app_asks_for_is_there_and_no_other(self) -> None:
        code = "\n".join(one.read_text("utf-8") for one in MODULES.glob("*.js"))
        wanted = set(re.findall(r'\bt\(\s*"(\w+)"', code))
        wanted |= set(re.findall(r'\bt\([\w.]+ \? "(\w+)" : "\w+"', code))
        counted = set(re.findall(r'\btn\("(\w+)"', code))
        wanted |= {f"{one}_{form}" for one in counted for form in ("one", "many")}
        assert wanted <= set(WORDS), wanted - set(WORDS)
        unused = {key for key in WORDS if f'"{key}"' not in code and key not in wanted}
        # Put together from a state, a step, or a code of the frame.
        made = ("state_", "step_", "accused_")
        assert {key for key in unused if not key.startswith(made)} == set()

    def test_the_service_worker_keeps_every_file_that_a_module_asks_for(self, app: Flask) -> None:
        worker = visitor(app).get("/desk/app/sw.js")
        assert worker.headers["Service-Worker-Allowed"] == "/desk/app"
        found = re.search(r"const FILES = (\[.*?\]);", worker.text)
        assert found is not None
        kept = set(json.loads(found[1]))
        code = "\n".join(one.read_text("utf-8") for one in MODULES.glob("*.js"))
        for module in re.findall(r"(?:from |import\()\"\./(\w+\.js)\"", code):
            assert f"/desk/app/{module}" in kept
        for path in kept:
            assert visitor(app).get(path).status_code == 200

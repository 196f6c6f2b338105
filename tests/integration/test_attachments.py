"""A photo or a voice note, from the person's phone to whoever handles the case and nobody else."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.tables import audit
from feedback_hub.bootstrap import Hub, build
from feedback_hub.config import parse_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.attachment import AttachmentFault, AttachmentState
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.message import Attachment, InboundMessage
from feedback_hub.domain.place import Organisation, Site
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import attachments, intake, seals
from feedback_hub.services.ports import VaultClosed
from feedback_hub.services.records.messages import AttachmentRow
from feedback_hub.services.records.work import InboxKind, Queue
from feedback_hub.web.app import create_app
from tests.integration.databases import NOW, Database
from tests.pages_world import log_in, settle, token_in
from tests.providers.clamd import EICAR, ClamdServer
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioServer
from workers.drain import drain

VOICE = b"OggS\0\2" + b"\0" * 20 + b"\1\x13OpusHead\1\1" + bytes(range(256)) * 20


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def photo() -> bytes:
    """A JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Telefone de Amina"
    exif.get_ifd(0x8825)[2] = (12.0, 58.0, 30.0)
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "JPEG", exif=exif)
    return out.getvalue()


@dataclass
class World:
    """A hub with a Twilio number, its provider, and people who log in."""

    hub: Hub
    twilio: TwilioServer
    clock: Clock
    home: Path

    @cached_property
    def app(self) -> Flask:
        """The application with its people; a test without pages does without."""
        made = create_app(self.hub)
        settle(made, self.hub)
        return made

    def sends(self, *contents: bytes, text: str = "A bomba avariou") -> str:
        """A person sends files; the case's reference. Nothing is fetched yet."""
        message = self.twilio.receive(text, "+258841234567", "+15005550006")
        links = []
        for content in contents:
            sid = f"ME{uuid.uuid4().hex}"
            self.twilio.files[sid] = content
            path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{message.sid}/Media/{sid}"
            links.append(Attachment(f"{self.twilio.url}{path}", "image/jpeg", "../../x.php"))
        item = InboundMessage(
            uuid.uuid4().hex,
            self.clock(),
            text,
            sender=f"+25884{uuid.uuid4().int % 10**7:07d}",
            attachments=tuple(links),
        )
        with self.hub.unit_of_work() as uow:
            intake.accept(uow, "sms", [item], b"", self.clock())
            uow.commit()
        drain(self.hub, Queue.INTAKE)
        with self.hub.reading() as uow:
            row = uow.accepted("sms", InboxKind.MESSAGE, item.external_id)
            case = uow.case(row.case_id or "") if row else None
            assert case is not None
            return case.ref

    def fetches(self) -> None:
        """What the workers do."""
        drain(self.hub, Queue.FILES)

    def rows(self, ref: str) -> list[AttachmentRow]:
        with self.hub.reading() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            return list(uow.attachments_of(case.id))

    def stored(self) -> list[Path]:
        return [path for path in (self.home / "files").rglob("*") if path.is_file()]

    def raise_to(self, ref: str, level: Sensitivity) -> None:
        with self.hub.unit_of_work() as uow:
            case = uow.case_by_ref(ref)
            assert case is not None
            case.sensitivity = level
            uow.commit()


@pytest.fixture
def make_world(
    database: Database, tmp_path: Path, twilio_server: TwilioServer
) -> Iterator[Callable[..., World]]:
    made: list[Hub] = []

    def make(**tables: dict[str, object]) -> World:
        document: dict[str, object] = {
            "hub": {"home": str(tmp_path / "home"), "base_url": "http://localhost"},
            "database": {"url": database.fresh()},
            "security": {"second_factor": "offered"},
            "channels": {
                "sms": {
                    "kind": "twilio_sms",
                    "account_sid": ACCOUNT_SID,
                    "from_number": "+15005550006",
                    "api_base": twilio_server.url,
                    "read_timeout": 2.0,
                }
            },
        }
        secrets = {"FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": AUTH_TOKEN}
        clock = Clock()
        hub = build(parse_config(document | tables, secrets), clock=clock)
        made.append(hub)
        with hub.unit_of_work() as uow:
            uow.session.add_all([Site("NTO", "Ntokota"), Organisation("avsi", "AVSI")])
            uow.commit()
        return World(hub, twilio_server, clock, tmp_path / "home")

    yield make
    for hub in made:
        hub.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


def address(ref: str, row: AttachmentRow) -> str:
    return f"/cases/{ref}/attachments/{row.id}"


def test_a_photo_reaches_the_case_manager_without_its_place_and_lies_sealed(world: World) -> None:
    ref = world.sends(photo(), VOICE)
    ana = log_in(world.app, "ana")
    assert ana.get(f"/cases/{ref}").text.count("A file is on its way.") == 2
    world.fetches()

    picture, voice = world.rows(ref)
    assert (picture.state, picture.media_type) == (AttachmentState.FETCHED, "image/jpeg")
    assert (voice.state, voice.media_type) == (AttachmentState.FETCHED, "audio/ogg")
    page = ana.get(f"/cases/{ref}").text
    assert "Photo" in page
    assert f'<audio controls preload="none" src="{address(ref, voice)}"' in page

    got = ana.get(address(ref, picture))
    assert got.status_code == 200
    assert got.mimetype == "image/jpeg"
    assert got.headers["Content-Disposition"] == f"attachment; filename={ref}-1.jpg"
    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(got.data)) as seen:
        assert seen.size == (60, 40)
        assert not seen.getexif()
    assert b"Amina" not in got.data

    part = ana.get(address(ref, voice), headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.data) == (206, VOICE[4:10])

    files = world.stored()
    assert len(files) == 2
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        content = path.read_bytes()
        assert b"OpusHead" not in content
        assert not content.startswith(b"\xff\xd8")


def test_for_everybody_else_there_is_no_file(world: World) -> None:
    ref = world.sends(VOICE)
    world.fetches()
    (row,) = world.rows(ref)
    nowhere = f"/cases/{ref}/attachments/{'0' * 32}"
    clients = {name: log_in(world.app, name) for name in ("ana", "rosa", "jorge", "filipe", "ines")}
    readers = {Sensitivity.L1: {"ana"}, Sensitivity.L2: {"ana"}, Sensitivity.L3: {"rosa"}}
    for level, may in readers.items():
        world.raise_to(ref, level)
        for name, client in clients.items():
            got, unknown = client.get(address(ref, row)), client.get(nowhere)
            if name in may:
                assert got.data == VOICE
                assert unknown.status_code == 404
            else:
                # The same whether there is one or not; a role that has no files learns just that.
                assert got.status_code == unknown.status_code
                assert got.status_code == (404 if name in {"ana", "rosa"} else 403)
                assert VOICE not in got.data
    assert world.app.test_client().get(address(ref, row)).status_code == 302
    with world.hub.reading() as uow:
        files = select(audit.c.object_id).where(audit.c.action == AuditAction.FILE_READ)
        # Of the sensitive levels, by who may.
        assert uow.session.scalars(files).all() == [row.id, row.id]


def test_a_file_is_reached_by_its_own_case_only(world: World) -> None:
    ref, other = world.sends(VOICE), world.sends()
    world.fetches()
    (row,) = world.rows(ref)
    assert log_in(world.app, "ana").get(address(other, row)).status_code == 404


def test_the_api_lists_and_gives_files_to_the_case_team_s_tokens(world: World) -> None:
    ref = world.sends(VOICE)
    world.fetches()
    with world.hub.unit_of_work() as uow:
        tokens = {
            role: add_token(uow.session, role.value, Membership(role, "avsi"), NOW)
            for role in (Role.CASE_MANAGER, Role.FOCAL_POINT, Role.MECHANISM)
        }
        uow.commit()

    def asks(role: Role, path: str) -> tuple[int, object]:
        client = world.app.test_client()
        secret = tokens[role]
        answer = client.get(
            f"/api/v1/cases/{ref}/{path}", headers={"Authorization": f"Bearer {secret}"}
        )
        return answer.status_code, answer.get_json(silent=True) or answer.data

    status, listed = asks(Role.CASE_MANAGER, "attachments")
    assert status == 200
    assert isinstance(listed, dict)
    (file,) = listed["items"]
    assert (file["state"], file["kind"], file["size"]) == ("fetched", "voice", len(VOICE))
    assert asks(Role.CASE_MANAGER, f"attachments/{file['id']}") == (200, VOICE)
    for role in (Role.FOCAL_POINT, Role.MECHANISM):
        assert asks(role, "attachments")[0] == 403
        assert asks(role, f"attachments/{file['id']}")[0] == 403


def test_a_provider_that_is_down_is_asked_again_and_then_a_person_may(world: World) -> None:
    ref = world.sends(VOICE)
    world.twilio.cdn_does = "deny"
    for _ in range(attachments.MOST_ATTEMPTS):
        assert world.rows(ref)[0].state is AttachmentState.WAITING
        world.fetches()
        asked = world.twilio.asked_cdn
        world.fetches()
        assert world.twilio.asked_cdn == asked, "asked again at once"
        world.clock.now += timedelta(days=1)
    (row,) = world.rows(ref)
    assert (row.state, row.fault) == (AttachmentState.FAILED, AttachmentFault.PROVIDER_DOWN)

    world.twilio.cdn_does = "answer"
    ana = log_in(world.app, "ana")  # days have passed: the first log-in has ended
    page = ana.get(f"/cases/{ref}").text
    assert "A file could not be fetched: the provider is out of reach." in page
    again = _press_retry(ana, page)
    assert "Asked for again." in again
    world.fetches()
    assert world.rows(ref)[0].state is AttachmentState.FETCHED
    assert ana.get(address(ref, row)).data == VOICE


def _press_retry(client: FlaskClient, page: str) -> str:
    action = re.search(r'action="([^"]*/retry)"', page)
    assert action, page
    form = {"csrf_token": token_in(page)}
    return client.post(action.group(1), data=form, follow_redirects=True).text


def test_what_may_not_stay_is_named_and_not_kept(make_world: Callable[..., World]) -> None:
    world = make_world(attachments={"max_bytes": 10_000})
    ref = world.sends(b"\xff\xd8\xff\xe0damaged", b"OggS" + b"\0" * 20_000)
    world.fetches()
    assert [(row.state, row.fault) for row in world.rows(ref)] == [
        (AttachmentState.REFUSED, AttachmentFault.UNREADABLE),
        (AttachmentState.REFUSED, AttachmentFault.TOO_LARGE),
    ]
    page = log_in(world.app, "ana").get(f"/cases/{ref}").text
    assert "A file was not kept: it is too large." in page
    # The limit can be raised; a damaged picture stays one.
    assert page.count("/retry") == 1
    assert world.stored() == []


def test_one_that_is_gone_at_the_provider_is_not_asked_for_again(world: World) -> None:
    ref = world.sends(VOICE)
    world.twilio.files.clear()
    world.fetches()
    (row,) = world.rows(ref)
    assert (row.state, row.fault) == (AttachmentState.FAILED, AttachmentFault.GONE)


def test_a_worker_that_dies_after_writing_leaves_one_file(world: World) -> None:
    ref = world.sends(VOICE)
    (row,) = world.rows(ref)
    # Written, and killed before the outcome was committed: the row waits, the file is there.
    world.hub.attachments.store.write(row.stored_name, b"half a life")
    (world.home / "files" / row.stored_name[:2] / f"{row.stored_name}.dead").write_bytes(b"x")
    world.fetches()
    assert len(world.stored()) == 1
    assert log_in(world.app, "ana").get(address(ref, row)).data == VOICE
    # And a second worker that had it too changes nothing.
    attachments.fetch(world.hub.unit_of_work, world.hub.attachments, row.id, world.clock)
    assert len(world.stored()) == 1


def test_a_file_that_kills_its_workers_is_given_up(world: World) -> None:
    ref = world.sends(VOICE)
    with world.hub.unit_of_work() as uow:
        row = uow.attachment(world.rows(ref)[0].id)
        assert row is not None
        row.attempts = attachments.MOST_ATTEMPTS
        uow.commit()
    world.fetches()
    assert world.rows(ref)[0].fault is AttachmentFault.BROKEN
    assert world.twilio.asked_cdn == 0


def test_a_store_that_is_full_does_not_lose_the_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.sends(VOICE)

    def full(_name: str, _sealed: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(world.hub.attachments.store, "write", full)
        world.fetches()
        assert world.rows(ref)[0].state is AttachmentState.WAITING
    world.clock.now += timedelta(hours=1)
    world.fetches()
    assert world.rows(ref)[0].state is AttachmentState.FETCHED


def test_an_erased_file_cannot_be_read_by_anybody(world: World) -> None:
    ref = world.sends(VOICE)
    world.fetches()
    (row,) = world.rows(ref)
    (path,) = world.stored()
    with world.hub.unit_of_work() as uow:
        name = attachments.erase(uow, row.id)
        uow.commit()
    bound_to, sealed = seals.content_bound_to(row.id), path.read_bytes()
    with world.hub.reading() as uow, pytest.raises(VaultClosed):
        uow.vault.open_bytes(row.key_id, sealed, bound_to)
    world.hub.attachments.store.remove(name)
    assert world.stored() == []
    ana = log_in(world.app, "ana")
    assert ana.get(address(ref, row)).status_code == 404
    assert "A file was here and has been erased." in ana.get(f"/cases/{ref}").text


class TestScanner:
    def test_what_it_finds_is_kept_from_everybody(
        self, make_world: Callable[..., World], clamd_server: ClamdServer
    ) -> None:
        world = make_world(security={"clamd": clamd_server.address, "second_factor": "offered"})
        ref = world.sends(EICAR, VOICE)
        world.fetches()
        bad, good = world.rows(ref)
        assert (bad.state, bad.fault) == (AttachmentState.REFUSED, AttachmentFault.INFECTED)
        assert good.state is AttachmentState.FETCHED
        assert len(world.stored()) == 1
        page = log_in(world.app, "ana").get(f"/cases/{ref}").text
        assert "A file was not kept: the virus scanner found something in it." in page

    def test_while_it_is_away_nothing_is_released(
        self, make_world: Callable[..., World], clamd_server: ClamdServer
    ) -> None:
        world = make_world(security={"clamd": clamd_server.address, "second_factor": "offered"})
        ref = world.sends(VOICE)
        clamd_server.stop()
        for _ in range(attachments.MOST_ATTEMPTS + 2):
            world.fetches()
            (row,) = world.rows(ref)
            assert (row.state, row.fault) == (AttachmentState.WAITING, AttachmentFault.NO_SCANNER)
            world.clock.now += attachments.SCANNER_EVERY
        assert world.twilio.asked_cdn == 0
        assert world.stored() == []
        page = log_in(world.app, "ana").get(f"/cases/{ref}").text
        assert "A file has not come yet: the virus scanner does not answer. We try again." in page

        clamd_server.start()
        world.fetches()
        assert world.rows(ref)[0].state is AttachmentState.FETCHED

"""What is seen at a site: who writes it down, what is missing, what the committee is, the photo."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from PIL.ExifTags import Base
from sqlalchemy import update

from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.adapters.tables import boundary, membership
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.place import Site
from tests.integration.asking import Asking
from tests.integration.databases import HubOn, SqliteFiles
from tests.integration.test_measures import Made, put
from tests.pages_world import log_in, make_app, make_hub, token_in

SITE = "/api/v1/sites/NTO"
VISIT: dict[str, Any] = {
    "visited_on": "2026-03-01",
    "population": 1900,
    "arrivals": 30,
    "services": [{"sector": "wash", "state": "partly", "units": 2, "note": "Two of four work."}],
}
SEATS = {"female.18_39": 1, "male.18_39": 5, "male.60_plus": 1}


@pytest.fixture
def hub(sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn) -> Hub:
    hub = hub_on(sqlite_files.fresh(), tmp_path / "home")
    with hub.unit_of_work() as uow:
        uow.session.add(Site("NTO", "Ntokota", population=1500, capacity=1600))
        uow.session.add(Site("COR", "Corrane", population=900))
        uow.commit()
    return hub


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


def test_a_visit_says_what_is_missing_against_the_standard(asking: Asking) -> None:
    assert asking.post(Role.DESK, f"{SITE}/visits", **VISIT).status_code == 201
    found = asking.get(Role.COORDINATOR, SITE).json
    assert (found["population_now"], found["arrivals"], found["last_visit"]) == (
        1900,
        30,
        "2026-03-01",
    )
    gaps = {gap["sector"]: gap for gap in found["gaps"]}
    # 1,900 people at 500 a water point are four; two work.
    assert (gaps["wash"]["needed"], gaps["wash"]["missing"]) == (4, 2)
    assert gaps["wash"]["gap"]
    assert gaps["education"] == gaps["education"] | {"served": False, "gap": True}
    listed = asking.get(Role.FOCAL_POINT, f"{SITE}/visits").json["items"]
    assert listed[0]["services"] == VISIT["services"]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.FOCAL_POINT, Role.ADMIN])
def test_who_writes_no_reports_writes_no_visits(asking: Asking, role: Role) -> None:
    assert asking.post(role, f"{SITE}/visits", **VISIT).status_code == 403
    assert asking.post(role, f"{SITE}/committee", seats=SEATS).status_code == 403


def test_a_desk_writes_of_its_own_site_only(asking: Asking) -> None:
    at_cor = asking.token_at(Role.DESK, "COR")
    assert asking.post(at_cor, f"{SITE}/visits", **VISIT).status_code == 404
    assert asking.post(at_cor, "/api/v1/sites/COR/visits", **VISIT).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"visited_on": "2099-01-01", "population": 3},
        {"population": -1},
        {"services": [{"sector": "moon", "state": "works"}]},
        {"services": [VISIT["services"][0], VISIT["services"][0]]},
    ],
)
def test_what_cannot_be_is_refused(asking: Asking, wrong: dict[str, object]) -> None:
    assert asking.post(Role.DESK, f"{SITE}/visits", **wrong).status_code in {400, 422}


def test_a_committee_is_numbers_and_says_why_it_is_not_representative(asking: Asking) -> None:
    assert asking.get(Role.DESK, f"{SITE}/committee").json["faults"] == ["no_committee"]
    assert asking.post(Role.DESK, f"{SITE}/committee", seats=SEATS).status_code == 200
    found = asking.get(Role.COORDINATOR, f"{SITE}/committee").json
    assert set(found["faults"]) == {"few_women", "no_disability", "not_met"}
    assert found["seats"] == found["seats"] | SEATS
    too_many = {"seats": {"female.18_39": 1, "disability": 2}}
    assert asking.post(Role.DESK, f"{SITE}/committee", **too_many).status_code == 422


def test_a_site_whose_number_must_not_be_said_says_it_nowhere(hub: Hub, asking: Asking) -> None:
    put(hub, [Made(site="NTO") for _ in range(3)] + [Made(site="COR") for _ in range(9)])
    for code in ("NTO", "COR"):
        assert asking.get(Role.COORDINATOR, f"/api/v1/sites/{code}").json["cases"] is None
    assert asking.get(Role.DESK, SITE).json["cases"] is None


class TestPages:
    @pytest.fixture
    def pages(self, tmp_path: Path) -> tuple[Flask, Hub]:
        hub = make_hub(tmp_path)
        return make_app(hub), hub

    def test_a_photo_is_kept_sealed_and_forgets_where_it_was_taken(
        self, pages: tuple[Flask, Hub], tmp_path: Path
    ) -> None:
        app, hub = pages
        desk = log_in(app, "filipe")
        page = desk.get("/sites/NTO")
        picture = Image.effect_noise((64, 64), 50)
        exif = picture.getexif()
        exif[Base.Make] = "Nosey"
        exif.get_ifd(0x8825)[1] = "S"
        taken = io.BytesIO()
        picture.save(taken, "JPEG", exif=exif)
        form = {
            "csrf_token": token_in(page.text),
            "state-wash": "stopped",
            "note-wash": "The pump is broken",
            "photo": (io.BytesIO(taken.getvalue()), "x.jpg"),
        }
        done = desk.post("/sites/NTO/visits", data=form, content_type="multipart/form-data")
        assert done.status_code == 303, done.text
        after = desk.get("/sites/NTO").text
        address = after.split('src="/sites/visits/')[1].split('"')[0]
        shown = log_in(app, "graca").get(f"/sites/visits/{address}")
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        assert not Image.open(io.BytesIO(shown.data)).getexif()
        kept = [path.read_bytes() for path in (tmp_path / "files").rglob("*") if path.is_file()]
        assert kept
        assert not any(b"JFIF" in content for content in kept)
        assert app.test_client().get(f"/sites/visits/{address}").status_code == 302
        # Whoever coordinates another site alone is shown neither the page nor the photo.
        with hub.unit_of_work() as uow:
            graca = account_id_of(uow.session, "graca@example.org")
            row = update(membership).where(membership.c.account_id == graca)
            uow.session.execute(row.values(site="COR"))
            uow.commit()
        elsewhere = log_in(app, "graca")
        assert elsewhere.get("/sites/NTO").status_code == 404
        assert elsewhere.get(f"/sites/visits/{address}").status_code == 404

    def test_outlines_are_matched_by_scheme_and_code(self, pages: tuple[Flask, Hub]) -> None:
        app, hub = pages
        ring = [[40, -13], [41, -13], [41, -12], [40, -12], [40, -13]]
        outline = json.dumps({"type": "Polygon", "coordinates": [ring]})
        with hub.unit_of_work() as uow:
            for site in uow.sites():
                site.pcode, site.pcode_scheme = "MZ0101", "2019" if site.code == "NTO" else "2025"
            for scheme in ("2019", "other"):
                uow.session.execute(
                    boundary.insert().values(
                        scheme=scheme, pcode="MZ0101", name=f"Of {scheme}", outline=outline
                    )
                )
            uow.commit()
        page = log_in(app, "graca").get("/sites").text
        assert "Of 2019" in page
        assert "Of other" not in page
        # The one whose P-code is of another scheme has no place, though the code is the same.
        assert "Corrane</figcaption>" in page.replace("</span>", "").replace("\n", "")

    def test_the_dashboard_says_one_sentence_and_opens_lists_where_one_may(
        self, pages: tuple[Flask, Hub]
    ) -> None:
        app, hub = pages
        chance = random.Random(2)
        now = hub.clock()
        put(hub, [Made(now, sector=chance.choice(("wash", "food"))) for _ in range(40)])
        coordinator = log_in(app, "graca").get("/dashboard?sector=").text
        assert "In the last seven days 40 cases came in, more than usual" in coordinator
        assert "/cases?" not in coordinator
        assert "style=" not in coordinator
        manager = log_in(app, "ana")
        page = manager.get("/dashboard").text
        link = page.split('href="/cases?')[1].split('"')[0].replace("&amp;", "&")
        assert "tile-n" in page
        assert manager.get(f"/cases?{link}").status_code == 200
        for name in ("filipe", "jorge", "rosa", "ines"):
            assert log_in(app, name).get("/dashboard").status_code == 403

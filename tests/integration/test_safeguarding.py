"""A conduct report is owed, a service is chosen: two duties, kept apart, seen by handlers only."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.consent import Consent, Share
from feedback_hub.domain.person import AccusedClass, AgeBand, Person
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.domain.sensitivity import Sensitivity
from tests.integration.asking import Answer, Asking, add_case
from tests.integration.databases import NOW

HANDLER = Role.PROTECTION
EXPLAINED = {"explained": "O que o centro faz e que pode dizer não.", "how": "face_to_face"}


@pytest.fixture
def asking(hub: Hub) -> Asking:
    with hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota")])
        uow.session.add_all(
            [Organisation(code, code.upper()) for code in ("clinic", "kids", "bad")]
        )
        uow.session.flush()
        uow.session.add(Service(uuid.uuid4().hex, "NTO", "child_protection", "kids"))
        uow.commit()
    return Asking(hub)


def told(
    hub: Hub,
    *,
    level: Sensitivity = Sensitivity.L3,
    codes: tuple[str, ...] = ("protection.gbv",),
    accused: AccusedClass | None = None,
    age: AgeBand = AgeBand.NOT_ASKED,
    share: Share = Share.NOT_ASKED,
) -> str:
    with hub.unit_of_work() as uow:
        case = add_case(uow, sensitivity=level, site="NTO")
        case.codes, case.type = codes, codes[0].partition(".")[0]
        case.accused_class, case.accused_organisation = accused, "bad"
        case.person, case.consent = Person(age_band=age), Consent(share=share)
        uow.commit()
        return case.ref


def duties(asking: Asking, ref: str) -> dict[str, object]:
    shown = asking.get(HANDLER, f"/api/v1/cases/{ref}/safeguards")
    assert shown.status_code == 200, shown.text
    found: dict[str, object] = shown.json
    return found


def refers(asking: Asking, ref: str, organisation: str, sector: str, **more: object) -> Answer:
    path = f"/api/v1/cases/{ref}/service-referral"
    body = EXPLAINED | {"organisation": organisation, "sector": sector} | more
    return asking.post(HANDLER, path, **body)


def test_who_has_power_over_aid_is_reported_with_or_without_the_name(
    hub: Hub, asking: Asking
) -> None:
    ref = told(hub, accused=AccusedClass.LEADER)
    shown = duties(asking, ref)
    assert shown["report_owed"] is True
    assert shown["report_due_at"] == (NOW + timedelta(hours=24)).isoformat()
    path = f"/api/v1/cases/{ref}/conduct-report"
    # The name never goes by default, and against their word not at all.
    refused = asking.post(HANDLER, path, channel="PSEA network", with_name=True)
    assert refused.status_code == 422
    done = asking.post(HANDLER, path, channel="PSEA network", reference="P-17")
    assert done.json["report_owed"] is False
    (report,) = done.json["reports"]
    assert (report["with_name"], report["reference"]) == (False, "P-17")
    # Reporting refers nobody to a service.
    assert done.json["services"] == []

    named = told(hub, codes=("misconduct.sea",), share=Share.NAME)
    path = f"/api/v1/cases/{named}/conduct-report"
    assert duties(asking, named)["report_owed"] is True
    assert asking.post(HANDLER, path, channel="PSEA", with_name=True).status_code == 200
    # Violence by others: the survivor chooses, nothing is owed.
    assert duties(asking, told(hub))["report_owed"] is False


def test_a_service_takes_informed_consent_and_a_child_a_specialist(
    hub: Hub, asking: Asking
) -> None:
    ref = told(hub)
    assert refers(asking, ref, "clinic", "gbv", explained=" ").status_code == 422
    assert refers(asking, ref, "bad", "gbv").status_code == 422
    later = (NOW + timedelta(days=1)).isoformat()
    assert refers(asking, ref, "clinic", "gbv", explained_at=later).status_code == 422
    done = refers(asking, ref, "clinic", "gbv")
    assert done.status_code == 200, done.text
    (made,) = done.json["services"]
    consent = made["consent"]
    assert (consent["explained"], consent["how"]) == tuple(EXPLAINED.values())
    assert consent["by"]
    assert consent["at"] == NOW.isoformat()
    # The consent to a service reports nothing.
    assert done.json["reports"] == []

    child = told(hub, age=AgeBand.UNDER_18)
    assert refers(asking, child, "clinic", "gbv").status_code == 422
    assert refers(asking, child, "clinic", "child_protection").status_code == 422
    assert refers(asking, child, "kids", "child_protection").status_code == 200


def test_nobody_but_a_handler_knows_of_either(hub: Hub, asking: Asking) -> None:
    ref, ordinary = told(hub), told(hub, level=Sensitivity.L1)
    for role in Role:
        statuses = {
            asking.get(role, f"/api/v1/cases/{ref}/safeguards").status_code,
            asking.post(role, f"/api/v1/cases/{ordinary}/conduct-report", channel="x").status_code,
        }
        assert statuses <= ({200, 404} if role is HANDLER else {403, 404}), role
    with hub.unit_of_work() as uow:
        case = uow.case_by_ref(ref)
        assert case is not None
        case.suspected = True
        uow.commit()
    path = f"/api/v1/cases/{ref}/conduct-report"
    assert asking.post(HANDLER, path, channel="x").status_code == 403

"""The invented world of the demonstration: places are real names, everything else is made up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from feedback_hub.adapters.accounts import add_account
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.place import EVERYWHERE, Organisation, OrganisationKind, Service, Site

_2019 = "COD-AB 2019"


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can log in to the demonstration."""

    email: str
    name: str
    locale: str
    does: str
    held: tuple[Membership, ...]


def sites() -> list[Site]:
    """Seven sites in Cabo Delgado, Nampula and Sofala; from one of them nothing is heard."""
    metuge, buzi, dondo = "MZ0109", "MZ0901", "MZ0907"
    cabo, sofala = "Cabo Delgado", "Sofala"
    ntokota, sede, corrane = (-12.98, 40.31), (-12.95, 40.36), (-15.33, 39.66)
    picoco, guara = (-19.93, 34.27), (-19.86, 34.44)
    mutua, savane = (-19.50, 34.60), (-19.59, 34.98)
    return [
        _site("NTOKOTA", "Ntokota", ("Ntocota",), cabo, "Metuge", metuge, 4200, ntokota),
        _site("METUGE_SEDE", "Metuge Sede", ("Metuge",), cabo, "Metuge", metuge, 3100, sede),
        _site("CORRANE", "Corrane", ("Corane",), "Nampula", "Meconta", "MZ0709", 5600, corrane),
        _site("PICOCO", "Picoco", ("Picoco 1",), sofala, "Buzi", buzi, 1900, picoco),
        _site("GUARA", "Guara Guara", ("Guaraguara",), sofala, "Buzi", buzi, 6800, guara),
        _site("MUTUA", "Mutua", (), sofala, "Dondo", dondo, 2700, mutua),
        _site("SAVANE", "Savane", (), sofala, "Dondo", dondo, 1400, savane),
    ]


def _site(
    code: str,
    name: str,
    aliases: tuple[str, ...],
    province: str,
    district: str,
    pcode: str,
    population: int,
    lies: tuple[float, float],
) -> Site:
    # Roughly: for the map, not for a visit.
    latitude, longitude = lies
    return Site(
        code,
        name,
        aliases,
        province,
        district,
        pcode,
        _2019,
        latitude,
        longitude,
        population,
        capacity=round(population, -3) + 500,
    )


def organisations() -> list[Organisation]:
    """Invented partners, and the organisation that runs the hub."""
    return [
        Organisation("hub", "Equipa do mecanismo", OrganisationKind.UN),
        Organisation("agua-viva", "Água Viva", OrganisationKind.NGO),
        Organisation("casa-nova", "Casa Nova", OrganisationKind.INGO),
        Organisation("celeiro", "Celeiro Comum", OrganisationKind.UN),
        Organisation("saude-ja", "Saúde Já", OrganisationKind.NGO),
        Organisation("escola-aberta", "Escola Aberta", OrganisationKind.NGO),
        Organisation("direito-vivo", "Direito Vivo", OrganisationKind.NGO),
    ]


def services(on: date) -> list[Service]:
    """Who serves what where. Education has nobody at two sites: a gap that shows."""
    serving = {
        "wash": ("agua-viva", EVERYWHERE),
        "shelter": ("casa-nova", EVERYWHERE),
        "nfi": ("casa-nova", EVERYWHERE),
        "food": ("celeiro", EVERYWHERE),
        "health": ("saude-ja", EVERYWHERE),
        "nutrition": ("saude-ja", EVERYWHERE),
        "protection": ("direito-vivo", EVERYWHERE),
        "cccm": ("hub", EVERYWHERE),
    }
    listed = [
        _service(site, sector, organisation, on) for sector, (organisation, site) in serving.items()
    ]
    listed += [_service(site, "education", "escola-aberta", on) for site in ("NTOKOTA", "CORRANE")]
    return listed


def _service(site: str, sector: str, organisation: str, on: date) -> Service:
    return Service(
        uuid.uuid4().hex,
        site,
        sector,
        organisation,
        focal_point=f"{organisation}@demo.example",
        valid_from=date(on.year - 1, 1, 1),
    )


def people() -> list[DemoPerson]:
    """One person for each role."""
    return [
        _person("ana", "Ana Matola", "pt", "triages, refers, closes", Role.CASE_MANAGER, "hub"),
        _person("bela", "Bela Sitoe", "en", "the same, in English", Role.CASE_MANAGER, "hub"),
        _person(
            "agua-viva",
            "Carlos Nhaca",
            "pt",
            "answers for Água Viva",
            Role.FOCAL_POINT,
            "agua-viva",
        ),
        _person("celeiro", "Dina Cossa", "en", "answers for Celeiro", Role.FOCAL_POINT, "celeiro"),
        _person("eva", "Eva Langa", "pt", "the only one who sees L3", Role.PROTECTION, "hub"),
        _person(
            "filipe", "Filipe Macuácua", "pt", "help desk at Ntokota", Role.DESK, "hub", "NTOKOTA"
        ),
        _person("graca", "Graça Tembe", "pt", "sees totals only", Role.COORDINATOR, "hub"),
        _person("admin", "Hélio Uamusse", "en", "settings, no cases", Role.ADMIN, "hub"),
        _person("ilda", "Ilda Nhantumbo", "pt", "reads the audit log", Role.AUDITOR, "hub"),
    ]


def _person(
    who: str, name: str, locale: str, does: str, role: Role, organisation: str, site: str = ""
) -> DemoPerson:
    held = Membership(role, organisation, site)
    return DemoPerson(f"{who}@demo.example", name, locale, does, (held,))


def settle(session: Session, hub: Hub, password_hash: str) -> dict[str, Actor]:
    """Put everybody and everything in place; the actors by e-mail address."""
    now = hub.clock()
    for one in (*sites(), *organisations()):
        session.merge(one)  # the hub's own organisation is there already
    session.flush()
    session.add_all(services(now.date()))
    return {
        person.email: Actor(
            add_account(
                session,
                person.email,
                password_hash,
                person.held,
                now,
                name=person.name,
                locale=person.locale,
            ),
            memberships=person.held,
        )
        for person in people()
    }

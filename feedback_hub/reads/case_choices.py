"""What the forms of a case offer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from feedback_hub.adapters.tables import organisation as organisation_table
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.consent import Share
from feedback_hub.domain.place import Organisation
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_moves import KnownCase
from feedback_hub.reads.names import Names, names_for, site_names
from feedback_hub.reads.views.case import CaseChoices, CaseView, OrganisationChoice
from feedback_hub.services import routing
from feedback_hub.services.rules import Rules
from feedback_hub.services.sharing import shared_words


def choices(uow: SqlUnitOfWork, rules: Rules, ref_case: CaseView, now: datetime) -> CaseChoices:
    """What the forms of a case offer."""
    here = {
        service.organisation: service.focal_point
        for service in uow.services_on(ref_case.sector, now.date())
        if service.serves(ref_case.site, ref_case.sector, now.date())
    }
    handled = {code for code, peer in rules.peers.items() if peer.handler}
    names = names_for(uow, (), here.values()) if here else Names({}, {})
    organisations = uow.session.scalars(
        select(Organisation).where(organisation_table.c.active).order_by(organisation_table.c.name)
    )
    return CaseChoices(
        codes=rules.frame.by_type(),
        sectors=tuple(Sector),
        sites=site_names(uow),
        organisations=tuple(
            OrganisationChoice(
                code=one.code,
                name=one.name or one.code,
                focal_point=names.focal_point(here.get(one.code, "")),
                serves_here=one.code in here,
            )
            for one in organisations
            if one.code != rules.organisation
            and (one.code in handled or ref_case.sensitivity is not Sensitivity.L3)
        ),
    )


def with_referral(
    uow: SqlUnitOfWork, rules: Rules, known: KnownCase, shown: CaseView, now: datetime
) -> CaseView:
    """With what a referral would carry and who would get it."""
    case = known.case
    found = routing.find(uow, rules, case, now)
    chosen = OrganisationChoice(
        code=found.organisation,
        name=known.names.organisation(found.organisation),
        focal_point=known.names.focal_point(found.focal_point),
        serves_here=True,
    )
    offered = (Share.ANONYMOUS, Share.NAME)
    return replace(
        shown,
        shares=tuple(share for share in offered if case.consent.allows_share(share)),
        shared_text=shared_words(uow, case, Share.ANONYMOUS),
        shared_whole=shared_words(uow, case, Share.NAME),
        shared_name=shown.person.name,
        route_why=found.why,
        route=chosen if found.organisation else None,
    )

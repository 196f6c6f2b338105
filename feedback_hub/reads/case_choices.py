"""What the forms of a case offer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.consent import Share
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.reads.case_moves import KnownCase
from feedback_hub.reads.names import people_for, site_names
from feedback_hub.reads.views.case import CaseChoices, CaseView, OrganisationChoice
from feedback_hub.services import routing
from feedback_hub.services.rules import Rules
from feedback_hub.services.sharing import shared_words


def choices(uow: SqlUnitOfWork, rules: Rules, known: KnownCase, now: datetime) -> CaseChoices:
    """What the forms of a case offer."""
    case = known.case
    here = {
        service.organisation: service.focal_point
        for service in uow.services_on(case.sector, now.date())
        if service.serves(case.site, case.sector, now.date())
    }
    handled = {code for code, peer in rules.peers.items() if peer.handler}
    people = people_for(uow, here.values())
    return CaseChoices(
        sectors=tuple(Sector),
        sites=site_names(uow),
        organisations=tuple(
            OrganisationChoice(
                code=code,
                name=name or code,
                focal_point=people.focal_point(here.get(code, "")),
                serves_here=code in here,
            )
            for code, name in known.names.partners
            if code != rules.organisation
            and (code in handled or case.sensitivity is not Sensitivity.L3)
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

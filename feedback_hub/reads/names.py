"""Names for ids and codes, fetched once a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import literal, select, union_all

from feedback_hub.adapters.tables import account, organisation, partner_link, site, token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork


@dataclass(frozen=True)
class Names:
    """What people are called who acted, and organisations. Unknown ids stand for the hub itself.

    ``partners``: code and name of those that are still there, in the order of names.
    """

    people: Mapping[str, str]
    organisations: Mapping[str, str]
    partners: Sequence[tuple[str, str]] = ()

    def person(self, actor_id: str) -> str:
        """The name of an account or token; empty for the machine and the channels."""
        return self.people.get(actor_id, "")

    def organisation(self, code: str) -> str:
        """An organisation's name, its code where it has none."""
        return self.organisations.get(code, code)

    def focal_point(self, email: str) -> str:
        """The account with this address, else the address as the service names it."""
        return self.people.get(email.lower(), email)


def names_for(
    uow: SqlUnitOfWork, actor_ids: Iterable[str] = (), emails: Iterable[str] = ()
) -> Names:
    """The names of these actors and focal points, and of every organisation."""
    wanted = {one for one in actor_ids if one}
    addresses = {one.lower() for one in emails if one}
    people: dict[str, str] = {}
    if wanted or addresses:
        links = [one.removeprefix("link:") for one in wanted]
        known = union_all(
            select(account.c.id, account.c.email, account.c.name).where(
                account.c.id.in_(wanted) | account.c.email.in_(addresses)
            ),
            select(token.c.id, literal(""), token.c.name).where(token.c.id.in_(wanted)),
            select("link:" + partner_link.c.id, literal(""), partner_link.c.organisation).where(
                partner_link.c.id.in_(links)
            ),
        )
        for actor_id, email, name in uow.session.execute(known):
            people[actor_id] = people[email] = name or email.partition("@")[0]
        people.pop("", None)
    known_by = select(organisation.c.code, organisation.c.name, organisation.c.active)
    partners = uow.session.execute(known_by.order_by(organisation.c.name)).all()
    organisations = {code: name or code for code, name, _ in partners}
    for actor_id in [one for one in people if one.startswith("link:")]:
        people[actor_id] = organisations.get(people[actor_id], people[actor_id])
    return Names(people, organisations, [(code, name) for code, name, active in partners if active])


def site_names(uow: SqlUnitOfWork) -> dict[str, str]:
    """Every site's name by its code, in the order of names."""
    rows = uow.session.execute(select(site.c.code, site.c.name).order_by(site.c.name))
    return {code: name or code for code, name in rows}

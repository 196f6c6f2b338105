"""Names for ids and codes, fetched once a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, literal, select, union_all

from feedback_hub.adapters.tables import account, organisation, partner_link, site, token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork

_LINK = "link:"
"""Before the id of a partner's link: it acts for whoever holds it."""


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
    people = _people(uow, actor_ids, emails)
    partners = uow.session.execute(_organisations()).all()
    organisations = {code: name or code for code, name, _ in partners}
    for actor_id in [one for one in people if one.startswith(_LINK)]:
        people[actor_id] = organisations.get(people[actor_id], people[actor_id])
    return Names(people, organisations, [(code, name) for code, name, active in partners if active])


def people_for(uow: SqlUnitOfWork, emails: Iterable[str]) -> Names:
    """The names of these focal points alone."""
    return Names(_people(uow, (), emails), {})


def site_names(uow: SqlUnitOfWork) -> dict[str, str]:
    """Every site's name by its code, in the order of names."""
    return {code: name or code for code, name in uow.session.execute(_sites())}


def _people(uow: SqlUnitOfWork, actor_ids: Iterable[str], emails: Iterable[str]) -> dict[str, str]:
    wanted = sorted({one for one in actor_ids if one})
    addresses = sorted({one.lower() for one in emails if one})
    if not wanted and not addresses:
        return {}
    links = [one.removeprefix(_LINK) for one in wanted if one.startswith(_LINK)]
    asked = {"ids": wanted, "emails": addresses, "links": links}
    people: dict[str, str] = {}
    for actor_id, email, name in uow.session.execute(_acting(), asked):
        people[actor_id] = people[email] = name or email.partition("@")[0]
    people.pop("", None)
    return people


@cache
def _acting() -> CompoundSelect[str, str, str]:
    ids: BindParameter[str] = bindparam("ids", expanding=True)
    emails: BindParameter[str] = bindparam("emails", expanding=True)
    links: BindParameter[str] = bindparam("links", expanding=True)
    return union_all(
        select(account.c.id, account.c.email, account.c.name).where(
            account.c.id.in_(ids) | account.c.email.in_(emails)
        ),
        select(token.c.id, literal(""), token.c.name).where(token.c.id.in_(ids)),
        select(_LINK + partner_link.c.id, literal(""), partner_link.c.organisation).where(
            partner_link.c.id.in_(links)
        ),
    )


@cache
def _organisations() -> Select[str, str, bool]:
    known = organisation.c
    return select(known.code, known.name, known.active).order_by(known.name)


@cache
def _sites() -> Select[str, str]:
    return select(site.c.code, site.c.name).order_by(site.c.name)

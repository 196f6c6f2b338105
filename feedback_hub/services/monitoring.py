"""Writing down what is seen at a site: visits with a photo, and who sits on its committee."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.coding import Sector
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.monitoring import Committee, Seat, ServiceSeen, Visit
from feedback_hub.services.attachments import Shelf
from feedback_hub.services.ports import ScannerAway, TooLarge, UnitOfWork, Unreadable
from feedback_hub.services.rules import Rules

OLDEST = timedelta(days=365)
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True)
class NewVisit:
    """What a visit found. ``visited_on``: today where it is not said; ``photo``: empty for none."""

    visited_on: date | None = None
    services: tuple[ServiceSeen, ...] = ()
    population: int | None = None
    arrivals: int | None = None
    departures: int | None = None
    photo: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen."""
        counted = (self.population, self.arrivals, self.departures)
        return not self.services and not self.photo and all(one is None for one in counted)


def photo_bound_to(name: str) -> str:
    """What a photo's ciphertext is tied to."""
    return f"visit.photo:{name}"


def note_visit(
    uow: UnitOfWork,
    rules: Rules,
    shelf: Shelf,
    actor: Actor,
    site: str,
    found: NewVisit,
    now: datetime,
) -> Visit:
    """Write down a visit to a site. Raises ``NotFound``, ``Invalid``.

    By who writes reports there. A photo is cleaned of where and with what it was taken, looked
    through and sealed, as every other file is.
    """
    _reach(uow, actor, site)
    today = local_day(now, rules.calendar)
    day = found.visited_on or today
    if day > today or day < today - OLDEST:
        raise Invalid("visited_on", "must be a day of the last year, not one to come")
    if any(seen.sector not in set(Sector) for seen in found.services):
        raise Invalid("sector", "is no sector")
    if found.is_empty:
        raise Invalid("services", "say what was seen of one service at least")
    held = Visit(
        new_id(),
        site,
        day,
        actor.id,
        now,
        found.services,
        found.population,
        found.arrivals,
        found.departures,
    )
    name = media_type = key_id = ""
    if found.photo:
        content, media_type = _looked_at(shelf, found.photo)
        name, key_id = uuid.uuid4().hex, uow.vault.new_key()
        # Before the commit: a file without its row is a random name that nobody can open.
        shelf.store.write(name, uow.vault.seal(key_id, content, photo_bound_to(name)))
    uow.keep_visit(held, name, media_type, key_id)
    return held


def set_committee(
    uow: UnitOfWork,
    rules: Rules,
    actor: Actor,
    site: str,
    seats: Mapping[Seat, int],
    formed_on: date | None,
    now: datetime,
) -> Committee:
    """Say how many sit on a site's committee. Raises ``NotFound``, ``Invalid``."""
    _reach(uow, actor, site)
    if formed_on is not None and formed_on > local_day(now, rules.calendar):
        raise Invalid("formed_on", "lies in the future")
    held = Committee(site, dict(seats), formed_on, actor.id, now)
    uow.keep_committee(held)
    return held


def _reach(uow: UnitOfWork, actor: Actor, site: str) -> None:
    if not uow.site_exists(site) or not actor.may_at(Action.SUBMIT, site):
        raise NotFound


def _looked_at(shelf: Shelf, content: bytes) -> tuple[bytes, str]:
    if len(content) > shelf.most:
        raise Invalid("photo", "is too large")
    try:
        if shelf.scanner is not None and shelf.scanner.is_infected(content):
            raise Invalid("photo", "was refused by the virus scanner")
        examined = shelf.examiner.examine(content)
    except (TooLarge, Unreadable) as error:
        raise Invalid("photo", "cannot be opened as a picture") from error
    except ScannerAway as error:
        raise Invalid(
            "photo", "cannot be looked through now; leave it out and add it later"
        ) from error
    if examined.media_type not in _PICTURES:
        raise Invalid("photo", "is no picture")
    return examined.content, examined.media_type

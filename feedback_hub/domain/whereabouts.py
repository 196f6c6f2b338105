"""Where a message is about: what it names, how surely, and what a person has to choose between.

An ambiguous name is never resolved by guessing; it yields candidates (issue 4, Place).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """How large a place is."""

    SITE = "site"
    DISTRICT = "district"
    PROVINCE = "province"


@dataclass(frozen=True)
class KnownPlace:
    """A place as the hub's register or an imported gazetteer has it.

    ``code`` is a site's code, else the P-code of ``scheme``, empty where there is none: a P-code
    means nothing without its scheme. ``district`` and ``province`` name what it lies in.
    """

    kind: PlaceKind
    name: str
    code: str = ""
    scheme: str = ""
    aliases: tuple[str, ...] = ()
    district: str = ""
    province: str = ""


@dataclass(frozen=True)
class Mention:
    """Some words of a text and the places they may mean, the best fit first.

    ``words`` is exactly what stands there; ``start`` and ``end`` say where.
    """

    places: tuple[KnownPlace, ...]
    words: str
    start: int = 0
    end: int = 0

    def of(self, kind: PlaceKind) -> tuple[KnownPlace, ...]:
        """Those of one kind."""
        return tuple(place for place in self.places if place.kind is kind)


@dataclass(frozen=True)
class Whereabouts:
    """What is known of where. ``site`` and ``area`` only where they are sure.

    ``area`` is the district, or the province where no district is named. ``candidates`` is what a
    person chooses from: sites, or districts where no site is named. ``words`` are those of the text
    that named any of these, each exactly as written there.
    """

    site: KnownPlace | None = None
    area: KnownPlace | None = None
    candidates: tuple[KnownPlace, ...] = ()
    words: tuple[str, ...] = ()


NOWHERE = Whereabouts()
MOST_CANDIDATES = 6


def locate(mentions: Sequence[Mention], places: Sequence[KnownPlace]) -> Whereabouts:
    """What ``mentions`` of a text say together; ``places`` is all that is known.

    A district or province named beside them tells apart the places that share a name.
    """
    mentions = [_told_apart(one, mentions) for one in mentions]
    naming_sites = [one for one in mentions if _names_a_site(one, places)]
    sites = _distinct(site for one in naming_sites for site in one.of(PlaceKind.SITE))
    districts = _distinct(
        place for one in mentions if one not in naming_sites for place in one.of(PlaceKind.DISTRICT)
    )
    provinces = _distinct(place for one in mentions for place in one.of(PlaceKind.PROVINCE))
    words = tuple(dict.fromkeys(one.words for one in naming_sites or mentions))
    if len(sites) == 1:
        return Whereabouts(sites[0], _district_of(sites[0], places), words=words)
    if sites:
        one_district = len({_key(site.district) for site in sites}) == 1
        area = _district_of(sites[0], places) if one_district else _only(districts)
        return Whereabouts(None, area, tuple(sites[:MOST_CANDIDATES]), words)
    if (district := _only(districts)) is not None:
        return Whereabouts(None, district, _inside(district, places)[:MOST_CANDIDATES], words)
    return Whereabouts(None, _only(provinces), tuple(districts[:MOST_CANDIDATES]), words)


def _told_apart(mention: Mention, mentions: Iterable[Mention]) -> Mention:
    """``mention`` with those of its places only that lie in what the others name, if any do."""
    if len(mention.places) == 1:
        return mention
    areas = [
        place
        for one in mentions
        if one is not mention
        for place in one.places
        if place.kind is not PlaceKind.SITE
    ]
    fitting = tuple(place for place in mention.places if any(_lies_in(place, a) for a in areas))
    return Mention(fitting or mention.places, mention.words, mention.start, mention.end)


def _names_a_site(mention: Mention, places: Sequence[KnownPlace]) -> bool:
    """Whether a site is meant: not where its name is its district's and others lie there too."""
    sites, districts = mention.of(PlaceKind.SITE), mention.of(PlaceKind.DISTRICT)
    if not sites or not districts:
        return bool(sites)
    return len(sites) == 1 and all(
        _lies_in(sites[0], district) and len(_inside(district, places)) == 1
        for district in districts
    )


def _lies_in(place: KnownPlace, area: KnownPlace) -> bool:
    if area.kind is PlaceKind.PROVINCE:
        return _key(place.province) == _key(area.name)
    return place.kind is PlaceKind.SITE and _key(place.district) == _key(area.name)


def _inside(district: KnownPlace, places: Iterable[KnownPlace]) -> tuple[KnownPlace, ...]:
    return tuple(one for one in places if one.kind is PlaceKind.SITE and _lies_in(one, district))


def _district_of(site: KnownPlace, places: Iterable[KnownPlace]) -> KnownPlace | None:
    return next(
        (one for one in places if one.kind is PlaceKind.DISTRICT and _lies_in(site, one)), None
    )


def _distinct(places: Iterable[KnownPlace]) -> list[KnownPlace]:
    """Each once: the same district under two schemes is one place."""
    return list({_identity(place): place for place in reversed(list(places))}.values())[::-1]


def _identity(place: KnownPlace) -> tuple[str, ...]:
    if place.kind is PlaceKind.SITE:
        return (place.kind, place.code)
    return (place.kind, _key(place.name), _key(place.province))


def _only(places: Sequence[KnownPlace]) -> KnownPlace | None:
    return places[0] if len(places) == 1 else None


def _key(name: str) -> str:
    """A name whatever its accents and case."""
    split = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))

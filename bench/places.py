"""How well places are found however people spell them: ``python -m bench.places DISTRICTS.csv``.

The sites and the messages are invented; the districts are those of the list given (COD-AB columns,
as in docs/imports.md) and nothing of it is kept. ``right``: decided, and so. ``choice``: left
open with the place meant among the candidates. ``unseen``: nothing. ``wrong``: another place.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from feedback_hub.adapters.boundaries import read_listed
from feedback_hub.adapters.gazetteer import ListedPlaces, SpeltPlaces
from feedback_hub.adapters.search_index import fold
from feedback_hub.adapters.table_files import Damaged, TableFile
from feedback_hub.cli.taking import opened
from feedback_hub.domain.whereabouts import KnownPlace, PlaceKind, Whereabouts

_SCHEME = "as given"
_NAMED = {
    "pcode": "ADM2_PCODE",
    "name": "ADM2_PT",
    "aliases": "ADM2ALT1PT",
    "parent": "ADM1_PT",
    "parent_pcode": "ADM1_PCODE",
}
_SITES: Sequence[tuple[str, Sequence[str]]] = (
    ("Centro de Reassentamento de Namarrepo", ("Nova Namarrepo",)),
    ("Mutxúria", ("Mutchuria", "Km 14")),
    ("Bairro Eduardo Chivambo", ("Chivambo",)),
    ("Nacuoto A", ()),
    ("Nacuoto B", ()),
    ("Campo de Trânsito de Muripele", ("Aeródromo Velho",)),
    ("3 de Agosto", ()),
    ("3 de Agosto", ()),
    ("Ntuéssi", ("Ntwessi",)),
    ("Impirivo Sede", ()),
    ("Cumilamba", ("Kumilamba",)),
    ("São Bartolomeu", ("S. Bartolomeu",)),
    ("Naçaleque", ()),
    ("Xitolane", ("Chitolane",)),
    ("Centro de Acomodação Lusizi", ("Armazém",)),
    ("Mepuiri Velho", ()),
)
_SENTENCES: Mapping[PlaceKind, Sequence[str]] = {
    PlaceKind.SITE: (
        "a bomba de agua em {} esta avariada desde ontem",
        "somos deslocados do centro {} e nao recebemos comida",
        "falta sabao no campo {}, ajudem",
        "vivo em {}",
        "in {} camp the latrines are full",
        "{} nao tem medicamentos",
        "{}",
    ),
    PlaceKind.DISTRICT: (
        "moro no distrito de {} e preciso de uma lona",
        "fugimos de {} com as criancas",
        "estamos em {} sem documentos",
        "we came from {} last month",
        "sou de {}, quando ha registo?",
        "{}",
    ),
}
_NO_PLACE = (
    "a fila comeca as 6 e nunca chega a nossa vez",
    "o chefe nao meteu o meu nome na lista",
    "obrigado pela manta que recebemos na segunda",
    "how many buckets does each family get?",
    "perdi o cartao no caminho do mercado",
    "o rio encheu e levou as panelas",
    "queremos saber do dinheiro de novembro",
    "the pump handle broke and nobody came",
    "a minha vizinha tem tosse ha um mes",
    "ha muitos mosquitos a noite",
    "cuando abren la oficina?",
    "watoto wetu hawana shule",
)
_SLIPS = 6
"""Misspellings of each name."""
_SHORTENED = 4
"""Letters: no shorter word is cut down."""


class Outcome(StrEnum):
    """What became of a name."""

    RIGHT = "right"
    CHOICE = "choice"
    UNSEEN = "unseen"
    WRONG = "wrong"


def main() -> int:
    """Print a line for each way of writing."""
    parser = argparse.ArgumentParser(prog="python -m bench.places")
    parser.add_argument("districts", type=Path, help="a list with the columns of COD-AB")
    parser.add_argument("--show", action="store_true", help="each that was wrong")
    told = parser.parse_args()
    dice = random.Random(4)  # noqa: S311  the same figures each time
    places = known(told.districts, dice)
    found, listed = SpeltPlaces(), ListedPlaces(places)
    lines: dict[str, Counter[Outcome]] = {}
    for way, text, meant in _messages(places, dice):
        said = found.whereabouts(text, listed)
        outcome = judge(said, meant)
        lines.setdefault(way, Counter())[outcome] += 1
        if told.show and outcome is Outcome.WRONG:
            where = said.site or said.area or said.candidates[0]
            sys.stdout.write(f"  {text!r}: {where.name}\n")
    sys.stdout.write(f"{'':36}{'messages':>9}" + "".join(f"{one:>9}" for one in Outcome) + "\n")
    for way, counts in lines.items():
        whole = counts.total()
        shares = "".join(f"{counts[one] / whole:>9.1%}" for one in Outcome)
        sys.stdout.write(f"{way:36}{whole:>9}{shares}\n")
    return 0


def known(districts: Path, dice: random.Random) -> list[KnownPlace]:
    """The districts and provinces of the list, and the invented sites, each in some district."""
    with opened(districts) as table:
        areas = list(_districts(table))
    provinces = {one.province: KnownPlace(PlaceKind.PROVINCE, one.province) for one in areas}
    # Two sites of one name lie in two districts.
    homes = dice.sample(areas, len(_SITES))
    sites = [
        KnownPlace(
            PlaceKind.SITE,
            name,
            f"X{number:02}",
            aliases=tuple(aliases),
            district=home.name,
            province=home.province,
        )
        for number, ((name, aliases), home) in enumerate(zip(_SITES, homes, strict=True))
    ]
    # The second of a pair is where the first is: only its letter tells them apart.
    at = next(number for number, site in enumerate(sites) if site.name.endswith(" B"))
    sites[at] = replace(sites[at], district=sites[at - 1].district, province=sites[at - 1].province)
    return [*sites, *areas, *provinces.values()]


def judge(said: Whereabouts, meant: Sequence[KnownPlace]) -> Outcome:
    """``meant``: one place that is to be decided, several to choose from, or none at all."""
    decided = said.site or said.area
    if len(meant) == 1 and meant[0].kind is PlaceKind.DISTRICT and said.site is None:
        decided = said.area
    elif len(meant) != 1 and said.candidates:
        # A district that both of them lie in is no guess.
        decided = said.site
    if not meant:
        return Outcome.WRONG if decided or said.candidates else Outcome.RIGHT
    if len(meant) > 1:
        if decided is not None:
            return Outcome.WRONG
        if not said.candidates:
            return Outcome.UNSEEN
        return Outcome.RIGHT if set(meant) <= set(said.candidates) else Outcome.WRONG
    if decided == meant[0]:
        return Outcome.RIGHT
    if said.site is None and meant[0] in said.candidates:
        return Outcome.CHOICE
    return Outcome.UNSEEN if decided is None and not said.candidates else Outcome.WRONG


def _districts(table: TableFile) -> Iterator[KnownPlace]:
    for row in table:
        if isinstance(row, Damaged):
            continue
        read = read_listed(row.cells, _NAMED)
        yield KnownPlace(
            PlaceKind.DISTRICT,
            read.name,
            read.pcode,
            _SCHEME,
            aliases=read.aliases,
            province=read.parent,
        )


def _messages(
    places: Sequence[KnownPlace], dice: random.Random
) -> Iterator[tuple[str, str, tuple[KnownPlace, ...]]]:
    """Each way of writing, a message, and the places that are meant."""
    shared = Counter(fold(one.name) for one in places)
    for kind, sentences in _SENTENCES.items():
        some = [one for one in places if one.kind is kind and shared[fold(one.name)] == 1]
        for way, written in _WAYS.items():
            for place, spelt in ((one, name) for one in some for name in written(one, dice)):
                for sentence in sentences:
                    yield f"{kind}: {way}", sentence.format(spelt), (place,)
    for name, alike in _alike(places).items():
        for sentence in _SENTENCES[PlaceKind.SITE]:
            yield "shared name", sentence.format(name), alike
            for one in alike if shared[fold(name)] > 1 else ():
                beside = f"{sentence.format(name)}, distrito de {one.district}"
                yield "shared name, district beside", beside, (one,)
    for text in _NO_PLACE:
        yield "no place named", text, ()


def _alike(places: Sequence[KnownPlace]) -> Mapping[str, tuple[KnownPlace, ...]]:
    """Name → the sites that have it, or have it with a letter behind."""
    by_name: dict[str, list[KnownPlace]] = {}
    for one in places:
        if one.kind is PlaceKind.SITE:
            by_name.setdefault(one.name.removesuffix(" A").removesuffix(" B"), []).append(one)
    return {name: tuple(alike) for name, alike in by_name.items() if len(alike) > 1}


def _slip(name: str, dice: random.Random) -> str:
    """A letter left out, twice, beside its place or another; never the first one."""
    at = dice.choice([at for at in range(1, len(name)) if name[at].isalpha()])
    match dice.randrange(4):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at] + name[at:]
        case 2 if at > 1:
            return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
        case _:
            return name[:at] + dice.choice("aeioumnrl") + name[at + 1 :]


def _by_ear(name: str) -> Sequence[str]:
    """As somebody writes who has only heard it; nothing where it would be the same."""
    heard = fold(name)
    for written, sounds in (("ch", "x"), ("qu", "k"), ("ce", "se"), ("ci", "si"), ("c", "k")):
        heard = heard.replace(written, sounds)
    if heard.endswith(("o", "e")):
        heard = heard[:-1] + {"o": "u", "e": "i"}[heard[-1]]
    return [heard] if heard != fold(name) else []


def _short(name: str) -> Sequence[str]:
    """The long words before the last cut down to a letter or three; nothing if there are none."""
    *before, last = name.split()
    if len(last) < _SHORTENED or not any(len(word) >= _SHORTENED for word in before):
        return []
    return [" ".join([*(_cut(word, letters) for word in before), last]) for letters in (1, 3)]


def _cut(word: str, letters: int) -> str:
    return word if len(word) < _SHORTENED else f"{word[:letters]}."


_WAYS: Mapping[str, Callable[[KnownPlace, random.Random], Sequence[str]]] = {
    "as written, and aliases": lambda place, _: [place.name, *place.aliases],
    "no accents, small letters": lambda place, _: [fold(place.name)],
    "all capitals": lambda place, _: [place.name.upper()],
    "one slip": lambda place, dice: [_slip(place.name, dice) for _ in range(_SLIPS)],
    "two slips": lambda place, dice: [_slip(_slip(place.name, dice), dice) for _ in range(_SLIPS)],
    "as it sounds": lambda place, _: _by_ear(place.name),
    "shortened": lambda place, _: _short(place.name),
}


if __name__ == "__main__":
    sys.exit(main())

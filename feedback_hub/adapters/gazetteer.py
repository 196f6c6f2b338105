"""Finds the hub's own sites in free text, by name and alias, whatever the accents and case."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feedback_hub.adapters.search_index import fold
from feedback_hub.domain.place import Site

_SHORTEST = 4
_WORD = re.compile(r"\w+")


def codes_by_name(sites: Sequence[Site]) -> dict[str, str]:
    """Folded code, name and alias of each site → its code; a name of two sites names none."""
    named: dict[str, str] = {}
    twice: set[str] = set()
    for site in sites:
        for name in {fold(name) for name in (site.name, *site.aliases)}:
            if named.setdefault(name, site.code) != site.code:
                twice.add(name)
    for name in twice:
        del named[name]
    return named | {fold(site.code): site.code for site in sites}


class SiteNames:
    """Fulfils ``services.ports.Gazetteer`` by exact names; ambiguous ones are no answer."""

    def site_in(self, text: str, sites: Sequence[Site]) -> tuple[str, str]:
        """``(site code, the words that named it)``; both empty when none or several are named."""
        words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
        folded = " " + " ".join(fold(word) for word, _, _ in words) + " "
        named: dict[str, str] = {}
        for site in sites:
            for name in (site.name, *site.aliases):
                wanted = " ".join(_WORD.findall(fold(name)))
                if len(wanted) >= _SHORTEST and f" {wanted} " in folded:
                    named[site.code] = _as_written(text, words, folded, wanted)
        if len(named) != 1:
            return "", ""
        return next(iter(named.items()))


def _as_written(text: str, words: list[tuple[str, int, int]], folded: str, wanted: str) -> str:
    first = folded[: folded.index(f" {wanted} ")].count(" ")
    last = first + wanted.count(" ")
    return text[words[first][1] : words[last][2]]

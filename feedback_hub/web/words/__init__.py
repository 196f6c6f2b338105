"""The words that people read for what the domain names, to be translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from feedback_hub.domain.coding import Sector
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.words import cases, messages, running, sites

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    **cases.WORDS,
    **messages.WORDS,
    **sites.WORDS,
    **running.WORDS,
}
"""Every word set a page shows. A test asserts that each member of each set has its words."""

SECTOR_SHORT: Mapping[Sector, str] = {
    Sector.CCCM: N_("CCCM"),
    Sector.SHELTER: N_("Shelter"),
    Sector.NFI: N_("Household"),
    Sector.FOOD: N_("Food"),
    Sector.WASH: N_("WASH"),
    Sector.HEALTH: N_("Health"),
    Sector.NUTRITION: N_("Nutrition"),
    Sector.EDUCATION: N_("Education"),
    Sector.PROTECTION: N_("Protection"),
    Sector.GBV: N_("GBV"),
    Sector.CHILD_PROTECTION: N_("Child prot."),
    Sector.MINE_ACTION: N_("Mine action"),
    Sector.LOGISTICS: N_("Logistics"),
    Sector.MULTI: N_("Several"),
}

LANGUAGES = {
    "por": "Português",
    "eng": "English",
    "vmw": "Emakhuwa",
    "mgh": "Meetto",
    "kde": "Shimakonde",
    "wmw": "Kimwani",
    "seh": "Cisena",
    "ndc": "Cindau",
    "bwg": "Cibarke",
    "twx": "Ciutee",
    "mxc": "Cimanyika",
    "eko": "Ekoti",
    "swh": "Kiswahili",
    "tso": "Xichangana",
    "fra": "Français",
}
"""Names of languages in themselves (DOMAIN.md, Languages)."""


def word(value: StrEnum) -> str:
    """The words for a member of any set in ``WORDS``. Raises ``KeyError`` for another set."""
    return gettext(WORDS[type(value)][value])

"""What burns, as plain sentences: for reports, where nothing is a link."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import ngettext

from feedback_hub.reads.burning import Burning, Fire
from feedback_hub.reads.rising import WEEKS_BEFORE
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.labels import Words, number

MOST_NAMES = 4
AGES: Mapping[str, str] = {
    "under_7_days": N_("less than 7 days"),
    "7_to_13_days": N_("7 to 13 days"),
    "14_to_29_days": N_("14 to 29 days"),
    "30_to_89_days": N_("30 to 89 days"),
    "90_days_or_more": N_("90 days or more"),
}


OF_SITES: Mapping[Fire, str] = {
    Fire.SILENT: N_("Nothing was heard for %(days)s days or more from"),
    Fire.NOBODY_SERVES: N_("nobody serves a sector:"),
    Fire.OVERFULL: N_("More people than there is room for:"),
    Fire.COMMITTEE: N_("No committee, or it has not met:"),
}
OF_PEOPLE: Mapping[Fire, str] = {
    Fire.NOT_ACKNOWLEDGED: N_(
        "Only %(some)s of %(all)s people knew in time that we have their message."
    ),
    Fire.FEW_WOMEN: N_("Women are %(some)s of the %(all)s whose sex we know."),
}


def sentence(one: Burning, words: Words, organisations: Mapping[str, str], least: int) -> str:
    """One thing that burns, as the dashboard says it; ``least`` is the smallest number said."""
    some, of = number(one.number), number(one.of)
    if one.fire in OF_SITES:
        return _of_sites(one, words)
    if one.fire in OF_PEOPLE:
        return gettext(OF_PEOPLE[one.fire], some=some, all=of)
    if one.fire is Fire.WAITING:
        cases = ngettext("%(num)s case", "%(num)s cases", int(one.number))
        age = gettext(AGES[one.names[0]])
        return f"{cases} {gettext('of %(all)s open: %(age)s.', all=of, age=age)}"
    if one.fire is Fire.PARTNER:
        said = gettext("accepted %(some)s of %(all)s referrals.", some=some, all=of)
        return f"{organisations.get(one.names[0], one.names[0])} {said}"
    usual = number(round(one.of, 1))
    if one.of * WEEKS_BEFORE < least:
        usual = gettext("fewer than %(least)s", least=least)
    said = gettext("%(count)s this week, usually %(usual)s", count=some, usual=usual)
    return f"{words.label(one.names[0])}: {said}."


def _of_sites(one: Burning, words: Words) -> str:
    said = gettext(OF_SITES[one.fire], days=number(one.number))
    if one.fire is Fire.NOBODY_SERVES:
        said = ngettext("At %(num)s site", "At %(num)s sites", int(one.number)) + " " + said
    named = ", ".join(words.site_name(code) for code in one.names[:MOST_NAMES])
    more = len(one.names) - MOST_NAMES
    if more > 0:
        named += " " + gettext("and %(number)s more", number=more)
    return f"{said} {named}."

"""What a report says, in the reader's language, from the same figures as the dashboard.

A number that must not be said is None here too, whatever the report is written as.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.bootstrap.settled import standards
from feedback_hub.domain.access import Actor
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.domain.reporting import ReportKind, days_of
from feedback_hub.reads import counting, dashboard, measure_rows
from feedback_hub.reads.dashboard import Dashboard
from feedback_hub.reads.measure_rows import Figure
from feedback_hub.reads.sites import SiteLine
from feedback_hub.web.i18n import gettext
from feedback_hub.web.labels import Words, day_of, sector_label, type_label
from feedback_hub.web.reporting import site_tables
from feedback_hub.web.reporting.figures import (
    Measured,
    answers,
    beside,
    percent,
    said,
    share,
    time_taken,
)
from feedback_hub.web.reporting.shape import Report, Table
from feedback_hub.web.words import word
from feedback_hub.web.words.burning import sentence


def make(
    uow: SqlUnitOfWork,
    hub: Hub,
    words: Words,
    actor: Actor,
    kind: ReportKind,
    day: date,
    site: str = "",
) -> Report:
    """The report of the week, month or quarter in which ``day`` lies. Raises ``NotFound``."""
    first, last = days_of(kind, day)
    place = uow.sites()
    if site and all(one.code != site for one in place):
        raise NotFound
    if kind is ReportKind.MONTHLY and not site:
        raise Invalid("site", "is needed: the snapshot is of one site")
    now, threshold = hub.clock(), hub.config.loopback.small_number_threshold
    zone = hub.config.hub.timezone
    period = counting.asked(first, last, site, now, zone)
    page = dashboard.page(uow, hub.rules, standards(hub.config), actor, period, now, threshold)
    making = _Making(uow, hub, words, actor, page, page.measured, page.before, site)
    title, pages = {
        ReportKind.WEEKLY: making.weekly,
        ReportKind.MONTHLY: making.monthly,
        ReportKind.QUARTERLY: making.quarterly,
    }[kind]()
    frame = measure_rows.frame(uow, first.isoformat(), last.isoformat())
    shown = gettext("%(first)s to %(last)s", first=day_of(first), last=day_of(last))
    return Report(
        kind,
        title,
        f"{hub.config.hub.name} · {shown}",
        making.figures(),
        pages,
        [
            gettext(
                "Cases received in these days; nothing highly sensitive is among them. Numbers "
                "below %(least)s, and what would give them away, are not said.",
                least=threshold,
            ),
            *(
                [gettext("What accuses somebody is not counted in a report that many read.")]
                if actor.leads
                else []
            ),
        ],
        [
            list(measure_rows.COLUMNS),
            list(measure_rows.COLUMNS.values()),
            *(frame.cells(figure) for figure in making.tagged()),
        ],
        "-".join(one for one in (kind.value, site.lower(), last.isoformat()) if one),
    )


@dataclass(frozen=True)
class _Making:
    uow: SqlUnitOfWork
    hub: Hub
    words: Words
    actor: Actor
    page: Dashboard
    m: Measured
    before: Measured
    site: str

    def figures(self) -> list[tuple[str, str, str]]:
        m, then = self.m, self.before
        answered, before = m["time_to_answer"], then["time_to_answer"]
        median, was = answered["median_hours"], before["median_hours"]
        cases = gettext("cases received")
        return [
            (cases, said(m["cases"]), beside("", m["cases"], said(then["cases"]))),
            (
                gettext("knew in time that we have it"),
                *share(m["acknowledged_in_time"], then["acknowledged_in_time"]),
            ),
            (
                gettext("of the closed heard an answer"),
                *share(
                    m["closed"]["loop_closed_with_person"],
                    then["closed"]["loop_closed_with_person"],
                ),
            ),
            (
                gettext("median time to an answer"),
                time_taken(median),
                beside(answers(answered["count"]), median, time_taken(was)),
            ),
        ]

    def tagged(self) -> list[Figure]:
        if not self.site:
            return list(measure_rows.figures(dict(self.m)))
        line = self._line()
        services = measure_rows.services_at(self.uow, self.site)
        last = self.page.period.last
        return list(measure_rows.snapshot(dict(self.m), line.site, services, last))

    def weekly(self) -> tuple[str, list[list[Table]]]:
        return gettext("Partners this week"), [
            [self._burning(), self._partners(), self._codes(), self._ages()],
        ]

    def monthly(self) -> tuple[str, list[list[Table]]]:
        line = self._line()
        return gettext("Snapshot of %(site)s", site=line.site.name), [
            [site_tables.facts(line), self._by("sector"), self._codes(), self._people()],
            [
                site_tables.gaps([line], of_one=True),
                site_tables.committee(line),
                site_tables.board(self.uow, self.site, self.m["threshold"], self.hub.clock()),
            ],
        ]

    def quarterly(self) -> tuple[str, list[list[Table]]]:
        return gettext("Analysis of the quarter"), [
            [self._burning(), self._weeks(), self._funnel()],
            [self._by("type"), self._by("sector"), self._by("channel")],
            [self._sites(), self._codes(), self._rising(), self._people()],
            [self._partners(), self._satisfied(), self._ages(), self._donors()],
            [site_tables.gaps(self.page.sites), self._months()],
        ]

    def _burning(self) -> Table:
        least = self.m["threshold"]
        return Table(
            gettext("Look here first"),
            [""],
            [
                [sentence(one, self.words, self.page.organisations, least)]
                for one in self.page.burning
            ],
        )

    def _line(self) -> SiteLine:
        return next(line for line in self.page.sites if line.site.code == self.site)

    def _by(self, name: str) -> Table:
        channel = self.words.channel_label
        labels = {"sector": sector_label, "type": type_label, "channel": channel}
        titles = {"sector": gettext("By sector"), "type": gettext("By what it is")}
        title = titles.get(name) or gettext("By channel")
        return Table(
            title,
            [title, gettext("Cases")],
            [
                [labels[name](code) if code != "unknown" else gettext("not known"), count]
                for code, count in self.m["cases_by"][name].items()
            ],
        )

    def _codes(self) -> Table:
        return Table(
            gettext("What people speak of"),
            [gettext("What it is about"), gettext("Cases")],
            [
                [self.words.label(code), count]
                for code, count in list(self.m["cases_by_code"].items())[:10]
            ],
        )

    def _rising(self) -> Table:
        return Table(
            gettext("Rising"),
            [gettext("What it is about"), gettext("In the last week"), gettext("Usually")],
            [
                [
                    self.words.label(one.name),
                    one.count,
                    round(one.usual, 1) if one.usual * 8 >= self.m["threshold"] else None,
                ]
                for one in self.page.rising
            ],
            note=gettext(
                "The last seven days against the eight weeks before, by an exact test; of all that "
                "is called rising at most one in twenty is by chance, and it is at least half as "
                "much again."
            ),
        )

    def _people(self) -> Table:
        sexes = {
            "female": gettext("Women"),
            "male": gettext("Men"),
            "other": gettext("Other"),
            "prefer_not": gettext("Would not say"),
            "not_asked": gettext("Not asked"),
        }
        return Table(
            gettext("Who speaks"),
            [gettext("Sex"), gettext("Cases")],
            [[sexes[sex], count] for sex, count in self.m["cases_by"]["sex"].items()],
        )

    def _ages(self) -> Table:
        ages = {
            "under_7_days": gettext("less than 7 days"),
            "7_to_13_days": gettext("7 to 13 days"),
            "14_to_29_days": gettext("14 to 29 days"),
            "30_to_89_days": gettext("30 to 89 days"),
            "90_days_or_more": gettext("90 days or more"),
        }
        return Table(
            gettext("How long the open ones wait"),
            [gettext("Age"), gettext("Cases")],
            [[words, self.m["open_by_age"][name]] for name, words in ages.items()],
        )

    def _partners(self) -> Table:
        names = self.page.organisations
        return Table(
            gettext("Partners"),
            [
                gettext("Organisation"),
                gettext("Sent"),
                gettext("Accepted"),
                gettext("Share accepted"),
                gettext("Median hours to accept"),
                gettext("Answered"),
                gettext("Median hours to answer"),
            ],
            [
                [
                    names.get(code, code),
                    value["of"],
                    value["count"],
                    percent(value["rate"]),
                    value["median_hours"],
                    value["answered"],
                    value["answer_median_hours"],
                ]
                for code, value in self.m["referrals_by_partner"].items()
            ],
        )

    def _satisfied(self) -> Table:
        sexes = {"female": gettext("Women"), "male": gettext("Men")}
        return Table(
            gettext("Content with the answer"),
            [gettext("Sex"), gettext("Content"), gettext("Asked"), gettext("Share")],
            [
                [sexes.get(sex, gettext("Others")), v["count"], v["of"], percent(v["rate"])]
                for sex, v in self.m["satisfied_by_sex"].items()
            ],
        )

    def _donors(self) -> Table:
        m = self.m
        rows = [
            (gettext("AAP-1: issues raised by people and acted upon"), m["issues_acted_upon"]),
            (gettext("Knew in time that we have it"), m["acknowledged_in_time"]),
            (gettext("Loop closed with the person"), m["closed"]["loop_closed_with_person"]),
            (gettext("Resolved, of the closed"), m["closed"]["resolved"]),
            (gettext("Unreachable, of the closed"), m["closed"]["unreachable"]),
            (gettext("Answered on the spot"), m["on_the_spot"]),
            (gettext("Opened again"), m["reopened"]),
            (gettext("Appealed"), m["appealed"]),
        ]
        return Table(
            gettext("Indicators for donors"),
            [gettext("Indicator"), gettext("Number"), gettext("Of"), gettext("Share")],
            [[words, v["count"], v["of"], percent(v["rate"])] for words, v in rows],
        )

    def _funnel(self) -> Table:
        stages = {
            "received": gettext("received"),
            "triaged": gettext("triaged"),
            "answer_found": gettext("an answer found"),
            "told": gettext("told, or tried to"),
            "loop_closed": gettext("closed, and the person heard"),
        }
        return Table(
            gettext("From received to the loop closed"),
            [gettext("Stage"), gettext("Cases")],
            [[stages[name], count] for name, count in self.m["funnel"].items()],
        )

    def _weeks(self) -> Table:
        return Table(
            gettext("Week by week"),
            [gettext("Week from"), gettext("received"), gettext("of these, told something")],
            [[day_of(week.first), week.received, week.told] for week in self.page.weeks],
        )

    def _sites(self) -> Table:
        return Table(
            gettext("How much is heard from each site"),
            [
                gettext("Site"),
                gettext("People"),
                gettext("Cases"),
                gettext("per 1,000"),
                gettext("Still open"),
            ],
            [
                [
                    line.site.name,
                    line.population,
                    line.cases,
                    line.per_1000,
                    gettext("silent") if line.is_silent else word(line.unresolved),
                ]
                for line in self.page.sites
            ],
        )

    def _months(self) -> Table:
        return Table(
            gettext("Highly sensitive, by month that is over"),
            [gettext("Month"), gettext("Cases")],
            list(self.m["highly_sensitive_by_month"].items()),
        )

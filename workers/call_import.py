"""Takes a hotline's call log in: read, judged, accepted in batches; a worker makes the cases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from channels.base import phone_address
from feedback_hub.adapters.call_logs import Damaged, Entry, Ignored, Logged
from feedback_hub.adapters.gazetteer import codes_by_name
from feedback_hub.adapters.rejected import RejectedFile
from feedback_hub.adapters.search_index import fold
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.call import CallRules, Need, judge
from feedback_hub.domain.errors import Invalid
from feedback_hub.services.hotline import Became, CallTaker, Prepared

BATCH = 500
"""Calls a transaction: a running hub's writers wait a fraction of a second for it."""
_NUMBERS = 20_000

_NOTHING_NEEDED = {
    Need.SERVED: "answered and nothing noted",
    Need.OUTBOUND: "outgoing",
    Need.INTERNAL: "from an extension",
    Need.SHORT: "too short",
    Need.NO_NUMBER: "without a number to ring",
}


@dataclass
class CallTally:
    """What became of a file's calls."""

    needs: Counter[Need] = field(default_factory=Counter)
    became: Counter[Became] = field(default_factory=Counter)
    ignored: int = 0
    rejected: int = 0

    @property
    def usable(self) -> bool:
        """Whether anything in the file was a call or known to be none."""
        return self.needs.total() + self.ignored > 0

    def line(self) -> str:
        """The counts in one line."""
        parts = [f"{self.became[one]} {one}" for one in (Became.ADDED, Became.KNOWN)]
        if tries := self.became[Became.SAME_CALLER]:
            parts.append(f"{tries} more tries of a caller")
        for need, why in _NOTHING_NEEDED.items():
            if count := self.needs[need]:
                parts.append(f"{count} {why}")
        return f"{self.needs.total()} calls: {', '.join(parts)}; {self.rejected} lines rejected"


@dataclass
class CallImport:
    """One run over one file. ``live`` calls are new: clocks run for them. ``step`` counts lines."""

    hub: Hub
    channel: str
    live: bool = False
    step: Callable[[], None] = lambda: None
    tally: CallTally = field(default_factory=CallTally)

    def run(self, entries: Iterable[Entry], rejected: RejectedFile) -> CallTally:
        """Take every entry; safe to run again. Raises ``OperationalError``, ``Unreadable``."""
        rules = rules_of(self.hub)
        taker = self._taker(rules)
        batch: list[tuple[Logged, Prepared]] = []
        for entry in entries:
            self.step()
            match entry:
                case Damaged():
                    rejected.add(entry.number, entry.line, "", entry.reason)
                case Ignored():
                    self.tally.ignored += 1
                case Logged():
                    need = judge(entry.call, rules)
                    self.tally.needs[need] += 1
                    if need in {Need.CASE, Need.CALL_BACK}:
                        batch.append((entry, taker.prepared(entry.call, need)))
            if len(batch) == BATCH:
                self._put(taker, batch, rejected)
                batch = []
        self._put(taker, batch, rejected)
        self.tally.rejected = rejected.count
        return self.tally

    def _put(
        self, taker: CallTaker, batch: list[tuple[Logged, Prepared]], rejected: RejectedFile
    ) -> None:
        """All of ``batch`` in one transaction; if the database refuses, one call at a time."""
        if not batch:
            return
        try:
            with self.hub.unit_of_work() as uow:
                became = taker.take(uow, [item for _, item in batch], self.hub.clock())
                uow.commit()
        except OperationalError:
            raise
        except (SQLAlchemyError, ValueError):
            if len(batch) > 1:
                for one in batch:
                    self._put(taker, [one], rejected)
            else:
                entry = batch[0][0]
                rejected.add(entry.number, entry.line, "", "holds what the database cannot keep")
            return
        for (entry, _), what in zip(batch, became, strict=True):
            self.tally.became[what] += 1
            if what is Became.OTHER_WORDS:
                reason = "is known here with other words; if it is another log's, give --channel"
                rejected.add(entry.number, entry.line, "", reason)

    def _taker(self, rules: CallRules) -> CallTaker:
        country = self.hub.config.hub.default_country
        with self.hub.reading() as uow:
            codes = codes_by_name(uow.sites())

        @lru_cache(_NUMBERS)
        def canonical(number: str) -> str:
            return phone_address(number, country)

        def site_of(place: str) -> str:
            # "Locality, district": the whole name or its first part.
            return codes.get(fold(place)) or codes.get(fold(place.partition(",")[0].strip()), "")

        hub_rules = self.hub.rules

        def label_of(code: str) -> str:
            return hub_rules.frame[code].label.in_language(hub_rules.default_language)

        return CallTaker(
            rules=rules,
            channel=self.channel,
            index=self.hub.keyring.index,
            canonical=canonical,
            site_of=site_of,
            label_of=label_of,
            from_history=not self.live,
        )


def rules_of(hub: Hub) -> CallRules:
    """``[hotline]`` as the domain knows it. Raises ``Invalid`` for a code that the frame lacks."""
    config = hub.config.hotline
    codes: dict[str, str] = {}
    for pair in config.codes:
        said, _, code = (part.strip() for part in pair.rpartition("="))
        if code not in hub.rules.frame:
            raise Invalid("hotline.codes", "has a code that the coding frame does not know")
        codes[said.casefold()] = code
    window = config.call_back_window
    return CallRules(
        internal=re.compile(config.internal),
        short=config.short_call_seconds,
        call_back=config.call_back,
        codes=codes,
        window=timedelta(seconds=window.seconds, days=window.working_days),
    )

"""Calls of a hotline's log become cases and requests to be called back, each once.

A call that needs neither leaves nothing here: whoever only listened is nobody's business.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feedback_hub.domain.call import Call, CallRules, Need, codes_of, has_number
from feedback_hub.domain.message import InboundMessage, MessageKind
from feedback_hub.domain.submission import Submission
from feedback_hub.services import inbox, intake
from feedback_hub.services.history import said_before
from feedback_hub.services.ports import UnitOfWork
from feedback_hub.services.records.work import InboxKind

_REMEMBERED = 20_000
_PRESSED = re.compile(r"[0-9*#]+(-[0-9*#]+)*")
_PLACES = 11
"""Digits of a time in an id: seconds that sort like numbers for three thousand years."""

_NEXT, _MEANS = "-", ": "
"""Between the keys of a way through a menu, and before what they stand for."""


Prepared = InboundMessage | Submission


class Became(StrEnum):
    """What became of a call that needs something."""

    ADDED = "added"
    KNOWN = "known"
    SAME_CALLER = "same_caller"
    OTHER_WORDS = "other_words"


@dataclass
class CallTaker:
    """Takes calls into the inbox of one channel account, several in a transaction.

    ``index`` is the vault's keyed hash; ``canonical`` makes a number as written the one that is
    rung; ``site_of`` finds the code of a site in a place's name, empty where none is meant;
    ``label_of`` says what a code of the frame is called. Not for two threads.
    """

    rules: CallRules
    channel: str
    index: Callable[[str, str], str]
    canonical: Callable[[str], str]
    site_of: Callable[[str], str] = lambda _: ""
    label_of: Callable[[str], str] = lambda code: code
    from_history: bool = True
    _equal: dict[bytes, int] = field(default_factory=dict)

    def prepared(self, call: Call, need: Need) -> Prepared:
        """What goes into the inbox for a call that needs a case or a call back."""
        return self._call_back(call) if need is Need.CALL_BACK else self._case(call)

    def take(self, uow: UnitOfWork, items: Sequence[Prepared], now: datetime) -> list[Became]:
        """Accept ``items``; what became of each, in order."""
        ids = [inbox.fitting(_message(item).external_id) for item in items]
        known = uow.accepted_among(self.channel, InboxKind.MESSAGE, ids)
        result: list[Became] = []
        new: dict[str, Prepared] = {}
        asked: dict[str, list[int]] = {}
        for item, external_id in zip(items, ids, strict=True):
            message = _message(item)
            if external_id in known:
                same = _is_same(said_before(uow, known[external_id]), message.text)
                result.append(Became.KNOWN if same else Became.OTHER_WORDS)
            elif external_id in new:
                result.append(Became.KNOWN)
            elif message.kind is MessageKind.MISSED_CALL and self._asked(uow, external_id, asked):
                result.append(Became.SAME_CALLER)
            else:
                new[external_id] = item
                result.append(Became.ADDED)
        intake.accept_all(uow, self.channel, list(new.values()), now, self.from_history)
        return result

    def _case(self, call: Call) -> Submission:
        site = self.site_of(call.place) if call.place else ""
        codes = codes_of(call, self.rules)
        chosen = "\n".join(f"{asked}: {answer}" for asked, answer in call.answers.items())
        if call.keys and codes and not chosen:
            # What the key stands for in the menu: nobody reads a bare digit.
            words = ", ".join(self.label_of(code) for code in codes)
            chosen = f"{_NEXT.join(call.keys)}{_MEANS}{words}"
        message = InboundMessage(
            external_id=f"call:{call.external_id}" if call.external_id else self._row_id(call),
            received_at=call.at,
            text=call.note or chosen,
            sender=call.caller,
            address=self.canonical(call.caller) if has_number(call.caller) else "",
            kind=MessageKind.CALL,
            language=call.language,
            site=site,
            sender_name=call.name,
        )
        return Submission(message, place="" if site else call.place, codes=codes)

    def _call_back(self, call: Call) -> InboundMessage:
        address = self.canonical(call.caller)
        # By the number, not by the call: whoever rings five times has asked once.
        caller = self.index(address, f"call back:{self.channel}")
        return InboundMessage(
            external_id=f"callback:{caller}:{int(call.at.timestamp()):0{_PLACES}}",
            received_at=call.at,
            text="",
            sender=call.caller,
            address=address,
            kind=MessageKind.MISSED_CALL,
            language=call.language,
            sender_name=call.name,
        )

    def _asked(self, uow: UnitOfWork, external_id: str, asked: dict[str, list[int]]) -> bool:
        """Whether this caller has a request near this one in time, before or after.

        Logs may run backwards. ``asked`` are the times of this transaction's own.
        """
        caller, _, written = external_id.rpartition(":")
        at, window = int(written), int(self.rules.window.total_seconds())
        times = asked.setdefault(caller, [])
        if any(abs(at - other) <= window for other in times):
            return True
        first, last = f"{caller}:{at - window:0{_PLACES}}", f"{caller}:{at + window:0{_PLACES}}"
        if uow.accepted_between(self.channel, InboxKind.MESSAGE, first, last):
            return True
        times.append(at)
        return False

    def _row_id(self, call: Call) -> str:
        """An id for a call whose log gives none: the same row is the same call on every run."""
        told = [call.at.isoformat(), call.caller, call.note, call.place, call.name, *call.keys]
        digest = self.index(json.dumps(told), "call row")
        short = hashlib.sha256(digest.encode()).digest()[:8]
        # Two rows that say the same are two calls: nobody's complaint is taken for a slip.
        count = self._equal.pop(short, 0) + 1
        self._equal[short] = count
        if len(self._equal) > _REMEMBERED:
            del self._equal[next(iter(self._equal))]
        return f"row:{digest}:{count}"


def _message(item: Prepared) -> InboundMessage:
    return item.message if isinstance(item, Submission) else item


def _is_same(said: str | None, now: str) -> bool:
    """Whether a call said this before; what its keys are called may have changed since."""
    if said is None or said == now:
        return True
    pressed = now.partition(_MEANS)[0]
    return bool(_PRESSED.fullmatch(pressed)) and said.partition(_MEANS)[0] == pressed

"""What somebody typed of where it was and of whose people are accused: free words, kept sealed.

Either may hold a name or a number. The site, and an organisation that is known here, stand by their
codes at the case.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from feedback_hub.domain.case import Case
from feedback_hub.services.ports import UnitOfWork, VaultSealed
from feedback_hub.services.seals import typed_bound_to

UNLISTED = "?"
"""Stands as the accused organisation of a case where it is none that is known here."""


@dataclass(frozen=True)
class Typed:
    """A place in words, and an accused organisation that is none of ours. Empty: not said."""

    place: str = ""
    accused: str = ""


def keep(uow: UnitOfWork, case_id: str, typed: Typed) -> None:
    """Keep what was typed of a new case."""
    plain = Typed(_plain(typed.place), _plain(typed.accused))
    if plain == Typed():
        return
    key_id = uow.vault.new_key()
    written = json.dumps(asdict(plain), ensure_ascii=False)
    uow.keep_typed(case_id, key_id, uow.vault.seal(key_id, written, typed_bound_to(case_id)))


def of(uow: UnitOfWork, case_ids: Sequence[str]) -> dict[str, Typed]:
    """What was typed of each of these cases of which anything is kept.

    Where a case is closed to its handlers, this process reads nothing of it.
    """
    kept = uow.typed_of(case_ids)
    uow.vault.load({row.key_id for row in kept if row.key_id})
    found = {}
    for row in kept:
        # Not sealed yet: written by a program of before (``adapters.typed``).
        found[row.case_id] = Typed(place=row.plain_place)
        if row.key_id:
            try:
                opened = uow.vault.open(row.key_id, row.sealed, typed_bound_to(row.case_id))
            except VaultSealed:
                continue
            found[row.case_id] = Typed(**json.loads(opened or "{}"))
    return found


def of_case(uow: UnitOfWork, case: Case) -> Typed:
    """What was typed of one case."""
    return of(uow, [case.id]).get(case.id, Typed())


def accused_in(case: Case, typed: Typed) -> str:
    """The accused organisation: its code, or what was typed of one that is none of ours."""
    unlisted = case.accused_organisation == UNLISTED
    return typed.accused if unlisted else case.accused_organisation


def _plain(written: str) -> str:
    """Without what no page and no other program takes: NUL, and half characters."""
    return written.replace("\0", "").encode("utf-8", "ignore").decode().strip()

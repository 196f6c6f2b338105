"""How somebody likes the screens: small JSON values by name, for one account.

Nothing about a person who gave feedback is kept here: no word that was searched for, no case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Select, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import account_choice

LONGEST = 8000
"""Characters of one value."""

Value = list[object] | dict[str, object]


def all_of(session: Session, account_id: str) -> Mapping[str, Value]:
    """Everything that an account chose, by name."""
    rows = session.execute(_chosen(), {"account_id": account_id})
    return {row.name: json.loads(row.value) for row in rows}


def keep(session: Session, account_id: str, name: str, value: Value) -> None:
    """Keep one choice in the place of what was chosen before; an empty one is forgotten."""
    chosen = account_choice.c
    session.execute(
        delete(account_choice).where(chosen.account_id == account_id, chosen.name == name)
    )
    written = json.dumps(value)
    if value and len(written) <= LONGEST:
        session.execute(
            insert(account_choice).values(account_id=account_id, name=name, value=written)
        )


@cache
def _chosen() -> Select[str, str]:
    chosen = account_choice.c
    of_account = chosen.account_id == bindparam("account_id")
    return select(chosen.name, chosen.value).where(of_account)

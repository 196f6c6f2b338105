"""The hub of the current application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters.engine import is_away
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.errors import Invalid


def current_hub() -> Hub:
    """The hub this application was made for."""
    return cast("Hub", current_app.extensions["feedback_hub"])


@contextmanager
def in_passing(hub: Hub) -> Iterator[SqlUnitOfWork]:
    """A transaction for what is noted beside what was asked for.

    Where there is no turn to write in time it is left to the next request: nobody is refused a page
    because the database is busy with something else.
    """
    try:
        with hub.unit_of_work() as uow:
            yield uow
            uow.commit()
    except SQLAlchemyError as error:
        if not is_away(error):
            raise


def own_language(written: str) -> str:
    """One of the languages that the hub speaks with people. Raises ``Invalid``."""
    if written not in current_hub().config.hub.languages:
        raise Invalid("language", "is none of this hub's")
    return written

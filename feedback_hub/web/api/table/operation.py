"""One line of the table, and what lines share."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.web.api.schemas.shapes import NUMBER, TEXT, Schema

MADE = (201,)
PAGE = (("cursor", TEXT), ("limit", NUMBER | {"minimum": 1, "maximum": 200}))


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``body`` names what is asked with, ``queries`` the address's part.

    ``answers`` are the statuses of success; ``found`` whether there is something to be not found.
    """

    method: str
    path: str
    summary: str
    answer: Schema
    body: str = ""
    answers: tuple[int, ...] = (200,)
    queries: tuple[tuple[str, Schema], ...] = ()
    found: bool = True
    public: bool = False
    media_type: str = "application/json"
    sent_as: str = "application/json"

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses of refusals, each with a problem as its body."""
        if self.public:
            return ()
        statuses = {401, 403}
        if self.body:
            statuses |= {400, 409, 422}
        if self.queries:
            statuses.add(422)
        if self.found:
            statuses.add(404)
        return tuple(sorted(statuses))


def get(
    path: str,
    summary: str,
    answer: Schema,
    *queries: tuple[str, Schema],
    found: bool = False,
    public: bool = False,
) -> Operation:
    """Something to read at ``path``; ``found``: it may be not there."""
    return Operation("get", path, summary, answer, queries=queries, found=found, public=public)

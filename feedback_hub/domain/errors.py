"""What can go wrong in the domain, in words a caller can act on.

None of these carries message text, names or numbers: ids, states and field names only.
"""

from __future__ import annotations


class DomainError(Exception):
    """Base of every refusal the domain makes."""


class IllegalMove(DomainError):
    """The object's state does not allow this verb (CONTRACT, words on the wire). API: 409."""

    def __init__(self, what: str, verb: str, state: str) -> None:
        super().__init__(f"{what}: cannot {verb} while {state}")
        self.what = what
        self.verb = verb
        self.state = state


class StaleVersion(DomainError):
    """Somebody else changed the object since it was read. API: 409."""


class UsedByAnother(DomainError):
    """Somebody else handed in something under this id, whatever became of it. API: 409."""

    def __init__(self) -> None:
        super().__init__("this submission_id was used by somebody else; give the record another")


class NotAllowed(DomainError):
    """The actor's roles do not permit this action, whatever the object. API: 403."""


class NotFound(DomainError):
    """It does not exist, or the actor may not know that it exists. API: 404."""


class Invalid(DomainError):
    """A value given by the caller cannot be accepted. API: 422.

    ``field`` names where; ``problem`` says what and never repeats the value.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem

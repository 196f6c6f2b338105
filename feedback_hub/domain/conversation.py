"""When a message goes on with an earlier matter, and when it is one of its own.

One rule for every channel, simple enough to be told to whoever asks why a case was opened.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedback_hub.domain.case import Case
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.suggestion import Suggestion

ANOTHER_MATTER_FROM = 0.75
"""A few words that go on with a matter ("in block C") easily sound like another sector; whoever
gets a second case number for them is confused, and staff set a message apart in one press."""


def continued(said: Suggestion, cases: Sequence[Case], sure_from: float) -> Case | None:
    """The case that a message goes on with, of those its sender talked about lately; else None.

    ``cases`` begin with the one talked about last; from the confidence ``sure_from`` on the
    machine is sure of a sector. In this order (DOMAIN.md, Sensitivity: when in doubt, higher):

    1. What reads as highly sensitive joins a case that is so already, and never an ordinary one.
    2. What is surely about a sector joins the case of that sector, or one without any yet; if
       every case is about something else, it is a new matter (from ``ANOTHER_MATTER_FROM`` on).
    3. Anything else ("are you coming?") joins a highly sensitive case before an ordinary one: its
       next words must not be read by others.
    """
    highly = [case for case in cases if case.sensitivity is Sensitivity.L3]
    if said.sensitivity is Sensitivity.L3:
        fitting = highly
    elif said.sector and said.sector_confidence >= sure_from:
        ordinary = [case for case in cases if case not in highly]
        fitting = [case for case in cases if case.sector == said.sector]
        fitting += [case for case in ordinary if not case.sector]
        if not fitting and said.sector_confidence < ANOTHER_MATTER_FROM:
            fitting = [*highly, *cases]
    else:
        fitting = [*highly, *cases]
    return next((case for case in fitting if case.is_open), fitting[0] if fitting else None)

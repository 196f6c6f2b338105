"""What each figure counts, in words: over the list behind it."""

from __future__ import annotations

from collections.abc import Mapping

from feedback_hub.reads.behind import Figure
from feedback_hub.web.i18n import N_, gettext

WORDS: Mapping[Figure, str] = {
    Figure.CASES: N_("cases received"),
    Figure.HANDLED: N_("received, and handled here"),
    Figure.ACKNOWLEDGED_IN_TIME: N_("knew in time that we have it"),
    Figure.ACKNOWLEDGED_LATE: N_("did not know in time that we have it"),
    Figure.TIME_TO_ANSWER: N_("told, or tried to"),
    Figure.ON_THE_SPOT: N_("answered on the spot"),
    Figure.TRIAGED: N_("triaged"),
    Figure.ANSWER_FOUND: N_("an answer found"),
    Figure.TOLD: N_("told, or tried to"),
    Figure.LOOP_CLOSED: N_("closed, and the person heard"),
    Figure.OPEN: N_("still open"),
    Figure.UNDER_7_DAYS: N_("open for less than 7 days"),
    Figure.FROM_7_DAYS: N_("open for 7 to 13 days"),
    Figure.FROM_14_DAYS: N_("open for 14 to 29 days"),
    Figure.FROM_30_DAYS: N_("open for 30 to 89 days"),
    Figure.FROM_90_DAYS: N_("open for 90 days or more"),
    Figure.CLOSED: N_("closed"),
    Figure.LOOP_CLOSED_WITH_PERSON: N_("closed, and the person heard"),
    Figure.RESOLVED: N_("closed as resolved"),
    Figure.UNREACHABLE: N_("closed as unreachable"),
    Figure.REOPENED: N_("opened again"),
    Figure.APPEALED: N_("appealed"),
    Figure.REFERRAL_SENT: N_("referred"),
    Figure.REFERRAL_ACCEPTED: N_("referred and accepted"),
    Figure.REFERRAL_ANSWERED: N_("referred and answered"),
    Figure.SATISFACTION_ASKED: N_("asked whether the answer is good"),
    Figure.SATISFIED: N_("content with the answer"),
    Figure.NOT_SATISFIED: N_("not content with the answer"),
}


def figure_label(figure: str) -> str:
    """The words for a figure; "cases received" for none and for a word that is no figure."""
    known = Figure(figure) if figure in set(Figure) else Figure.CASES
    return gettext(WORDS[known])

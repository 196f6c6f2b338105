"""Many matters written down at once: a suggestion box that was emptied, a meeting's points.

Each slip and each point is a case of its own with an id of its own, so that pressing twice, or
going back to add one, keeps each once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters import meetings
from feedback_hub.domain.access import Actor
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.meeting import (
    COUNTED_BANDS,
    COUNTED_SEXES,
    MOST_PEOPLE,
    Meeting,
    MeetingKind,
)
from feedback_hub.domain.person import AgeBand, Sex, SpeaksFor
from feedback_hub.domain.submission import Submission
from feedback_hub.reads.views.case import FormView
from feedback_hub.web.hub import current_hub
from feedback_hub.web.pages.report import (
    Receipt,
    Refused,
    WrittenAnew,
    as_submission,
    chosen,
    hand_over,
    places,
    said_at,
    sentence,
    submission_id,
    writer,
    written,
    written_anew,
)
from feedback_hub.web.submission import BOX, MEETING

report_many = Blueprint("report_many", __name__, url_prefix="/report")

_AT_FIRST = 5
_MOST = 60


@dataclass(frozen=True)
class Slip:
    """One matter in the form. ``id`` is its submission's."""

    id: str
    text: str = ""
    codes: tuple[str, ...] = ()
    level: str = ""
    error: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.text.strip() or self.codes)


class Faulty(Exception):
    """Something cannot be accepted: the slips with what is wrong, and the whole form's errors."""

    def __init__(self, slips: Sequence[Slip], errors: dict[str, str]) -> None:
        super().__init__()
        self.slips, self.errors = slips, errors


@report_many.get("/box")
def box() -> Response:
    """An empty form for a suggestion box."""
    return _show(writer(), BOX, _blank(_AT_FIRST), {}, 200)


@report_many.get("/meeting")
def meeting() -> Response:
    """An empty form for a meeting or a group."""
    return _show(writer(), MEETING, _blank(_AT_FIRST), {}, 200)


@report_many.post("/box")
def box_in() -> Response:
    """Keep every slip that says something."""
    return _hand_in(BOX)


@report_many.post("/meeting")
def meeting_in() -> Response:
    """Keep the meeting and every point."""
    return _hand_in(MEETING)


def _hand_in(kind: str) -> Response:
    actor = writer()
    hub = current_hub()
    slips = _slips()
    if request.form.get("more"):
        return _show(actor, kind, (*slips, *_blank(_AT_FIRST))[:_MOST], {}, 200)
    try:
        try:
            receipts = _keep(actor, kind, slips, hub.clock())
        except IntegrityError:
            # The same form pressed twice at the same moment: now the other one is through.
            receipts = _keep(actor, kind, slips, hub.clock())
    except Faulty as faulty:
        return _show(actor, kind, faulty.slips, faulty.errors, 422)
    page = render_template(
        "report_receipt.html",
        receipts=receipts,
        hotline=hub.rules.hotline,
        again=f"report_many.{'box' if kind == BOX else 'meeting'}",
    )
    return make_response(page, 201)


def _keep(actor: Actor, kind: str, slips: Sequence[Slip], now: datetime) -> list[Receipt]:
    """Everything in one transaction, or nothing. Raises ``Faulty``."""
    held = _checked(actor, kind, slips, now)
    receipts, looked_at = [], []
    with current_hub().unit_of_work() as uow:
        if held is not None and not meetings.keep(uow.session, held):
            raise Faulty(slips, {"slips": written_anew()})
        for slip in slips:
            looked_at.append(slip)
            if not slip.says_something:
                continue
            try:
                submission = _submission(kind, slip, now)
                receipt, _ = hand_over(uow, actor, submission, now, held.id if held else "")
                receipts.append(receipt)
            except WrittenAnew:
                looked_at[-1] = replace(slip, id=uuid.uuid4().hex, error=written_anew())
            except Refused as refused:
                looked_at[-1] = replace(slip, error=next(iter(refused.errors.values())))
            except Invalid as refused:
                looked_at[-1] = replace(slip, error=sentence(refused))
        if any(slip.error for slip in looked_at):
            raise Faulty(looked_at, {})
        uow.commit()
    return receipts


def _checked(actor: Actor, kind: str, slips: Sequence[Slip], now: datetime) -> Meeting | None:
    """The meeting, if it is one. Raises ``Faulty``."""
    try:
        said_at(now, needed=True)
        held = _meeting(actor, now) if kind == MEETING else None
        if not any(slip.says_something for slip in slips):
            raise Invalid("slips", "nothing is written")
    except Invalid as refused:
        raise Faulty(slips, {refused.field: sentence(refused)}) from refused
    return held


def _submission(kind: str, slip: Slip, now: datetime) -> Submission:
    values: dict[str, object] = {
        "submission_id": slip.id,
        "channel": kind,
        "site": written("site"),
        "place": written("place"),
        "text": slip.text,
        "codes": list(slip.codes),
        "sensitivity": slip.level,
        "received_at": said_at(now, needed=True),
    }
    if kind == MEETING:
        values["person"] = {"speaks_for": SpeaksFor.COMMUNITY.value}
    return as_submission(values, now)


def _meeting(actor: Actor, now: datetime) -> Meeting:
    try:
        kind, committee = MeetingKind(written("kind")), Answered(written("committee_present"))
    except ValueError:
        raise Invalid("kind", "is none of the choices") from None
    place = written("place").replace("\0", "").strip()
    return Meeting(
        id=submission_id(written("meeting")),
        kind=kind,
        held_on=date.fromisoformat(written("said_on").strip()),
        site=written("site")[:64] if written("site").isprintable() else "",
        place=place[:200],
        committee_present=committee,
        present={
            (sex, band): number
            for sex in COUNTED_SEXES
            for band in COUNTED_BANDS
            if (number := _counted(sex, band)) is not None
        },
        entered_by=actor.id,
        entered_at=now,
    )


def _counted(sex: Sex, band: AgeBand) -> int | None:
    typed = written(f"present.{sex}.{band}").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and int(typed[:9]) <= MOST_PEOPLE):
        raise Invalid("present", "is no number")
    return int(typed[:9])


def _slips() -> tuple[Slip, ...]:
    return tuple(
        Slip(
            submission_id(given),
            written(f"text.{given}"),
            tuple(chosen(f"codes.{given}")),
            written(f"level.{given}"),
        )
        for given in request.form.getlist("slip")[:_MOST]
    )


def _blank(number: int) -> tuple[Slip, ...]:
    return tuple(Slip(uuid.uuid4().hex) for _ in range(number))


def _show(
    actor: Actor, kind: str, slips: Sequence[Slip], errors: dict[str, str], status: int
) -> Response:
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    wrong = {f"text.{slip.id}": slip.error for slip in slips if slip.error}
    page = render_template(
        "report_many.html",
        kind=kind,
        slips=slips,
        may_grow=len(slips) < _MOST,
        form=FormView("report", typed, errors | wrong),
        given=submission_id(typed.get("meeting", "")),
        sexes=COUNTED_SEXES,
        bands=COUNTED_BANDS,
        **places(actor),
    )
    return make_response(page, status)

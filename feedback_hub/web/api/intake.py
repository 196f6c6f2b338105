"""``/api/v1/intake``: one record, or all that one meeting or suggestion box brought."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response

from feedback_hub.adapters import meetings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.consent import Answered
from feedback_hub.domain.custom_field import ShownIn
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.meeting import (
    COUNTED_BANDS,
    COUNTED_SEXES,
    MOST_PEOPLE,
    Meeting,
    MeetingKind,
)
from feedback_hub.domain.person import AgeBand, Sex, SpeaksFor
from feedback_hub.services import custom_fields, intake
from feedback_hub.web.acting import act
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.submission import BOX, MEETING, read_submission

api_intake = Blueprint("api_intake", __name__, url_prefix="/api/v1")

MOST_POINTS = 200
_SHARED = ("site", "place", "received_at", "language")
"""What a point takes from its batch where it does not say it itself."""


@api_intake.post("/intake")
def submit() -> Response:
    """One record: 201, or 200 with the same body when it is there already."""
    body = Body.of_request()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        ref, new = _hand_in(uow, actor, body, now)
        return {"ref": ref, "secret": uow.vault.secret_for(ref)}, 201 if new else 200

    return act(Action.SUBMIT, work)


@api_intake.post("/intake/batch")
def submit_batch() -> Response:
    """A meeting's points or a box's slips, all or none: 201, or 200 when all are there already."""
    body = Body.of_request()

    def work(uow: SqlUnitOfWork, actor: Actor, now: datetime) -> tuple[object, int]:
        batch = body.uuid("submission_id")
        points = _points(body, batch)
        held = _meeting(body, batch, actor, now)
        if held is not None and not meetings.keep(uow.session, held):
            raise Invalid("submission_id", "was used for somebody else's meeting")
        items, any_new = [], False
        for point in points:
            ref, new = _hand_in(uow, actor, point, now)
            any_new |= new
            case = uow.case_by_ref(ref)
            if held is not None and case is not None:
                uow.session.flush()
                meetings.link(uow.session, held.id, case.id)
            secret = uow.vault.secret_for(ref)
            items.append(
                {"submission_id": point.uuid("submission_id"), "ref": ref, "secret": secret}
            )
        return {"items": items}, 201 if any_new else 200

    return act(Action.SUBMIT, work)


def _hand_in(uow: SqlUnitOfWork, actor: Actor, body: Body, now: datetime) -> tuple[str, bool]:
    hub = current_hub()
    submission = custom_fields.checked(
        hub.rules,
        read_submission(body, now, hub.config.hub.default_country),
        asked_in=ShownIn.API,
    )
    return intake.submit(uow, hub.rules, hub.classifier, actor, submission, now)


def _points(body: Body, batch: str) -> Sequence[Body]:
    """Each point as a record of its own. One without an id has the one that its place gives it."""
    channel = body.text("channel", needed=True, most=60)
    if channel not in {BOX, MEETING}:
        raise Invalid("channel", f"must be {BOX} or {MEETING}")
    common: dict[str, object] = {"channel": channel}
    if channel == MEETING:
        common["person"] = {"speaks_for": SpeaksFor.COMMUNITY.value}
    shared = {name: body.text(name, most=200) for name in _SHARED if body.has(name)}
    return [
        point.filled_with(
            common | shared | {"submission_id": str(uuid.uuid5(uuid.UUID(batch), str(place)))}
        )
        for place, point in enumerate(body.parts("points", most=MOST_POINTS))
    ]


def _meeting(body: Body, batch: str, actor: Actor, now: datetime) -> Meeting | None:
    """The meeting that the points were raised at. Raises ``Invalid``."""
    if body.text("channel", most=60) != MEETING:
        return None
    if not body.has("meeting"):
        raise Invalid("meeting", "is needed: what it was, and who came")
    part = body.part("meeting")
    zone = current_hub().config.hub.timezone
    today = now.astimezone(zone).date()
    said_at = body.when("received_at") or now
    held_on = part.day("held_on") or min(said_at.astimezone(zone).date(), today)
    if held_on > today:
        raise Invalid("meeting.held_on", "has not come yet")
    return Meeting(
        id=uuid.UUID(batch).hex,
        kind=part.need("kind", MeetingKind),
        held_on=held_on,
        site=body.text("site", most=64).strip(),
        place=body.text("place", most=200).strip(),
        committee_present=Answered.of(part.flag("committee_present")),
        present={_counted(one): _number(one) for one in part.parts("present", most=50)},
        entered_by=actor.id,
        entered_at=now,
    )


def _counted(one: Body) -> tuple[Sex, AgeBand]:
    sex, band = one.need("sex", Sex), one.need("age_band", AgeBand)
    if sex not in COUNTED_SEXES or band not in COUNTED_BANDS:
        raise one.invalid("sex", "counts are of women and men by age, as the form has them")
    return sex, band


def _number(one: Body) -> int:
    number = one.number("count")
    if number is None or not 0 <= number <= MOST_PEOPLE:
        raise one.invalid("count", f"must be a number from 0 to {MOST_PEOPLE}")
    return number

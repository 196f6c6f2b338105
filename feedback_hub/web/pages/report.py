"""What a desk writes down for people: one person's words, a suggestion box, a meeting.

Works without JavaScript. Every report carries an id made with the form, so that pressing twice
keeps one; whatever is refused, what was typed stays in the form.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, make_response, render_template, request

from feedback_hub.adapters import meetings
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.custom_field import CustomField, ShownIn
from feedback_hub.domain.errors import Invalid, NotFound, UsedByAnother
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.reads.names import names_for, site_names
from feedback_hub.reads.views.case import FormView
from feedback_hub.services import custom_fields, intake
from feedback_hub.web.body import Body
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import N_, gettext
from feedback_hub.web.pages.frame import may_see_cases
from feedback_hub.web.security import require
from feedback_hub.web.submission import DESK, PAPER, read_submission
from feedback_hub.web.words import LANGUAGES

report = Blueprint("report", __name__, url_prefix="/report")

_TEXTS = (
    "site",
    "place",
    "text",
    "language",
    "sensitivity",
    "person.sex",
    "person.age_band",
    "person.disability",
    "person.group",
    "person.speaks_for",
    "consent.share",
    "contact.phone",
    "contact.name",
    "contact.how",
    "contact.when",
    "accused.organisation",
    "accused.class",
)
_FLAGS = (
    "consent.record",
    "consent.contact",
    "consent.content_in_text",
    "contact.private",
    "contact.leave_message",
    "contact.news",
)
_ANSWERS = {"yes": True, "no": False}
_OTHERWISE = N_("Look at this once more.")
_FAULTS: Mapping[str, str] = {
    "text": N_("Write what was said, or choose what it is about."),
    "tags": N_("A tag is a few words without numbers or names."),
    "slips": N_("Write at least one of them down."),
    "present": N_("Write how many people came as a number, or leave it out."),
    "said_on": N_("Write the day on the paper. It cannot be a day that has not come yet."),
    "said_at": N_("Write the time like 14:30, or leave it out."),
    "contact.phone": N_("This number cannot be reached by text. Look at it once more."),
    "contact.how": N_("A text needs a phone number."),
}
"""What is wrong with a field, in words somebody can act on; never what was typed there."""


@dataclass(frozen=True)
class Receipt:
    """What the desk may know of what it handed in. Of an L3: that it was received."""

    ref: str = ""
    secret: str = ""
    may_open: bool = False


class Refused(Exception):
    """Some fields cannot be accepted: ``errors`` by field, in the reader's language."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = errors


class WrittenAnew(Exception):
    """What was handed in before with this id had other words: this is another report."""


@report.get("")
def start() -> Response:
    """An empty form for what one person says."""
    return _show(writer(), FormView("report"), 200, uuid.uuid4().hex)


@report.post("")
def hand_in() -> Response:
    """Keep it; the receipt, or the form with what is wrong and all that was typed."""
    actor = writer()
    hub = current_hub()
    given = submission_id(request.form.get("submission_id", ""))
    try:
        now = hub.clock()
        submission = _read(given, now)
        with hub.unit_of_work() as uow:
            receipt, new = hand_over(uow, actor, submission, now)
            uow.commit()
    except Refused as refused:
        return _show(actor, _form(refused.errors), 422, given)
    except WrittenAnew:
        errors = {"text": written_anew()}
        return _show(actor, _form(errors), 409, uuid.uuid4().hex)
    page = render_template("report_receipt.html", receipts=(receipt,), hotline=hub.rules.hotline)
    return make_response(page, 201 if new else 200)


def written_anew() -> str:
    """What to say when the form of a report that is kept already was filled in anew."""
    return gettext(
        "The report that you wrote before in this form is kept. This one is different: "
        "press again to keep it as another."
    )


def submission_id(written: str) -> str:
    """The id that came with the form; one that is none is made anew."""
    try:
        return uuid.UUID(written).hex
    except ValueError:
        return uuid.uuid4().hex


def hand_over(
    uow: SqlUnitOfWork, actor: Actor, submission: Submission, now: datetime, meeting_id: str = ""
) -> tuple[Receipt, bool]:
    """Keep a submission: what the desk may know of it, and whether it is new.

    ``meeting_id``: the meeting at which it was raised, which is kept already.

    Raises ``WrittenAnew``, ``Refused``.
    """
    hub = current_hub()
    try:
        ref, new = intake.submit(uow, hub.rules, hub.classifier, actor, submission, now)
    except Invalid as refused:
        raise Refused({refused.field: sentence(refused)}) from refused
    except UsedByAnother as refused:
        raise WrittenAnew from refused
    case = uow.case_by_ref(ref)
    if case is None or (not new and not intake.says_the_same(uow, submission)):
        raise WrittenAnew
    uow.session.flush()
    if meeting_id:
        meetings.link(uow.session, meeting_id, case.id)
    if case.sensitivity is Sensitivity.L3 and not case.suspected:
        return Receipt(), new
    # What only a machine takes for highly sensitive looks at the desk as any other.
    may_open = uow.visible_case(actor, Action.READ_CASE, ref) is not None
    return Receipt(ref, uow.vault.secret_for(ref), may_open), new


def _read(given: str, now: datetime) -> Submission:
    """The submission that the form is. Raises ``Refused`` with every fault of its own."""
    values: dict[str, object] = {"submission_id": given, "codes": chosen("codes")}
    for name in _TEXTS:
        put(values, name, written(name))
    for name in _FLAGS:
        put(values, name, _ANSWERS.get(written(name)))
    asked = [field.name for field in own_fields()]
    values["fields"] = {name: written(f"fields.{name}") for name in asked}
    values["tags"] = [tag for tag in written("tags").split(",") if tag.strip()]
    errors = _missing()
    values["channel"] = PAPER if written("channel") == PAPER else DESK
    try:
        if values["channel"] == PAPER:
            values["received_at"] = said_at(now, needed=True)
        submission = as_submission(values, now)
        submission = custom_fields.checked(current_hub().rules, submission)
        if submission.by_text and not submission.message.address.startswith("+"):
            raise Invalid("contact.phone", "is no number")
    except Invalid as refused:
        raise Refused({refused.field: sentence(refused)} | errors) from refused
    if errors:
        raise Refused(errors)
    return submission


def _missing() -> dict[str, str]:
    """What one answer asks of another."""
    errors: dict[str, str] = {}
    if not written("text").strip() and not chosen("codes"):
        errors["text"] = _words_for("text")
    if written("consent.record") == "no":
        for name in ("contact.phone", "contact.name"):
            if written(name).strip():
                words = gettext("The person does not want to be written down: leave it out.")
                errors[name] = words
    if written("contact.how") == "text" and not written("contact.phone").strip():
        errors["contact.how"] = _words_for("contact.how")
    return errors


def as_submission(values: Mapping[str, object], now: datetime) -> Submission:
    """The same as if it had come over the API. Raises ``Invalid``."""
    return read_submission(Body(values), now, current_hub().config.hub.default_country)


def own_fields() -> tuple[CustomField, ...]:
    """The hub's own questions that a desk asks."""
    return tuple(f for f in current_hub().rules.fields if ShownIn.DESK in f.shown_in)


def put(values: dict[str, object], name: str, value: object) -> None:
    """Set ``person.sex`` as the ``sex`` of ``person``."""
    part, _, rest = name.rpartition(".")
    within = values.setdefault(part, {}) if part else values
    if isinstance(within, dict):
        within[rest] = value


def written(name: str) -> str:
    """What was typed in a field, word for word; a browser's line ends are made ours."""
    return request.form.get(name, "").replace("\r\n", "\n")


def chosen(name: str) -> list[str]:
    """What was ticked of a list."""
    return [one for one in request.form.getlist(name) if one]


def said_at(now: datetime, *, needed: bool) -> str | None:
    """When it was said, RFC 3339: the day in the hub's time zone, noon where no time is given.

    Raises ``Invalid``: no day, or one to come.
    """
    if not written("said_on").strip() and not needed:
        return None
    zone = current_hub().config.hub.timezone
    try:
        day = date.fromisoformat(written("said_on").strip())
    except ValueError:
        raise Invalid("said_on", "is no day") from None
    try:
        clock = written("said_at").strip()
        at = datetime.combine(day, time.fromisoformat(clock) if clock else time(12), zone)
    except ValueError:
        raise Invalid("said_at", "is no time") from None
    today = now.astimezone(zone).date()
    if day > today or (clock and at > now + timedelta(minutes=5)):
        raise Invalid("said_on", "has not come yet")
    return min(at, now).isoformat()


def sentence(refused: Invalid) -> str:
    """What is wrong, for the person at the form."""
    if "longer" in refused.problem:
        return gettext("This is too long. Say it in fewer words.")
    return _words_for(refused.field)


def _words_for(field: str) -> str:
    words = _FAULTS.get(field, _OTHERWISE)
    return gettext(words)


def writer() -> Actor:
    """Who writes it down. For whoever works on no case these pages do not exist."""
    actor = require(Action.SUBMIT)
    if not may_see_cases(actor):
        raise NotFound
    return actor


def places(actor: Actor) -> dict[str, object]:
    """What the forms offer: sites, the writer's own first chosen; codes by type; days so far."""
    hub = current_hub()
    now = hub.clock()
    with hub.reading() as uow:
        sites = site_names(uow)
        organisations = sorted(names_for(uow).organisations.values())
    own = sorted({held.site for held in actor.memberships if held.site in sites})
    kinds = dict.fromkeys(code.type for code in hub.rules.frame)
    return {
        "sites": sites,
        "own_site": own[0] if len(own) == 1 else "",
        "organisations": organisations,
        "frame_codes": [(kind, [c.code for c in hub.rules.frame.of_type(kind)]) for kind in kinds],
        "spoken": LANGUAGES,
        "accused_classes": list(AccusedClass),
        "own_fields": own_fields(),
        "today": now.astimezone(hub.config.hub.timezone).date().isoformat(),
        "hotline": hub.rules.hotline,
    }


def _form(errors: Mapping[str, str]) -> FormView:
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    return FormView("report", typed, errors)


def _show(actor: Actor, form: FormView, status: int, given: str) -> Response:
    page = render_template(
        "report.html",
        form=form,
        given=given,
        chosen=chosen("codes"),
        **places(actor),
    )
    return make_response(page, status)

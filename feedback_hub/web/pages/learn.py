"""Learning mode: exercises for new desk staff, what is safe and why, and short pages of help.

Nobody in it is real and nothing of it is counted; where there is a practice line, an exercise goes
on there, in the shoes of the person.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, request, session

from feedback_hub.web.exercises import EXERCISES
from feedback_hub.web.help_topics import AT_THE_DESK, IN_THE_TEAM, TOPICS
from feedback_hub.web.hub import current_hub
from feedback_hub.web.pages.frame import handset_name, may_see_cases
from feedback_hub.web.security import current_actor

learn = Blueprint("learn", __name__, url_prefix="/learn")

_LEARNT = "learnt"


@learn.get("")
def index() -> str:
    """Every exercise, which of them are done, and every page of help."""
    current_actor()
    return render_template(
        "learn.html",
        exercises=EXERCISES,
        at_the_desk=AT_THE_DESK,
        in_the_team=IN_THE_TEAM,
        learnt=_learnt(),
    )


@learn.get("/<exercise>")
def show(exercise: str) -> Response:
    """One scene, and what can be done."""
    return _page(exercise, None)


@learn.post("/<exercise>")
def answer(exercise: str) -> Response:
    """What was chosen, and why it is safe or not."""
    return _page(exercise, request.form.get("choice", type=int))


@learn.get("/help/<topic>")
def help_page(topic: str) -> str:
    """A short page of help."""
    current_actor()
    found = next((one for one in TOPICS if one.name == topic), None)
    if found is None:
        abort(404)
    return render_template("learn_help.html", topic=found)


def _page(name: str, chosen: int | None) -> Response:
    actor = current_actor()
    found = next((one for one in EXERCISES if one.name == name), None)
    if found is None:
        abort(404)
    told = dict(enumerate(found.options)).get(-1 if chosen is None else chosen)
    if told is not None and told.right:
        session[_LEARNT] = sorted({*_learnt(), name})
    names = [one.name for one in EXERCISES]
    after = names[(names.index(name) + 1) % len(names)]
    line = handset_name(current_hub()) if may_see_cases(actor) else ""
    return make_response(
        render_template(
            "learn_exercise.html",
            exercise=found,
            told=told,
            after=after,
            line=line if found.try_text else "",
        )
    )


def _learnt() -> tuple[str, ...]:
    kept = session.get(_LEARNT, [])
    return tuple(kept) if isinstance(kept, list) else ()

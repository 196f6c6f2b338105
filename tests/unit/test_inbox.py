"""What is accepted is read back as it was: nothing of a message or a form is lost in the inbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.submission import Submission
from feedback_hub.services import inbox

TIMES = st.datetimes(timezones=st.just(UTC))
st.register_type_strategy(datetime, TIMES)
st.register_type_strategy(float, st.floats(allow_nan=False))


@given(st.from_type(InboundMessage))
def test_a_message_is_read_back_whole(message: InboundMessage) -> None:
    assert inbox.load(json.loads(inbox.dump(message))) == message


@given(st.from_type(Submission))
def test_a_submission_is_read_back_whole(submission: Submission) -> None:
    assert inbox.load(json.loads(inbox.dump(submission))) == submission


def test_what_an_older_or_newer_version_wrote_is_read() -> None:
    written = {"external_id": "1", "received_at": "2026-03-04T09:00:00+02:00", "text": "a", "x": 1}
    at = datetime.fromisoformat("2026-03-04T07:00:00+00:00")
    assert inbox.load(written) == InboundMessage("1", at, "a")
    assert inbox.load({"message": written, "y": {}}) == Submission(InboundMessage("1", at, "a"))

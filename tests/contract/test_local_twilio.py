"""The local Twilio as a process of its own, for fault runs and benches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from channels._twilio import TwilioSettings
from channels.twilio_sms import Adapter
from feedback_hub.domain.message import SendFault
from tests.contract.sms import NUMBER, PUBLIC_URL, a_message, failure_of

ROOT = Path(__file__).parents[2]


def test_it_is_steered_and_asked_over_http_and_keeps_a_record(tmp_path: Path) -> None:
    record = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "tests.providers.twilio", "--account", "AC1", "--token", "t"]
    with subprocess.Popen(
        [*command, "--record", str(record)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            assert process.stdout
            url = json.loads(process.stdout.readline())["url"]
            settings = TwilioSettings(
                account_sid="AC1", auth_token="t", from_number=NUMBER, api_base=url
            )
            channel = Adapter("sms_north", settings, PUBLIC_URL)
            with httpx.Client(base_url=url, trust_env=False) as control:
                control.post("/_control", json={"next": ["drop_after_accepting", "refuse_21610"]})
                assert failure_of(channel, a_message()).outcome_unknown
                assert failure_of(channel, a_message()).fault is SendFault.OPTED_OUT
                sid = channel.send(a_message(text="second"))
                assert control.post("/_control", json={}).json() == {"posts": 3, "accepted": 2}
                accepted = control.get("/_accepted").json()
            assert [one["sid"] for one in accepted][1] == sid
            assert [json.loads(line) for line in record.read_text().splitlines()] == accepted
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0

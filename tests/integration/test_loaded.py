"""What a process loads, and keeps in memory as long as it lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SERVE = """
import sys
import feedback_hub.cli
from feedback_hub.bootstrap import process_hub
from feedback_hub.web.serve import Website
Website(process_hub()).load()
print(*sorted(set(sys.argv[1:]) & {name for name, one in sys.modules.items() if one}))
"""
_UNASKED = ("twilio.rest", "charset_normalizer", "chardet", "rich")


def test_a_hub_without_an_account_of_a_provider_does_not_load_its_library(tmp_path: Path) -> None:
    assert _loaded(tmp_path, "") == []


def test_nor_what_nobody_asks_with_one(tmp_path: Path) -> None:
    account = f"""
[channels.sms]
kind = "twilio_sms"
account_sid = "{"AC" + "0" * 32}"
from_number = "+258840000000"
"""

    assert _loaded(tmp_path, account) == ["twilio.rest"]


def _loaded(home: Path, more: str) -> list[str]:
    config = home / "config.toml"
    config.write_text(f'[hub]\nhome = "{home}"\n{more}')
    environ = {
        "FEEDBACK_HUB_CONFIG": str(config),
        "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": "token",
        "PATH": "",
    }
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SERVE, *_UNASKED],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split()

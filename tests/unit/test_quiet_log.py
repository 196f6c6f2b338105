"""What the log says: whole lines, and to a terminal that somebody watches not all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from feedback_hub.cli.logs import configure_logs, warnings_only


def test_what_only_alarms_is_left_out_where_somebody_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = structlog.get_config()
    try:
        configure_logs()
        log = structlog.get_logger()
        with warnings_only(but={"alert"}):
            log.info("done")
            log.warning("alert", kind="backup_old")
            log.warning("work failed")
        assert [word for word in ("done", "backup_old") if word in capsys.readouterr().err] == []
        with warnings_only(but={"alert"}):
            log.warning("work failed")
        assert "work failed" in capsys.readouterr().err
        log.warning("alert", kind="backup_old")
        assert "backup_old" in capsys.readouterr().err
    finally:
        structlog.configure(**before)


def test_a_line_and_its_end_are_written_in_one(tmp_path: Path) -> None:
    """Else what several processes say at once stands on one line, and is none."""
    code = (
        "import structlog;"
        "from feedback_hub.cli.logs import configure_logs;"
        "configure_logs();"
        "[structlog.get_logger().info('said', number=n) for n in range(3000)]"
    )
    said = tmp_path / "said"
    with said.open("ab") as file:
        some = [subprocess.Popen([sys.executable, "-u", "-c", code], stderr=file) for _ in range(4)]
        assert [one.wait(60) for one in some] == [0] * 4
    lines = said.read_text().splitlines()
    assert len(lines) == 12_000
    assert all(json.loads(line)["event"] == "said" for line in lines)

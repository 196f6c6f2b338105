"""What a terminal that somebody watches is not told."""

from __future__ import annotations

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

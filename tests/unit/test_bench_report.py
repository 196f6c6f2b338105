"""The page of figures says what was measured, when and on what; the rest of it stays."""

from __future__ import annotations

import json

import pytest

from bench import report

PAGE = f"# Speed\n\nBefore.\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nAfter.\n"


def run(at: str, part: str, value: float) -> report.Json:
    return {
        "machine": {
            "at": at,
            "commit": "abc1234",
            "cores": 2,
            "processor": "Some",
            "memory_gb": 8,
            "python": "3.11",
            "sqlite": "3.40",
            "load_before": 0.1,
        },
        "findings": [
            {"part": part, "what": "rate", "value": value, "unit": "/s", "goal": "≥ 5 /s"}
            | {"meets": value >= 5, "curve": "", "at": 0.0}
        ],
    }


def test_the_newest_run_of_each_part_is_shown_with_its_machine() -> None:
    runs = [run("2026-02-02", "intake", 7.0), run("2026-01-01", "intake", 4.0)]
    runs.append(run("2026-01-15", "burst", 4.5))
    whole = json.loads(json.dumps(report.merged(runs)))
    page = report.written(PAGE, whole)
    assert page.startswith("# Speed\n\nBefore.")
    assert page.endswith("After.\n")
    assert "| rate | 7 /s | ≥ 5 /s | yes | 3 |" in page
    assert "| rate | 4.5 /s | ≥ 5 /s | **no** | 2 |" in page
    assert "old" not in page
    assert "2026-01-01" not in page
    assert report.written(page, whole) == page


def test_a_page_without_a_place_for_them_is_said() -> None:
    with pytest.raises(ValueError, match="no place"):
        report.written("# Speed\n", report.merged([run("2026-01-01", "intake", 1.0)]))

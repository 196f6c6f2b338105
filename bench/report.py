"""The page of figures from what was measured: ``python -m bench.report [FILE.json …]``.

Takes every full-size run of ``bench-results`` unless told which files, and each part as it was last
measured. Keeps them with machines and versions in ``docs/performance/measured.json``, draws
``measured.svg`` beside it, and writes the tables into ``docs/performance.md`` between its marks;
what stands around is not touched. ``--check`` writes nothing and exits with 1 where the page is not
what the file says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import plots
from bench.frame import RESULTS

PAGE = Path("docs/performance.md")
KEPT = Path("docs/performance/measured.json")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_SIGNS = {True: "yes", False: "**no**", None: ""}

Json = dict[str, Any]


def main() -> int:
    """Write the page. Returns 1 where there is nothing to write it from."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.json")
    parser.add_argument("--check", action="store_true", help="only compare")
    told = parser.parse_args()
    if told.check:
        page = PAGE.read_text("utf-8")
        return int(page != written(page, json.loads(KEPT.read_text("utf-8"))))
    files = told.files or sorted(RESULTS.glob("*.json"))
    if not files:
        sys.stderr.write(f"nothing in {RESULTS}: measure first (make bench)\n")
        return 1
    results = [json.loads(file.read_text("utf-8")) for file in files]
    whole = merged(one for one in results if told.files or one["machine"]["full_size"])
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    plots.draw(KEPT, ".svg")
    PAGE.write_text(written(PAGE.read_text("utf-8"), whole), "utf-8")
    sys.stdout.write(f"{PAGE}, {KEPT}: {len(whole['findings'])} figures of {len(files)} files\n")
    return 0


def merged(results: Iterable[Json]) -> Json:
    """One file of several runs: each part as it was last measured, and by which run."""
    runs: list[Json] = []
    found: dict[tuple[str, str], Json] = {}
    for one in sorted(results, key=lambda one: str(one["machine"]["at"])):
        parts = sorted({finding["part"] for finding in one["findings"]})
        # A part that was measured again stands alone: a figure that is gone is not kept.
        found = {key: finding for key, finding in found.items() if key[0] not in parts}
        runs.append(one["machine"] | {"parts": parts})
        for finding in one["findings"]:
            found[finding["part"], finding["what"]] = finding | {"run": len(runs)}
    return {"machine": runs[-1], "runs": runs, "findings": list(found.values())}


def written(page: str, whole: Json) -> str:
    """``page`` with these figures between its marks. Raises ``ValueError`` without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for the figures: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{_tables(whole)}\n{END}{after}"


def _tables(whole: Json) -> str:
    used = {finding["run"] for finding in whole["findings"]}
    lines = [
        "![Each figure against its goal, and how they grow](performance/measured.svg)",
        "",
        "All of it as data: [measured.json](performance/measured.json).",
        "",
        "| run | measured | commit | machine | system | load before | parts |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {number} | {run['at']} | `{run['commit']}` | {run['cores']} cores {run['processor']}, "
        f"{run['memory_gb']} GB | Python {run['python']}, SQLite {run['sqlite']} | "
        f"{run['load_before']:.1f} | {', '.join(run['parts'])} |"
        for number, run in enumerate(whole["runs"], start=1)
        if number in used
    ]
    parts = list(dict.fromkeys(finding["part"] for finding in whole["findings"]))
    for part in parts:
        mine = [one for one in whole["findings"] if one["part"] == part]
        lines += ["", f"### {part}", "", *_table(mine)]
    return "\n".join(lines) + "\n"


def _table(findings: Sequence[Json]) -> list[str]:
    lines = ["| what | measured | goal | met | run |", "|---|---:|---|---|---|"]
    for one in findings:
        value = f"{one['value']:,.2f}".rstrip("0").rstrip(".")
        measured = f"{value} {one['unit']}".strip()
        met = _SIGNS[one["meets"]]
        lines.append(f"| {one['what']} | {measured} | {one['goal']} | {met} | {one['run']} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())

"""One picture of a run: each figure against its goal, and the curves."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any


def draw(results: Path, kind: str = ".png") -> Path:
    """A picture beside the JSON file ``results``; its path."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    whole: dict[str, Any] = json.loads(results.read_text("utf-8"))
    judged = [one for one in whole["findings"] if one["meets"] is not None]
    curves: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in whole["findings"]:
        if one["curve"]:
            curves[one["curve"]].append((one["at"], one["value"]))
    height = max(3.0, 0.26 * len(judged))
    figure, (bars, lines) = pyplot.subplots(
        1, 2, figsize=(16, height), gridspec_kw={"width_ratios": (3, 2)}, layout="constrained"
    )
    shares = [min(3.0, _share(one)) for one in judged]
    colours = ["#2e7d4f" if one["meets"] else "#b3412e" for one in judged]
    bars.barh(range(len(judged)), shares, color=colours)
    bars.set_yticks(range(len(judged)), [f"{one['part']}: {one['what']}" for one in judged])
    bars.tick_params(labelsize=7)
    bars.invert_yaxis()
    bars.axvline(1, color="black", linewidth=1)
    bars.set_xlabel("of what the goal allows (1 is the goal; cut at 3)")
    for name, points in sorted(curves.items()):
        at, values = zip(*sorted(points), strict=True)
        lines.plot(at, values, marker="o", label=name)
    if curves:
        lines.set_xscale("log")
        lines.set_yscale("log")
        lines.set_xlabel("cases, or workers")
        lines.legend(fontsize=6)
    on = whole["machine"]
    figure.suptitle(
        f"feedback_hub {on['commit']}, {on['at']}, {on['cores']} cores {on['processor']}",
        fontsize=9,
    )
    path = results.with_suffix(kind)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def _share(one: dict[str, Any]) -> float:
    """How much of what is allowed a figure takes: below 1 is good, whichever way the goal is."""
    goal = float(one["goal"].split()[1])
    value = float(one["value"])
    if one["goal"].startswith("≥"):
        return goal / value if value else 3.0
    if goal == 0:
        return 0.02 if value <= 0 else 3.0
    return value / goal

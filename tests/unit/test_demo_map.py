"""The demonstration's map: every site in its invented district, every name clear of the others."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import combinations, pairwise

from feedback_hub.demo import world
from feedback_hub.reads.sites import CommitteeLine, Outline, SiteLine
from feedback_hub.web import site_map
from feedback_hub.web.site_map import Anchor, Mark

Ring = list[list[float]]
LETTER, LINE = 8.0, 8.0
"""What a letter of a name takes on a desktop, in units of the sheet, and half a line."""


def outlines() -> dict[tuple[str, str], Ring]:
    """By scheme and P-code."""
    document = json.loads((files("feedback_hub.demo") / "outlines.geojson").read_text("utf-8"))
    assert "Invented" in document["note"]
    return {
        (document["scheme"], one["properties"]["pcode"]): one["geometry"]["coordinates"][0]
        for one in document["features"]
    }


def holds(ring: Ring, x: float, y: float) -> bool:
    """Whether a point lies within (crossings to its right are odd)."""
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        crossings += (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    return crossings % 2 == 1


def test_every_site_lies_in_its_district() -> None:
    known = outlines()
    for site in world.sites():
        assert site.longitude is not None
        assert site.latitude is not None
        assert holds(known[site.pcode_scheme, site.pcode], site.longitude, site.latitude), site.code


def box(mark: Mark) -> tuple[float, float, float, float]:
    """Where a name stands."""
    wide = len(mark.line.site.name) * LETTER
    shift = {Anchor.START: 0.0, Anchor.MIDDLE: wide / 2, Anchor.END: wide}[mark.label.anchor]
    left, middle = mark.label.x - shift, mark.label.y - 5
    return left, middle - LINE, left + wide, middle + LINE


def test_no_name_stands_on_another_or_leaves_the_sheet() -> None:
    none = CommitteeLine(None, None, 0, 0, 0, 0, ())
    lines = [SiteLine(site, None, True, (), none, cases=20) for site in world.sites()]
    shapes = [
        Outline(scheme, pcode, "", json.dumps({"type": "Polygon", "coordinates": [ring]}), True)
        for (scheme, pcode), ring in outlines().items()
    ]
    drawn = site_map.draw(lines, shapes)
    assert drawn is not None
    assert len(drawn.marks) == len(lines)
    assert any(shape.has_site for shape in drawn.shapes)
    boxes = [box(mark) for mark in drawn.marks]
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert all(left >= 0 and right <= drawn.width for left, _, right, _ in boxes)

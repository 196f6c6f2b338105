"""Sites on a map drawn here: imported outlines, or only a scaled sheet. No tile server."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.reads.sites import Outline, SiteLine, Unresolved

WIDTH = 800.0
_MARGIN = 0.12
_LEAST_DEGREES = 0.4
_TALLEST = 1.1
_SMALLEST, _LARGEST = 9.0, 30.0
_TOLERANCE = 1.2
_GAP = 26.0
_BESIDE = 5.0
_LETTER, _LINE = 14.0, 13.0
"""How wide a letter of a name is, and half how high it is: as on a phone, where they are large."""
_ROUND_ABOUT = 0.4
"""Outlines are drawn so far beside the sheet too: a wide screen shows what lies there."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Anchor(StrEnum):
    """Which end of a name stands at its place, as SVG has it."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True)
class Label:
    """Where a site's name stands: beside its circle, and on no other one where there is room."""

    x: float
    y: float
    anchor: Anchor


@dataclass(frozen=True)
class Mark:
    """One site on the sheet. ``placed`` is False where only its district says where it lies."""

    line: SiteLine
    x: float
    y: float
    r: float
    level: Unresolved
    placed: bool
    label: Label


@dataclass(frozen=True)
class Shape:
    """A district's outline as an SVG path."""

    d: str
    name: str
    has_site: bool


@dataclass(frozen=True)
class SiteMap:
    """The sheet; ``km`` is how long ``bar`` units of it are."""

    width: float
    height: float
    shapes: Sequence[Shape]
    marks: Sequence[Mark]
    unplaced: Sequence[SiteLine]
    km: int
    bar: float


@dataclass(frozen=True)
class _Sheet:
    west: float
    north: float
    scale: float
    squeeze: float
    height: float

    def point(self, longitude: float, latitude: float) -> Point:
        return (
            (longitude - self.west) * self.squeeze * self.scale,
            (self.north - latitude) * self.scale,
        )

    def holds(self, box: tuple[float, float, float, float]) -> bool:
        west, south, east, north = box
        left, top = self.point(west, north)
        right, bottom = self.point(east, south)
        beside = WIDTH * _ROUND_ABOUT
        return right >= -beside and left <= WIDTH + beside and bottom >= 0 and top <= self.height


@dataclass(frozen=True)
class _Circle:
    line: SiteLine
    x: float
    y: float
    r: float
    placed: bool


def draw(lines: Sequence[SiteLine], outlines: Sequence[Outline]) -> SiteMap | None:
    """The map of these sites; None where nobody knows where any of them lies."""
    rings = {outline: list(_rings(outline.geometry)) for outline in outlines}
    middle = {
        (outline.scheme, outline.pcode): _middle(rings[outline])
        for outline in outlines
        if outline.has_site
    }
    where: list[tuple[SiteLine, Point, bool]] = []
    unplaced = []
    for line in lines:
        one = line.site
        if one.longitude is not None and one.latitude is not None:
            where.append((line, (one.longitude, one.latitude), True))
        elif (one.pcode_scheme, one.pcode) in middle:
            where.append((line, middle[one.pcode_scheme, one.pcode], False))
        else:
            unplaced.append(line)
    if not where:
        return None
    sheet = _sheet([point for _, point, _ in where])
    shapes = []
    for outline, parts in rings.items():
        if not parts or not sheet.holds(_box(point for ring in parts for point in ring)):
            continue
        d = "".join(_path([sheet.point(*point) for point in ring]) for ring in parts)
        if d:
            shapes.append(Shape(d, outline.name, outline.has_site))
    km, bar = _bar(sheet)
    return SiteMap(WIDTH, sheet.height, shapes, _marks(where, sheet), unplaced, km, bar)


def _marks(where: Sequence[tuple[SiteLine, Point, bool]], sheet: _Sheet) -> list[Mark]:
    most = max((line.cases or 0 for line, _, _ in where), default=0)
    circles: list[_Circle] = []
    for line, point, placed in sorted(where, key=lambda one: -(one[0].cases or 0)):
        x, y = sheet.point(*point)
        # Several sites of a district without a place of their own stand beside each other.
        while any(math.dist((x, y), (other.x, other.y)) < _GAP for other in circles):
            y += _GAP
        share = math.sqrt((line.cases or 0) / most) if most else 0.0
        r = _SMALLEST + share * (_LARGEST - _SMALLEST)
        circles.append(_Circle(line, round(x, 1), round(y, 1), round(r, 1), placed))
    taken = [(one.x - one.r, one.y - one.r, one.x + one.r, one.y + one.r) for one in circles]
    marks = []
    for one in circles:
        label, box = _label(one, taken, sheet)
        taken.append(box)
        level = one.line.unresolved
        marks.append(Mark(one.line, one.x, one.y, one.r, level, one.placed, label))
    return marks


def _label(circle: _Circle, taken: Sequence[Box], sheet: _Sheet) -> tuple[Label, Box]:
    """The first of the four sides on which nothing else stands; the right where all are taken."""
    x, y, r = circle.x, circle.y, circle.r + _BESIDE
    wide = len(circle.line.site.name) * _LETTER
    sides = (
        (Label(x + r, y + 5, Anchor.START), (x + r, y - _LINE, x + r + wide, y + _LINE)),
        (Label(x - r, y + 5, Anchor.END), (x - r - wide, y - _LINE, x - r, y + _LINE)),
        (Label(x, y + r + 14, Anchor.MIDDLE), (x - wide / 2, y + r, x + wide / 2, y + r + 26)),
        (Label(x, y - r - 2, Anchor.MIDDLE), (x - wide / 2, y - r - 26, x + wide / 2, y - r)),
    )
    whole = (0.0, 0.0, WIDTH, sheet.height)
    free = (side for side in sides if _within(side[1], whole))
    clear = (side for side in free if not any(_meet(side[1], other) for other in taken))
    label, box = next(clear, sides[x > WIDTH * 0.72])
    return Label(round(label.x, 1), round(label.y, 1), label.anchor), box


def _within(inner: Box, outer: Box) -> bool:
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _sheet(points: Sequence[Point]) -> _Sheet:
    west, south, east, north = _box(points)
    squeeze = math.cos(math.radians((south + north) / 2))
    wide = max((east - west) * squeeze, _LEAST_DEGREES)
    high = max(north - south, _LEAST_DEGREES)
    wide, high = wide * (1 + 2 * _MARGIN), high * (1 + 2 * _MARGIN)
    if high > wide * _TALLEST:
        wide = high / _TALLEST
    high = max(high, wide * 0.5)
    scale = WIDTH / wide
    return _Sheet(
        west=(west + east) / 2 - wide / squeeze / 2,
        north=(south + north) / 2 + high / 2,
        scale=scale,
        squeeze=squeeze,
        height=round(high * scale, 1),
    )


def _bar(sheet: _Sheet) -> tuple[int, float]:
    """A round number of kilometres that is about a fifth of the sheet; a degree is 111.2 km."""
    wanted = WIDTH / 5 / sheet.scale * 111.2
    size = 10 ** math.floor(math.log10(wanted))
    km = max(step * size for step in (1, 2, 5) if step * size <= wanted)
    return max(1, int(km)), round(km / 111.2 * sheet.scale, 1)


def _rings(geometry: str) -> Iterator[list[Point]]:
    shape = json.loads(geometry)
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    for polygon in polygons:
        # Holes are smaller than what can be seen here.
        yield [(position[0], position[1]) for position in polygon[0]]


def _box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    there = list(points)
    xs, ys = [x for x, _ in there], [y for _, y in there]
    return min(xs), min(ys), max(xs), max(ys)


def _middle(rings: Sequence[list[Point]]) -> Point:
    west, south, east, north = _box(max((len(ring), ring) for ring in rings)[1])
    return (west + east) / 2, (south + north) / 2


def _path(points: Sequence[Point]) -> str:
    kept = _thinned(points)
    if len(kept) < 4:
        return ""
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in kept[:-1]) + "Z"


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Without the points that nobody would miss at this size (Douglas and Peucker)."""
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    # A ring begins where it ends: the point farthest from there divides it.
    far = max(range(len(points)), key=lambda at: math.dist(points[0], points[at]))
    keep[far] = True
    spans = [(0, far), (far, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        at, distance = _farthest(points, first, last)
        if distance > _TOLERANCE:
            keep[at] = True
            spans += [(first, at), (at, last)]
    return [point for point, kept in zip(points, keep, strict=True) if kept]


def _farthest(points: Sequence[Point], first: int, last: int) -> tuple[int, float]:
    (x0, y0), (x1, y1) = points[first], points[last]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    best, most = first, 0.0
    for at in range(first + 1, last):
        x, y = points[at]
        distance = abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length
        if distance > most:
            best, most = at, distance
    return best, most

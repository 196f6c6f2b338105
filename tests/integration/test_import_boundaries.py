"""``import boundaries``: outlines by P-code and scheme, bad ones said, twice is once."""

from __future__ import annotations

import json

from tests.integration.commands import Commands, commands

__all__ = ["commands"]

RING = [[40.0, -12.0], [40.5, -12.0], [40.5, -12.5], [40.0, -12.0]]


def feature(pcode: str, ring: object, name: str = "Metuge") -> dict[str, object]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"properties": {"pcode": pcode, "name": name}, "geometry": geometry}


def test_outlines_are_kept_once_and_bad_ones_are_said(commands: Commands) -> None:
    long = [[40 + n / 90000, -12.0] for n in range(8000)] + [[40.0, -12.0]]
    features = [
        feature("MZ0211", RING),
        feature("MZ0212", long),
        feature("", RING),
        feature("MZ0213", [*RING[:3], [41.0, -12.0]]),
        feature("MZ0214", [[400.0, -12.0], *RING[1:3], [400.0, -12.0]]),
        "no feature",
    ]
    document = {"type": "FeatureCollection", "features": features}
    file = commands.file("d.geojson", json.dumps(document))
    commands.run("import", "boundaries", file, fails=1)
    said = commands.run("import", "boundaries", file, "--scheme", "COD-AB 2019").stdout
    assert said.strip() == "6 rows: 2 added, 0 changed, 0 known, 4 rejected"
    rejected = commands.rejected("d.geojson").splitlines()[1:]
    assert [line.split(",")[0] for line in rejected] == ["4", "5", "6", "7"]
    again = commands.run("import", "boundaries", file, "--scheme", "COD-AB 2019").stdout
    assert "2 known" in again
    features[0] = feature("MZ0211", RING, "Metuge sede")
    file = commands.file("d.geojson", json.dumps(document | {"scheme": "COD-AB 2019"}))
    assert "1 changed, 1 known" in commands.run("import", "boundaries", file).stdout
    assert commands.count("boundary") == 2


def test_what_is_no_geojson_is_refused(commands: Commands) -> None:
    for content in ("pcode,name", "[1]", '{"features": 3}'):
        commands.run("import", "boundaries", commands.file("x.geojson", content), fails=1)

"""``sbom``: whoever answers for the program can say what it is made of."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from feedback_hub.cli import main

ROOT = Path(__file__).parents[2]


def pins() -> dict[str, str]:
    """What the lock file says, by canonical name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    written = [line.partition(" \\")[0] for line in lines if line[:1].isalnum()]
    found = [Requirement(one) for one in written]
    here = [one for one in found if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier)[2:] for one in here}


def test_it_names_every_library_as_it_is_locked(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    result = CliRunner().invoke(main, ["sbom", str(file)])
    assert result.exit_code == 0, result.output
    document = json.loads(file.read_text("utf-8"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "feedback-hub"
    found = {canonicalize_name(one["name"]): one for one in document["components"]}
    # What was asked for, what that needs, and nothing that only tests use.
    assert {"flask", "werkzeug", "cryptography", "cffi"} <= set(found)
    assert not {"pytest", "ruff", "feedback-hub"} & set(found)
    for name, one in found.items():
        assert one["version"] == pins()[name]
        assert one["purl"] == f"pkg:pypi/{name}@{one['version']}"
        assert one["licenses"]


def test_licences_are_a_plain_list() -> None:
    result = CliRunner().invoke(main, ["sbom", "--licences"])
    assert "cryptography\t" in result.output
    assert "BSD-3-Clause" in result.output

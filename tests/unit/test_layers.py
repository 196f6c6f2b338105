"""Who may import whom (ARCHITECTURE.md, Layers), checked over the code as it is."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("feedback_hub", "channels", "workers", "templates")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_every_contract_on_layers_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    settings = str(ROOT / "pyproject.toml")
    exit_code = lint_imports(config_filename=settings, no_cache=True, no_logo=True)
    assert exit_code == 0, capsys.readouterr().out


def test_every_room_has_a_layer(graph: grimp.ImportGraph) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in settings["contracts"] if c["id"] == "layers")
    named = {room.strip(" ()") for layer in layers for room in layer.split("|")}
    rooms = {*PACKAGES[1:], *graph.find_children("feedback_hub")}
    assert rooms - named == set()


def test_the_domain_needs_the_standard_library_only(graph: grimp.ImportGraph) -> None:
    foreign = {
        f"{module} imports {imported}"
        for module in graph.find_descendants("feedback_hub.domain")
        for imported in graph.find_modules_directly_imported_by(module)
        if not imported.startswith("feedback_hub.domain.")
        and imported.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == set()

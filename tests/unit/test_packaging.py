"""What is installed is the whole of feedback_hub, as a wheel and editable, and nothing of others.

``channels`` and ``workers`` are common names: another distribution that brings one would overwrite
ours without a word.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("channels", "feedback_hub", "templates", "workers")
BUILT_FROM = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", *PACKAGES)

# Run by the fresh interpreter: where each package is, and every file that it can read in it.
LOOK = """
import importlib, importlib.metadata, importlib.resources, json, sys
def files(folder, prefix):
    for entry in folder.iterdir():
        if entry.name == "__pycache__" or entry.name.endswith(".pyc"):
            continue
        if entry.is_dir():
            yield from files(entry, f"{prefix}/{entry.name}")
        else:
            yield f"{prefix}/{entry.name}"
owners = importlib.metadata.packages_distributions()
print(json.dumps({
    name: {
        "at": importlib.import_module(name).__file__,
        "owners": owners.get(name, []),
        "files": sorted(files(importlib.resources.files(name), name)),
    }
    for name in sys.argv[1:]
}))
"""


def files_of(tree: Path, package: str) -> list[str]:
    return sorted(
        path.relative_to(tree).as_posix()
        for path in (tree / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def requirements() -> list[Requirement]:
    return [Requirement(need) for need in importlib.metadata.requires("feedback-hub") or []]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Installed:
    """feedback_hub alone in a fresh environment, from a copy of this tree, without its needs."""

    def __init__(self, home: Path, hook: str) -> None:
        self.tree = home / "tree"
        self.tree.mkdir()
        for name in BUILT_FROM:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(
                    source, self.tree / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(source, self.tree / name)
        build = f"import sys, setuptools.build_meta as b; b.{hook}(sys.argv[1])"
        run(sys.executable, "-c", build, home, cwd=self.tree)
        (wheel,) = home.glob("*.whl")
        venv.create(home / "venv", with_pip=False)
        self.python = home / "venv" / "bin" / "python"
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet")
        run(*pip, "--no-deps", "--no-index", wheel, cwd=home)
        self.packages = json.loads(run(self.python, "-I", "-c", LOOK, *PACKAGES, cwd=home))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("wheel"), "build_wheel")


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("editable"), "build_editable")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_brings_every_file_of_the_tree(wheel: Installed, package: str) -> None:
    installed = wheel.packages[package]
    assert "site-packages" in installed["at"]
    assert installed["owners"] == ["feedback-hub"]
    assert installed["files"] == files_of(wheel.tree, package)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_editable_install_reads_the_tree(editable: Installed, package: str) -> None:
    installed = editable.packages[package]
    assert installed["at"] == str(editable.tree / package / "__init__.py")
    assert installed["owners"] == ["feedback-hub"]
    assert installed["files"] == files_of(editable.tree, package)


def test_the_command_is_installed(wheel: Installed, editable: Installed) -> None:
    for home in (wheel, editable):
        assert (home.python.parent / "feedback-hub").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_here_brings_a_package_of_ours(package: str) -> None:
    assert set(importlib.metadata.packages_distributions()[package]) == {"feedback-hub"}


def test_metadata_is_in_setup_cfg_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(settings) == {"build-system", "tool"}
    assert "setuptools" not in settings["tool"]
    assert not (ROOT / "setup.py").exists()
    written = configparser.ConfigParser()
    written.read(ROOT / "setup.cfg")
    installed = importlib.metadata.metadata("feedback-hub")
    assert installed["Name"] == written["metadata"]["name"]
    assert installed["Version"] == written["metadata"]["version"]
    assert installed["License-Expression"] == "AGPL-3.0-or-later"


def test_every_requirement_is_pinned_with_its_hash() -> None:
    lock = (ROOT / "constraints.txt").read_text()
    pins = [line for line in lock.splitlines() if line[:1].isalnum()]
    assert pins
    assert [line for line in pins if "==" not in line or not line.endswith("\\")] == []
    assert "://" not in lock
    pinned = {line.partition("==")[0] for line in pins}
    assert {need.name.lower() for need in requirements()} - pinned == set()


def test_every_library_that_is_imported_is_declared() -> None:
    declared = {
        canonicalize_name(need.name)
        for need in requirements()
        if not need.marker or any(extra in str(need.marker) for extra in ("train", "full", "oidc"))
    }
    owners = importlib.metadata.packages_distributions()
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    foreign = {name for name in graph.modules if graph.is_module_squashed(name)}
    undeclared = {
        name
        for name in {name.partition(".")[0] for name in foreign} - sys.stdlib_module_names
        if not declared.intersection(map(canonicalize_name, owners.get(name, [])))
    }
    assert undeclared == set()

"""``sbom``: what this program is made of, for whoever has to answer for it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from feedback_hub.cli.context import OutFile, reporting

_PROGRAM = "feedback-hub"


@click.command("sbom")
@click.argument("file", type=OutFile(), required=False)
@click.option("--licences", is_flag=True, help="A plain list instead: name, version, licence.")
@reporting
def sbom(file: Path | None, licences: bool) -> None:
    """Every library that this installation runs on, as CycloneDX 1.6 (JSON), to FILE or stdout.

    Taken from what is installed, so that it needs no network. `make audit` asks whether one of them
    has a known fault.
    """
    parts = sorted(parts_of(_PROGRAM).values(), key=lambda part: canonicalize_name(part.name))
    if licences:
        lines = [f"{part.name}\t{part.version}\t{licence_of(part)}" for part in parts]
        said = "\n".join(lines)
    else:
        said = json.dumps(document(parts, datetime.now(UTC)), indent=1)
    if file is None:
        click.echo(said)
    else:
        file.write_text(said + "\n", "utf-8")
        click.echo(f"{len(parts)} libraries in {file}", err=True)


def parts_of(name: str) -> dict[str, Distribution]:
    """What ``name`` needs to run, and what that needs, by canonical name; not ``name`` itself."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name)]
    while waiting:
        needed = waiting.pop()
        for requirement in _requirements(needed):
            key = canonicalize_name(requirement.name)
            try:
                part = distribution(requirement.name)
            except PackageNotFoundError:
                continue  # for another system than this one
            if key not in found or requirement.extras:
                found[key] = part
                waiting.append(requirement)
    return found


def licence_of(part: Distribution) -> str:
    """A library's licence as it says itself: SPDX, a free word, else its classifiers."""
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in part.metadata.get_all("Classifier") or ()
        if one.startswith("License :: ")
    ]
    free = _said(part, "License")
    # Some put the whole text there.
    plain = free if "\n" not in free else ""
    return _said(part, "License-Expression") or ", ".join(classifiers) or plain or "unknown"


def document(parts: list[Distribution], now: datetime) -> dict[str, object]:
    """The list in CycloneDX 1.6 (ECMA-424)."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "component": _component(distribution(_PROGRAM), "application"),
        },
        "components": [_component(part, "library") for part in parts],
    }


def _component(part: Distribution, kind: str) -> dict[str, object]:
    purl = f"pkg:pypi/{canonicalize_name(part.name)}@{part.version}"
    expression = _said(part, "License-Expression")
    licence = {"expression": expression} if expression else {"license": {"name": licence_of(part)}}
    return {
        "type": kind,
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        "licenses": [licence],
    }


def _said(part: Distribution, field: str) -> str:
    return next(iter(part.metadata.get_all(field) or ()), "").strip()


def _requirements(needed: Requirement) -> list[Requirement]:
    written = distribution(needed.name).requires or []
    found = [Requirement(one) for one in written]
    extras = ["", *needed.extras]
    return [
        one
        for one in found
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    ]

"""Every word a person reads is there in Portuguese too, and what ships is what was translated."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "feedback_hub" / "web" / "translations" / "pt" / "LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s")

REMEDY = "run `make i18n`, translate what is new in messages.po, and run it again"


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (str(message.id),)


def _strings(message: Message) -> tuple[str, ...]:
    text = message.string
    return tuple(text) if isinstance(text, (tuple, list)) else (text or "",)


@pytest.fixture(scope="module")
def written() -> set[tuple[str, ...]]:
    """Every string that the pages mark for translation."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel has no types
    found = set()
    for folder in ("feedback_hub/web", "templates/web"):
        for _, _, ids, _, _ in extract_from_dir(
            ROOT / folder,
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods],
            {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()},
            keywords=KEYWORDS,
        ):
            found.add((ids,) if isinstance(ids, str) else tuple(one for one in ids if one))
    assert len(found) > 300
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (CATALOGUES / "messages.po").open("rb") as file:
        return read_po(file)


def test_nothing_is_missing_and_nothing_is_left_over(
    written: set[tuple[str, ...]], catalogue: Catalog
) -> None:
    translated = {_ids(message) for message in catalogue if message.id}
    assert sorted(written - translated) == [], REMEDY
    assert sorted(translated - written) == [], REMEDY
    assert not catalogue.obsolete, REMEDY


def test_every_string_has_its_portuguese(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, _ids(message)
        strings = _strings(message)
        assert all(strings), f"{_ids(message)[0]!r} is not translated: {REMEDY}"
        assert len(strings) == len(_ids(message))
        for text in strings:
            assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(_ids(message)[-1]))
        named = set(PLACEHOLDER.findall(_ids(message)[-1]))
        assert set(PLACEHOLDER.findall(strings[-1])) == named, _ids(message)


def test_what_ships_is_what_was_translated(catalogue: Catalog) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, catalogue)
    fresh.seek(0)
    with (CATALOGUES / "messages.mo").open("rb") as file:
        shipped = read_mo(file)
    assert {_ids(m): _strings(m) for m in shipped if m.id} == {
        _ids(m): _strings(m) for m in read_mo(fresh) if m.id
    }, REMEDY


def test_the_person_is_never_a_user_of_services(catalogue: Catalog) -> None:
    # DESIGN.md, Words: "nós" and "você", never "utente".
    for message in catalogue:
        assert "utente" not in " ".join(_strings(message)).lower()

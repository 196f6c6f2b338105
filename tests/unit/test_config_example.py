"""``config.example.toml`` and the code say the same: every key, with its default, and no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import channels
from channels.base import load_kind
from feedback_hub.bootstrap import settings_of
from feedback_hub.config import FAMILIES, TABLES, build_settings, keys_of, load_config, parse_config
from feedback_hub.config.exchange import EXCHANGE_KINDS
from feedback_hub.config.routing import ONE_KIND

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ADDRESSLESS = r'^password_file = "secrets/(database|queue|mail)_password"$'
KINDS = sorted(
    path.stem
    for path in Path(channels.__path__[0]).glob("*.py")
    if not path.stem.startswith("_") and path.stem != "base"
)


def uncommented() -> str:
    """The example with every setting said: a "#" straight before a name or bracket is dropped."""
    return re.sub(r"^#(?=\[|\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def document() -> dict[str, Any]:
    return tomllib.loads(uncommented())


def written(cls: type, prefix: str = "") -> Iterator[str]:
    """The keys of ``cls`` as they may stand in the file."""
    for key in keys_of(cls):
        if key.is_table:
            yield from written(key.type, f"{prefix}{key.name}.")
        else:
            yield prefix + key.written


def flat(table: Mapping[str, Any], prefix: str = "", known: Collection[str] = ()) -> Iterator[str]:
    """The dotted keys in ``table``; one that is ``known`` may hold a table as its value."""
    for name, value in table.items():
        if isinstance(value, dict) and prefix + name not in known:
            yield from flat(value, f"{prefix}{name}.", known)
        else:
            yield prefix + name


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The uncommented example, with the secrets it names in place."""
    path = tmp_path / "config.toml"
    path.write_text(uncommented(), encoding="utf-8")
    for name in re.findall(r'^\w+_file = "(.+)"$', uncommented(), flags=re.MULTILINE):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x" * 44)
        file.chmod(0o600)
    # These passwords need an address, and the example leaves both on the embedded parts.
    for name in ("database_password", "queue_password"):
        (tmp_path / "secrets" / name).unlink()
    text = re.sub(ADDRESSLESS, "", path.read_text(), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return path


def test_as_it_is_the_example_changes_nothing() -> None:
    assert tomllib.loads(EXAMPLE.read_text(encoding="utf-8")) == {}


def test_every_setting_in_the_example_is_its_default(copied: Path) -> None:
    example, default = load_config(copied, {}), parse_config({}, {})
    for name in TABLES.keys() - {"security"}:
        assert getattr(example, name) == getattr(default, name)
    assert repr(example.security) == repr(default.security)
    assert example.warnings == ()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_table_of_the_example_has_exactly_the_keys_the_code_reads(table: str) -> None:
    assert sorted(flat(document()[table])) == sorted(written(TABLES[table]))


def test_the_example_has_no_other_table() -> None:
    assert set(document()) == {*TABLES, *FAMILIES}


def test_the_example_shows_each_kind_of_channel_once() -> None:
    shown = sorted(section["kind"] for section in document()["channels"].values())
    assert shown == KINDS


@pytest.mark.parametrize("family", ONE_KIND)
def test_a_rule_of_the_example_has_exactly_the_keys_the_code_reads(family: str) -> None:
    for section in document()[family].values():
        assert sorted(flat(section)) == sorted(written(ONE_KIND[family]))


@pytest.mark.parametrize("kind", EXCHANGE_KINDS)
def test_an_exchange_of_the_example_has_exactly_the_keys_its_kind_reads(
    kind: str, copied: Path
) -> None:
    config = load_config(copied, {}, settings_of)
    (section,) = [one for one in config.exchange.values() if one.kind == kind]
    assert sorted(flat(section.values)) == sorted(written(EXCHANGE_KINDS[kind]))
    built: object = build_settings(EXCHANGE_KINDS[kind], section, config.context)
    for key in keys_of(EXCHANGE_KINDS[kind]):
        if not key.required:
            assert getattr(built, key.name) == key.default


@pytest.mark.parametrize("kind", KINDS)
def test_a_channel_of_the_example_has_exactly_the_keys_its_kind_reads(
    kind: str, copied: Path
) -> None:
    adapter = load_kind(kind)
    config = load_config(copied, {}, settings_of)
    section = next(one for one in config.channels.values() if one.kind == kind)

    keys = set(written(adapter.Settings))
    assert sorted(flat(section.values, known=keys)) == sorted(keys)
    built: object = build_settings(adapter.Settings, section, config.context)
    for key in keys_of(adapter.Settings):
        if not key.required and not key.is_secret and section.values[key.name] != "":
            given = getattr(built, key.name)
            assert key.default in (given, "", ()), f"{kind}.{key.name}"

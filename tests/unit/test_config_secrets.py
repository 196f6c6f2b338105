"""Secrets: where they come from, and that no fault ever tells one, whatever is configured."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_hub.config import (
    TABLES,
    Config,
    ConfigError,
    Fault,
    env_name,
    keys_of,
    load_config,
    parse_config,
)
from tests.unit.configuring import HUSH, fault, kinds, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "password", "effective"),
        [
            ("postgresql://hub@db/hub", "", "postgresql+psycopg://hub@db/hub"),
            ("postgres://hub@db/hub", "p@ss/word", "postgresql+psycopg://hub:p%40ss%2Fword@db/hub"),
            (
                "postgresql+psycopg://hub@a:1,b:2/hub?sslmode=require",
                "pw",
                "postgresql+psycopg://hub:pw@a:1,b:2/hub?sslmode=require",
            ),
            ("sqlite:////srv/hub.db", "", "sqlite:////srv/hub.db"),
        ],
    )
    def test_the_database_as_sqlalchemy_wants_it(
        self, url: str, password: str, effective: str
    ) -> None:
        environ = {"FEEDBACK_HUB_DATABASE_PASSWORD": password}
        assert parse_config({"database": {"url": url}}, environ).database.url == effective

    @pytest.mark.parametrize(
        ("url", "password", "effective"),
        [
            ("", "", ""),
            ("redis://mq:6379/0", "", "redis://mq:6379/0"),
            ("valkeys://mq:6379/0", "pw", "rediss://:pw@mq:6379/0"),
            ("redis://hub@mq/1", "p w", "redis://hub:p%20w@mq/1"),
            ("unix:///run/valkey.sock", "", "unix:///run/valkey.sock"),
        ],
    )
    def test_the_queue_as_its_client_wants_it(
        self, url: str, password: str, effective: str
    ) -> None:
        environ = {"FEEDBACK_HUB_QUEUE_PASSWORD": password}
        assert parse_config({"queue": {"url": url}}, environ).queue.url == effective

    def test_a_whole_address_may_come_from_the_environment_with_its_password(self) -> None:
        environ = {"FEEDBACK_HUB_DATABASE_URL": f"postgresql://hub:{HUSH}@db/hub"}
        config = parse_config({}, environ)
        assert config.database.url == f"postgresql+psycopg://hub:{HUSH}@db/hub"
        assert HUSH not in repr(config)

    @pytest.mark.parametrize(
        ("table", "url"),
        [
            ("database", f"postgresql://hub:{HUSH}@db/hub"),
            ("database", f"postgresql://db/hub?user=hub&password={HUSH}"),
            ("queue", f"redis://:{HUSH}@mq/0"),
            ("queue", f" redis://:{HUSH}@mq/0"),
        ],
    )
    def test_a_password_in_an_address_in_the_file_is_a_fault(self, table: str, url: str) -> None:
        found = fault({table: {"url": url}})
        assert found.where == f"{table}.url"
        assert "secret does not belong in this file" in found.problem
        assert HUSH not in str(found)

    @pytest.mark.parametrize(
        ("table", "url"), [("database", ""), ("database", "postgresql://db/hub"), ("queue", "")]
    )
    def test_a_password_that_belongs_to_no_address_is_a_fault(self, table: str, url: str) -> None:
        found = fault({table: {"url": url}}, {env_name(table, "password"): HUSH})
        assert found.where == f"{table}.password"
        assert HUSH not in str(found)


class TestSecrets:
    def load(self, here: Path, body: str, environ: Mapping[str, str] | None = None) -> Config:
        path = write(here / "etc" / "config.toml", body)
        return load_config(path, environ or {}, kinds)

    def test_in_the_file_itself_it_is_a_fault_that_does_not_repeat_it(self, here: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            self.load(
                here,
                f'[security]\nencryption_key = "{HUSH}"\n'
                f'[channels.sms]\nkind = "account"\naccount = "AC"\nauth_token = "{HUSH}"\n',
            )
        text = str(caught.value)
        assert "security.encryption_key: a secret does not belong in this file" in text
        assert "channels.sms.auth_token: a secret does not belong in this file" in text
        assert "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN" in text
        assert HUSH not in text

    def test_from_a_file_named_in_the_configuration(self, here: Path) -> None:
        write(here / "etc" / "keys" / "k", f"{HUSH}\n")
        body = '[security]\nencryption_key_file = "keys/k"'
        config = self.load(here, body)
        assert config.security.encryption_key == HUSH
        assert config.warnings == ()
        assert HUSH not in repr(config)

    def test_from_a_file_named_in_the_environment(self, here: Path) -> None:
        write(here / "k", HUSH)
        environ = {"FEEDBACK_HUB_SECURITY_ENCRYPTION_KEY_FILE": "k"}
        assert self.load(here, "", environ).security.encryption_key == HUSH

    def test_the_environments_own_word_wins(self, here: Path) -> None:
        body = '[security]\nencryption_key_file = "gone"'
        environ = {"FEEDBACK_HUB_SECURITY_ENCRYPTION_KEY": HUSH}
        assert self.load(here, body, environ).security.encryption_key == HUSH

    def test_a_file_that_everybody_can_read_is_worth_a_warning(self, here: Path) -> None:
        write(here / "etc" / "k", HUSH, mode=0o644)
        warnings = self.load(here, '[security]\nsession_key_file = "k"').warnings
        assert [one.where for one in warnings] == ["security.session_key_file"]

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (None, "No such file"),
            (b"", "empty"),
            (b" \n", "empty"),
            (b"\xff\xfe\x00", "not text"),
            (b"x" * 70_000, "too large"),
            (b"weak", "shorter than 32"),
            (b"a\x00" * 32, "cannot be typed"),
        ],
    )
    def test_a_file_that_is_of_no_use_is_a_fault(
        self, here: Path, content: bytes | None, says: str
    ) -> None:
        if content is not None:
            write(here / "etc" / "k", "").write_bytes(content)
        with pytest.raises(ConfigError, match=says) as caught:
            self.load(here, '[security]\nencryption_key_file = "k"')
        assert len(caught.value.faults) == 1

    def test_a_missing_one_is_a_fault_that_says_where_it_can_be_put(self, here: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            self.load(here, '[channels.a-b]\nkind = "account"\naccount = "AC"')
        assert str(caught.value.faults[0]) == (
            "channels.a-b.auth_token: is missing. "
            "Set FEEDBACK_HUB_CHANNELS_A_B_AUTH_TOKEN, or auth_token_file to a file that holds it."
        )


def _known_names() -> dict[str, list[str]]:
    def names(cls: type) -> list[str]:
        found = []
        for key in keys_of(cls):
            found += [key.name, key.written]
        return found

    return {table: names(cls) for table, cls in TABLES.items()}


KNOWN = _known_names()
words = st.text(alphabet=string.ascii_lowercase + "._- \n\0é\x1b", max_size=8)
scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(
        [
            HUSH,
            f"redis://:{HUSH}@h/0",
            f" redis://:{HUSH}@h/0",
            f"https://x/{HUSH}",
            f"{HUSH}\n",
            "24h",
            "1",
        ]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


def table(name: str) -> st.SearchStrategy[Any]:
    keys = st.sampled_from([*KNOWN.get(name, ["kind"]), "accept", "P0"]) | words
    return st.dictionaries(keys, values, max_size=5) | values


def family() -> st.SearchStrategy[Any]:
    section = st.dictionaries(
        st.sampled_from(["kind", "account", "auth_token", "auth_token_file", "pin"]) | words,
        st.just("account") | values,
        max_size=5,
    )
    return st.dictionaries(st.just("sms") | words, section | values, max_size=3) | values


documents = st.fixed_dictionaries(
    {},
    optional={name: table(name) for name in TABLES}
    | {"channels": family(), "exchange": family(), "hbu": values},
)
VARIABLES = [env_name(name, key) for name, keys in KNOWN.items() for key in keys]
environments = st.dictionaries(
    st.sampled_from([*VARIABLES, "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN", "FEEDBACK_HUB_HOME"]),
    st.text(max_size=10) | st.sampled_from([HUSH, f"x{HUSH}", "\udcff", "a\0b"]),
    max_size=4,
)


def only_faults(read: Callable[[], Config]) -> None:
    """Whatever comes, it is a configuration or a list of faults, and neither tells the secret."""
    said: tuple[Fault, ...]
    try:
        said = read().warnings
    except ConfigError as error:
        said = error.faults
        told = f"{error} {error!r}"
    else:
        told = f"{said}"
    assert HUSH not in told


class TestAnything:
    @given(documents, environments)
    @settings(max_examples=300)
    def test_any_document_is_read_or_refused_without_a_word_of_its_secrets(
        self, document: dict[str, Any], environ: dict[str, str]
    ) -> None:
        only_faults(lambda: parse_config(document, environ, settings_of=kinds))

    @given(st.data())
    @settings(
        max_examples=150,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_any_file_is_read_or_refused_without_a_word_of_its_secrets(
        self, tmp_path: Path, data: st.DataObject
    ) -> None:
        body = (
            f'[hub]\nname = "{HUSH}"\nlanguages = ["por"]\n[security]\nsession_key = "{HUSH}"\n'
            f"[channels.sms]\nkind = 'account'\nauth_token = '{HUSH}'\n"
        ).encode()
        cut = data.draw(st.integers(0, len(body)))
        until = data.draw(st.integers(cut, min(len(body), cut + 6)))
        mess = data.draw(st.binary(max_size=3) | st.sampled_from([b'"', b"'''", b"[", b"=", b"\n"]))
        path = tmp_path / "config.toml"
        path.write_bytes(body[:cut] + mess + body[until:])
        only_faults(lambda: load_config(path, {}, kinds))

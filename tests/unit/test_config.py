"""Who configures a hub gets the file they meant, typed values, and every fault at once."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from feedback_hub.config import ConfigError, Span, build_settings, load_config, parse_config
from tests.unit.configuring import HUSH, Account, fault, faults, kinds, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestWhichFile:
    def test_the_caller_then_the_variable_then_the_folder_then_the_defaults(
        self, here: Path
    ) -> None:
        assert load_config(None, {}).source is None
        assert load_config(None, {}).hub.name == "Feedback hub"

        usual = write(here / "config.toml", '[hub]\nname = "in the folder"')
        named = write(here / "b.toml", '[hub]\nname = "in the variable"')
        given_ = write(here / "a.toml", '[hub]\nname = "given"')
        environ = {"FEEDBACK_HUB_CONFIG": "b.toml"}

        assert load_config(None, {}).source == usual
        assert load_config(None, environ).source == named
        assert load_config(Path("a.toml"), environ).source == given_
        assert load_config(Path("a.toml"), environ).hub.name == "given"

    @pytest.mark.parametrize("name", ["gone.toml", ".", "x\0y"])
    def test_a_file_that_was_asked_for_and_cannot_be_read_is_a_fault(
        self, here: Path, name: str
    ) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(Path(name), {})
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(None, {"FEEDBACK_HUB_CONFIG": name})

    def test_a_slip_in_the_toml_is_reported_with_its_line(self, here: Path) -> None:
        path = write(here / "config.toml", '[hub]\nname = "x"\nhotline = 14 58\n')
        with pytest.raises(ConfigError, match=r"config\.toml line 3 column 14: is not TOML"):
            load_config(path, {})

    def test_a_file_that_ends_in_the_middle_of_a_text_is_reported(self, here: Path) -> None:
        path = write(here / "config.toml", '[hub]\nname = """never closed')
        with pytest.raises(ConfigError, match="is not TOML"):
            load_config(path, {})

    def test_another_encoding_is_reported_with_its_line(self, here: Path) -> None:
        (here / "config.toml").write_bytes('[hub]\nname = "Reclamação"'.encode("latin-1"))
        with pytest.raises(ConfigError, match=r"line 2: is not UTF-8"):
            load_config(None, {})

    def test_the_mark_that_windows_editors_leave_is_accepted(self, here: Path) -> None:
        (here / "config.toml").write_bytes(b'\xef\xbb\xbf[hub]\nname = "x"')
        assert load_config(None, {}).hub.name == "x"

    @pytest.mark.parametrize("value", ["[" * 5000, "9" * 5000])
    def test_a_value_beyond_measure_is_a_fault(self, here: Path, value: str) -> None:
        write(here / "config.toml", f"x = {value}")
        with pytest.raises(ConfigError):
            load_config(None, {})


class TestDefaults:
    def test_nothing_configured_is_a_whole_hub_on_embedded_parts(self, here: Path) -> None:
        config = load_config(None, {"HOME": "/home/ana"})

        assert config.hub.home == Path("/home/ana/.local/share/feedback_hub")
        assert config.secrets_directory == config.hub.home / "secrets"
        assert config.database.url == f"sqlite:///{config.hub.home}/hub.sqlite3"
        assert config.queue.url == ""
        assert config.hub.timezone.key == "Africa/Maputo"
        assert config.hub.languages == ("por", "eng")
        assert config.channels == {}
        assert config.warnings == ()

    def test_the_clocks_are_those_of_the_domain(self, here: Path) -> None:
        clocks = load_config(None, {}).clocks
        day = 86400

        assert clocks.acknowledge == Span(seconds=day)
        assert [clocks.accept[p] for p in ("P0", "P1", "P2", "P3")] == [
            Span(seconds=3600),
            Span(seconds=day),
            Span(seconds=2 * day),
            Span(working_days=3),
        ]
        assert [clocks.answer[p] for p in ("P1", "P2", "P3", "P4")] == [
            Span(seconds=days * day) for days in (3, 7, 14, 7)
        ]
        assert (clocks.working_hours.start, clocks.working_hours.end) == (time(7, 30), time(15, 30))
        assert clocks.working_days == frozenset({0, 1, 2, 3, 4})
        assert date(2031, 6, 25) in clocks.holidays
        with pytest.raises(KeyError):
            clocks.answer["__class__"]

    def test_the_home_folder_moves_by_its_variable_and_takes_the_rest_along(
        self, here: Path
    ) -> None:
        write(here / "config.toml", '[hub]\nhome = "elsewhere"')
        assert load_config(None, {}).hub.home == here / "elsewhere"

        config = load_config(None, {"FEEDBACK_HUB_HOME": "/srv/hub"})
        assert config.hub.home == Path("/srv/hub")
        assert config.database.url == "sqlite:////srv/hub/hub.sqlite3"

    def test_paths_in_a_file_start_from_that_file(self, here: Path) -> None:
        path = write(here / "etc" / "hub.toml", '[hub]\nhome = "data"')
        assert load_config(path, {}).hub.home == here / "etc" / "data"
        environ = {"FEEDBACK_HUB_HOME": "data"}
        assert load_config(path, environ).hub.home == here / "data"


class TestEnvironment:
    def test_it_wins_over_the_file_key_by_key(self) -> None:
        config = parse_config(
            {"hub": {"name": "file", "hotline": "116"}, "loopback": {"attempts": 3}},
            {
                "FEEDBACK_HUB_HUB_NAME": "variable",
                "FEEDBACK_HUB_LOOPBACK_ATTEMPTS": "4",
                "FEEDBACK_HUB_HUB_LANGUAGES": "vmw, por",
                "FEEDBACK_HUB_CLOCKS_ACCEPT_P2": "36h",
                "FEEDBACK_HUB_CLOCKS_HOLIDAYS": "12-25,2026-04-03",
                "FEEDBACK_HUB_SECURITY_TRUSTED_HOSTS": "a.example, .b.example",
                "FEEDBACK_HUB_CLASSIFIER_CONFIDENCE_THRESHOLD": "0.75",
            },
        )
        assert (config.hub.name, config.hub.hotline) == ("variable", "116")
        assert config.loopback.attempts == 4
        assert config.hub.languages == ("vmw", "por")
        assert config.clocks.accept["P2"] == Span(seconds=36 * 3600)
        assert date(2026, 4, 3) in config.clocks.holidays
        assert date(2027, 4, 3) not in config.clocks.holidays
        assert config.security.trusted_hosts == ("a.example", ".b.example")
        assert config.classifier.confidence_threshold == 0.75
        assert config.warnings == ()

    def test_an_empty_variable_is_none(self) -> None:
        config = parse_config({"hub": {"name": "file"}}, {"FEEDBACK_HUB_HUB_NAME": " "})
        assert config.hub.name == "file"

    def test_a_bad_value_there_is_a_fault_of_its_key(self) -> None:
        found = fault({}, {"FEEDBACK_HUB_LOOPBACK_ATTEMPTS": "many"})
        assert found.where == "loopback.attempts"

    def test_a_variable_that_nothing_reads_is_pointed_out(self) -> None:
        environ = {
            "FEEDBACK_HUB_DATABASE_URI": "postgresql://hub@db/hub",
            "FEEDBACK_HUB_DATABSE_URL": "postgresql://hub@db/hub",
            "FEEDBACK_HUB_CHANNELS_GONE_AUTH_TOKEN": HUSH,
            "FEEDBACK_HUB_CHANNELS_SMS_AUTH_TOKEN": HUSH,
            "FEEDBACK_HUB_SOMEBODY_ELSES": "x",
        }
        config = parse_config({"channels": {"sms": {"kind": "twilio_sms"}}}, environ)
        assert [warning.where for warning in config.warnings] == [
            "FEEDBACK_HUB_CHANNELS_GONE_AUTH_TOKEN",
            "FEEDBACK_HUB_DATABASE_URI",
            "FEEDBACK_HUB_DATABSE_URL",
        ]
        assert "FEEDBACK_HUB_DATABASE_URL?" in config.warnings[2].remedy
        assert HUSH not in str(config.warnings)


class TestFaults:
    def test_every_one_is_reported_at_once(self) -> None:
        found = faults(
            {
                "hub": {"nme": "x", "base_url": "ftp://x", "timezone": "Africa/Maputu"},
                "databse": {},
                "queue": 3,
                "loopback": {"attempts": 0, "appeal_days": "30"},
                "clocks": {"acknowledge": "soon", "accept": {"P9": "1h"}, "answer": 7},
                "channels": {"A B": {}, "sms": {}, "a": 1},
            }
        )
        assert {one.where for one in found} == {
            "hub.nme",
            "hub.base_url",
            "hub.timezone",
            "databse",
            "queue",
            "loopback.attempts",
            "loopback.appeal_days",
            "clocks.acknowledge",
            "clocks.accept.P9",
            "clocks.answer",
            "channels.'A B'",
            "channels.sms.kind",
            "channels.a",
            "channels.a.kind",
        }
        assert all(one.problem and one.remedy for one in found)

    def test_the_error_reads_as_one_line_a_fault(self, here: Path) -> None:
        path = write(here / "config.toml", '[hub]\nnme = "x"\n[loopbak]\n')
        with pytest.raises(ConfigError) as caught:
            load_config(path, {})
        assert str(caught.value).splitlines() == [
            f"{path} has 2 faults",
            "  loopbak: unknown table. Did you mean loopback?",
            "  hub.nme: unknown key. Did you mean name?",
        ]

    def test_a_key_whose_table_is_still_commented_is_told_where_it_belongs(self) -> None:
        found = fault({"base_url": "https://hub.example"})
        assert (found.where, found.problem) == ("base_url", "stands in no table")
        assert found.remedy == "It is a key of [hub]: take the # from the line of its table too."
        assert fault({"zzz": 1}).problem == "unknown table"

    def test_a_key_that_resembles_nothing_is_answered_with_those_there_are(self) -> None:
        remedy = fault({"retention": {"zzz": 1}}).remedy
        assert remedy == "Known here: L1, L2, L3, raw_payload_days, request_days."

    def test_a_keys_name_cannot_write_to_the_terminal(self) -> None:
        assert "\x1b" not in str(fault({"hub": {"\x1b[31m" + "x" * 500: 1}}))
        assert "\n" not in str(fault({"hub": {"name\n": 1}}))

    @pytest.mark.parametrize(
        ("table", "key", "value", "says"),
        [
            ("hub", "name", "", "empty"),
            ("hub", "name", "two\nlines", "cannot be printed"),
            ("hub", "name", 5, "text in quotes"),
            ("hub", "base_url", "hub.example.org", "not an http or https"),
            ("hub", "base_url", "https://hub.example.org/?x=1", "query"),
            ("hub", "base_url", "https://hub.example.org:99999", "not an address"),
            ("hub", "base_url", "https://[::1", "not an address"),
            ("hub", "base_url", "https://ana@hub.example.org", "user name"),
            ("hub", "timezone", "../../etc/passwd", "not a time zone"),
            ("hub", "timezone", "Africa", "not a time zone"),
            ("hub", "timezone", "Africa/Maputu", "Did you mean Africa/Maputo"),
            ("hub", "languages", [], "no language"),
            ("hub", "languages", ["por", "pt"], "place 2. Did you mean por"),
            ("hub", "languages", ["por", "por"], "twice"),
            ("hub", "hotline", "call us", "not a telephone number"),
            ("hub", "hotline", 1458, "text in quotes"),
            ("hub", "organisation", "our hub", "not a code"),
            ("hub", "default_country", "Mozambique", "not a country"),
            ("hub", "default_country", "XX", "not a country"),
            ("database", "url", "mysql://hub@db/hub", "neither"),
            ("database", "url", "postgresql://hub@db", "no database"),
            ("database", "url", "sqlite://", "whole path"),
            ("database", "url", "sqlite:///hub.sqlite3", "whole path"),
            ("queue", "url", "amqp://mq", "not a Redis"),
            ("security", "trusted_hosts", ["https://a.example"], "no host name"),
            ("security", "trusted_hosts", "a.example:80", "no host name"),
            ("security", "trusted_proxies", -1, "too small"),
            ("security", "trusted_proxies", 1.0, "whole number"),
            ("security", "trusted_proxies", True, "whole number"),
            ("security", "session_idle_minutes", 10**30, "too large"),
            pytest.param("classifier", "confidence_threshold", 10**400, "a number", id="huge"),
            ("classifier", "confidence_threshold", float("nan"), "a number"),
            ("classifier", "kind", "oracle", "Choose one of: full, light, lexicon"),
            ("clocks", "acknowledge", "0h", "not between"),
            ("clocks", "acknowledge", "9999w", "not between"),
            ("clocks", "acknowledge", "999 working days", "not between"),
            ("clocks", "acknowledge", "-1h", "not a length of time"),
            ("clocks", "acknowledge", 24, "text in quotes"),
            ("clocks", "working_hours", "8-15", "not a pair of times"),
            ("clocks", "working_hours", "07:30-25:00", "no clock shows"),
            ("clocks", "working_hours", "22:00-06:00", "closes before"),
            ("clocks", "working_hours", "08:00-08:00", "closes before"),
            ("clocks", "working_days", [], "no day"),
            ("clocks", "working_days", ["monday"], "no weekday"),
            ("clocks", "holidays", ["02-30"], "no date"),
            ("clocks", "holidays", ["Natal"], "no date"),
            ("clocks", "holidays", [datetime(2026, 1, 1, tzinfo=UTC)], "text in quotes"),
        ],
    )
    def test_a_value_that_makes_no_sense(
        self, table: str, key: str, value: object, says: str
    ) -> None:
        found = fault({table: {key: value}})
        assert found.where == f"{table}.{key}"
        assert says in str(found)

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("24h", Span(seconds=86400)),
            ("24 hours", Span(seconds=86400)),
            ("90 min", Span(seconds=5400)),
            ("1 day", Span(seconds=86400)),
            ("2w", Span(seconds=14 * 86400)),
            ("30s", Span(seconds=30)),
            ("3 working days", Span(working_days=3)),
            ("1  Working Day", Span(working_days=1)),
            ("at once", Span()),
        ],
    )
    def test_lengths_of_time_as_people_write_them(self, written: str, meant: Span) -> None:
        assert parse_config({"clocks": {"acknowledge": written}}, {}).clocks.acknowledge == meant

    def test_holidays_as_toml_writes_dates_and_in_leap_years(self) -> None:
        clocks = parse_config({"clocks": {"holidays": [date(2026, 4, 3), "02-29"]}}, {}).clocks
        assert date(2026, 4, 3) in clocks.holidays
        assert date(2028, 2, 29) in clocks.holidays
        assert len(clocks.holidays) == 26

    def test_a_public_address_in_plain_http_is_worth_a_warning(self) -> None:
        def warned(url: str) -> list[str]:
            return [one.where for one in parse_config({"hub": {"base_url": url}}, {}).warnings]

        assert warned("http://hub.example.org") == ["hub.base_url"]
        assert warned("https://hub.example.org") == []
        assert warned("http://localhost:8000") == []
        config = parse_config({"hub": {"base_url": "https://hub.example.org/feedback/"}}, {})
        assert config.hub.base_url == "https://hub.example.org/feedback"


class TestSections:
    def test_a_channel_is_its_name_its_kind_and_its_own_keys(self) -> None:
        document = {"channels": {"sms-north": {"kind": "account", "account": "AC1"}}}
        environ = {"FEEDBACK_HUB_CHANNELS_SMS_NORTH_AUTH_TOKEN": f" {HUSH}\n"}
        config = parse_config(document, environ, settings_of=kinds)

        section = config.channels["sms-north"]
        assert (section.table, section.name, section.kind) == (
            "channels.sms-north",
            "sms-north",
            "account",
        )
        account = build_settings(Account, section, config.context)
        assert account == Account(account="AC1", auth_token=HUSH)
        assert HUSH not in repr((config, account))

    def test_faults_of_channels_and_of_the_hub_come_together(self) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_config(
                {
                    "hub": {"nme": "x"},
                    "channels": {"sms": {"kind": "account", "acount": "AC1"}},
                    "exchange": {"line": {"kind": "account"}},
                },
                {},
                settings_of=kinds,
            )
        assert {one.where for one in caught.value.faults} == {
            "hub.nme",
            "channels.sms.acount",
            "channels.sms.account",
            "channels.sms.auth_token",
            "exchange.line.kind",
        }

    def test_two_names_that_are_one_in_the_environment_are_a_fault(self) -> None:
        section = {"kind": "account"}
        found = fault({"channels": {"sms-a": section, "sms_a": section}})
        assert found.where == "channels.sms_a"

    @pytest.mark.parametrize("name", ["SMS", "", "a.b", "a/b", "sms\n", "ã", "a" * 41])
    def test_a_name_that_cannot_stand_in_an_address_is_a_fault(self, name: str) -> None:
        assert "not a name" in fault({"channels": {name: {"kind": "account"}}}).problem

    @pytest.mark.parametrize("kind", ["", "../x", "Sandbox", "base.py", 3, "sandbox\n"])
    def test_a_kind_that_cannot_be_one_is_a_fault(self, kind: object) -> None:
        assert fault({"channels": {"a": {"kind": kind}}}).where == "channels.a.kind"


def test_the_configuration_cannot_be_changed_after_loading() -> None:
    config = parse_config({}, dict(os.environ))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.hub = None  # type: ignore[misc,assignment]

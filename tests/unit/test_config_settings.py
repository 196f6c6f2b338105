"""What somebody who writes a channel gets: declare the keys, receive typed values or faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, NoReturn

import pytest

from feedback_hub.config import (
    ConfigError,
    Context,
    Section,
    Unfit,
    build_settings,
    keys_of,
    secret,
    setting,
)


class Mode(StrEnum):
    WEBHOOK = "webhook"
    POLLING = "polling"


@dataclass(frozen=True)
class Inner:
    depth: int = setting("How deep.", default=1)


@dataclass(frozen=True)
class Everything:
    methods: ClassVar[tuple[str, ...]] = ("POST",)

    url: str = setting("Where.")
    rate: float = setting("Messages a second.", default=1.0, least=0.1, most=50)
    tries: int = setting("How often.", default=3)
    loud: bool = setting("Whether.", default=False)
    mode: Mode = setting("How.", default=Mode.WEBHOOK)
    senders: tuple[str, ...] = setting("Who.", default=())
    modes: tuple[Mode, ...] = setting("Which.", default=())
    folder: Path = setting("Where to.", default=Path("files"))
    limit: int | None = setting("At most.", default=None)
    upper: str = setting("Shouted.", default="", parse=lambda raw: str(raw).upper())
    inner: Inner = setting(default=Inner())
    plain: str = "as it is"
    token: str = secret("Opens it.", default="")


CONTEXT = Context({}, directory=Path("/etc/hub"), working_directory=Path("/work"))


def build(values: Mapping[str, object], environ: Mapping[str, str] | None = None) -> Everything:
    context = dataclasses.replace(CONTEXT, environ=environ or {})
    return build_settings(Everything, Section("channels.x", values, "y"), context)


def test_what_is_not_said_has_its_default() -> None:
    built = build({"url": "u"})
    assert built == Everything(url="u", folder=Path("/etc/hub/files"))


def test_every_type_is_read_from_the_file() -> None:
    built = build(
        {
            "url": "u",
            "rate": 2,
            "tries": 4,
            "loud": True,
            "mode": "polling",
            "senders": ["a", "b"],
            "modes": ["polling"],
            "folder": "sub",
            "limit": 9,
            "upper": "abc",
            "inner": {"depth": 2},
            "plain": "p",
        }
    )
    assert built == Everything(
        url="u",
        rate=2.0,
        tries=4,
        loud=True,
        mode=Mode.POLLING,
        senders=("a", "b"),
        modes=(Mode.POLLING,),
        folder=Path("/etc/hub/sub"),
        limit=9,
        upper="ABC",
        inner=Inner(depth=2),
        plain="p",
    )
    assert isinstance(built.rate, float)


def test_every_type_is_read_from_the_environment() -> None:
    built = build(
        {"url": "u", "tries": 1},
        {
            "FEEDBACK_HUB_CHANNELS_X_RATE": "2.5",
            "FEEDBACK_HUB_CHANNELS_X_TRIES": "4",
            "FEEDBACK_HUB_CHANNELS_X_LOUD": "yes",
            "FEEDBACK_HUB_CHANNELS_X_MODE": "polling",
            "FEEDBACK_HUB_CHANNELS_X_SENDERS": "a, b,",
            "FEEDBACK_HUB_CHANNELS_X_FOLDER": "sub",
            "FEEDBACK_HUB_CHANNELS_X_LIMIT": "9",
            "FEEDBACK_HUB_CHANNELS_X_UPPER": "abc",
            "FEEDBACK_HUB_CHANNELS_X_INNER_DEPTH": "2",
            "FEEDBACK_HUB_CHANNELS_X_TOKEN": "t",
        },
    )
    assert built == Everything(
        url="u",
        rate=2.5,
        tries=4,
        loud=True,
        mode=Mode.POLLING,
        senders=("a", "b"),
        folder=Path("/work/sub"),
        limit=9,
        upper="ABC",
        inner=Inner(depth=2),
        token="t",
    )


def test_all_that_is_wrong_is_said_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        build(
            {
                "rate": 0,
                "tries": "VALUE",
                "loud": "true",
                "mode": "VALUE",
                "senders": "VALUE",
                "modes": ["VALUE"],
                "folder": "",
                "limit": 1.5,
                "inner": {"deep": "VALUE"},
                "token": "VALUE",
                "wrong": "VALUE",
            }
        )
    assert {fault.where.removeprefix("channels.x.") for fault in caught.value.faults} == {
        "url",
        "rate",
        "tries",
        "loud",
        "mode",
        "senders",
        "modes",
        "folder",
        "limit",
        "inner.deep",
        "token",
        "wrong",
    }
    assert "VALUE" not in str(caught.value)
    assert "Choose one of: webhook, polling." in str(caught.value)
    assert "channels.x.url: is missing. Add it: Where." in str(caught.value)


def test_a_secret_shows_neither_in_repr_nor_as_a_key_of_the_file() -> None:
    assert "opensesame" not in repr(Everything(url="u", token="opensesame"))
    written = [key.written for key in keys_of(Everything)]
    assert "token_file" in written
    assert "token" not in written
    assert "methods" not in written


@dataclass(frozen=True)
class Either:
    here: str = setting("One.", default="")
    there: str = setting("Other.", default="")
    word: str = secret("Secret.", default="")

    def __post_init__(self) -> None:
        if self.word == "raise":
            raise ValueError(f"the word was {self.word}")
        if self.word:
            raise Unfit(f"the word was {self.word}", key="word")
        if bool(self.here) == bool(self.there):
            raise Unfit("needs one of here and there", "Give one.", key="here")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("", "channels.x.here: needs one of here and there. Give one."),
        ("raise", "channels.x: these settings do not go together. See the documentation."),
        ("hush", "channels.x.word: is not what it should be. See the documentation."),
    ],
)
def test_settings_may_refuse_a_combination(word: str, expected: str) -> None:
    context = dataclasses.replace(CONTEXT, environ={"FEEDBACK_HUB_CHANNELS_X_WORD": word})
    with pytest.raises(ConfigError) as caught:
        build_settings(Either, Section("channels.x", {}), context)
    assert [str(fault) for fault in caught.value.faults] == [expected]


def _careless(raw: str) -> NoReturn:
    raise ValueError(raw)


def _telling(raw: str) -> NoReturn:
    raise Unfit(f"is {raw}")


def test_a_token_in_the_wrong_key_is_not_repeated_by_a_careless_check() -> None:
    @dataclass(frozen=True)
    class Checked:
        number: str = setting("Not a token.", parse=_telling)

    token = "0123456789abcdef0123456789abcdef"
    with pytest.raises(ConfigError) as caught:
        build_settings(Checked, Section("channels.x", {"number": token}), CONTEXT)
    assert token not in str(caught.value)


@pytest.mark.parametrize("parse", [_careless, _telling])
def test_a_check_cannot_tell_the_secret_it_refuses(parse: Callable[[str], NoReturn]) -> None:
    @dataclass(frozen=True)
    class Checked:
        word: str = secret("Secret.", parse=parse)

    context = dataclasses.replace(CONTEXT, environ={"FEEDBACK_HUB_CHANNELS_X_WORD": "opensesame"})
    with pytest.raises(ConfigError) as caught:
        build_settings(Checked, Section("channels.x", {}), context)
    assert "channels.x.word: is not what it should be" in str(caught.value)
    assert "opensesame" not in repr(caught.value)


def test_a_type_no_setting_can_have_is_the_programmers_mistake() -> None:
    @dataclass(frozen=True)
    class Odd:
        bag: dict[str, str] = setting("?")

    with pytest.raises(TypeError, match="a setting cannot be"):
        build_settings(Odd, Section("channels.x", {"bag": {}}), CONTEXT)

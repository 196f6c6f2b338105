"""Makes a frozen dataclass from one table of the configuration, or says all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from feedback_hub.config.convert import convert, secret_from_file
from feedback_hub.config.faults import ConfigError, Fault, Unfit, shown, unknown
from feedback_hub.config.settings import Context, Declared, Key, Section, keys_of

T = TypeVar("T")

# A URL that carries a password, in its authority or as a query parameter.
_CREDENTIALS = re.compile(
    r"\s*[a-z][a-z0-9+.\-]*://([^/?#]*:[^/?#]*@|.*[?&]password=)", re.IGNORECASE
)
# A token pasted into the wrong key is at least this long.
_TOKEN_LENGTH = 20


def env_name(table: str, key: str) -> str:
    """``channels.sms-a`` and ``auth_token`` → ``FEEDBACK_HUB_CHANNELS_SMS_A_AUTH_TOKEN``."""
    return "FEEDBACK_HUB_" + re.sub(r"[^A-Za-z0-9]", "_", f"{table}.{key}").upper()


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What came of reading one table: the value (None when there are faults) and what to say."""

    value: T | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    variables: frozenset[str]
    """Every environment variable that could have had a say."""


def build_settings(cls: type[T], section: Section, context: Context) -> T:
    """Make ``cls`` from ``section``, the environment and secret files.

    Raises ``ConfigError`` with every fault there is: unknown and missing keys, wrong types, values
    out of bounds, unreadable secrets.
    """
    reading = read_settings(cls, section, context)
    if reading.value is None:
        raise ConfigError(reading.faults)
    return reading.value


def read_settings(cls: type[T], section: Section, context: Context) -> Reading[T]:
    """Like ``build_settings``, but returns faults and warnings instead of raising."""
    reader = _Reader(section, context)
    value = reader.build(cls)
    return Reading(value, tuple(reader.faults), tuple(reader.warnings), frozenset(reader.variables))


class _Reader:
    """Reads one table once and gathers what it meets."""

    def __init__(self, section: Section, context: Context) -> None:
        self.section = section
        self.context = context
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.variables: set[str] = set()
        self._secrets: list[str] = []

    def build(self, cls: type[T]) -> T | None:
        keys = list(keys_of(cls))
        self._refuse_unknown(keys)
        values: dict[str, object] = {}
        for key in keys:
            try:
                if key.is_table:
                    values[key.name] = self._table(key)
                elif key.is_secret:
                    values[key.name] = self._secret(key)
                else:
                    values[key.name] = self._setting(key)
            except Unfit as unfit:
                self._fault(key.name, unfit, key.doc)
        if self.faults:
            return None
        try:
            return cls(**values)
        except Unfit as unfit:
            refused = unfit
        except ValueError:
            refused = Unfit("these settings do not go together")
        refused = _discreet(refused, self._secrets)
        self._fault(refused.key, refused, "")
        return None

    def _fault(self, key: str, unfit: Unfit, doc: str) -> None:
        where = f"{self.section.table}.{key}" if key else self.section.table
        remedy = unfit.remedy or (f"What belongs here: {doc}" if doc else "See the documentation.")
        self.faults.append(Fault(where, unfit.problem, remedy))

    def _refuse_unknown(self, keys: list[Key]) -> None:
        secrets = {key.name for key in keys if key.is_secret}
        known = {key.written for key in keys}
        for name in self.section.values:
            where = f"{self.section.table}.{shown(name)}"
            if name in secrets:
                variable = env_name(self.section.table, name)
                self.faults.append(
                    Fault(
                        where,
                        "a secret does not belong in this file",
                        f"Take it out, count it as leaked, and set {variable} or {name}_file.",
                    )
                )
            elif name not in known:
                self.faults.append(unknown(where, "key", name, known))

    def _table(self, key: Key) -> object:
        inner = self.section.values.get(key.name, {})
        if not isinstance(inner, Mapping):
            raise Unfit("must be a table", f"Write [{self.section.table}.{key.name}] above keys.")
        reading = read_settings(
            key.type, Section(f"{self.section.table}.{key.name}", inner), self.context
        )
        self.faults.extend(reading.faults)
        self.warnings.extend(reading.warnings)
        self.variables.update(reading.variables)
        return reading.value

    def _variable(self, key: str, alias: str = "") -> str:
        """What the environment says about ``key``, empty if nothing."""
        names = [name for name in (alias, env_name(self.section.table, key)) if name]
        self.variables.update(names)
        return next((value for name in names if (value := self.context.env(name))), "")

    def _setting(self, key: Key) -> object:
        text = self._variable(key.name, key.declared.env)
        base = self.context.working_directory if text else self.context.directory
        if text:
            value = self._parsed(key, text, from_text=True)
        elif key.name in self.section.values:
            raw = self.section.values[key.name]
            if isinstance(raw, str) and _CREDENTIALS.match(raw):
                variable = env_name(self.section.table, key.name)
                raise Unfit(
                    "holds a password, and a secret does not belong in this file",
                    f"Take it out, count it as leaked, and set {variable} instead.",
                )
            value = self._parsed(key, raw)
        elif key.required:
            raise Unfit("is missing", f"Add it: {key.doc}" if key.doc else "Add it.")
        else:
            value = key.default
        return self.context.absolute(value, base) if isinstance(value, Path) else value

    def _parsed(self, key: Key, raw: object, *, from_text: bool = False) -> object:
        try:
            if key.declared.parse:
                value: object = key.declared.parse(raw)
            else:
                value = convert(key.type, raw, from_text=from_text)
        except Unfit as unfit:
            told = isinstance(raw, str) and (key.is_secret or len(raw) >= _TOKEN_LENGTH)
            raise _discreet(unfit, [str(raw)] if told else []) from None
        except ValueError:
            # Its message may repeat the value.
            raise Unfit("is not what it should be") from None
        _within(key.declared, value)
        return value

    def _secret(self, key: Key) -> object:
        variable = env_name(self.section.table, key.name)
        text = self._variable(key.name) or self._secret_from_file(key)
        if not text:
            if not key.required:
                return key.default
            raise Unfit("is missing", f"Set {variable}, or {key.written} to a file that holds it.")
        if not text.isprintable():
            raise Unfit("holds characters that cannot be typed", f"Set {variable} again.")
        self._secrets.append(text)
        return self._parsed(key, text)

    def _secret_from_file(self, key: Key) -> str:
        """The secret in the file that ``x_file`` names, empty if it names none."""
        name: object = self._variable(key.written)
        base = self.context.working_directory
        if not name:
            name, base = self.section.values.get(key.written, ""), self.context.directory
        if not isinstance(name, str):
            raise Unfit(f"{key.written} must be text in quotes", "Name the file.")
        if not name:
            return ""
        text, open_to_all = secret_from_file(self.context.absolute(Path(name), base), key.written)
        if open_to_all:
            where = f"{self.section.table}.{key.written}"
            remedy = "Run chmod 600 on it; where it is mounted, set its mode there."
            problem = "every user of this machine can read the file"
            self.warnings.append(Fault(where, problem, remedy))
        return text


def _within(declared: Declared, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if declared.least is not None and value < declared.least:
        raise Unfit("is too small", f"Give {declared.least:g} or more.")
    if declared.most is not None and value > declared.most:
        raise Unfit("is too large", f"Give {declared.most:g} or less.")


def _discreet(unfit: Unfit, values: Iterable[str]) -> Unfit:
    """``unfit``, or a dumb one where a careless check has put one of ``values`` into its words."""
    said = f"{unfit.problem} {unfit.remedy}"
    if any(value.strip() in said for value in values if value.strip()):
        return Unfit("is not what it should be", key=unfit.key)
    return unfit

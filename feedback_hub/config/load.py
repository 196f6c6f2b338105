"""Finds, reads and checks the whole configuration; reports every fault at once."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from feedback_hub.config.build import env_name, read_settings
from feedback_hub.config.faults import ConfigError, Fault, shown, unknown
from feedback_hub.config.routing import ONE_KIND
from feedback_hub.config.settings import Context, Section, keys_of
from feedback_hub.config.tables.clocks import ClocksConfig
from feedback_hub.config.tables.hub import (
    AttachmentsConfig,
    DatabaseConfig,
    HubConfig,
    ProcessesConfig,
    QueueConfig,
    UpkeepConfig,
)
from feedback_hub.config.tables.reaching import (
    ConversationConfig,
    HotlineConfig,
    LoopbackConfig,
    MailConfig,
    OnCallConfig,
    ReferralsConfig,
)
from feedback_hub.config.tables.security import RetentionConfig, SecurityConfig
from feedback_hub.config.tables.watching import AlertsConfig, ClassifierConfig, MonitoringConfig
from feedback_hub.config.tables.whole import Config

T = TypeVar("T")
SettingsOf = Callable[[str, str], type]
"""(one of ``FAMILIES``, kind) → the kind's settings class; ``LookupError`` if none."""

TABLES: Mapping[str, type] = MappingProxyType(
    {
        "hub": HubConfig,
        "database": DatabaseConfig,
        "queue": QueueConfig,
        "processes": ProcessesConfig,
        "security": SecurityConfig,
        "clocks": ClocksConfig,
        "mail": MailConfig,
        "referrals": ReferralsConfig,
        "retention": RetentionConfig,
        "conversation": ConversationConfig,
        "attachments": AttachmentsConfig,
        "loopback": LoopbackConfig,
        "classifier": ClassifierConfig,
        "hotline": HotlineConfig,
        "upkeep": UpkeepConfig,
        "monitoring": MonitoringConfig,
        "alerts": AlertsConfig,
        "on_call": OnCallConfig,
    }
)
FAMILIES = ("channels", "exchange", "fields", "routing", "calendars")
"""Tables that hold one table an account, question or rule; of most, each with its ``kind``."""

_PREFIX = "FEEDBACK_HUB_"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_POSITION = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
_OWN_MACHINE = re.compile(r"localhost|127\.[0-9.]+|::1|.*\.localhost")


def load_config(
    path: Path | None, environ: Mapping[str, str], settings_of: SettingsOf | None = None
) -> Config:
    """Read the configuration from the first of: ``path`` (``--config``), the file that
    ``$FEEDBACK_HUB_CONFIG`` names, ``./config.toml``, the embedded defaults.

    ``environ`` overrides single keys and holds secrets. With ``settings_of`` the sections of
    channels and exchanges are checked against their kinds too. Raises ``ConfigError``.
    """
    source = _find(path, environ)
    if source is None:
        return parse_config({}, environ, settings_of=settings_of)
    return parse_config(_read(source), environ, source=source, settings_of=settings_of)


def parse_config(
    document: Mapping[str, object],
    environ: Mapping[str, str],
    *,
    source: Path | None = None,
    settings_of: SettingsOf | None = None,
) -> Config:
    """Check ``document``, as ``tomllib`` reads it. See ``load_config``."""
    working_directory = Path.cwd()
    context = Context(
        {name: text for name, text in environ.items() if name.startswith(_PREFIX)}
        | {"HOME": environ.get("HOME", "")},
        directory=source.parent if source else working_directory,
        working_directory=working_directory,
    )
    return _Loader(document, context, source, settings_of).load()


def _find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is not None:
        return Path.cwd() / path
    named = environ.get(f"{_PREFIX}CONFIG", "").strip()
    if named:
        return Path.cwd() / named
    usual = Path.cwd() / "config.toml"
    return usual if usual.exists() else None


def _read(source: Path) -> dict[str, Any]:
    """The file as ``tomllib`` reads it. Raises ``ConfigError`` with the line of a slip."""
    try:
        content = source.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a file's"
        fault = Fault(str(source), f"cannot be read: {reason}", "Check --config or its variable.")
        raise ConfigError([fault], source) from None
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        fault = Fault(f"{source} line {line}", "is not UTF-8 text", "Save the file as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        fault = _slip(source, str(error))
    except (ValueError, RecursionError):
        fault = Fault(str(source), "holds a value no setting can have", "Take it out.")
    raise ConfigError([fault], source)


def _slip(source: Path, message: str) -> Fault:
    """A syntax fault. ``tomllib`` names keys and characters in its messages, never a value."""
    position = _POSITION.search(message)
    where = str(source)
    if position:
        message = message[: position.start()]
        where += f" line {position[1]} column {position[2]}" if position[1] else " at its end"
    return Fault(where, f"is not TOML: {message}", "Mend the line; text needs quotes around it.")


def _misplaced(name: str, value: object) -> Fault:
    """A table that there is not, or a key that stands above every table.

    In the example file a table's own line is commented too: who wakes a key only forgets it.
    """
    homes = [] if isinstance(value, dict) else [t for t in TABLES if name in _keys(TABLES[t])]
    if not homes:
        return unknown(shown(name), "table", name, [*TABLES, *FAMILIES])
    where = " or ".join(f"[{home}]" for home in sorted(homes))
    remedy = f"It is a key of {where}: take the # from the line of its table too."
    return Fault(shown(name), "stands in no table", remedy)


def _keys(table: type) -> set[str]:
    return {key.written for key in keys_of(table)}


class _Loader:
    """Reads one document once and gathers what it meets."""

    def __init__(
        self,
        document: Mapping[str, object],
        context: Context,
        source: Path | None,
        settings_of: SettingsOf | None,
    ) -> None:
        self.document = document
        self.context = context
        self.source = source
        self.settings_of = settings_of
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.variables = {f"{_PREFIX}CONFIG"}
        self.unchecked: set[str] = set()
        """Beginnings of variables of sections whose keys nobody here knows."""

    def load(self) -> Config:
        for name in self.document:
            if name not in TABLES and name not in FAMILIES:
                self.faults.append(_misplaced(name, self.document[name]))
        # Whatever is None here has left a fault behind.
        own: dict[str, Any] = {
            name: self._read(cls, Section(name, self._table(name, self.document.get(name, {}))))
            for name, cls in TABLES.items()
        }
        own.update({name: self._family(name) for name in FAMILIES})
        self._warn_of_unread_variables()
        if self.faults:
            raise ConfigError(self.faults, self.source)
        config = Config(**own, context=self.context, source=self.source)
        if urlsplit(config.hub.base_url).scheme == "http" and not _is_own_machine(config.hub):
            self._warn("hub.base_url", "is plain http", "Log-ins travel readable: use https.")
        return _complete(dataclasses.replace(config, warnings=tuple(self.warnings)))

    def _read(self, cls: type[T], section: Section) -> T | None:
        reading = read_settings(cls, section, self.context)
        self.faults.extend(reading.faults)
        self.warnings.extend(reading.warnings)
        self.variables.update(reading.variables)
        return reading.value

    def _table(self, where: str, value: object) -> Mapping[str, object]:
        if isinstance(value, Mapping):
            return value
        self.faults.append(Fault(where, "must be a table", f"Write [{where}] above its keys."))
        return {}

    def _family(self, family: str) -> Mapping[str, Section]:
        sections: dict[str, Section] = {}
        variables: dict[str, str] = {}
        for name, value in self._table(family, self.document.get(family, {})).items():
            where = f"{family}.{shown(name)}"
            if not _NAME.fullmatch(name):
                problem = "is not a name for an account"
                remedy = "Use at most 40 of: a to z, 0 to 9, dash, underscore."
                self.faults.append(Fault(where, problem, remedy))
                continue
            prefix = env_name(family, name)
            if prefix in variables:
                problem = f"is the same as {variables[prefix]} in the environment ({prefix}_…)"
                self.faults.append(Fault(where, problem, "Rename one of the two."))
            variables[prefix] = where
            section = self._section(f"{family}.{name}", self._table(where, value))
            if section:
                sections[name] = section
        return MappingProxyType(sections)

    def _section(self, table: str, values: Mapping[str, object]) -> Section | None:
        if (only := ONE_KIND.get(table.partition(".")[0])) is not None:
            section = Section(table, MappingProxyType(dict(values)))
            self._read(only, section)
            return section
        kind = values.get("kind")
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            problem = "is missing" if kind is None else "is not a kind"
            remedy = 'Say which kind of account this is, like kind = "twilio_sms".'
            self.faults.append(Fault(f"{table}.kind", problem, remedy))
            return None
        rest = MappingProxyType({key: value for key, value in values.items() if key != "kind"})
        section = Section(table, rest, kind)
        if self.settings_of is None:
            self.unchecked.add(env_name(table, ""))
            return section
        try:
            cls = self.settings_of(table.partition(".")[0], kind)
        except LookupError:
            remedy = "config.example.toml has the kinds there are."
            self.faults.append(Fault(f"{table}.kind", "nothing here is of this kind", remedy))
            return None
        self._read(cls, section)
        return section

    def _warn(self, where: str, problem: str, remedy: str) -> None:
        self.warnings.append(Fault(where, problem, remedy))

    def _warn_of_unread_variables(self) -> None:
        """Others may use our prefix (tests, a shell), so a variable nobody reads is no fault."""
        tables = tuple(env_name(name, "") for name in (*TABLES, *FAMILIES))
        for name in sorted(self.context.environ):
            if name in self.variables or name.startswith(tuple(self.unchecked)):
                continue
            near = difflib.get_close_matches(name, self.variables, n=1, cutoff=0.9)
            if near or name.startswith(tables):
                hint = f"Did you mean {near[0]}?" if near else "Check its spelling."
                self._warn(shown(name), "nothing reads this environment variable", hint)


def _is_own_machine(hub: HubConfig) -> bool:
    return _OWN_MACHINE.fullmatch(urlsplit(hub.base_url).hostname or "") is not None


def _complete(config: Config) -> Config:
    """``config`` with the addresses of database and queue as their clients want them."""
    database, queue = config.database, config.queue
    url = _with_password(database.url, database.password)
    if not url:
        url = f"sqlite:///{config.hub.home / 'hub.sqlite3'}"
    return dataclasses.replace(
        config,
        database=dataclasses.replace(database, url=url),
        queue=dataclasses.replace(queue, url=_with_password(queue.url, queue.password)),
    )


def _with_password(url: str, password: str) -> str:
    """``url`` with ``password`` in the place of any it had. Several hosts in it are left alone."""
    if not password:
        return url
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    login, _, hosts = authority.rpartition("@")
    user = login.partition(":")[0]
    return f"{scheme}://{user}:{quote(password, safe='')}@{hosts}{slash}{path}"

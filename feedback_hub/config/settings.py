"""How the keys of a table are declared, and what stands around one.

The hub's own tables and every channel kind declare their keys the same way::

    @dataclass(frozen=True)
    class Settings:
        account_sid: str = setting("The account, AC and 32 characters.")
        auth_token: str = secret("Signs the webhooks and opens the API.")
        rate: float = setting("Messages a second.", default=1.0, least=0.1)

A setting is one of ``str``, ``int``, ``float``, ``bool``, ``Path``, a ``StrEnum``,
``tuple[X, ...]`` of these, one of these or None, another such dataclass (a table within the table),
or whatever a ``parse`` function makes. A ``__post_init__`` may refuse a combination: ``Unfit``.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, overload

T = TypeVar("T")

_METADATA = "feedback_hub"


@dataclass(frozen=True)
class Declared:
    """What ``setting`` and ``secret`` leave on a dataclass field; they explain each."""

    doc: str = ""
    is_secret: bool = False
    parse: Callable[[Any], Any] | None = None
    least: float | None = None
    most: float | None = None
    env: str = ""


@overload
def setting(
    doc: str = ...,
    *,
    default: T,
    parse: Callable[[Any], T] | None = ...,
    least: float | None = ...,
    most: float | None = ...,
    env: str = ...,
    private: bool = ...,
) -> T: ...
@overload
def setting(
    doc: str = ...,
    *,
    parse: Callable[[Any], Any] | None = ...,
    least: float | None = ...,
    most: float | None = ...,
    env: str = ...,
    private: bool = ...,
) -> Any: ...  # noqa: ANN401 - whatever type the field has
def setting(
    doc: str = "",
    *,
    default: Any = dataclasses.MISSING,
    parse: Callable[[Any], Any] | None = None,
    least: float | None = None,
    most: float | None = None,
    env: str = "",
    private: bool = False,
) -> Any:
    """Declare one key. Without ``default`` it must be given.

    ``parse`` turns what the file (or, as text, the environment) holds into the value and raises
    ``Unfit`` or ``ValueError``; ``least`` and ``most`` bound a number, both included; ``env`` is a
    second name in the environment, which wins; ``private`` keeps the value out of ``repr``.
    """
    declared = Declared(doc, parse=parse, least=least, most=most, env=env)
    metadata = {_METADATA: declared}
    return field(default=default, metadata=metadata, kw_only=True, repr=not private)


def secret(
    doc: str = "",
    *,
    default: str | None = None,
    parse: Callable[[str], str] | None = None,
) -> str:
    """Declare a secret key ``x`` (text): read from the environment or the file ``x_file`` names.

    It is never in the configuration file, in ``repr`` or in a fault. With ``default`` None it must
    be given. ``parse`` may check it; what that raises must not repeat the secret.
    """
    metadata = {_METADATA: Declared(doc, is_secret=True, parse=parse)}
    if default is None:
        declared: str = field(metadata=metadata, kw_only=True, repr=False)
    else:
        declared = field(default=default, metadata=metadata, kw_only=True, repr=False)
    return declared


@dataclass(frozen=True)
class Section:
    """One table of the configuration, as written.

    ``table`` is its full name (``channels.sms``), ``kind`` what ``kind = "…"`` says (empty where
    there are no kinds), ``values`` the remaining raw keys. ``name`` is the last part of ``table``.
    """

    table: str
    values: Mapping[str, object] = field(repr=False)
    kind: str = ""

    @property
    def name(self) -> str:
        """The account's own name: ``sms`` of ``channels.sms``."""
        return self.table.rpartition(".")[2]


@dataclass(frozen=True)
class Context:
    """Where values come from besides the file.

    ``environ`` is the environment, ``directory`` the absolute folder that relative paths in the
    file start from; relative paths in the environment start from ``working_directory``.
    """

    environ: Mapping[str, str] = field(repr=False)
    directory: Path
    working_directory: Path

    def env(self, name: str) -> str:
        """The variable's value without surrounding space; unset and empty are the same."""
        return self.environ.get(name, "").strip()

    def absolute(self, path: Path, base: Path) -> Path:
        """``path`` from ``base`` where it is relative, ``~`` being the user's home folder."""
        if path.parts and path.parts[0] == "~":
            home = self.env("HOME")
            return (Path(home) if home else Path.home()).joinpath(*path.parts[1:])
        return base / path


@dataclass(frozen=True)
class Key:
    """One key of a settings class, for checks and documents."""

    name: str
    type: Any
    doc: str
    is_secret: bool
    required: bool
    default: Any
    declared: Declared = field(repr=False)

    @property
    def written(self) -> str:
        """The key as it may stand in the file: a secret's is ``x_file``."""
        return f"{self.name}_file" if self.is_secret else self.name

    @property
    def is_table(self) -> bool:
        """Whether it is a table within the table."""
        return dataclasses.is_dataclass(self.type) and self.declared.parse is None


def keys_of(cls: type) -> Iterator[Key]:
    """The keys that ``cls`` declares, in order."""
    hints = typing.get_type_hints(cls)
    for item in dataclasses.fields(cls):
        if not item.init:
            continue
        declared = item.metadata.get(_METADATA, Declared())
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        yield Key(
            name=item.name,
            type=hints[item.name],
            doc=declared.doc,
            is_secret=declared.is_secret,
            required=default is dataclasses.MISSING,
            default=default,
            declared=declared,
        )

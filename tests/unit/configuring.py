"""What the tests of the configuration share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feedback_hub.config import ConfigError, Fault, parse_config, secret, setting

HUSH = "hush-7Yq2-hush-7Yq2-hush-7Yq2-hush-7Yq2"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def faults(document: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> list[Fault]:
    """The faults of ``document``; it must have some."""
    with pytest.raises(ConfigError) as caught:
        parse_config(document, environ or {})
    return list(caught.value.faults)


def fault(document: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Fault:
    found = faults(document, environ)
    assert len(found) == 1, found
    return found[0]


@dataclass(frozen=True)
class Account:
    """Stands for a channel kind's settings."""

    account: str = setting("Which account.")
    auth_token: str = secret("Opens it.")
    pin: str = secret("Another.", default="")


def kinds(table: str, kind: str) -> type:
    if (table, kind) != ("channels", "account"):
        raise LookupError(kind)
    return Account

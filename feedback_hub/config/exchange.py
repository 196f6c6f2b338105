"""``[exchange.<name>]``: other mechanisms that cases travel to and come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from feedback_hub.config.addresses import parse_base_url, parse_mail_address
from feedback_hub.config.convert import named
from feedback_hub.config.faults import Unfit
from feedback_hub.config.settings import secret, setting
from feedback_hub.config.values import parse_code, parse_key_material

_OWN_MACHINE = re.compile(r"localhost|127\.[0-9.]+|::1|.*\.localhost")


class FileLanguage(StrEnum):
    """Whose words a mechanism's tables use."""

    POR = "por"
    ENG = "eng"


def _parse_url(raw: object) -> str:
    url = parse_base_url(raw)
    parts = urlsplit(url)
    if parts.scheme != "https" and not _OWN_MACHINE.fullmatch(parts.hostname or ""):
        raise Unfit("is not https", "People's cases never travel readable: use https.")
    return url


def _parse_known_as(raw: object) -> str:
    name = named(raw)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        raise Unfit("is not a name", "Use at most 40 of: a to z, 0 to 9, dash, underscore.")
    return name


@dataclass(frozen=True)
class _Peer:
    """What is settled of every other mechanism."""

    organisation: str = setting(
        "The organisation that stands for it here: a referral to it goes there.", parse=parse_code
    )
    handler: str = setting(
        "Who there takes highly sensitive cases, as they know them; empty: none go there.",
        default="",
        parse=parse_mail_address,
    )
    our_handler: str = setting(
        "The handler here who takes theirs (e-mail of an account); empty: none are taken.",
        default="",
        parse=parse_mail_address,
    )


@dataclass(frozen=True)
class FilePeer(_Peer):
    """A mechanism that tables are exchanged with (``kind = "file"``)."""

    language: FileLanguage = setting(
        "The language of the headers and words in the tables: por or eng.",
        default=FileLanguage.POR,
    )


@dataclass(frozen=True)
class HubPeer(_Peer):
    """Another hub, over https (``kind = "hub"``)."""

    url: str = setting("The other hub's base_url.", parse=_parse_url)
    known_as: str = setting(
        "What the other hub calls us: the name of its [exchange.<name>].", parse=_parse_known_as
    )
    secret: str = secret(
        "Signs the requests: the same at both hubs, 32 characters or more.",
        parse=parse_key_material,
    )
    window: int = setting(
        "Seconds that a request's time may differ from ours.", default=300, least=30, most=3600
    )
    timeout: float = setting(
        "Seconds to wait for a connection, and for the answer.", default=20.0, least=1, most=60
    )


EXCHANGE_KINDS: Mapping[str, type[FilePeer] | type[HubPeer]] = MappingProxyType(
    {"file": FilePeer, "hub": HubPeer}
)

"""The settings of a form. Light on purpose: what reads a Kobo server is not loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from channels._kobo_form import Questions, Values
from channels._patience import Patience
from feedback_hub.config import Unfit, secret, setting
from feedback_hub.config.addresses import parse_base_url
from feedback_hub.config.convert import named


def _login(raw: object) -> str:
    name = named(raw)
    # What lies outside ASCII each client writes into the header in a way of its own.
    if not name.isascii() or ":" in name:
        raise Unfit("may hold plain letters, digits and signs only, and no colon")
    return name


def _password(raw: str) -> str:
    if not raw.isascii():
        raise Unfit("may hold plain letters, digits and signs only")
    return raw


def _form(raw: object) -> str:
    form = named(raw)
    if not form.isascii() or not form.isalnum():
        raise Unfit("is not a form's id", "Copy it from the address of the project in Kobo.")
    return form


class PullFrom(StrEnum):
    """Where the first look begins."""

    NEW = "new"
    ALL = "all"


@dataclass(frozen=True)
class KoboSettings(Patience):
    """The keys of one form (CONTRACT, Configuration)."""

    form: str = setting("The project's id, as it stands in its address in Kobo.", parse=_form)
    username: str = setting(
        "The name that Kobo's REST service logs in to this hub with.", default="", parse=_login
    )
    password: str = secret("The password that belongs to it.", default="", parse=_password)
    pull_url: str = setting(
        "The Kobo server to read, for a hub without a public address and for attachments.",
        default="",
        parse=lambda raw: parse_base_url(raw) if raw else "",
    )
    pull_token: str = secret("The API token of a Kobo account that may view the form.", default="")
    pull_from: PullFrom = setting(
        "Where pulling begins: with what is new, or with all there is.", default=PullFrom.NEW
    )
    mapping: Questions = setting("Which question is which field.")
    values: Values = setting("Which of the form's words are which of ours.")

    def __post_init__(self) -> None:
        if bool(self.username) != bool(self.password):
            raise Unfit("needs both username and password, or neither", key="username")
        if bool(self.pull_url) != bool(self.pull_token):
            raise Unfit("needs both pull_url and pull_token, or neither", key="pull_url")
        if not self.username and not self.pull_url:
            remedy = "Set username and password, or pull_url and pull_token."
            raise Unfit("is neither called nor pulled", remedy, key="username")

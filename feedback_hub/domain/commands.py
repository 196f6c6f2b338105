"""Words that are an instruction to the mechanism, and questions about a case.

Read before anything else (DOMAIN.md, Loop back). Only a message that is nothing but the command
counts: "parar de roubar" and "estado da bomba" are complaints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from feedback_hub.domain.reference import parse_reference


class Command(StrEnum):
    """An instruction to the mechanism, not a matter to handle."""

    STOP = "stop"
    START = "start"
    NEWS = "news"
    NO_NEWS = "no_news"


@dataclass(frozen=True)
class Enquiry:
    """Somebody asks how a case stands; ``ref`` and ``secret`` are empty unless both are whole."""

    ref: str = ""
    secret: str = ""


_STOP = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "stopmessages")
_PARAR = ("parar", "para", "pare", "sair", "cancelar", "pararmensagens", "pararasmensagens")
_START = ("start", "unstop", "comecar", "recomecar", "iniciar")
_NO_NEWS = ("semnoticias", "semnovidades", "nonews")
_COMMANDS = (
    dict.fromkeys(_STOP + _PARAR, Command.STOP)
    | dict.fromkeys(_START, Command.START)
    | dict.fromkeys(("noticias", "novidades", "news", "queronoticias"), Command.NEWS)
    | dict.fromkeys(_NO_NEWS, Command.NO_NEWS)
)
_FOLDED = str.maketrans("çãáéí", "caaei")
_TO_BOT = re.compile(r"^(/\w+)@\w+")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_ASKS = re.compile(r"\W*(?:estado|status|situacao)([^a-z]*)", re.DOTALL)
_BETWEEN = re.compile(r"[\s.,:;/#*()\-\u2010-\u2015\"'<>«»!?]*")
_REF, _SECRET = 9, 6


def command_in(text: str) -> Command | None:
    """The command that ``text`` is, or None."""
    if len(text) > 40:
        return None
    word = _TO_BOT.sub(r"\1", text.strip().lower()).translate(_FOLDED)
    letters = _NOT_LETTERS.sub("", word)
    many = len(word.split()) > 1
    # Of several words only the set phrases: "para mim" is none.
    return None if many and not letters.endswith(_PHRASES) else _COMMANDS.get(letters)


_PHRASES = ("mensagens", "messages", "noticias", "novidades", "news")


def enquiry_in(text: str) -> Enquiry | None:
    """The question about a case that ``text`` is: ``ESTADO 482-913-075 123 456``, or None.

    A number that is missing or wrong leaves it one; a single word more makes it a message.
    """
    if len(text) > 80:
        return None
    asked = _ASKS.fullmatch(_TO_BOT.sub(r"\1", text.strip().lower()).translate(_FOLDED))
    if asked is None:
        return None
    numbers = _BETWEEN.sub("", asked.group(1))
    if numbers and not (numbers.isascii() and numbers.isdigit()):
        return None
    return _whole(numbers) or Enquiry()


def numbers_in(text: str) -> Enquiry | None:
    """The two numbers of a case where ``text`` is nothing else, or None.

    They ask how it stands only if they belong together: other numbers may be a message.
    """
    return _whole(_BETWEEN.sub("", text.strip())) if len(text) <= 80 else None


def _whole(numbers: str) -> Enquiry | None:
    if len(numbers) != _REF + _SECRET or not (numbers.isascii() and numbers.isdigit()):
        return None
    ref = parse_reference(numbers[:_REF])
    return Enquiry(ref, numbers[_REF:]) if ref else None

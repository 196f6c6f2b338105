"""How people, partners and staff are reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from pathlib import Path

from feedback_hub.config.addresses import parse_folder, parse_mail_address, parse_smtp_url
from feedback_hub.config.convert import named
from feedback_hub.config.faults import Unfit
from feedback_hub.config.settings import secret, setting
from feedback_hub.config.tables.spans import HOUR
from feedback_hub.config.times import Span, parse_quiet_hours, parse_span, parse_timezone_name
from feedback_hub.config.values import (
    parse_call_codes,
    parse_call_log,
    parse_channel_name,
    parse_pattern,
    parse_questions,
)


@dataclass(frozen=True)
class MailConfig:
    """``[mail]``: e-mail to staff and partners that something waits; never what it is."""

    smtp_url: str = setting(
        "Where mail is handed over: smtps://host or smtp://host:587; empty: no e-mail is sent.",
        default="",
        parse=parse_smtp_url,
    )
    address: str = setting("The sender's address.", default="", parse=parse_mail_address)
    username: str = setting("The log-in there. Empty: the address.", default="")
    password: str = secret("The password there. Empty: no log-in.", default="")
    timeout: float = setting(
        "Seconds to wait for the mail server.", default=20.0, least=0.05, most=60
    )

    def __post_init__(self) -> None:
        if self.smtp_url and not self.address:
            remedy = 'Say who the mail comes from, like "voz@example.org".'
            raise Unfit("is missing beside smtp_url", remedy, key="address")


@dataclass(frozen=True)
class ReferralsConfig:
    """``[referrals]``: asking partners."""

    link_days: int = setting(
        "Days until a link that stands in for an account stops working.",
        default=14,
        least=1,
        most=90,
    )
    digest_day: int = setting(
        "The weekday of the weekly e-mail, 0 is Monday.", default=0, least=0, most=6
    )


@dataclass(frozen=True)
class ConversationConfig:
    """``[conversation]``: what belongs together of all that one number or chat writes."""

    window_hours: int = setting(
        "Hours of silence after which a message opens a new case. Before, it goes on with the last "
        "one, unless it names a case or is surely about another sector.",
        default=72,
        least=0,
        most=2160,
    )
    ask: tuple[str, ...] = setting(
        "Questions asked after a message is accepted, three at most, in this order: language, "
        "consent, site, safe. Each is a text; on a call they are read out, with safe always.",
        default=(),
        parse=parse_questions,
    )
    contact_per_minute: int = setting(
        "Messages a minute that one number or chat is heard at. More wait; none is lost.",
        default=20,
        least=1,
        most=100_000,
    )
    account_per_minute: int = setting(
        "Messages a minute of one account that go before those of others. More wait a little.",
        default=12_000,
        least=60,
        most=1_000_000,
    )
    acknowledgements_a_day: int = setting(
        "Acknowledgements that one number or chat gets in 24 hours, one a case at most. Of what "
        "comes beyond, the team lets the person know.",
        default=5,
        least=1,
        most=1000,
    )


@dataclass(frozen=True)
class LoopbackConfig:
    """``[loopback]``: telling the person, and the community (DOMAIN.md, States and Loop back)."""

    attempts: int = setting(
        "Attempts on different days before a person counts as unreachable.",
        default=5,
        least=1,
        most=30,
    )
    quiet_hours: tuple[time, time] | None = setting(
        "Hours, local time, in which an answer waits until morning; empty: none. What a person has "
        "just written is answered at once.",
        default=None,
        parse=parse_quiet_hours,
    )
    texts_a_day: int = setting(
        "SMS parts a day after which answers wait for the next day and an alert is raised; 0: no "
        "limit.",
        default=0,
        least=0,
        most=1_000_000,
    )
    text_price: float = setting(
        "What one SMS part costs, to be shown before sending; 0: not shown.",
        default=0.0,
        least=0.0,
        most=1000.0,
    )
    currency: str = setting("The currency of that price.", default="MZN", parse=named)
    small_number_threshold: int = setting(
        "Counts below this are not published.", default=5, least=1, most=100
    )
    appeal_days: int = setting(
        "Days after closing in which a person may appeal.", default=30, least=1, most=3650
    )
    bank_unasked: bool = setting(
        "Whether an answer of the information bank that is approved for texts may go back on the "
        "channel an ordinary question came by, though the person was not asked whether texts may "
        "say what it is about. A person's no holds.",
        default=False,
    )
    board_delay_hours: int = setting(
        "Hours from an entry's approval until it stands on a site's public board.",
        default=24,
        least=0,
        most=8760,
    )


@dataclass(frozen=True)
class HotlineConfig:
    """``[hotline]``: which calls of a switchboard's or an operator's log need a case."""

    internal: str = setting(
        "Callers that are the hotline's own extensions, as a regular expression.",
        default=r"[0-9*#]{1,5}",
        parse=parse_pattern,
    )
    short_call_seconds: int = setting(
        "A call nobody took that lasted less is not called back. 0: ringing once asks for it too.",
        default=0,
        least=0,
        most=600,
    )
    call_back: bool = setting(
        "Whether a call that nobody took is a request to be called back.", default=True
    )
    call_back_window: Span = setting(
        "Tries of one caller this near to each other are one request.",
        default=Span(12 * HOUR),
        parse=parse_span,
    )
    codes: tuple[str, ...] = setting(
        "What was pressed or answered, and its code of the frame: 1-2=request.water.",
        default=(),
        parse=parse_call_codes,
    )
    drop_folder: Path | None = setting(
        "A folder whose files are imported as they come; without it none is watched.",
        default=None,
        parse=parse_folder,
    )
    drop_format: str = setting(
        "The format of those files, one of import ivr's; empty: found out from each.",
        default="",
        parse=parse_call_log,
    )
    drop_channel: str = setting(
        "Channel of calls from the drop folder.", default="hotline", parse=parse_channel_name
    )
    drop_timezone: str = setting(
        "Where their times without an offset were written; empty: the hub's time zone.",
        default="",
        parse=parse_timezone_name,
    )
    drop_live: bool = setting(
        "Whether calls from the drop folder are new (clocks run) or history.", default=True
    )


@dataclass(frozen=True)
class OnCallConfig:
    """``[on_call]``: handlers of highly sensitive cases are rung for what cannot wait."""

    ring_every: Span = setting(
        "From ringing one handler to ringing the next, until somebody says they take it.",
        default=Span(2 * 60),
        parse=parse_span,
    )
    external_focal_point: str = setting(
        "E-mail of the account, of somebody outside, that takes what accuses the hub's own "
        "organisation; nobody here then sees it. Empty: its handlers do.",
        default="",
        parse=parse_mail_address,
    )

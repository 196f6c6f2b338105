"""A telephone line through Twilio: a menu, voice messages, missed calls.

What is heard when is ``_ivr``'s table. Set-up: ``docs/channels/twilio_voice.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from channels import _ivr, _twilio, twilio_sms
from channels._call_traces import answered, asked_back, caller_in, heard, voice
from channels._ivr import Caller, Place, Step, Trace, Turn
from channels._twiml import CONTENT_TYPE, Call
from channels.base import (
    Desk,
    Item,
    Prompt,
    WebhookReply,
    WebhookRequest,
    identifier,
)
from feedback_hub.domain.contact import Purpose as Say
from feedback_hub.domain.contact import Step as Question
from feedback_hub.domain.dialogue import DIALOGUE, MOST_QUESTIONS
from feedback_hub.domain.message import (
    Attachment,
    DeliveryError,
    InboundMessage,
    SendFault,
)

ENDED: Mapping[str, bool] = {
    # Twilio's word for a call → whether it is over.
    # Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values
    "queued": False,
    "initiated": False,
    "ringing": False,
    "in-progress": False,
    "answered": False,
    "completed": True,
    "busy": True,
    "no-answer": True,
    "canceled": True,
    "failed": True,
}
_TRY_AGAIN = "#rc=3&rp=all"
_RUNG = "voice/ring"
_KEY_WAIT = 7
_DIGITS_WAIT = 12
_RING = 25
_MOST_LISTED = 5000
_LARGEST_PAGE = 1000
_SKEW = timedelta(seconds=60)
_RECORDING = re.compile(r"/Recordings/(RE[A-Za-z0-9]{1,62})(?:\.\w+)?/?$")
_NO_CONTENT = WebhookReply(204, b"", CONTENT_TYPE)


class _Resource(Protocol):
    sid: str
    date_created: datetime | None


class _CallRecord(_Resource, Protocol):
    _from: str | None
    direction: str | None
    status: str | None
    start_time: datetime | None


class _Recording(_Resource, Protocol):
    call_sid: str | None
    duration: str | None


class Adapter(twilio_sms.Adapter):
    """One Twilio number that people ring. What is written to them goes out as texts from it."""

    Settings: ClassVar[type] = _twilio.VoiceSettings
    methods: ClassVar[Mapping[str, frozenset[str]]] = {
        "voice": frozenset({"POST"}),
        "status": frozenset({"POST"}),
        _RUNG: frozenset({"POST"}),
    }
    settings: _twilio.VoiceSettings

    def parse(self, request: WebhookRequest, now: datetime) -> Sequence[Item]:
        """What one step of a call, its end or a text's receipt leaves behind; mostly nothing.

        A call leaves a voice message, or at most one request to be called back, which bears the
        call's own id; ``<call>.heard`` says that nobody need call back.
        """
        form = _twilio.parse_form(request)
        if "MessageStatus" in form:
            return super().parse(request, now)
        # One of the staff is rung by us: no message of theirs.
        return () if request.endpoint == _RUNG else self._said(request, form, now)

    def _said(self, request: WebhookRequest, form: _twilio.Form, now: datetime) -> Sequence[Item]:
        call = identifier(form.first("CallSid"), "CallSid")
        if request.endpoint == "status":
            ended = ENDED.get(form.first("CallStatus"), False)
            return self._missed_call(call, form, now, {}) if ended else ()
        place = Place.read(request.url)
        if recorded := _recorded(place, form):
            return (self._voice(call, recorded, form, place, now), heard(call, now))
        turn = self._advance(place, form)
        match turn.leaves:
            case Trace.ASKED:
                said = {"asked": "yes", "consent_contact": "yes"}
                return self._missed_call(call, form, now, said, turn.place.language)
            case Trace.GAVE_UP:
                return self._missed_call(call, form, now, {}, turn.place.language)
            case Trace.DECLINED:
                return (heard(call, now),)
            case Trace.SERVED:
                return (heard(call, now, _ivr.numbers_in(form.first("Digits"))),)
            case None:
                return ()

    def reply(self, items: Sequence[Item]) -> WebhookReply:
        """The end of the call; nothing is said without the hub (``converse``)."""
        return Call().hang_up().reply()

    def converse(
        self, request: WebhookRequest, items: Sequence[Item], desk: Desk, now: datetime
    ) -> WebhookReply:
        """What the caller hears next."""
        if request.endpoint == _RUNG:
            return self._rung(request, desk)
        if request.endpoint != "voice":
            return _NO_CONTENT
        form, place = _twilio.parse_form(request), Place.read(request.url)
        if place.step is Step.START:
            return self._start(form, desk, now)
        if _recorded(place, form):
            return self._thank(place, self._caller(form), desk, items)
        if place.step is Step.QUESTION:
            return self._take_answer(place, form, desk, now)
        turn = self._advance(place, form)
        if turn.place.step is Step.PERSON:
            return self._connect(turn.place, self._caller(form), desk)
        call = Call()
        self._hear(call, turn.says, turn.place.language, desk)
        return self._ask(call, turn.place, self._caller(form), desk)

    def missed(self, since: datetime) -> Sequence[InboundMessage]:
        """What Twilio recorded and which calls ended since ``since``, the oldest first.

        Calls that were served are among them: the hub knows which. Raises ``DeliveryError``, also
        when there are more than can be read at once.
        """
        since -= _SKEW
        calls = {call.sid: call for call in self._calls(since)}
        found: list[InboundMessage] = []
        for recording in self._recordings(since):
            call = calls.get(recording.call_sid or "")
            if call is not None and recording.duration not in {None, "0", "-1"}:
                at = recording.date_created or since
                caller = caller_in(call._from or "")
                url, number = self._recording_url(recording.sid), self.settings.from_number
                found.append(voice(call.sid, recording.sid, url, caller, number, at))
                found.append(heard(call.sid, at))
        known = {one.external_id for one in found}
        for call in calls.values():
            caller = caller_in(call._from or "")
            if caller and f"{call.sid}.heard" not in known and ENDED.get(call.status or "", False):
                at = call.start_time or call.date_created or since
                found.append(asked_back(call.sid, caller, self.settings.from_number, at, {}))
        return sorted(found, key=lambda message: message.received_at)

    def registered(self) -> str:
        """Where Twilio asks what a caller hears; empty, too, if it tells nobody how calls end.

        Without that second address whoever hangs up leaves no trace.
        """
        number = self._number()
        tells = str(number.status_callback or "").startswith(f"{self.public_url}/")
        return str(number.voice_url or "") if tells else ""

    def register(self) -> None:
        """Have Twilio ask this hub what a caller hears, and tell it how calls end.

        Raises ``DeliveryError``. Twilio takes the addresses without trying them.
        """
        self._number().update(
            voice_url=f"{self.public_url}/voice{_TRY_AGAIN}",
            voice_method="POST",
            status_callback=f"{self.public_url}/status{_TRY_AGAIN}",
            status_callback_method="POST",
        )

    def ring(self, number: str, key: str) -> str:
        """Ring one of the staff; see ``Rings``. Who presses 1 takes it, a mailbox never does."""
        if not self.settings.from_number:
            raise DeliveryError(SendFault.CREDENTIALS, permanent=True, provider_code="no_number")
        made = self._client.calls.create(
            to=number,
            from_=self.settings.from_number,
            url=f"{self.public_url}/{_RUNG}?{urlencode({'ring': key})}",
            method="POST",
            timeout=_RING,
        )
        if not isinstance(made.sid, str) or not made.sid:
            raise DeliveryError(SendFault.NO_ANSWER, outcome_unknown=True)
        return made.sid

    def _rung(self, request: WebhookRequest, desk: Desk) -> WebhookReply:
        key = dict(parse_qsl(urlsplit(request.url).query)).get("ring", "")
        said = desk.ringing(key)
        call = Call()
        if said is None:
            return call.hang_up().reply()
        form = _twilio.parse_form(request)
        if "Digits" not in form:
            call.ask(f"{self.public_url}/{_RUNG}?{urlencode({'ring': key})}", digits=1, timeout=10)
            for _ in range(2):
                call.hear(Prompt(said.text), said.language)
            return call.reply()
        if form.first("Digits") == "1" and desk.take(key):
            call.hear(Prompt(said.thanks), said.language)
        return call.hang_up().reply()

    def fetch(self, attachment: Attachment, most: int, seconds: float = 60.0) -> bytes:
        """A recording, from this account's own and nowhere else. Raises ``DeliveryError``."""
        match = _RECORDING.search(urlsplit(attachment.url).path)
        if match is None:
            raise DeliveryError(SendFault.REFUSED, permanent=True, provider_code="not_held")
        from channels._twilio_api import download

        return download(self.settings, self._recording_url(match[1]), most, seconds, may_come=True)

    # --- what is heard ---

    def _start(self, form: _twilio.Form, desk: Desk, now: datetime) -> WebhookReply:
        """Nothing approved can be heard: busy, and whoever rang is called back."""
        caller = self._caller(form)
        needed = _ivr.heard_by(2, person=caller.may_reach_person)
        offered = tuple(desk.languages(needed))[:9]
        if len(offered) < 2:
            needed = _ivr.heard_by(1, person=caller.may_reach_person)
            offered = tuple(desk.languages(needed))[:1]
        if not offered:
            call = identifier(form.first("CallSid"), "CallSid")
            desk.keep(self._missed_call(call, form, now, {}))
            return Call().reject().reply()
        answer = Call()
        if len(offered) > 1:
            return self._ask(answer, Place(Step.LANGUAGE, offered=offered), caller, desk)
        self._hear(answer, (Say.VOICE_WELCOME,), offered[0], desk)
        return self._ask(answer, Place(Step.MENU, language=offered[0]), caller, desk)

    def _ask(self, call: Call, place: Place, caller: Caller, desk: Desk) -> WebhookReply:
        if place.step is Step.END:
            return call.hang_up().reply()
        if place.step is Step.QUESTION:
            call.ask(self._action(place), digits=1, timeout=_KEY_WAIT)
            if (asks := DIALOGUE[place.asks[0]].spoken) is not None:
                self._hear(call, (asks,), place.language, desk)
            if place.asks[0] is Question.SITE:
                for number, (_, name) in enumerate(desk.sites(), 1):
                    call.name(name, place.language).digits(str(number), place.language)
            return call.reply()
        if place.step is Step.LANGUAGE:
            call.ask(self._action(place), digits=1, timeout=_KEY_WAIT)
            for number, language in enumerate(place.offered, 1):
                call.hear(desk.prompt(language, Say.VOICE_LANGUAGE), language)
                call.digits(str(number), language)
            return call.reply()
        asked = _ivr.TABLE[place.step]
        if place.step is Step.RECORD:
            self._hear(call, asked.says, place.language, desk)
            left, nothing = replace(place, step=Step.LEFT), place
            return call.record(
                self._action(left), self._action(nothing), longest=self.settings.longest_message
            ).reply()
        wait = _DIGITS_WAIT if asked.digits > 1 else _KEY_WAIT
        call.ask(self._action(place), digits=asked.digits, timeout=wait)
        says = [
            say for say in asked.says if say is not Say.VOICE_MENU_PERSON or caller.may_reach_person
        ]
        self._hear(call, says, place.language, desk)
        return call.reply()

    def _thank(
        self, place: Place, caller: Caller, desk: Desk, items: Sequence[Item]
    ) -> WebhookReply:
        """The caller cannot write: both numbers are said twice. Then come the few questions."""
        call, language = Call(), place.language
        self._hear(call, (Say.VOICE_THANKS,), language, desk)
        left = next((item for item in items if isinstance(item, InboundMessage)), None)
        numbers = desk.numbers(left.external_id) if left else None
        asks = self._questions(place, desk, left.external_id) if left else ()
        if numbers is not None:
            for again in ((), (Say.VOICE_AGAIN,)):
                self._hear(call, (*again, Say.VOICE_REFERENCE), language, desk)
                call.digits(numbers.reference, language).pause()
                self._hear(call, (Say.VOICE_SECRET,), language, desk)
                call.digits(numbers.secret, language).pause(2)
        if left and asks:
            about = left.external_id
            place = replace(place, step=Step.QUESTION, asks=asks, about=about, tries=0)
            return self._ask(call, place, caller, desk)
        self._hear(call, (Say.VOICE_GOODBYE,), language, desk)
        return call.hang_up().reply()

    def _questions(self, place: Place, desk: Desk, message: str) -> tuple[Question, ...]:
        """What this caller is asked: what is open and can be heard, three with the language."""
        can_be_asked = (
            question
            for question in desk.questions(message)
            if (asks := DIALOGUE[question].spoken) is not None
            and desk.prompt(place.language, asks) is not None
            and (question is not Question.SITE or desk.sites())
        )
        most = MOST_QUESTIONS - (len(place.offered) > 1)
        return tuple(can_be_asked)[:most]

    def _take_answer(
        self, place: Place, form: _twilio.Form, desk: Desk, now: datetime
    ) -> WebhookReply:
        call, caller = Call(), self._caller(form)
        if not place.asks:
            return call.hang_up().reply()
        sites = {str(number): code for number, (code, _) in enumerate(desk.sites(), 1)}
        turn, value = _ivr.answer(place, form.first("Digits"), sites)
        if value:
            of = identifier(form.first("CallSid"), "CallSid")
            desk.keep((answered(of, place, value, now),))
        self._hear(call, turn.says, place.language, desk)
        return self._ask(call, turn.place, caller, desk)

    def _connect(self, place: Place, caller: Caller, desk: Desk) -> WebhookReply:
        hours = self.settings.operator_hours
        call = Call()
        if desk.is_worked(hours.start if hours else None, hours.end if hours else None):
            self._hear(call, (Say.VOICE_CONNECTING,), place.language, desk)
            dialed = self._action(replace(place, step=Step.DIALED))
            return call.dial(self.settings.operator_number, dialed, timeout=_RING).reply()
        turn = _ivr.advance(replace(place, step=Step.DIALED), _ivr.NOT_REACHED, caller)
        self._hear(call, turn.says, place.language, desk)
        return self._ask(call, turn.place, caller, desk)

    def _hear(self, call: Call, says: Iterable[Say], language: str, desk: Desk) -> None:
        for say in says:
            call.hear(desk.prompt(language, say), language)

    def _action(self, place: Place) -> str:
        return f"{self.public_url}/voice?{place.query()}"

    # --- what is left ---

    def _advance(self, place: Place, form: _twilio.Form) -> Turn:
        caller = self._caller(form)
        if place.step in {Step.START, Step.QUESTION}:
            # Only the hub knows what answers a question: it is kept by ``converse``.
            return Turn(place)
        if place.step is Step.LEFT:
            # It came here without a recording: nothing was said.
            place = replace(place, step=Step.RECORD)
        if place.step is Step.DIALED:
            reached = form.first("DialCallStatus") in {"completed", "answered"}
            return _ivr.advance(place, _ivr.REACHED if reached else _ivr.NOT_REACHED, caller)
        return _ivr.advance(place, form.first("Digits"), caller)

    def _caller(self, form: _twilio.Form) -> Caller:
        return Caller(bool(caller_in(form.first("From"))), bool(self.settings.operator_number))

    def _voice(
        self, call: str, recording: str, form: _twilio.Form, place: Place, now: datetime
    ) -> InboundMessage:
        url, caller = self._recording_url(recording), caller_in(form.first("From"))
        left = voice(call, recording, url, caller, form.first("To"), now)
        return replace(left, language=place.language or "und")

    def _recording_url(self, recording: str) -> str:
        account = self.settings.account_sid
        base = f"{self.settings.api_base}/2010-04-01/Accounts/{account}"
        return f"{base}/Recordings/{recording}.mp3"

    def _missed_call(
        self,
        call: str,
        form: _twilio.Form,
        now: datetime,
        said: Mapping[str, str],
        language: str = "",
    ) -> tuple[InboundMessage, ...]:
        """A request to be called back; nothing where there is no number to call."""
        caller = caller_in(form.first("From"))
        # What we dial ourselves ends too.
        if not caller or form.first("Direction").startswith("outbound"):
            return ()
        made = asked_back(call, caller, form.first("To"), now, said)
        return (replace(made, language=language or "und"),)

    # --- what Twilio has ---

    def _calls(self, since: datetime) -> Iterator[_CallRecord]:
        number = {"to": self.settings.from_number} if self.settings.from_number else {}
        listed: list[_CallRecord] = self._client.calls.list(
            start_time_after=since, limit=_MOST_LISTED, page_size=_LARGEST_PAGE, **number
        )
        _all_of(listed)
        return (call for call in listed if call.direction == "inbound")

    def _recordings(self, since: datetime) -> Sequence[_Recording]:
        listed: list[_Recording] = self._client.recordings.list(
            date_created_after=since, limit=_MOST_LISTED, page_size=_LARGEST_PAGE
        )
        _all_of(listed)
        return listed


def _all_of(listed: Sequence[object]) -> None:
    if len(listed) >= _MOST_LISTED:
        raise DeliveryError(SendFault.REFUSED, provider_code="too_many_missed")


def _recorded(place: Place, form: _twilio.Form) -> str:
    """The id of the recording that was just made; empty if there is none, or nothing in it."""
    if place.step is not Step.LEFT or form.first("RecordingDuration") == "0":
        return ""
    match = _RECORDING.search(urlsplit(form.first("RecordingUrl")).path)
    if match is not None:
        return match[1]
    return form.first("RecordingSid")

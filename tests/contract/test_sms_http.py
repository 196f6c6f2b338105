"""The HTTP gateway where the common suite does not look: proofs, identity, sending, the phone."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels._sms_gateways import GatewaySettings
from channels.base import Unparseable, Unverified, WebhookRequest
from channels.sms_http import Adapter
from feedback_hub.config import ConfigError, Context, Section, build_settings
from feedback_hub.domain.message import (
    CannotAsk,
    DeliveryError,
    DeliveryReceipt,
    DeliveryState,
    InboundMessage,
    MessageKind,
    OutboundMessage,
    SendFault,
)
from feedback_hub.domain.pacing import Limits
from tests.contract.recorded import NOW, SAMPLES
from tests.providers.kannel import PASSWORD, SECRET, USERNAME, GatewayServer, gateway

__all__ = ["gateway"]

PERSON = "+258841234567"
PUBLIC = "https://hub.example.org/channels/shortcode"
Make = Callable[..., Adapter]


def settings(**keys: object) -> GatewaySettings:
    """Built as from a config file; ``secret`` and ``password`` as from the environment."""
    table = "channels.shortcode"
    environ = {
        f"FEEDBACK_HUB_CHANNELS_SHORTCODE_{key.upper()}": str(keys.pop(key))
        for key in ("secret", "password")
        if key in keys
    }
    context = Context(environ, directory=SAMPLES, working_directory=SAMPLES)
    return build_settings(GatewaySettings, Section(table, keys, "sms_http"), context)


def channel(**keys: object) -> Adapter:
    keys = {"send_url": "http://127.0.0.1:1/x", "secret": SECRET, "password": PASSWORD} | keys
    return Adapter("shortcode", settings(**keys), PUBLIC)


@pytest.fixture
def kannel(gateway: GatewayServer) -> Make:
    def make(**keys: object) -> Adapter:
        usual = {"send_url": gateway.url, "username": USERNAME, "from_number": "1458"}
        return channel(**({**usual, "read_timeout": 5} | keys))

    return make


@pytest.fixture
def phone(gateway: GatewayServer) -> Adapter:
    return channel(profile="android", send_url=f"{gateway.base}/messages", username=USERNAME)


def a_message(text: str = "Caso 123 456 782: recebemos.", number: int = 0) -> OutboundMessage:
    return OutboundMessage(f"{number:032x}", "shortcode", PERSON, text, attempted_at=NOW)


def asked(
    query: dict[str, str] | None = None,
    *,
    endpoint: str = "inbound",
    address: str = "",
    body: bytes = b"",
    **headers: str,
) -> WebhookRequest:
    return WebhookRequest(
        endpoint,
        "POST" if body else "GET",
        f"{PUBLIC}/{endpoint}?{urlencode(query or {})}",
        {name.replace("_", "-"): value for name, value in headers.items()},
        body,
        address,
    )


def refuses(adapter: Adapter, request: WebhookRequest) -> bool:
    try:
        adapter.verify(request)
    except Unverified:
        return True
    return False


# Who may call


def test_the_secret_may_be_a_parameter_of_the_address_or_of_the_form() -> None:
    assert not refuses(channel(), asked({"secret": SECRET}))
    assert refuses(channel(), asked({"secret": SECRET + "x"}))
    assert refuses(channel(), asked({"secret": ""}))
    assert refuses(channel(), asked())
    posted = urlencode({"key": SECRET}).encode()
    form = asked(body=posted, content_type="application/x-www-form-urlencoded")
    assert not refuses(channel(secret_name="key"), form)
    assert refuses(channel(secret_name="key"), asked({"secret": SECRET}))


def test_the_secret_may_be_a_header() -> None:
    adapter = channel(secret_in="header", secret_name="X-Key")
    assert not refuses(adapter, asked(x_key=SECRET))
    assert refuses(adapter, asked(x_key=SECRET[:-1]))
    assert refuses(adapter, asked({"secret": SECRET, "X-Key": SECRET}))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("196.3.96.4", True),
        ("10.1.200.7", True),
        ("::ffff:196.3.96.4", True),
        ("196.3.96.5", False),
        ("", False),
        ("nonsense", False),
        ("2001:db8::1", False),
    ],
)
def test_a_list_of_addresses_alone_or_with_the_secret(address: str, allowed: bool) -> None:
    networks = ["196.3.96.4", "10.1.0.0/16"]
    alone = channel(secret="", allowed_addresses=networks)
    both = channel(allowed_addresses=networks)
    assert refuses(alone, asked(address=address)) is not allowed
    assert refuses(both, asked({"secret": SECRET}, address=address)) is not allowed
    assert refuses(both, asked(address=address))


def test_without_any_proof_it_does_not_start() -> None:
    with pytest.raises(ConfigError, match="needs secret, allowed_addresses or both"):
        settings(send_url="http://127.0.0.1:1/x")


@pytest.mark.parametrize(
    "keys",
    [
        {"secret_in": "body"},
        {"allowed_addresses": ["everybody"]},
        {"send_parameters": ["text={words}"]},
        {"send_parameters": ["text"]},
        {"id_pattern": "("},
        {"id_pattern": "ID"},
        {"send_method": "json", "send_parameters": ["a={id}", "a.b={text}"]},
        {"time_zone": "Maputo"},
        {"send_url": "http://gateway/sendsms?password=x"},
        {"password": "x", "country": "XX"},
    ],
)
def test_a_setting_that_cannot_work_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as refused:
        channel(**keys)
    assert SECRET not in str(refused.value)


# Which message is it


def message_of(adapter: Adapter, now: datetime = NOW, **query: str) -> InboundMessage:
    items = adapter.parse(asked({"from": PERSON, "to": "1458", "text": "ajuda"} | query), now)
    assert isinstance(items[0], InboundMessage)
    return items[0]


def test_without_id_and_time_a_second_help_is_never_lost() -> None:
    first = message_of(channel())
    assert message_of(channel(), NOW + timedelta(seconds=2)).external_id != first.external_id
    # At the same instant nobody types twice: that is one delivery repeated.
    assert message_of(channel()).external_id == first.external_id
    assert message_of(channel(), text="Ajuda").external_id != first.external_id


def test_a_hash_of_what_a_person_said_cannot_be_recomputed_without_the_secret() -> None:
    known = message_of(channel(), time="1").external_id
    assert message_of(channel(secret="another"), time="1").external_id != known


@given(st.lists(st.text(max_size=5), min_size=4, max_size=4, unique_by=lambda x: x))
def test_parts_never_run_into_each_other(parts: list[str]) -> None:
    one = message_of(channel(), text=parts[0] + parts[1], time=parts[2] + "x")
    other = message_of(channel(), text=parts[0], time=parts[1] + parts[2] + "x")
    same = (parts[0] + parts[1], parts[2]) == (parts[0], parts[1] + parts[2])
    assert (one.external_id == other.external_id) is same


def test_times_without_an_offset_are_of_the_zone_that_was_set() -> None:
    maputo = channel(time_zone="Africa/Maputo")
    assert message_of(maputo, time="2026-03-02 10:00:00").sent_at == NOW
    assert message_of(maputo, time="1772438400000").sent_at == NOW
    assert message_of(channel(), time="0001-01-01T00:00:00+14:00").sent_at is None


@given(st.binary(max_size=60), st.sampled_from(["", "UTF-8", "UTF-16BE", "zlib", "idna", "?", "é"]))
def test_no_bytes_in_any_character_set_are_refused(raw: bytes, charset: str) -> None:
    query = urlencode({"from": PERSON, "text": raw, "charset": charset, "id": "1"})
    request = replace(asked(), url=f"{PUBLIC}/inbound?{query}")
    text = channel().parse(request, NOW)[0]
    assert isinstance(text, InboundMessage)
    text.text.encode()


def test_names_of_another_gateway_lead_into_its_json() -> None:
    adapter = channel(
        sender_param="messages.0.from.msisdn",
        text_param="messages.0.body",
        id_param="messages.0.ref",
    )
    document = {"messages": [{"from": {"msisdn": PERSON}, "body": "olá", "ref": 7}]}
    request = asked(body=json.dumps(document).encode(), content_type="application/json")
    item = adapter.parse(request, NOW)[0]
    assert isinstance(item, InboundMessage)
    assert (item.text, item.address, item.external_id) == ("olá", PERSON, "7")


# Out, to Kannel


def test_a_text_goes_out_as_kannel_wants_it(gateway: GatewayServer, kannel: Make) -> None:
    sent = kannel().send(a_message())
    asked_for = gateway.sent[0].parameters
    url = asked_for.pop("dlr-url")
    assert asked_for == {
        "username": USERNAME,
        "password": PASSWORD,
        "from": "1458",
        "to": PERSON,
        "text": "Caso 123 456 782: recebemos.",
        "charset": "UTF-8",
        "coding": "0",
        "dlr-mask": "31",
    }
    assert sent == "0" * 32
    assert SECRET not in url
    assert url.startswith(f"{PUBLIC}/status?id={sent}&mark=")
    assert url.endswith("&state=%d&reply=%A&time=%T")


def test_letters_outside_the_gsm_alphabet_and_long_texts_are_one_request(
    gateway: GatewayServer, kannel: Make
) -> None:
    text = "Não há água. " * 60 + "😀"
    kannel().send(a_message(text))
    assert len(gateway.calls) == 1
    assert gateway.sent[0].parameters["text"] == text
    assert gateway.sent[0].parameters["coding"] == "2"


def test_a_report_proves_itself_for_its_own_message_only(
    gateway: GatewayServer, kannel: Make
) -> None:
    adapter = kannel()
    adapter.send(a_message())
    url = gateway.sent[0].parameters["dlr-url"].replace("%d", "1").replace("%A", "")
    report = replace(asked(endpoint="status"), url=url.replace("%T", "1772438400"))
    adapter.verify(report)
    assert adapter.parse(report, NOW) == [
        DeliveryReceipt("0" * 32, DeliveryState.DELIVERED, NOW, raw_state="1")
    ]
    other = replace(report, url=report.url.replace("id=0", "id=1"))
    assert refuses(adapter, other)
    assert refuses(adapter, replace(report, endpoint="inbound"))
    assert refuses(kannel(secret="another"), report)


@pytest.mark.parametrize(
    ("answer", "fault", "permanent", "unknown"),
    [
        ((403, "Authorization failed for sendsms"), SendFault.CREDENTIALS, False, False),
        ((400, "Sender missing and no global set"), SendFault.CREDENTIALS, False, False),
        ((400, "Not routable. Do not try again."), SendFault.BAD_ADDRESS, True, False),
        ((400, "Empty receiver number not allowed"), SendFault.BAD_ADDRESS, True, False),
        ((400, "Something else"), SendFault.REFUSED, True, False),
        ((503, "Temporal failure, try again later."), SendFault.PROVIDER_DOWN, False, False),
        ((402, "No credit"), SendFault.CREDENTIALS, False, False),
        ((404, "<html>"), SendFault.CREDENTIALS, False, False),
        ((429, "Slower"), SendFault.RATE_LIMITED, False, False),
        ((502, "<html>Bad gateway"), SendFault.PROVIDER_DOWN, False, True),
        ((302, ""), SendFault.PROVIDER_DOWN, False, True),
        ((200, "<html>Welcome to the airport"), SendFault.NO_ANSWER, False, True),
        ("drop", SendFault.NO_ANSWER, False, True),
        ("drop_after", SendFault.NO_ANSWER, False, True),
    ],
)
def test_what_is_not_taken_says_what_to_do(
    gateway: GatewayServer,
    kannel: Make,
    answer: tuple[int, str] | str,
    fault: SendFault,
    permanent: bool,
    unknown: bool,
) -> None:
    gateway.answers.append(answer)
    with pytest.raises(DeliveryError) as refused:
        kannel().send(a_message())
    error = refused.value
    assert (error.fault, error.permanent, error.outcome_unknown) == (fault, permanent, unknown)
    assert len(gateway.calls) == 1
    assert PERSON not in repr(error)
    assert "1234567" not in str(error.__cause__) + str(error.__context__ or "")


def test_a_gateway_that_is_not_there_got_nothing(kannel: Make) -> None:
    with pytest.raises(DeliveryError) as refused:
        kannel(send_url="http://127.0.0.1:1/x").send(a_message())
    assert (refused.value.fault, refused.value.outcome_unknown) == (SendFault.PROVIDER_DOWN, False)


def test_kannel_cannot_be_asked_what_it_has(kannel: Make) -> None:
    with pytest.raises(CannotAsk):
        kannel().find_sent(a_message())


def test_a_log_in_is_checked_without_sending(gateway: GatewayServer, kannel: Make) -> None:
    assert "knows this hub" in kannel().check()
    with pytest.raises(DeliveryError, match="credentials 403"):
        kannel(password="wrong").check()
    with pytest.raises(DeliveryError, match="provider_down"):
        kannel(send_url="http://127.0.0.1:1/x").check()
    assert gateway.sent == []
    assert all("to" not in call.parameters for call in gateway.calls)


def test_another_gateway_has_its_own_words_and_ids(gateway: GatewayServer, kannel: Make) -> None:
    adapter = kannel(
        send_method="form",
        send_parameters=["user={username}", "pass={password}", "no={to_digits}", "m={text}"],
        accepted_pattern="OK",
        refused_pattern="ERR",
        id_pattern=r"OK (\w+)",
    )
    gateway.answers.extend([(200, "OK 77ab"), (200, "ERR no such number"), (200, "?")])
    assert adapter.send(a_message()) == "77ab"
    call = gateway.calls[0]
    assert (call.method, call.parameters["no"]) == ("POST", PERSON[1:])
    with pytest.raises(DeliveryError) as refused:
        adapter.send(a_message())
    assert refused.value.permanent
    with pytest.raises(DeliveryError) as unsure:
        adapter.send(a_message())
    assert unsure.value.outcome_unknown


def test_words_in_a_text_are_not_read_as_placeholders(gateway: GatewayServer, kannel: Make) -> None:
    kannel().send(a_message("{password} %d &to=+258840000000"))
    assert gateway.sent[0].parameters["text"] == "{password} %d &to=+258840000000"
    assert gateway.sent[0].parameters["to"] == PERSON


# A phone with a local SIM


def event(name: str, payload: Mapping[str, object], key: str = SECRET) -> WebhookRequest:
    document = {"deviceId": "d", "event": name, "id": "w", "webhookId": "x", "payload": payload}
    body = json.dumps(document).encode()
    signature = hmac.new(key.encode(), body + b"1772438400", hashlib.sha256).hexdigest()
    return asked(
        body=body,
        content_type="application/json; charset=utf-8",
        x_signature=signature,
        x_timestamp="1772438400",
    )


RECEIVED = {
    "messageId": "1f9e2c4a",
    "message": "A bomba não funciona",
    "phoneNumber": PERSON,
    "simNumber": 1,
    "receivedAt": "2026-03-02T10:00:00.000+02:00",
}


def test_a_text_to_the_phone_is_signed_and_read(phone: Adapter) -> None:
    request = event("sms:received", RECEIVED)
    phone.verify(request)
    assert refuses(phone, event("sms:received", RECEIVED, "another"))
    assert refuses(phone, replace(request, body=request.body + b" "))
    assert refuses(phone, replace(request, headers={**request.headers, "x-timestamp": "1"}))
    assert refuses(phone, replace(request, headers={"content-type": "application/json"}))
    item = phone.parse(request, NOW)[0]
    assert isinstance(item, InboundMessage)
    assert (item.text, item.address, item.sent_at) == ("A bomba não funciona", PERSON, NOW)
    later = phone.parse(event("sms:received", RECEIVED | {"receivedAt": "2026-03-02T10:01Z"}), NOW)
    assert isinstance(later[0], InboundMessage)
    # Its messageId is of the content, and the same.
    assert later[0].external_id != item.external_id


PICTURE = {
    "messageId": "17",
    "sender": f"{PERSON}/TYPE=PLMN",
    "recipient": None,
    "simNumber": 1,
    "subject": "Bomba",
    "body": "está assim",
    "receivedAt": "2026-03-02T10:00:00.000+02:00",
    "attachments": [
        {"partId": 1, "contentType": "application/smil", "name": "a.smil", "data": "PHNtaWw+"},
        {"partId": 2, "contentType": "text/plain; charset=utf-8", "data": "ZXN0w6E="},
        {
            "partId": 3,
            "contentType": "image/jpeg",
            "name": "bomba.jpg",
            "size": 4,
            "data": "/9j/4A==",
        },
        {"partId": 4, "contentType": "video/3gpp", "size": 900000, "data": None},
    ],
}


def picture(phone: Adapter, **changed: object) -> InboundMessage:
    item = phone.parse(event("mms:downloaded", PICTURE | changed), NOW)[0]
    assert isinstance(item, InboundMessage)
    return item


def test_a_picture_message_comes_with_its_files(phone: Adapter) -> None:
    item = picture(phone)
    assert (item.kind, item.text) == (MessageKind.TEXT, "Bomba\nestá assim")
    assert (item.address, item.sent_at) == (PERSON, NOW)
    photo, film = item.attachments
    assert (photo.content_type, photo.filename) == ("image/jpeg", "bomba.jpg")
    assert phone.fetch(photo, 100) == b"\xff\xd8\xff\xe0"
    for attachment, most, code in (
        (film, 100, "not_held"),
        (photo, 3, "too_large"),
        (replace(photo, url="data:;base64,=broken="), 100, "unreadable"),
        (replace(photo, url="http://169.254.169.254/"), 100, "not_held"),
    ):
        with pytest.raises(DeliveryError) as refused:
            phone.fetch(attachment, most)
        assert (refused.value.permanent, refused.value.provider_code) == (True, code)


def test_a_repeated_picture_is_one_and_another_picture_is_another(phone: Adapter) -> None:
    assert picture(phone).external_id == picture(phone).external_id
    others = (
        {"attachments": PICTURE["attachments"][:3]},  # type: ignore[index]  # a list
        {"body": "e assim"},
        {"sender": "+258849999999"},
        {"receivedAt": "2026-03-02T10:00:01.000+02:00"},
    )
    ids = {picture(phone, **other).external_id for other in others}
    assert len(ids | {picture(phone).external_id}) == 5


def test_a_picture_that_the_phone_kept_is_a_message_all_the_same(phone: Adapter) -> None:
    item = phone.parse(event("mms:received", {"phoneNumber": PERSON, "transactionId": "T"}), NOW)[0]
    assert isinstance(item, InboundMessage)
    assert (item.kind, item.text, item.attachments) == (MessageKind.UNKNOWN, "", ())
    with pytest.raises(Unparseable):
        phone.parse(event("mms:downloaded", {"body": "de quem?"}), NOW)


@pytest.mark.parametrize(
    ("name", "payload", "state", "code"),
    [
        ("sms:sent", {}, DeliveryState.SENT, ""),
        ("sms:delivered", {}, DeliveryState.DELIVERED, ""),
        (
            "sms:failed",
            {"reason": "Send result: RESULT_ERROR_LIMIT_EXCEEDED"},
            DeliveryState.FAILED,
            "RESULT_ERROR_LIMIT_EXCEEDED",
        ),
    ],
)
def test_the_phone_reports_by_events(
    phone: Adapter, name: str, payload: dict[str, str], state: DeliveryState, code: str
) -> None:
    report = event(name, {"messageId": "0" * 32, "phoneNumber": PERSON, **payload})
    assert phone.parse(report, NOW) == [
        DeliveryReceipt("0" * 32, state, NOW, raw_state=name, error_code=code)
    ]


def test_the_phone_is_asked_what_became_of_a_text(gateway: GatewayServer, phone: Adapter) -> None:
    sent = phone.send(a_message())
    assert phone.state_of(sent, NOW).state is DeliveryState.SENT
    gateway.known[sent]["state"] = "Delivered"
    told = phone.state_of(sent, NOW)
    assert told == DeliveryReceipt(sent, DeliveryState.DELIVERED, NOW, raw_state="Delivered")
    gateway.known[sent]["state"] = "Teleported"
    assert phone.state_of(sent, NOW).state is None
    with pytest.raises(DeliveryError):
        phone.state_of("f" * 32, NOW)
    with pytest.raises(CannotAsk):
        channel().state_of(sent, NOW)


def test_a_sim_sends_no_more_than_its_operator_bears(phone: Adapter) -> None:
    assert phone.limits() == Limits(timedelta(seconds=6))
    assert channel(profile="android", per_minute=30).limits() == Limits(timedelta(seconds=2))
    assert channel().limits() is None
    assert (phone.parts(a_message()), phone.parts(a_message("ã" * 71))) == (1, 2)


def test_a_ping_is_nothing(phone: Adapter) -> None:
    assert phone.parse(event("system:ping", {"health": {}}), NOW) == []


def test_the_phone_never_sends_twice(gateway: GatewayServer, phone: Adapter) -> None:
    assert phone.find_sent(a_message()) is None
    gateway.answers.append("drop_after")
    with pytest.raises(DeliveryError) as lost:
        phone.send(a_message())
    assert lost.value.outcome_unknown
    assert phone.find_sent(a_message()) == "0" * 32
    assert phone.send(a_message()) == "0" * 32
    assert len(gateway.sent) == 1
    assert json.loads(gateway.sent[0].body) == {
        "id": "0" * 32,
        "textMessage": {"text": "Caso 123 456 782: recebemos."},
        "phoneNumbers": [PERSON],
        "withDeliveryReport": True,
    }
    assert "knows this hub" in phone.check()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_no_payload_of_a_phone_does_anything_but_be_read_or_rejected(payload: object) -> None:
    adapter = channel(profile="android")
    for name in ("sms:received", "sms:failed", "mms:received", "mms:downloaded", "?"):
        body = json.dumps({"event": name, "payload": payload}).encode()
        try:
            items = adapter.parse(asked(body=body, content_type="application/json"), NOW)
        except Unparseable:
            continue
        assert all(isinstance(item, InboundMessage | DeliveryReceipt) for item in items)

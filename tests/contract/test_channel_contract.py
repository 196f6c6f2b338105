"""What every channel keeps to, whichever provider it speaks with (ARCHITECTURE, A channel).

Runs for each kind that has a file in ``channels/``: adding one adds its row here, and fails until
it has recorded payloads and a page for operators.
"""

from __future__ import annotations

import json
import string
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from inspect import signature

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import (
    HoldsFiles,
    Item,
    Pulls,
    Unparseable,
    Unverified,
    WebhookRequest,
    load_kind,
)
from feedback_hub.config import keys_of
from feedback_hub.domain.message import DeliveryReceipt, InboundMessage
from feedback_hub.domain.submission import Submission
from tests.contract.recorded import DOCS, NOW, SAMPLES, Account, Sample, account, kinds, samples

KINDS = kinds()
ALL = [sample for kind in KINDS if (SAMPLES / kind).is_dir() for sample in samples(kind)]
_PLAIN = frozenset(string.ascii_letters + string.digits + "_.:=@-")

CALLED = [sample for sample in ALL if not sample.is_pulled]
BODIES = [sample for sample in CALLED if sample.body]
# One an endpoint: the megabytes behind it are what counts.
FIRST = list({(one.account.kind, one.endpoint): one for one in reversed(ALL) if one.body}.values())

each_kind = pytest.mark.parametrize("kind", KINDS)
each_sample = pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.label)
each_call = pytest.mark.parametrize("sample", CALLED, ids=lambda sample: sample.label)
fuzzed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def vouched(part: str) -> list[Sample]:
    return [sample for sample in CALLED if part in sample.account.signs]


def parsed(owner: Account, request: WebhookRequest) -> Sequence[Item] | None:
    """What became of a verified request; None if it was rejected, in words free of its content."""
    try:
        return owner.channel().parse(request, NOW)
    except Unparseable as error:
        reason = error.reason
    assert 0 < len(reason) < 80
    assert reason.encode() not in request.body
    return None


def is_refused(sample: Sample, request: WebhookRequest) -> bool:
    try:
        sample.account.channel().verify(request)
    except Unverified:
        return True
    return False


def assert_storable(items: Sequence[Item]) -> None:
    """Nothing that a database would choke on, nothing unsealed that could be somebody's words."""
    for whole in items:
        item = whole.message if isinstance(whole, Submission) else whole
        if isinstance(whole, Submission):
            assert_plain(whole.place, whole.safe_time, whole.accused_organisation, *whole.codes)
        if isinstance(item, InboundMessage):
            times = [item.received_at, item.sent_at or NOW]
            identifiers = [item.external_id]
            words = [item.text, item.sender, item.address, item.recipient, *item.metadata.values()]
            words += [file.url + file.content_type + file.filename for file in item.attachments]
        else:
            times = [item.at]
            identifiers = [item.provider_id, item.raw_state, item.error_code or "-"]
            words = []
        assert all(time.utcoffset() == timedelta(0) for time in times)
        assert all(0 < len(one) <= 100 and set(one) <= _PLAIN for one in identifiers)
        assert_plain(*words)


def assert_plain(*words: str) -> None:
    assert all(word.encode("utf-8").decode("utf-8") == word for word in words)


# Complete


def test_there_are_channels() -> None:
    assert {"twilio_sms", "sandbox"} <= set(KINDS)


@each_kind
def test_a_kind_has_recorded_payloads_for_each_of_its_endpoints(kind: str) -> None:
    endpoints = load_kind(kind).methods
    recorded = {(one.endpoint, one.method) for one in samples(kind) if not one.is_pulled}
    if any(sample.is_pulled for sample in samples(kind)):
        assert isinstance(account(kind).channel(), Pulls)
    assert {endpoint for endpoint, _ in recorded} == set(endpoints)
    assert all(method in endpoints[endpoint] for endpoint, method in recorded)
    assert any(sample.items for sample in samples(kind))


@each_kind
def test_a_kind_has_a_page_that_names_each_of_its_keys(kind: str) -> None:
    page = (DOCS / f"{kind}.md").read_text("utf-8")
    assert [key.name for key in keys_of(load_kind(kind).Settings) if key.name not in page] == []
    assert [key.name for key in keys_of(load_kind(kind).Settings) if not key.doc] == []
    assert f'kind = "{kind}"' in page


@each_kind
def test_its_secrets_are_never_in_its_repr(kind: str) -> None:
    channel = account(kind).channel()
    shown = repr(channel) + repr(getattr(channel, "settings", ""))
    assert [secret for secret in account(kind).secrets.values() if secret in shown] == []


@each_kind
def test_it_is_named_as_its_section(kind: str) -> None:
    assert account(kind).channel().name == account(kind).name


@each_kind
def test_a_file_is_fetched_with_a_limit_and_in_time(kind: str) -> None:
    channel = account(kind).channel()
    if isinstance(channel, HoldsFiles):
        # Being of a protocol says nothing of what a method takes, and the hub passes all three.
        signature(channel.fetch).bind("attachment", 100, 1.0)


@pytest.mark.parametrize("kind", ["base", "_twilio", "nothing", "../base", "", "Twilio_SMS"])
def test_what_is_no_kind_is_not_loaded(kind: str) -> None:
    with pytest.raises(LookupError):
        load_kind(kind)


# Genuine


@each_sample
def test_a_genuine_request_is_accepted_and_translated(sample: Sample) -> None:
    if not sample.is_pulled:
        sample.account.channel().verify(sample.request)
    items = parsed(sample.account, sample.request)
    assert (None if items is None else tuple(items)) == sample.items
    assert_storable(items or ())


@each_call
def test_the_provider_hears_what_it_expects(sample: Sample) -> None:
    reply = sample.account.channel().reply(sample.items or ())
    assert 200 <= reply.status < 300
    if sample.reply:
        heard = {
            "status": reply.status,
            "content_type": reply.content_type,
            "body": reply.body.decode(),
        }
        assert heard == sample.reply


@each_sample
def test_a_repeated_delivery_has_the_same_identity(sample: Sample) -> None:
    first = parsed(sample.account, sample.request)
    later = NOW + timedelta(minutes=5)
    if first is None:
        return
    again = sample.account.channel().parse(sample.request, later)
    assert [identity(item) for item in again] == [identity(item) for item in first]


def identity(item: Item) -> tuple[str, str]:
    if isinstance(item, DeliveryReceipt):
        return (item.provider_id, item.raw_state)
    return ("", (item.message if isinstance(item, Submission) else item).external_id)


@each_kind
def test_different_messages_have_different_identities(kind: str) -> None:
    found = [identity(item) for sample in samples(kind) for item in sample.items or ()]
    assert len(found) == len(set(found))


# Forged


@each_call
def test_a_request_without_its_proof_is_refused(sample: Sample) -> None:
    proof = sample.account.proof
    headers = {name: value for name, value in sample.headers.items() if name != proof}
    for forged in (headers, {**headers, proof: ""}):
        assert is_refused(sample, replace(sample.request, headers=forged))


@each_call
@pytest.mark.parametrize("change", ["first", "last", "longer", "doubled", "joined", "ümlaut"])
def test_a_request_with_another_proof_is_refused(sample: Sample, change: str) -> None:
    genuine = sample.headers[sample.account.proof]
    forged = {
        "first": ("A" if genuine[0] != "A" else "B") + genuine[1:],
        "last": genuine[:-2] + "~" + genuine[-1],
        "longer": genuine + "=",
        "doubled": f"{genuine},{genuine}",
        "joined": f"{genuine}, AAAA",
        "ümlaut": genuine[:-1] + "ü",
    }[change]
    headers = {**sample.headers, sample.account.proof: forged}
    assert is_refused(sample, replace(sample.request, headers=headers))


@pytest.mark.parametrize("sample", vouched("body"), ids=lambda sample: sample.label)
def test_an_altered_body_is_refused(sample: Sample) -> None:
    body, middle = sample.body, len(sample.body) // 2
    altered = {
        "cut": body[:middle],
        "one less": body[:-1],
        "one more": body + b"0",
        "empty": b"",
        "another field": body + b"&Body=more",
        "one bit": body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :],
    }
    accepted = [
        case
        for case, other in altered.items()
        if not is_refused(sample, replace(sample.request, body=other))
    ]
    assert accepted == []


@pytest.mark.parametrize("sample", vouched("url"), ids=lambda sample: sample.label)
def test_a_request_for_another_address_is_refused(sample: Sample) -> None:
    url = sample.request.url
    others = [
        url.replace("hub.example.org", "other.example.org"),
        url.replace("/channels/", "/canais/"),
        url.replace("https:", "http:"),
        url + ("&" if "?" in url else "?") + "more=1",
        "",
        "https://[broken",
    ]
    accepted = [
        other for other in others if not is_refused(sample, replace(sample.request, url=other))
    ]
    assert accepted == []


@pytest.mark.parametrize("sample", vouched("body"), ids=lambda sample: sample.label)
def test_the_proof_is_read_the_same_whatever_the_content_type_claims(sample: Sample) -> None:
    headers = {**sample.headers, "content-type": "application/json", "content-length": "0"}
    other = replace(sample.request, headers=headers, body=sample.body + b"&x=1")
    assert is_refused(sample, other)


# Damaged


@pytest.mark.parametrize("sample", BODIES, ids=lambda sample: sample.label)
@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "", "?"])
def test_another_content_type_is_rejected(sample: Sample, content_type: str) -> None:
    headers = {**sample.headers, "content-type": content_type}
    assert parsed(sample.account, replace(sample.request, headers=headers)) is None


@pytest.mark.parametrize(
    "sample", [one for one in BODIES if one.items], ids=lambda sample: sample.label
)
def test_a_field_that_nobody_knows_changes_nothing(sample: Sample) -> None:
    items = parsed(
        sample.account, replace(sample.request, body=with_field(sample, "NovaCoisa", "1"))
    )
    assert tuple(items or ()) == sample.items


def with_field(sample: Sample, name: str, value: str) -> bytes:
    if "json" in sample.headers["content-type"]:
        return json.dumps({**json.loads(sample.body), name: value}).encode()
    return sample.body + f"&{name}={value}".encode()


@pytest.mark.parametrize("sample", FIRST, ids=lambda sample: sample.label)
@pytest.mark.parametrize("junk", [b"A", b"\x00", b"\xff", b"&a=b", b"[", b'{"a":', b"%"])
def test_an_oversized_body_is_answered_soon(sample: Sample, junk: bytes) -> None:
    body = sample.body + junk * (2_000_000 // len(junk))
    # Of our own work: on a busy machine the clock counts the others' too.
    started = time.process_time()
    items = parsed(sample.account, replace(sample.request, body=body))
    assert_storable(items or ())
    assert time.process_time() - started < 5


@pytest.mark.parametrize("sample", FIRST, ids=lambda sample: sample.label)
def test_a_body_of_nothing_but_brackets_is_rejected(sample: Sample) -> None:
    assert not parsed(sample.account, replace(sample.request, body=b"[" * 200_000))


@each_sample
def test_text_that_is_not_utf8_is_refused_or_rejected_or_made_storable(sample: Sample) -> None:
    for body in (sample.body.replace(b"a", b"\xe3"), sample.body.replace(b"a", b"%E3")):
        assert_storable(parsed(sample.account, replace(sample.request, body=body)) or ())
        if "body" in sample.account.signs and body != sample.body:
            assert is_refused(sample, replace(sample.request, body=body))


# Anything at all


@each_kind
@given(body=st.binary(max_size=400), data=st.data())
@fuzzed
def test_no_bytes_do_anything_but_be_refused_or_rejected(
    kind: str, body: bytes, data: st.DataObject
) -> None:
    sample = data.draw(st.sampled_from(samples(kind)))
    assert_refused_or_parsed(sample, replace(sample.request, body=body))


@each_kind
@given(data=st.data())
@fuzzed
def test_no_damage_to_a_genuine_request_does_anything_else_either(
    kind: str, data: st.DataObject
) -> None:
    sample = data.draw(st.sampled_from(samples(kind)))
    body = bytearray(sample.body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = data.draw(st.binary(max_size=20))
    assert_refused_or_parsed(sample, replace(sample.request, body=bytes(body)))


@each_kind
@given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=60)), data=st.data())
@fuzzed
def test_nor_do_any_headers(kind: str, headers: dict[str, str], data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(samples(kind)))
    proof = {sample.account.proof: data.draw(st.text(max_size=60))}
    request = replace(sample.request, headers={**sample.headers, **headers, **proof})
    assert_refused_or_parsed(sample, request)


def assert_refused_or_parsed(sample: Sample, request: WebhookRequest) -> None:
    items = parsed(sample.account, request)
    assert_storable(items or ())
    if "body" in sample.account.signs and not is_refused(sample, request):
        # Spelled otherwise, perhaps (%2b for %2B), but saying what was signed.
        assert items == parsed(sample.account, sample.request)

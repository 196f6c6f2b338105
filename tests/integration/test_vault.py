"""What is sealed stays closed to whoever holds the database only."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from feedback_hub.adapters.tables import data_key
from feedback_hub.adapters.vault import KEY_BYTES, Keyring, SqlVault
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.reference import new_reference
from feedback_hub.domain.submission import Submission
from feedback_hub.services import intake
from feedback_hub.services.ports import VaultClosed, VaultTampered
from feedback_hub.services.records.work import Queue
from tests.integration.databases import NOW, HubOn, SqliteFiles
from workers.drain import drain

TEXT = "O meu filho está doente e o poço não tem água"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def keyring(letter: bytes = b"k") -> Keyring:
    return Keyring(letter * KEY_BYTES)


def test_sealed_bytes_do_not_show_the_text(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        sealed = uow.vault.seal(key, TEXT, "message.text:1")
        again = uow.vault.seal(key, TEXT, "message.text:1")
        assert sealed != again
        for word in ("filho", "doente", "água"):
            assert word.encode() not in sealed
        assert uow.vault.open(key, sealed, "message.text:1") == TEXT


def test_what_was_sealed_opens_in_a_later_transaction(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        keys = [uow.vault.new_key() for _ in range(3)]
        sealed = [uow.vault.seal(key, f"{TEXT} {key}", key) for key in keys]
        uow.commit()
    with hub.reading() as uow:
        uow.vault.load(set(keys))
        opened = [uow.vault.open(key, s, key) for key, s in zip(keys, sealed, strict=True)]
    assert opened == [f"{TEXT} {key}" for key in keys]


def test_a_ciphertext_moved_to_another_row_or_column_is_noticed(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        key, other = uow.vault.new_key(), uow.vault.new_key()
        sealed = uow.vault.seal(key, TEXT, "message.text:1")
        for bound_to in ("message.text:2", "contact.name:1", ""):
            with pytest.raises(VaultTampered):
                uow.vault.open(key, sealed, bound_to)
        with pytest.raises(VaultTampered):
            uow.vault.open(other, sealed, "message.text:1")


def test_a_ciphertext_altered_or_cut_is_noticed(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        sealed = uow.vault.seal(key, TEXT, "x")
        broken = [bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]]) for at in (0, 12, -1)]
        for altered in (*broken, sealed[:-1], sealed[:10], b""):
            with pytest.raises(VaultTampered):
                uow.vault.open(key, altered, "x")


def test_a_destroyed_key_closes_what_it_sealed_for_good(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        sealed = uow.vault.seal(key, TEXT, "x")
        uow.commit()
    with hub.unit_of_work() as uow:
        uow.session.execute(delete(data_key).where(data_key.c.id == key))
        uow.commit()
    with hub.reading() as uow:
        with pytest.raises(VaultClosed):
            uow.vault.open(key, sealed, "x")
        with pytest.raises(VaultClosed):
            uow.vault.seal(key, TEXT, "x")


def test_another_hub_s_key_opens_nothing(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        sealed = uow.vault.seal(key, TEXT, "x")
        uow.commit()
    with Session(hub.engine) as session, pytest.raises(VaultTampered):
        SqlVault(session, keyring()).open(key, sealed, "x")


def test_a_data_key_moved_to_another_row_does_not_open(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        mine, theirs = uow.vault.new_key(), uow.vault.new_key()
        sealed = uow.vault.seal(theirs, TEXT, "x")
        columns = data_key.c
        stolen = uow.session.scalar(select(columns.wrapped).where(columns.id == theirs))
        uow.session.execute(data_key.update().where(columns.id == mine).values(wrapped=stolen))
        uow.commit()
    with hub.reading() as uow, pytest.raises(VaultTampered):
        uow.vault.open(mine, sealed, "x")


def test_a_look_up_hash_tells_nothing_across_purposes_or_hubs() -> None:
    number = "+258841234567"
    ours = keyring()
    found = {
        ours.index(number, "address:sms"),
        ours.index(number, "address:voice"),
        ours.index("+258841234568", "address:sms"),
        keyring(b"o").index(number, "address:sms"),
    }
    assert len(found) == 4
    assert ours.index(number, "address:sms") == keyring().index(number, "address:sms")
    assert not any(number.removeprefix("+") in index for index in found)


def test_a_case_s_secret_is_six_digits_that_only_this_hub_can_derive() -> None:
    refs = [new_reference() for _ in range(200)]
    ours, theirs = keyring(), keyring(b"o")
    secrets = [ours.secret_for(ref) for ref in refs]
    assert all(len(secret) == 6 and secret.isdecimal() for secret in secrets)
    assert secrets == [keyring().secret_for(ref) for ref in refs]
    assert secrets != [theirs.secret_for(ref) for ref in refs]
    assert len(set(secrets)) > 190


@pytest.mark.parametrize("length", [0, 16, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=str(KEY_BYTES)):
        Keyring(b"k" * length)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain=ANY_TEXT)
def test_whatever_a_person_sends_comes_back_letter_by_letter(hub: Hub, plain: str) -> None:
    with hub.unit_of_work() as uow:
        key = uow.vault.new_key()
        assert uow.vault.open(key, uow.vault.seal(key, plain, "x"), "x") == plain
    assert len(hub.keyring.index(plain, "x")) == 64


def test_after_an_intake_no_file_holds_the_text_the_number_or_the_name(
    sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn
) -> None:
    url = sqlite_files.fresh()
    hub = hub_on(url, tmp_path / "home")
    text = "Zubaida diz que o kimbundunga foi desviado pelo Mutarara"
    number, name, safe = "+258847654321", "Quelimana Xavante", "depois das dezoito"
    message = InboundMessage("SM1", NOW, text, number, number, sender_name=name)
    desk = Actor("desk-1", memberships=(Membership(Role.DESK),))
    with hub.unit_of_work() as uow:
        raw = json.dumps({"Body": text, "From": number}).encode()
        intake.accept(uow, "sms", [message], raw, NOW)
        intake.reject(uow, "sms", b"Body=" + text.encode(), "unreadable", NOW)
        handed_in = InboundMessage(uuid.uuid4().hex, NOW, text, number, number, sender_name=name)
        submission = Submission(handed_in, "desk", safe_time=safe)
        intake.submit(uow, hub.rules, hub.classifier, desk, submission, NOW)
        uow.commit()
    assert drain(hub, Queue.INTAKE) == 1
    # What came by a channel was read where it was registered.
    assert drain(hub, Queue.TRIAGE) == 1
    path = Path(url.removeprefix("sqlite:///"))
    files = [path, path.with_name(f"{path.name}-wal"), *(tmp_path / "home").rglob("*")]
    held = b"".join(file.read_bytes() for file in files if file.is_file())
    assert b"SM1" in held  # the reader of files sees what is there
    # Whole digits and words, and what a journal or an encoder could make of them.
    for written in (*text.split(), *name.split(), number.removeprefix("+"), "847654321", safe):
        if len(written) > 4:
            assert written.encode() not in held, "a person's words lie open in a file"
            assert written.lower().encode() not in held

"""A new key for what wraps all others: nothing is lost, whoever is stopped goes on."""

from __future__ import annotations

import os
import time

import pytest
from sqlalchemy import select

from feedback_hub.adapters import rotation, tables
from feedback_hub.bootstrap import Hub
from feedback_hub.services.ports import VaultTampered
from tests.integration.commands import Commands, commands
from tests.integration.databases import HubOn
from tests.integration.test_backup import said
from tests.pages_world import PUMP, arrives, make_hub

__all__ = ["commands"]


def wrapped_by(hub: Hub) -> set[str]:
    with hub.reading() as uow:
        return rotation.used(uow.session)


def test_a_running_process_goes_on_through_a_rotation(
    hub: Hub, own_database_url: str, hub_on: HubOn
) -> None:
    ref = arrives(hub, PUMP)
    secret, index = hub.keyring.secret_for(ref), hub.keyring.index("+258", "address")
    other = hub_on(own_database_url, hub.config.hub.home)
    made = other.keyring.wrapping.make()
    # Stopped half way: only some are wrapped anew.
    with other.unit_of_work() as uow:
        first = uow.session.scalars(select(tables.data_key.c.id)).first()
        wrapped = uow.session.execute(
            select(tables.data_key).where(tables.data_key.c.id == first)
        ).one()
        again, by = other.keyring.wrap(
            wrapped.id, other.keyring.unwrap(wrapped.id, wrapped.wrapped, wrapped.wrapped_by)
        )
        uow.session.execute(
            tables.data_key.update()
            .where(tables.data_key.c.id == first)
            .values(wrapped=again, wrapped_by=by)
        )
        uow.commit()
    assert wrapped_by(hub) == {hub.keyring.fingerprint, made}
    assert said(hub) == {PUMP}
    # The process that was there before makes its new keys with the new one.
    arrives(hub, "agua", "+258840000002")
    with other.unit_of_work() as uow:
        assert rotation.rewrap_some(uow.session, other.keyring, "")
        uow.commit()
    assert wrapped_by(hub) == {made}
    assert said(hub) == {PUMP, "agua"}
    assert (hub.keyring.secret_for(ref), hub.keyring.index("+258", "address")) == (secret, index)


def test_without_the_new_key_nothing_opens(hub: Hub, own_database_url: str, hub_on: HubOn) -> None:
    arrives(hub, PUMP)
    hub.keyring.wrapping.make()
    with hub.unit_of_work() as uow:
        rotation.rewrap_some(uow.session, hub.keyring, "")
        uow.commit()
    for path in (hub.config.secrets_directory / "wrapping_keys").iterdir():
        path.unlink()
    stolen = hub_on(own_database_url, hub.config.hub.home)
    with pytest.raises(VaultTampered):
        said(stolen)


def test_the_command_goes_on_where_it_was_stopped_and_retires_the_old(commands: Commands) -> None:
    hub = make_hub(commands.folder / "home")
    arrives(hub, PUMP)
    first = hub.keyring.wrapping.make()
    hub.close()
    assert "unfinished" in commands.run("keys", "rotate").stderr
    kept = commands.rows("SELECT DISTINCT wrapped_by FROM data_key")
    assert [row.wrapped_by for row in kept] == [first]
    assert "Made the key" in commands.run("keys", "rotate").stderr
    folder = commands.folder / "home" / "secrets" / "wrapping_keys"
    assert "no old key" in commands.run("keys", "retire").stdout
    assert (folder / first).stat().st_mode & 0o777 == 0o600
    long_ago = time.time() - 7200
    os.utime(folder / "current", (long_ago, long_ago))
    assert f"removed the old key {first}" in commands.run("keys", "retire").stdout
    assert not (folder / first).exists()

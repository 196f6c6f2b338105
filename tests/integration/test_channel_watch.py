"""What never reached us is fetched, who is silent is said, and an account is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from feedback_hub.adapters import tables
from feedback_hub.bootstrap import Hub
from feedback_hub.config import parse_config
from feedback_hub.domain.message import DeliveryError, InboundMessage, SendFault
from feedback_hub.services import alerts, channel_watch, intake
from feedback_hub.services.records.watching import AlertKind, WebhookState
from tests.integration.databases import NOW
from tests.integration.post_box import NAME, Listed, give
from workers.upkeep import keep_up

DAY = timedelta(hours=24)


@pytest.fixture
def box(tmp_path: Path, hub: Hub) -> Listed:
    made = Listed(tmp_path / "box")
    give(hub, made)
    return made


def message(number: int, at: datetime) -> InboundMessage:
    return InboundMessage(f"m{number}", at, "Bomba avariada", "+258841234567", "+258841234567")


def arrive(hub: Hub, *messages: InboundMessage, from_history: bool = False) -> None:
    """Webhooks that came through, each at its message's time."""
    with hub.unit_of_work() as uow:
        for one in messages:
            intake.accept(uow, NAME, [one], b"raw", one.received_at, from_history=from_history)
        uow.commit()


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(tables.inbox)) or 0


def lasting(hub: Hub) -> dict[AlertKind, dict[str, str]]:
    with hub.reading() as uow:
        return {alert.kind: alert.detail for alert in uow.lasting_alerts()}


def catch_up(hub: Hub, now: datetime) -> None:
    channel_watch.catch_up(hub.unit_of_work, hub.channels, NAME, now)


def silent(hub: Hub, now: datetime, least: timedelta = DAY) -> bool:
    return channel_watch.watch_silence(hub.unit_of_work, NAME, now, least)


# --- catching up ---------------------------------------------------------------------------------


def test_what_came_during_an_outage_is_taken_in_and_nothing_twice(hub: Hub, box: Listed) -> None:
    catch_up(hub, NOW)
    there = [message(n, NOW + timedelta(minutes=n)) for n in range(5)]
    arrive(hub, *there[:2])
    box.came = there
    catch_up(hub, NOW + timedelta(hours=1))
    assert count(hub) == 5
    catch_up(hub, NOW + timedelta(hours=1, minutes=1))
    arrive(hub, there[4])
    assert count(hub) == 5
    assert box.asked[-1] == (NOW + timedelta(hours=1) - channel_watch.MARGIN).isoformat()


def test_a_new_account_does_not_ask_for_what_an_earlier_system_answered(
    hub: Hub, box: Listed
) -> None:
    box.came = [message(1, NOW - timedelta(hours=3))]
    catch_up(hub, NOW)
    assert box.asked == []
    catch_up(hub, NOW + timedelta(minutes=1))
    assert count(hub) == 0


def test_an_account_that_brought_something_before_is_asked_since_then(
    hub: Hub, box: Listed
) -> None:
    arrive(hub, message(1, NOW - timedelta(hours=3)))
    box.came = [message(2, NOW - timedelta(hours=2))]
    catch_up(hub, NOW)
    assert count(hub) == 2


def test_a_list_that_could_not_be_read_is_said_and_read_from_the_same_place_later(
    hub: Hub, box: Listed
) -> None:
    catch_up(hub, NOW)
    box.came = [message(1, NOW + timedelta(minutes=5))]
    box.fails = [DeliveryError(SendFault.PROVIDER_DOWN, provider_code="503")]
    catch_up(hub, NOW + timedelta(hours=2))
    assert lasting(hub) == {AlertKind.CATCH_UP_FAILS: {"fault": "provider_down", "code": "503"}}
    catch_up(hub, NOW + timedelta(hours=3))
    assert count(hub) == 1
    assert lasting(hub) == {}


# --- silence -------------------------------------------------------------------------------------


def test_a_channel_that_falls_silent_is_said_once_and_it_ends_with_the_next_message(
    hub: Hub, box: Listed
) -> None:
    arrive(hub, *(message(n, NOW - timedelta(hours=2 * n)) for n in range(10)))
    assert not silent(hub, NOW + DAY)
    assert silent(hub, NOW + DAY + timedelta(minutes=1))
    assert silent(hub, NOW + timedelta(days=40)), "what was usual is not forgotten"
    assert lasting(hub) == {AlertKind.SILENT_CHANNEL: {"since": NOW.isoformat(), "usual": "7200"}}
    arrive(hub, message(99, NOW + timedelta(days=41)))
    assert not silent(hub, NOW + timedelta(days=41))
    assert lasting(hub) == {}


def test_a_quiet_channel_may_be_quiet_for_longer(hub: Hub, box: Listed) -> None:
    arrive(hub, *(message(n, NOW - timedelta(days=2 * n)) for n in range(7)))
    assert not silent(hub, NOW + timedelta(days=9))
    assert silent(hub, NOW + timedelta(days=10, minutes=1))


def test_too_little_to_judge_by_history_or_switched_off_is_no_silence(
    hub: Hub, box: Listed
) -> None:
    arrive(hub, *(message(n, NOW - timedelta(hours=n)) for n in range(5)))
    arrive(hub, *(message(100 + n, NOW - timedelta(hours=n)) for n in range(9)), from_history=True)
    assert not silent(hub, NOW + timedelta(days=9))
    arrive(hub, message(5, NOW))
    assert silent(hub, NOW + timedelta(days=9))
    assert not silent(hub, NOW + timedelta(days=9), timedelta(0))
    assert lasting(hub) == {}


# --- the account ---------------------------------------------------------------------------------


def test_an_account_is_looked_at_and_its_webhook_too(hub: Hub, box: Listed) -> None:
    def look() -> WebhookState | None:
        return channel_watch.check(hub.unit_of_work, hub.channels, NAME, NOW).webhook

    assert look() is WebhookState.NOWHERE
    assert lasting(hub) == {AlertKind.WEBHOOK_ELSEWHERE: {"webhook": "nowhere"}}
    box.at = f"{hub.config.hub.base_url}/channels/another/inbound"
    assert look() is WebhookState.ELSEWHERE
    assert lasting(hub) == {AlertKind.WEBHOOK_ELSEWHERE: {"webhook": "elsewhere"}}
    box.fails = [DeliveryError(SendFault.CREDENTIALS, provider_code="20003")]
    assert look() is None
    assert AlertKind.ACCOUNT_FAILS in lasting(hub)
    assert hub.channels.register(NAME)
    assert look() is WebhookState.OURS
    assert lasting(hub) == {}


def test_each_duty_is_done_when_it_is_due_by_one_process(hub: Hub, box: Listed) -> None:
    box.at = f"{hub.config.hub.base_url}/channels/{NAME}/inbound"
    arrive(hub, message(1, NOW))
    keep_up(hub)
    assert len(box.asked) == 1
    keep_up(hub)
    assert len(box.asked) == 1
    keep_up(hub, at_start=True)
    assert len(box.asked) == 2
    later = replace(hub, clock=lambda: NOW + timedelta(minutes=16))
    later.__dict__["engine"] = hub.engine
    keep_up(later)
    assert len(box.asked) == 3


def test_one_account_s_crash_and_a_removed_account_hold_up_nothing(hub: Hub, box: Listed) -> None:
    box.fails = [KeyError("in the channel")]
    arrive(hub, message(1, NOW))
    with hub.unit_of_work() as uow:
        assert alerts.raise_once(uow, AlertKind.PULL_FAILS, "gone", NOW)
        assert not alerts.raise_once(uow, AlertKind.PULL_FAILS, "gone", NOW)
        assert alerts.raise_once(uow, AlertKind.FLOOD, "gone", NOW)
        uow.commit()
    keep_up(hub)
    assert AlertKind.PULL_FAILS not in lasting(hub)
    assert AlertKind.FLOOD in lasting(hub), "not ours to end"


def test_silence_is_configured() -> None:
    assert parse_config({}, {}).alerts.silent_after_hours == 24
    assert parse_config({"alerts": {"silent_after_hours": 0}}, {}).alerts.silent_after_hours == 0

"""Fetches what came, for accounts whose provider does not call us: a thread an account.

One process at a time pulls an account, on however many machines: a lease in the database says who.
What was fetched and where to go on are kept in one commit, so that a death at any step neither
loses nor doubles anything; the provider hears of it with the next look only.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from channels.base import Item, Pulled, Pulls
from feedback_hub.adapters import channel_accounts
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.message import DeliveryError, SendFault
from feedback_hub.services import alerts, intake
from feedback_hub.services.records.watching import AlertKind

IDLE = 15.0
"""Seconds to the next look after an empty one, unless the provider kept us waiting for it."""
KEPT_WAITING = 2.0
"""An empty answer that took longer than this was waited for: asking again at once is meant."""
ELSEWHERE = 5.0
"""Seconds until we ask again whether another process still pulls."""
_LONGEST_WAIT = 300.0
_GRACE = timedelta(seconds=60)
"""A provider that is away for less is no news."""
_PATIENCE = 3.0
_RENEW_EVERY = 20.0
# A look that takes longer hangs: others may try.
_LONGEST_LOOK = 900.0

log = structlog.get_logger()


class Puller:
    """Pulls one account. ``holder`` is this process's name in the lease."""

    def __init__(self, hub: Hub, name: str, account: Pulls, holder: str) -> None:
        self._hub = hub
        self._name = name
        self._account = account
        self._holder = holder
        self._failures = 0
        self._failing_since: datetime | None = None
        self.looking_since: float | None = None
        """While it looks: since when, by the monotonic clock."""
        self._troubled = True  # whether an alert may stand, from before this process too

    def look(self) -> float:
        """Fetch and keep what there is; seconds until it is time to look again."""
        self.looking_since = time.monotonic()
        try:
            return self._look(self._hub.clock())
        finally:
            self.looking_since = None

    def renew(self) -> None:
        """Keep the lease during a look that takes its time. Raises ``SQLAlchemyError``."""
        since = self.looking_since
        if since is not None and time.monotonic() - since < _LONGEST_LOOK:
            with self._hub.unit_of_work() as uow:
                channel_accounts.renew(uow.session, self._name, self._holder, self._hub.clock())
                uow.commit()

    def _look(self, now: datetime) -> float:
        try:
            cursor = self._take(now)
            if cursor is None:
                return ELSEWHERE
            began = time.monotonic()
            pulled = self._account.pull(cursor, now)
            took = time.monotonic() - began
            if (pulled.deliveries or pulled.cursor != cursor) and not self._keep(pulled):
                return ELSEWHERE
            self._well()
        except DeliveryError as error:
            return self._failed(error.fault.value, error.provider_code, error.retry_after)
        except SQLAlchemyError as error:
            log.warning("pull not kept", channel=self._name, fault=type(error).__name__)
            return self._wait()
        except Exception as error:  # noqa: BLE001  a channel's fault must not end its thread
            return self._failed("", type(error).__name__, None)
        if pulled.more or pulled.deliveries or took >= KEPT_WAITING:
            return 0.0
        return IDLE

    def _take(self, now: datetime) -> str | None:
        with self._hub.unit_of_work() as uow:
            cursor = channel_accounts.take(uow.session, self._name, self._holder, now)
            uow.commit()
        return cursor

    def _keep(self, pulled: Pulled) -> bool:
        """One commit; False, and nothing kept, if another process has taken over."""
        now = self._hub.clock()
        with self._hub.unit_of_work() as uow:
            # First, so that the row is ours until the commit.
            mine = channel_accounts.advance(uow.session, self._name, self._holder, pulled.cursor)
            if not mine:
                return False
            for raw, items in pulled.deliveries:
                self._accept(uow, raw, items, now)
            uow.commit()
        return True

    def _accept(
        self, uow: SqlUnitOfWork, raw: bytes, items: Sequence[Item] | None, now: datetime
    ) -> None:
        if items is None:
            intake.reject(uow, self._name, raw, "not understood", now)
            return
        try:
            with uow.session.begin_nested():
                intake.accept(uow, self._name, items, raw, now)
        except (ValueError, TypeError) as error:
            # One that no database takes would be fetched again for ever, and hold up the rest.
            intake.reject(uow, self._name, raw, type(error).__name__, now)

    def _well(self) -> None:
        self._failures, self._failing_since = 0, None
        if self._troubled:
            with self._hub.unit_of_work() as uow:
                alerts.resolve(uow, AlertKind.PULL_FAILS, self._name, self._hub.clock())
                uow.commit()
            self._troubled = False

    def _failed(self, fault: str, code: str, retry_after: float | None) -> float:
        now = self._hub.clock()
        if self._failing_since is None:
            log.warning("pull failed", channel=self._name, fault=fault, code=code)
            self._failing_since = now
        if fault == SendFault.CREDENTIALS or now - self._failing_since >= _GRACE:
            try:
                with self._hub.unit_of_work() as uow:
                    detail = {"fault": fault, "code": code}
                    alerts.raise_once(uow, AlertKind.PULL_FAILS, self._name, now, detail)
                    uow.commit()
                self._troubled = True
            except SQLAlchemyError as error:
                log.warning("alert not kept", channel=self._name, fault=type(error).__name__)
        return max(self._wait(), min(retry_after or 0.0, 3600.0))

    def _wait(self) -> float:
        self._failures += 1
        return float(min(2.0**self._failures, _LONGEST_WAIT))


class Pullers:
    """The threads that pull every account set up for it, until they are stopped."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._holder = uuid.uuid4().hex
        self._stopped = threading.Event()
        self._pullers = [
            Puller(hub, name, account, self._holder)
            for name, account in pulled_accounts(hub).items()
        ]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start pulling. The hub's engine must have been made, in this process."""
        if not self._pullers:
            return
        # Daemons: a provider that keeps one waiting must not keep the process from ending.
        self._threads = [
            threading.Thread(target=self._pull, args=(puller,), daemon=True)
            for puller in self._pullers
        ]
        self._threads.append(threading.Thread(target=self._renew, daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop within some seconds; another process may pull at once.

        A look that is still waiting for its provider is left behind: without the lease it can keep
        nothing, and nothing of it was confirmed.
        """
        self._stopped.set()
        until = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if not self._threads:
            return
        try:
            with self._hub.unit_of_work() as uow:
                channel_accounts.let_go(uow.session, self._holder)
                uow.commit()
        except SQLAlchemyError as error:
            log.warning("lease not given back", fault=type(error).__name__)

    def _pull(self, puller: Puller) -> None:
        while not self._stopped.is_set():
            self._stopped.wait(puller.look())

    def _renew(self) -> None:
        while not self._stopped.wait(_RENEW_EVERY):
            for puller in self._pullers:
                try:
                    puller.renew()
                except SQLAlchemyError as error:
                    log.warning("lease not renewed", fault=type(error).__name__)


def pulled_accounts(hub: Hub) -> dict[str, Pulls]:
    """The accounts that are set up to be pulled."""
    return {
        name: account
        for name, account in hub.channels.accounts.items()
        if isinstance(account, Pulls) and account.pulls()
    }

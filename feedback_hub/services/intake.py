"""How what people send becomes a case: accepted at once, registered by a worker.

``accept`` is all that happens while a provider waits: one commit, nothing read. ``register`` turns
an accepted row into contact, message, case and work, in one transaction, once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from feedback_hub.domain.access import Actor
from feedback_hub.domain.case import Case
from feedback_hub.domain.clocks import keep_case
from feedback_hub.domain.errors import Invalid, UsedByAnother
from feedback_hub.domain.ids import new_id
from feedback_hub.domain.languages import individual
from feedback_hub.domain.message import DeliveryReceipt, InboundMessage
from feedback_hub.domain.submission import Submission
from feedback_hub.services import call_list, callbacks, conversation, custom_fields, inbox
from feedback_hub.services.new_case import open_case
from feedback_hub.services.ports import Classifier, Inbox, UnitOfWork, VaultSealed
from feedback_hub.services.records.work import Arrived, InboxKind, InboxRow
from feedback_hub.services.rules import Rules
from feedback_hub.services.taking_in import receive, take_in, take_in_call, take_in_form

API = "api"
"""The inbox's name for submissions that came over the API, whatever channel they report."""


def accept(
    uow: UnitOfWork,
    channel: str,
    items: Sequence[InboundMessage | Submission | DeliveryReceipt],
    raw: bytes,
    now: datetime,
    *,
    from_history: bool = False,
    at_once: Rules | None = None,
) -> int:
    """Keep what a provider delivered; returns how many items are new.

    Called inside the webhook: a known (channel, kind, external id) changes nothing, so that a
    delivery repeated is one message. With ``at_once`` a voice message is registered too: whoever
    left it waits on the line for the numbers of its case.
    """
    new = 0
    for item in items:
        kind = InboxKind.RECEIPT if isinstance(item, DeliveryReceipt) else InboxKind.MESSAGE
        row = inbox.row_of(uow, channel, kind, inbox.external_id(item), raw, inbox.dump(item), now)
        row.from_history = from_history
        row.available_at = now + callbacks.settling(item)
        awaited = at_once is not None and callbacks.is_awaited(item)
        row.handled_at = now if awaited else None
        if uow.add_inbox(row):
            new += 1
            if at_once is not None and awaited and isinstance(item, InboundMessage):
                case_id = take_in_call(uow, at_once, row, item, now)
                if case_id:
                    uow.set_inbox_case(row.id, case_id)
        else:
            uow.vault.destroy(row.key_id)
    return new


def accept_all(
    uow: UnitOfWork,
    channel: str,
    items: Sequence[InboundMessage | Submission],
    now: datetime,
    from_history: bool,
) -> None:
    """Like ``accept`` of each without a raw payload, in a handful of statements however many."""
    rows = []
    for item, key_id in zip(items, uow.vault.new_keys(len(items)), strict=True):
        row = inbox.sealed_row(
            uow,
            key_id,
            channel,
            InboxKind.MESSAGE,
            inbox.external_id(item),
            b"",
            inbox.dump(item),
            now,
        )
        row.from_history = from_history
        rows.append(row)
    kept = uow.add_inbox_all(rows)
    uow.vault.destroy_all([row.key_id for row in rows if row.id not in kept])


@dataclass(frozen=True)
class Arrival:
    """What one call of a provider brought, as ``accept`` takes it."""

    channel: str
    items: Sequence[InboundMessage | Submission | DeliveryReceipt]
    raw: bytes
    at: datetime


def sealed_rows(into: Inbox, arrival: Arrival) -> list[Arrived]:
    """What ``accept`` would keep of one call, ready for ``into.keep``; nothing is kept yet."""
    rows = []
    for item in arrival.items:
        row_id = new_id()
        is_receipt = isinstance(item, DeliveryReceipt)
        rows.append(
            Arrived(
                id=row_id,
                channel=arrival.channel,
                kind=InboxKind.RECEIPT if is_receipt else InboxKind.MESSAGE,
                external_id=inbox.external_id(item),
                sealed=into.seal(row_id, arrival.raw, inbox.dump(item)),
                arrived_at=arrival.at,
                available_at=arrival.at + callbacks.settling(item),
            )
        )
    return rows


def reject(uow: UnitOfWork, channel: str, raw: bytes, reason: str, now: datetime) -> None:
    """Keep a payload nobody could read, for the operator; the same one is kept once."""
    digest = hashlib.sha256(raw).hexdigest()
    row = inbox.row_of(uow, channel, InboxKind.REJECTED, digest, raw, "{}", now)
    row.set_aside_at = now
    row.fault = reason[:200]
    if not uow.add_inbox(row):
        uow.vault.destroy(row.key_id)


def submit(
    uow: UnitOfWork,
    rules: Rules,
    classifier: Classifier,
    actor: Actor,
    submission: Submission,
    now: datetime,
) -> tuple[str, bool]:
    """Accept and register a submission at once: ``(case reference, whether it is new)``.

    What may be a survivor's is out of sight from here on, as what comes by a channel is.

    The same ``submission_id`` gives the same reference to whoever handed it in. To anybody else it
    gives nothing, since whoever has the reference has the person's secret. Raises ``Invalid``,
    ``UsedByAnother``.
    """
    _check(rules, submission)
    submission = custom_fields.checked(rules, submission)
    external_id = submission.message.external_id
    row = inbox.row_of(
        uow, API, InboxKind.SUBMISSION, external_id, b"", inbox.dump(submission.message), now
    )
    row.handled_at = now
    if not uow.add_inbox(row):
        uow.vault.destroy(row.key_id)
        known = uow.accepted(API, InboxKind.SUBMISSION, external_id)
        before = uow.case(known.case_id) if known and known.case_id else None
        if before is None:
            raise Invalid("submission_id", "was used for something that is not a case")
        if before.entered_by != actor.id:
            raise UsedByAnother
        return before.ref, False
    case = open_case(uow, rules, submission, row.key_id, actor.id, now)
    conversation.guard(rules, classifier, case, submission.message, now)
    # Whoever hands it in holds the reference from this moment.
    case.acknowledged_at = now
    keep_case(case, rules.targets, rules.calendar_of(site=case.site), now)
    uow.set_inbox_case(row.id, case.id)
    return case.ref, True


def take_over(
    uow: UnitOfWork,
    rules: Rules,
    channel: str,
    submission: Submission,
    entered_by: str,
    now: datetime,
    *,
    from_history: bool,
) -> Case:
    """Make a case at once of a record that another register kept, and that is not here yet."""
    row = inbox.row_of(
        uow,
        channel,
        InboxKind.SUBMISSION,
        inbox.external_id(submission),
        b"",
        inbox.dump(submission.message),
        now,
    )
    row.handled_at = now
    row.from_history = from_history
    uow.add_inbox(row)
    case = open_case(uow, rules, submission, row.key_id, entered_by, now, from_history)
    uow.set_inbox_case(row.id, case.id)
    return case


def says_the_same(uow: UnitOfWork, submission: Submission) -> bool:
    """Whether the submission kept with this id has these words: a form may be filled in anew."""
    row = uow.accepted(API, InboxKind.SUBMISSION, submission.message.external_id)
    if row is None:
        return False
    try:
        opened = uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}")
    except VaultSealed:
        return True
    # What was erased was here, and nobody can say any more how it read.
    return not opened or bool(json.loads(opened)["text"] == submission.message.text)


def register(
    uow: UnitOfWork, rules: Rules, classifier: Classifier, inbox_id: str, now: datetime
) -> None:
    """Turn one accepted row into what it means. Raises ``ReceiptTooEarly``.

    ``classifier`` says whether a message goes on with an earlier one, before it is put there.
    """
    row = uow.inbox_row(inbox_id)
    if row is None:
        return
    parsed = _opened(uow, row)
    if row.kind is InboxKind.RECEIPT:
        receive(uow, row.channel, parsed, now)
    elif row.kind is InboxKind.MESSAGE:
        item = inbox.load(parsed)
        if isinstance(item, Submission):
            row.case_id = take_in_form(uow, rules, classifier, row, item, now)
        else:
            row.case_id = take_in(uow, rules, classifier, row, item, now)
            call_list.asked_to_be_called(uow, rules, row.case_id, item, now)


def addresses_in(uow: UnitOfWork, rows: Iterable[InboxRow]) -> Iterator[tuple[str, str]]:
    """(channel, address index) of whoever sent these messages, as ``register`` will look for."""
    for row in rows:
        if row.kind is InboxKind.MESSAGE:
            parsed = _opened(uow, row)
            if address := parsed.get("address") or parsed.get("sender"):
                yield row.channel, uow.vault.index(address, f"address:{row.channel}")


def texts_in(uow: UnitOfWork, rows: Iterable[InboxRow]) -> Iterator[tuple[str, str]]:
    """What these messages say, and in which language, as ``register`` will have it read."""
    for row in rows:
        if row.kind is InboxKind.MESSAGE:
            parsed = _opened(uow, row)
            message = parsed.get("message", parsed)
            yield message["text"], individual(message["language"])


def _opened(uow: UnitOfWork, row: InboxRow) -> Mapping[str, Any]:
    opened = uow.vault.open(row.key_id, row.parsed_sealed, f"inbox.parsed:{row.id}")
    return cast("Mapping[str, Any]", json.loads(opened))


def _check(rules: Rules, submission: Submission) -> None:
    for code in submission.codes:
        if code not in rules.frame:
            raise Invalid("codes", "has a code that the coding frame does not know")

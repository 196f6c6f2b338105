"""How a request changes something: one transaction, one actor, repeatable with Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Response, json, request
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.domain.access import Action, Actor
from feedback_hub.domain.errors import Invalid, StaleVersion
from feedback_hub.web.hub import current_hub
from feedback_hub.web.security import require

KEY = "Idempotency-Key"
_LONGEST_KEY = 200

Work = Callable[[SqlUnitOfWork, Actor, datetime], tuple[object, int]]
"""Does the work and returns the JSON body and the status."""


def act(action: Action, work: Work) -> Response:
    """Run ``work`` in one transaction as the current actor and answer with its body.

    With an ``Idempotency-Key`` the answer is kept with the effects: the same request again gets
    the same answer and does nothing. Raises ``Invalid`` when the key was used for another one.
    """
    actor = require(action)
    hub = current_hub()
    now = hub.clock()
    key = _key()
    try:
        with hub.unit_of_work() as uow:
            if key and (known := _known(uow, actor, key)):
                return known
            body, status = work(uow, actor, now)
            text = json.dumps(body)
            if key:
                _keep(uow, actor, key, status, text, now)
            uow.commit()
    except IntegrityError as error:
        # Two at once: the other one did it, or took what this one wanted. Read again, then decide.
        raise StaleVersion("changed by somebody else meanwhile") from error
    return Response(text, status, content_type="application/json")


def _key() -> str:
    written = request.headers.get(KEY, "")
    if len(written) > _LONGEST_KEY:
        raise Invalid(KEY, f"is longer than {_LONGEST_KEY} characters")
    return hashlib.sha256(written.encode()).hexdigest() if written else ""


def _fingerprint() -> str:
    asked = f"{request.method} {request.path}\0".encode() + request.get_data()
    return hashlib.sha256(asked).hexdigest()


def _known(uow: SqlUnitOfWork, actor: Actor, key: str) -> Response | None:
    kept = tables.idempotency.c
    row = uow.session.execute(
        select(kept.fingerprint, kept.status, kept.key_id, kept.body_sealed).where(
            kept.actor == actor.id, kept.key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != _fingerprint():
        raise Invalid(KEY, "was used for another request")
    body = uow.vault.open(row.key_id, row.body_sealed, f"idempotency.body:{actor.id}:{key}")
    return Response(body, row.status, content_type="application/json")


def _keep(
    uow: SqlUnitOfWork, actor: Actor, key: str, status: int, body: str, now: datetime
) -> None:
    key_id = uow.vault.new_key()
    uow.session.execute(
        insert(tables.idempotency).values(
            actor=actor.id,
            key=key,
            fingerprint=_fingerprint(),
            status=status,
            key_id=key_id,
            body_sealed=uow.vault.seal(key_id, body, f"idempotency.body:{actor.id}:{key}"),
            at=now,
        )
    )

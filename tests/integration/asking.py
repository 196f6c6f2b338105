"""Somebody who asks the API with a token, in the process itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from feedback_hub.adapters.accounts import add_token
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Membership, Role
from feedback_hub.domain.case import Case
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import typed
from feedback_hub.services.typed import Typed
from feedback_hub.web.app import create_app
from tests.integration.databases import NOW


@dataclass(frozen=True)
class Answer:
    """What came back. ``json`` is whatever was sent: tests reach into it as they like."""

    status_code: int
    content_type: str
    data: bytes
    json: Any

    @classmethod
    def of(cls, response: TestResponse) -> Answer:
        body = response.get_json() if response.is_json else None
        return cls(response.status_code, response.content_type or "", response.data, body)

    @property
    def text(self) -> str:
        return self.data.decode()


@dataclass
class Asking:
    """The application of one hub, and a token for each role."""

    hub: Hub
    app: Flask = field(init=False)
    tokens: dict[Role, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.hub)
        with self.hub.unit_of_work() as uow:
            for role in Role:
                self.tokens[role] = add_token(uow.session, role.value, Membership(role), NOW)
            uow.commit()

    def token_at(self, role: Role, site: str) -> str:
        """A token whose role holds at one site only."""
        with self.hub.unit_of_work() as uow:
            token = add_token(uow.session, "at a site", Membership(role, site=site), NOW)
            uow.commit()
        return token

    def get(self, who: Role | str, path: str, **query: str) -> Answer:
        headers = self._as(who)
        return Answer.of(self.app.test_client().get(path, query_string=query, headers=headers))

    def post(self, who: Role | str, path: str, **body: object) -> Answer:
        headers = self._as(who)
        return Answer.of(self.app.test_client().post(path, json=body, headers=headers))

    def _as(self, who: Role | str) -> dict[str, str]:
        token = self.tokens[who] if isinstance(who, Role) else who
        return {"Authorization": f"Bearer {token}"}


def typed_of(hub: Hub, case: Case) -> Typed:
    """What was typed of a case's place and accused."""
    with hub.reading() as uow:
        return typed.of_case(uow, case)


def add_case(
    uow: SqlUnitOfWork, *, sensitivity: Sensitivity = Sensitivity.L1, site: str = ""
) -> Case:
    """A case as a text brings it."""
    made = Case(
        id=uuid.uuid4().hex,
        ref=uow.new_reference(),
        channel="sms",
        received_at=NOW,
        entered_at=NOW,
        entered_by="channel:sms",
        site=site,
        sensitivity=sensitivity,
    )
    uow.add(made)
    uow.session.flush()
    return made

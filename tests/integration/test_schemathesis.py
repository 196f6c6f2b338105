"""The API against what its description allows and forbids, for each role: never a fault of ours.

Schemathesis makes requests from ``/api/v1/openapi.json``, sound ones and broken ones. Whatever
comes, the answer is one that is described, of the type that is described, and fits its schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.place import Organisation, Service, Site
from tests.integration.asking import Asking, add_case
from tests.integration.databases import HubOn, SqliteFiles

EXAMPLES = 4
"""Of each operation, for each role."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture
def hub(sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn) -> Hub:
    made = hub_on(sqlite_files.fresh(), tmp_path / "home")
    with made.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Organisation("avsi", "AVSI")])
        uow.session.flush()
        uow.session.add(Service("1" * 32, "*", "wash", "avsi"))
        for _ in range(3):
            add_case(uow)
        uow.commit()
    return made


@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", list(Role))
def test_whatever_is_asked_the_answer_is_one_that_is_described(hub: Hub, role: Role) -> None:
    asking = Asking(hub)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", asking.app)
    headers = {
        "Authorization": f"Bearer {asking.tokens[role]}",
        # Its way into the application unpacks nothing.
        "Accept-Encoding": "identity",
    }
    tried = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        how = settings(
            max_examples=EXAMPLES,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @how
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Any]) -> None:
            response = case.call(headers=headers)
            case.validate_response(response, checks=list(CHECKS))

        ask()
        tried += 1
    assert tried > 80

"""The API's description says what the API does: every route, no other, and real answers fit."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Role
from feedback_hub.domain.place import Organisation, Service, Site
from tests.integration.asking import Asking, add_case
from tests.integration.databases import HubOn, SqliteFiles

API = "/api/v1"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}

Document = dict[str, Any]
Route = tuple[str, str]


@pytest.fixture
def hub(sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn) -> Hub:
    return hub_on(sqlite_files.fresh(), tmp_path / "home")


@pytest.fixture
def asking(hub: Hub) -> Asking:
    return Asking(hub)


@pytest.fixture
def document(asking: Asking) -> Document:
    answer = asking.app.test_client().get(f"{API}/openapi.json")
    assert answer.status_code == 200, answer.text
    found: Document = answer.get_json()
    return found


def operations(document: Document) -> Iterator[tuple[Route, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield (method.upper(), path), operation


def within(value: object) -> Iterator[Document]:
    """Every object anywhere in ``value``."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from within(part)
    elif isinstance(value, list):
        for part in value:
            yield from within(part)


def test_every_route_is_described_and_nothing_else(asking: Asking, document: Document) -> None:
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in asking.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) & METHODS
    }
    assert {route for route, _ in operations(document)} == there


def test_the_document_holds_together(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    schemas = document["components"]["schemas"]
    used = {part["$ref"] for part in within(document) if "$ref" in part}
    assert used == {f"#/components/schemas/{name}" for name in schemas}
    for part in within(schemas):
        if isinstance(part.get("required"), list) and "properties" in part:
            assert set(part["required"]) <= set(part["properties"])
        if isinstance(part.get("enum"), list):
            assert len(set(part["enum"])) == len(part["enum"]) > 0
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_operation_says_what_it_takes_and_answers(document: Document) -> None:
    for (method, path), operation in operations(document):
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path
        assert operation["summary"].endswith("."), path
        assert ("requestBody" in operation) == (method in {"POST", "PUT"}), path
        statuses = set(operation["responses"])
        assert statuses & {"200", "201"}, path
        if operation.get("security") == []:
            continue
        assert {"401", "403"} <= statuses, path
        assert ("404" in statuses) >= ("{" in path), path
        if method == "POST":
            assert {"400", "409", "422"} <= statuses, path
        for status, response in operation["responses"].items():
            assert response["description"]
            done = (
                "application/octet-stream"
                if path.endswith("/{attachment_id}")
                else "application/json"
            )
            kind = done if status < "300" else "application/problem+json"
            assert set(response["content"]) == {kind}


def test_only_this_document_needs_no_log_in(asking: Asking, document: Document) -> None:
    assert document["security"] == [{"bearer": []}]
    stranger = asking.app.test_client()
    for (method, path), operation in operations(document):
        address = re.sub(r"{\w+}", "482913075", path)
        body = filled(document, operation) if method == "POST" else None
        answer = stranger.open(address, method=method, json=body)
        if operation.get("security") == []:
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 401, (path, answer.text)
            assert answer.content_type == "application/problem+json"


def test_a_body_without_what_is_needed_is_refused_by_that_name(
    asking: Asking, document: Document
) -> None:
    for (method, path), operation in operations(document):
        if method != "POST":
            continue
        address = re.sub(r"{\w+}", "482913075", path)
        # Whoever handles it reads the body first: what is missing shows whatever stands there.
        for missing in resolved(document, body_schema(operation)).get("required", []):
            body = filled(document, operation)
            del body[missing]
            answers = [asking.post(role, address, **body) for role in Role]
            named = [
                error["field"]
                for answer in answers
                if answer.status_code == 422
                for error in answer.json["errors"]
            ]
            assert missing in named, (path, missing)


def test_a_body_as_described_is_understood(asking: Asking, document: Document) -> None:
    for (method, path), operation in operations(document):
        if method != "POST":
            continue
        address = re.sub(r"{\w+}", "482913075", path)
        body = filled(document, operation)
        if path.endswith(("/link", "/unlink")):
            body["ref"] = "482913075"
        statuses = set()
        for role in Role:
            if "submission_id" in body:
                # A record of its own: another's is nobody else's to repeat.
                body["submission_id"] = str(uuid.uuid4())
            statuses.add(asking.post(role, address, **body).status_code)
        # A number in the body is the number of nothing here either.
        named = {422} if path.endswith("/broadcasts") else set()
        if "/intake" in path:
            # The second to use an id gets nothing of what the first one handed in.
            named = {409}
        assert statuses <= {200, 201, 403, 404} | named, path


def test_real_answers_fit_their_description(hub: Hub, asking: Asking, document: Document) -> None:
    with hub.unit_of_work() as uow:
        uow.session.add_all([Site("NTO", "Ntokota"), Organisation("avsi", "AVSI")])
        uow.session.flush()
        uow.session.add(Service("1" * 32, "*", "wash", "avsi"))
        ref = add_case(uow).ref
        uow.commit()

    def fits(name: str, value: Document) -> None:
        schema = document["components"]["schemas"][name]
        assert set(value) <= set(schema["properties"]), name
        assert set(schema["required"]) <= set(value), name

    team = Role.CASE_MANAGER
    case = asking.get(team, f"{API}/cases/{ref}").json
    fits("Case", case)
    assert set(case) == set(document["components"]["schemas"]["Case"]["properties"])
    asking.post(team, f"{API}/cases/{ref}/triage", codes=["complaint.broken"])
    referral = asking.post(team, f"{API}/cases/{ref}/referrals", organisation="avsi")
    assert referral.status_code == 201, referral.text
    fits("Referral", referral.json)
    fits("ReferralRead", asking.get(team, f"{API}/referrals/{referral.json['id']}").json)
    for line in asking.get(team, f"{API}/cases/{ref}/events").json["items"]:
        fits("Event", line)
    for plural, name in (
        ("sites", "Site"),
        ("services", "Service"),
        ("organisations", "Organisation"),
    ):
        (item,) = asking.get(team, f"{API}/{plural}").json["items"]
        fits(name, item)
    fits("Issue", asking.post(team, f"{API}/issues", title="A pump").json)
    measures = asking.get(team, f"{API}/measures").json
    fits("Measures", measures)
    parts = document["components"]["schemas"]["Measures"]["properties"]
    for name in ("cases_by", "open_by_age", "closed", "time_to_answer"):
        assert set(parts[name]["properties"]) == set(measures[name]), name
    fits("Share", measures["on_the_spot"])
    fits("Problem", asking.get(team, f"{API}/cases/1").json)
    fits("Problem", asking.post(team, f"{API}/cases/{ref}/close").json)


def body_schema(operation: Document) -> Document:
    found: Document = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


def resolved(document: Document, schema: Document) -> Document:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Document = document["components"]["schemas"][name] if name else schema
    return found


def filled(document: Document, operation: Document) -> Document:
    """A body with everything that is needed."""
    schema = resolved(document, body_schema(operation))
    either = [*schema.get("anyOf", []), {}][0].get("required", [])
    needed = [*schema.get("required", []), *either]
    return {name: example(schema["properties"][name]) for name in needed}


def example(schema: Document) -> object:
    if schema.get("format") == "uuid":
        return "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    if schema.get("format") == "date":
        return "2099-12-31"
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    return {"string": "words", "boolean": True, "integer": 1, "array": []}[schema["type"]]

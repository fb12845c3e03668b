"""The OpenAPI document: complete, valid, and what the program really does."""

import json
import re

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from jentry.api import document
from jentry.cli import main
from jentry.openapi.document import build, text
from jentry.vocabulary import SCOPES

KEPT = json.loads(document.PLACE.read_text("utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in KEPT["paths"].items()
    for method, operation in methods.items()
}
WITH_TOKEN = {name: found for name, found in OPERATIONS.items() if found["security"]}
each_operation = pytest.mark.parametrize(
    ("name", "operation"), OPERATIONS.items(), ids=list(OPERATIONS)
)
each_with_token = pytest.mark.parametrize(
    ("name", "operation"), WITH_TOKEN.items(), ids=list(WITH_TOKEN)
)


def resolve(part):
    """What a `$ref` stands for; anything else is itself."""
    while isinstance(part, dict) and "$ref" in part:
        found = KEPT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def schemas_and_examples(operation):
    for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
        yield from resolve(holder).get("content", {}).items()


def test_the_kept_document_is_the_one_the_code_makes(app):
    made = text(build(app)).decode()
    assert made == document.PLACE.read_text("utf-8"), "run `jentry openapi --write`"


def test_it_is_valid():
    assert [error.message for error in OpenAPIV31SpecValidator(KEPT).iter_errors()] == []


def test_every_route_is_in_it_with_its_scope(app):
    routes = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            address = re.sub(r"<[^>]*?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
            address = re.sub(r"_(\w)", lambda match: match[1].upper(), address)
            scope = getattr(app.view_functions[rule.endpoint], "scope", None)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                routes[f"{method} {address}"] = [{"token": [scope]}] if scope else []
    assert routes == {name: operation["security"] for name, operation in OPERATIONS.items()}


def test_scopes_are_told_with_their_meaning():
    told = KEPT["components"]["securitySchemes"]["token"]["description"]
    assert [line for line in told.splitlines() if line.startswith("- ")] == [
        f"- `{scope}`: {said}" for scope, said in SCOPES.items()
    ]


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in KEPT["tags"]}
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == tags


@each_operation
def test_every_parameter_is_explained_and_bounded(name, operation):
    for parameter in map(resolve, operation["parameters"]):
        assert parameter["description"].endswith("."), parameter["name"]
        schema = parameter["schema"]
        if schema.get("type") == "integer":
            assert "minimum" in schema, parameter["name"]
        if parameter["name"] == "limit":
            assert (schema["minimum"], schema["maximum"]) == (1, 100)
    in_path = {p["name"] for p in map(resolve, operation["parameters"]) if p["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", name))


@each_operation
def test_every_answer_has_an_example_that_fits_its_schema(name, operation):
    registry = {"components": KEPT["components"]}
    for media_type, content in schemas_and_examples(operation):
        if media_type == "application/json" and name != "GET /openapi.json":
            schema = content["schema"] | registry
            Draft202012Validator(schema).validate(content["example"])
        elif "ndjson" in media_type:
            assert json.loads(content["example"])


@each_with_token
def test_every_refusal_is_told(name, operation):
    method = name.split()[0]
    expected = {"401", "403", "429", "500", "503"}
    expected |= {"404"} if "{" in name else set()
    expected |= {"304"} if method == "GET" else set()
    expected |= {"400", "412"} if method in ("PATCH", "DELETE") else set()
    expected |= {"400", "409", "413"} if method == "POST" else set()
    assert expected - operation["responses"].keys() == set()
    for status, response in operation["responses"].items():
        headers = resolve(response)["headers"]
        assert "X-Request-Id" in headers
        if status not in ("401", "500", "503"):
            assert {"RateLimit", "RateLimit-Policy"} <= headers.keys()
        assert ("Retry-After" in headers) == (status in ("429", "503"))


@each_with_token
def test_every_header_a_request_may_have_is_told(name, operation):
    told = {p["name"] for p in map(resolve, operation["parameters"]) if p["in"] == "header"}
    special = dict.fromkeys(("PATCH", "PUT", "DELETE"), "If-Match")
    special |= {"GET": "If-None-Match", "POST": "Idempotency-Key"}
    assert told == {"X-Request-Id", special[name.split()[0]]}


def test_it_is_served_without_a_token_and_with_the_address_of_the_server(client):
    answer = client.get("/api/v1/openapi.json")
    server = {"url": "http://jentry.test/api/v1", "description": "This server."}
    assert (answer.status_code, answer.json) == (200, KEPT | {"servers": [server]})
    assert answer.content_type == "application/json"


def test_the_command_line_prints_it(database):
    env = {"JENTRY_URL": "https://errors.example.com/x"}
    printed = CliRunner().invoke(main, ["--db", str(database), "openapi"], env=env)
    server = {"url": "https://errors.example.com/x/api/v1", "description": "This server."}
    assert json.loads(printed.output) == KEPT | {"servers": [server]}


def test_the_command_line_makes_it_anew(database, monkeypatch, tmp_path):
    monkeypatch.setattr(document, "PLACE", tmp_path / "openapi.json")
    printed = CliRunner().invoke(main, ["--db", str(database), "openapi", "--write"])
    assert printed.output == f"{tmp_path / 'openapi.json'} is written.\n"
    assert json.loads((tmp_path / "openapi.json").read_text("utf-8")) == KEPT

"""One operation of the document: what a route takes, gives and refuses."""

import inspect
from collections.abc import Callable
from typing import Any

from marshmallow import Schema
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from jentry.api import EventIdConverter, IdConverter
from jentry.api.conditional import CONDITIONAL
from jentry.api.describe import Description
from jentry.api.stream import NDJSON
from jentry.openapi import shared, wire
from jentry.openapi.examples import EXAMPLES
from jentry.openapi.glossary import MEANINGS, TITLES
from jentry.schemas.base import camel
from jentry.schemas.stats import TOTALS
from jentry.schemas.usage import GONE
from jentry.vocabulary import MAX_ID

JSON = "application/json"
EVENT_ID = r"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"
ENVELOPE: dict[str, dict[str, Any]] = {
    "page": {"type": "integer", "minimum": 1},
    "pageSize": {"type": "integer", "minimum": 1},
    "total": {"type": "integer", "minimum": 0},
    "nextCursor": {"type": ["string", "null"]},
    "scanned": {"type": ["integer", "null"], "minimum": 0},
    "truncated": {"type": "boolean"},
    "dryRun": {"type": "boolean"},
}

View = Callable[..., Any]


class Operations:
    """`converter` is apispec's: it names the schemas it meets and puts them into the document."""

    def __init__(self, converter: Any) -> None:
        self.converter = converter

    def of(self, rule: Rule, method: str, view: View) -> dict[str, Any]:
        description: Description = view.description  # type: ignore[attr-defined]
        summary, _, rest = (inspect.getdoc(view) or "").partition("\n")
        scope = getattr(view, "scope", None)
        found = {
            "operationId": camel(view.__name__),
            "tags": [TITLES[tag(rule)][0]],
            "summary": summary,
            "description": rest.strip(),
            "x-destructive": _destroys(method, description),
            "security": [{"token": [scope]}] if scope else [],
            "parameters": self._parameters(rule, method, description, scope),
            "requestBody": description.body and self._body(description.body),
            "responses": self._responses(rule, method, description, scope),
        }
        return {name: value for name, value in found.items() if value or name == "security"}

    def _parameters(
        self, rule: Rule, method: str, description: Description, scope: str | None
    ) -> list[dict[str, Any]]:
        in_path = [self._in_path(rule, name) for name in rule.arguments]
        query = description.query
        in_query = [self._in_query(query, name) for name in query.fields] if query else []
        names = ["X-Request-Id"]
        if method == "GET":
            names.append("If-None-Match")
        elif method in CONDITIONAL:
            names.append("If-Match")
        elif scope:
            names.append("Idempotency-Key")
        return [*sorted(in_path, key=_place(rule)), *in_query, *map(shared.parameter, names)]

    def _in_path(self, rule: Rule, argument: str) -> dict[str, Any]:
        name = camel(argument)
        return {
            "name": name,
            "in": "path",
            "required": True,
            "description": MEANINGS[name],
            "schema": _shape(rule._converters[argument]),
            "example": EXAMPLES[name],
        }

    def _in_query(self, schema: Schema, field_name: str) -> dict[str, Any]:
        field = schema.fields[field_name]
        name = field.data_key or field_name
        shape = self.converter.field2property(field)
        meaning = shape.pop("description")
        if shape.get("default", 0) is None:
            del shape["default"]
        if isinstance(shape.get("type"), list):  # an absent parameter, not a null one
            kinds = [kind for kind in shape["type"] if kind != "null"]
            shape["type"] = kinds[0] if len(kinds) == 1 else kinds
        if None in shape.get("enum", ()):
            shape["enum"] = [word for word in shape["enum"] if word is not None]
        found = {
            "name": name,
            "in": "query",
            "required": field.required,
            "description": meaning,
            "schema": shape,
        }
        if shape.get("type") == "object":
            found |= {"style": "deepObject", "explode": True}
        return found | wire.example_of_parameter(schema, name)

    def _body(self, schema: Schema) -> dict[str, Any]:
        content = {"schema": self._reference(schema), "example": wire.example(schema)}
        return {"required": True, "content": {JSON: content}}

    def _responses(
        self, rule: Rule, method: str, description: Description, scope: str | None
    ) -> dict[str, Any]:
        statuses = {500, 503, *description.errors}
        if scope:
            statuses |= {401, 403, 429}
        if scope and (description.query or method != "GET"):
            statuses.add(400)
        if rule.arguments:
            statuses.add(404)
        if method in CONDITIONAL:
            statuses.add(412)
        elif method != "GET":
            statuses |= {409, 413}
        if description.body:
            statuses.add(413)
        errors = {str(status): shared.error(status) for status in sorted(statuses)}
        return (
            {str(description.status): self._answer(method, description, scope)}
            | ({"304": _unchanged(scope)} if method == "GET" else {})
            | errors
        )

    def _answer(self, method: str, description: Description, scope: str | None) -> dict[str, Any]:
        names = [*shared.ALWAYS, *shared.IGNORED, *(shared.QUOTA if scope else ())]
        names += description.headers
        if method == "GET":
            names.append("ETag")
        elif method not in CONDITIONAL and scope:
            names.append("Idempotency-Replayed")
        if "nextCursor" in description.envelope:
            names.append("Link")
        answer = {"description": "Done.", "headers": shared.headers(*names)}
        if description.status != 204:
            answer["content"] = self._content(description, scope)
        return answer

    def _content(self, description: Description, scope: str | None) -> dict[str, Any]:
        schema = description.answer
        if schema is None:
            media_type, shape = ("*/*", {}) if scope else (JSON, {"type": "object"})
            return {media_type: {"schema": shape}}
        members = {"data": self._reference(schema)}
        sample = wire.example(schema)
        example = {"data": [sample] if schema.many else sample}
        for name in description.envelope:
            members[name] = {"description": MEANINGS[name]} | self._beside(name, description)
            example[name] = EXAMPLES[name]
        whole = {"type": "object", "required": list(members), "properties": members}
        content: dict[str, Any] = {JSON: {"schema": whole, "example": example}}
        if schema.many:
            content[NDJSON] = {"schema": {"type": "string"}, "example": wire.line(sample)}
        return content

    def _reference(self, schema: Schema) -> dict[str, Any]:
        """To the schema among the components; when it is `many`, an array of it."""
        reference: dict[str, Any] = self.converter.resolve_nested_schema(schema)
        if hasattr(schema, "require_something"):
            shape = self.converter.spec.components.schemas[wire.name_of(schema)]
            shape["anyOf"] = [{"required": [name]} for name in shape["properties"]]
        return reference

    def _beside(self, name: str, description: Description) -> dict[str, Any]:
        if name in ("totals", "gone"):
            return self._reference(TOTALS if name == "totals" else GONE)
        if name in ("page", "total") and "nextCursor" in description.envelope:
            return ENVELOPE[name] | {"type": ["integer", "null"]}
        return ENVELOPE[name]


def _destroys(method: str, description: Description) -> str:
    """One sentence, empty for what can be taken back."""
    return description.destroys or ("It cannot be undone." if method == "DELETE" else "")


def _shape(converter: BaseConverter) -> dict[str, Any]:
    """Of a part of the path."""
    if isinstance(converter, IdConverter):
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID, "format": "int64"}
    if isinstance(converter, EventIdConverter):
        return {"type": "string", "pattern": EVENT_ID}
    if isinstance(converter, AnyConverter):
        return {"type": "string", "enum": sorted(converter.items)}
    return {"type": "string", "minLength": 1}


def tag(rule: Rule) -> str:
    """The blueprint's name."""
    name: str = rule.endpoint.split(".")[-2]
    return name


def _place(rule: Rule) -> Callable[[dict[str, Any]], int]:
    return lambda parameter: rule.rule.index(_snake(parameter["name"]))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _unchanged(scope: str | None) -> dict[str, Any]:
    names = ("ETag", *shared.ALWAYS, *(shared.QUOTA if scope else ()))
    return {"description": "Nothing has changed since.", "headers": shared.headers(*names)}

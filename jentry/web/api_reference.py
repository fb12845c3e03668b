"""`/docs/api`: the OpenAPI document as a page to copy from."""

import re
from functools import lru_cache
from typing import Any

import orjson
from flask import render_template, request

from jentry.api import document
from jentry.vocabulary import SCOPES
from jentry.web.curl import command

METHODS = ("get", "post", "patch", "put", "delete")
ANYWHERE = "https://any.invalid"
# Nothing in it would have to be escaped.
PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._/-]*)?")


def text(base: str) -> str:
    """`base`: where readers reach the server."""
    if not PLAIN_ADDRESS.fullmatch(base):
        return _text(base)
    return _text_anywhere(request.script_root).replace(ANYWHERE, base)


@lru_cache(maxsize=4)
def _text_anywhere(script_root: str) -> str:
    """With an address that stands for any other: only that differs between readers.

    `script_root` is what all links begin with; it comes from the settings.
    """
    return _text(ANYWHERE)


def _text(base: str) -> str:
    found = document.at(base)
    return render_template(
        "docs/api.html",
        base=found["servers"][0]["url"],
        scopes=SCOPES,
        errors=_errors(found),
        groups=_groups(found),
    )


def _groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Each tag with its operations, in the order of the document."""
    groups = {tag["name"]: tag | {"operations": []} for tag in found["tags"]}
    for path, methods in found["paths"].items():
        for method in METHODS:
            if method in methods:
                groups[methods[method]["tags"][0]]["operations"].append(
                    _operation(found, path, method, methods[method])
                )
    return list(groups.values())


def _operation(
    found: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> dict[str, Any]:
    parameters = [_resolve(found, parameter) for parameter in operation["parameters"]]
    status = next(iter(operation["responses"]))
    answer = operation["responses"][status].get("content", {}).get("application/json", {})
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "scope": next(iter(operation["security"][0]["token"]), None)
        if operation["security"]
        else None,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "destroys": operation.get("x-destructive", ""),
        "parameters": [_parameter(p) for p in parameters if p["in"] != "header"],
        "headers": [p["name"] for p in parameters if p["in"] == "header"],
        "body": _members(found, body["schema"]) if body else [],
        "status": status,
        "answer": _json(answer["example"]) if "example" in answer else "",
        "errors": [status for status in operation["responses"] if status >= "400"],
        "curl": command(found["servers"][0]["url"], path, method, operation, parameters),
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "kind": _kind(parameter["schema"]),
        "is_required": parameter["required"],
        "meaning": parameter["description"],
    }


def _members(found: dict[str, Any], schema: dict[str, Any], path: str = "") -> list[dict[str, Any]]:
    """The members of a body, those of inner objects after the one they are in."""
    shape = _resolve(found, schema)
    members = []
    for name, part in shape["properties"].items():
        members.append(
            {
                "name": path + name,
                "kind": _kind(part),
                "is_required": name in shape.get("required", ()),
                "meaning": part.get("description", ""),
            }
        )
        inner = _inner(part)
        if inner:
            within = f"{path}{name}{'[]' if part.get('type') == 'array' else ''}."
            members += _members(found, inner, within)
    return members


def _inner(part: dict[str, Any]) -> dict[str, Any] | None:
    """The reference to an object of ours, in whatever it is wrapped."""
    candidates = [part, part.get("items", {}), *part.get("allOf", []), *part.get("anyOf", [])]
    return next((each for each in candidates if "$ref" in each), None)


def _kind(schema: dict[str, Any]) -> str:
    """`integer 1–100, default 25`; `text`; `unresolved | resolved`."""
    if "enum" in schema:
        words = " | ".join(str(word) for word in schema["enum"] if word is not None)
    else:
        kinds = schema.get("type", "object" if _inner(schema) else "")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        words = " | ".join(kinds) or "string | object"
        if schema.get("format") == "date-time":
            words = words.replace("string", "time")
        words += _bounds(schema)
    default = schema.get("default")
    if default in (None, "", [], {}):
        return words
    shown = default if isinstance(default, str) else orjson.dumps(default).decode()
    return f"{words}, default {shown}"


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is not None and high < 2**53:
        return f" {low}–{high}"
    if "maxLength" in schema:
        return f", up to {schema['maxLength']}"
    return ""


def _errors(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every error once: its status, meaning and an example."""
    places: dict[str, str] = {}
    for methods in found["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if "$ref" in response:
                    places[status] = response["$ref"]
    errors = []
    for status, reference in sorted(places.items()):
        response = _resolve(found, {"$ref": reference})
        example = response["content"]["application/json"]["example"]["error"]
        errors.append({"status": status, "meaning": response["description"], "example": example})
    return errors


def _resolve(found: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

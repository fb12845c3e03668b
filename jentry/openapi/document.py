"""The whole document."""

import re
from pathlib import Path
from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from werkzeug.routing import Rule

from jentry import __version__
from jentry.api import RESOURCES, document
from jentry.openapi import shared, wire
from jentry.openapi.glossary import INTRODUCTION, TITLES
from jentry.openapi.operations import Operations, tag
from jentry.schemas.base import camel
from jentry.vocabulary import SCOPES

PREFIX = "/api/v1"
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")  # in this order


def build(app: Flask) -> dict[str, Any]:
    """Raises KeyError when a word of the wire is not in the glossary."""
    plugin = MarshmallowPlugin(schema_name_resolver=wire.name_of)
    spec = APISpec("jentry", __version__, "3.1.0", plugins=[plugin])
    operations = Operations(wire.converter(spec, plugin))
    paths: dict[str, dict[str, Any]] = {}
    for rule in rules(app):
        path = paths.setdefault(template(rule.rule), {})
        for method in METHODS:
            if method in (rule.methods or ()):
                view = app.view_functions[rule.endpoint]
                path[method.lower()] = operations.of(rule, method, view)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jentry",
            "version": __version__,
            "summary": "Read and manage what this error tracker knows.",
            "description": INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "externalDocs": {"url": "/docs/api", "description": "The same for reading, with examples."},
        "servers": [{"url": PREFIX, "description": "This server."}],
        "tags": [{"name": title, "description": said} for title, said in TITLES.values()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": _token()},
            "schemas": {"Error": shared.ERROR} | spec.to_dict()["components"]["schemas"],
        }
        | shared.components(),
    }


def rules(app: Flask) -> list[Rule]:
    """The routes of the API: resource by resource, in the order they were added."""
    order = [resource.bp.name for resource in (*RESOURCES, document)]
    found = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(f"{PREFIX}/")]
    return sorted(found, key=lambda rule: order.index(tag(rule)))


def write(app: Flask) -> Path:
    """Keep the document where the server reads it."""
    document.PLACE.write_bytes(text(build(app)))
    return document.PLACE


def text(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def template(rule: str) -> str:
    """`/api/v1/issues/<id:issue_id>` -> `/issues/{issueId}`."""
    path = rule.removeprefix(PREFIX)
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match: f"{{{camel(match[1])}}}", path)


def _token() -> dict[str, Any]:
    scopes = "\n".join(f"- `{scope}`: {said}" for scope, said in SCOPES.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "jto_…",
        "description": f"An API token. Its scopes say what it may do:\n\n{scopes}",
    }

"""marshmallow's schemas as JSON Schema, and an example of each."""

from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields, validate

from jentry.openapi.examples import EXAMPLES
from jentry.openapi.glossary import MEANINGS
from jentry.schemas.base import Instant, Text, Url
from jentry.schemas.paging import LONGEST_CURSOR, Cursor
from jentry.schemas.releases import LONGEST_PATH, FileIn

SOME_TEXT = r"^[^\x00]*\S[^\x00]*$"
ANY_TEXT = r"^[^\x00]*$"


def name_of(schema: Schema | type[Schema]) -> str:
    """`IssueOut` -> `Issue`; what comes in keeps its name: `IssuePatch`."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Out")


def converter(spec: APISpec, plugin: MarshmallowPlugin) -> Any:
    """apispec's own, told what our fields add to marshmallow's."""
    found: Any = plugin.converter
    found.add_attribute_function(_describe)
    found.add_attribute_function(_refine)
    return found


def meaning(schema: Schema, field_name: str) -> str:
    """A sentence. Raises KeyError when the glossary has none."""
    return MEANINGS[entry(schema, field_name)]


def entry(schema: Schema, field_name: str) -> str:
    """Under which name the glossary has it: `Schema.name` or `name`. Raises KeyError."""
    for key in _keys(schema, field_name):
        if key in MEANINGS:
            return key
    name = f"{name_of(schema)}.{field_name}"
    raise KeyError(f"say in jentry/openapi/glossary.py what {name} means")


def line(sample: Any) -> str:
    return orjson.dumps(sample).decode() + "\n"


def example(schema: Schema) -> Any:
    """A value that the schema takes or gives: the glossary's, else of all its fields."""
    name = name_of(schema)
    if name in EXAMPLES:
        return EXAMPLES[name]
    return {
        field.data_key or key: _value(schema, field.data_key or key, field)
        for key, field in schema.fields.items()
    }


def _value(schema: Schema, name: str, field: fields.Field[Any]) -> Any:
    for key in _keys(schema, name):
        if key in EXAMPLES:
            return EXAMPLES[key]
    if isinstance(field, fields.Nested):
        return example(field.schema)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return [example(field.inner.schema)]
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            return next(iter(rule.choices))
    if isinstance(field, Instant):
        return EXAMPLES["time"]
    if isinstance(field, fields.Boolean):
        return True
    raise KeyError(f"give an example of {name_of(schema)}.{name} in jentry/openapi/examples.py")


def _keys(schema: Schema, name: str) -> list[str]:
    """In the glossary: those of the schema and of what it is made from, then the name alone."""
    kinds = [kind for kind in type(schema).__mro__ if issubclass(kind, Schema)]
    return [*(f"{name_of(kind)}.{name}" for kind in kinds), name]


def example_of_parameter(schema: Schema, name: str) -> dict[str, Any]:
    """`{"example": …}` when the glossary has one for this schema's own parameter."""
    found = next((EXAMPLES[key] for key in _keys(schema, name)[:-1] if key in EXAMPLES), None)
    return {} if found is None else {"example": found}


def _describe(_: Any, field: fields.Field[Any], **__: Any) -> dict[str, Any]:
    if not isinstance(field.parent, Schema) or field.data_key is None:
        return {}  # inside a list
    return {"description": meaning(field.parent, field.data_key)}


def _refine(
    converter: Any, field: fields.Field[Any], ret: dict[str, Any], **__: Any
) -> dict[str, Any]:
    if isinstance(field, Url):
        return {"format": "uri", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00]+\s*$"}
    if isinstance(field, Cursor):
        return {"pattern": "^[A-Za-z0-9_-]+$", "maxLength": LONGEST_CURSOR}
    if isinstance(field, FileIn):
        path = {"type": "string", "minLength": 1, "maxLength": LONGEST_PATH, "pattern": SOME_TEXT}
        shape = {"type": "object", "required": ["path"], "properties": {"path": path}}
        return {"anyOf": [path, shape]}
    if isinstance(field, fields.Dict) and field.key_field is not None:
        most = {"maxProperties": ret.pop("maxLength")} if "maxLength" in ret else {}
        return most | {"propertyNames": converter.field2property(field.key_field)}
    if isinstance(field, Text) and field.pattern:
        return {"pattern": field.pattern}
    if isinstance(field, Text) and "pattern" in ret:  # it is trimmed before it is compared
        return {"pattern": rf"^\s*(?:{ret['pattern'].removeprefix('^').removesuffix('$')})\s*$"}
    if isinstance(field, Text):
        return {"pattern": SOME_TEXT if ret.get("minLength") else ANY_TEXT}
    return {}

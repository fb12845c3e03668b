"""A name that several resources share has a meaning that is meant for all of them."""

import re
from importlib import import_module
from pathlib import Path

from marshmallow import Schema

from jentry import schemas
from jentry.openapi.shared_names import SHARED
from jentry.openapi.wire import entry, name_of


def all_schemas(kind=Schema):
    for path in Path(schemas.__file__).parent.glob("*.py"):
        import_module(f"jentry.schemas.{path.stem}")
    for child in kind.__subclasses__():
        if child.__module__.startswith("jentry.schemas"):
            yield child
        yield from all_schemas(child)


def resource(kind):
    """What a schema is about: `IssueDetail`, `IssuePatch` and `EveryIssueQuery` are about Issue."""
    found = re.sub(r"^Every|(?:Detail|(?<!Check)In|Patch|Query|Filter)$", "", name_of(kind))
    return "Issue" if found == "Strict" else found


def borrowers(kinds=None):
    """Names that have one meaning for all schemas, and the resources that go by it."""
    found = {}
    for kind in kinds or set(all_schemas()):
        schema = kind()
        for name, field in schema.fields.items():
            key = entry(schema, field.data_key or name)
            if "." not in key:
                found.setdefault(key, set()).add(resource(kind))
    return found


def test_what_resources_share_is_meant_to_be_shared():
    """Say in the glossary what `Schema.name` means there, or that the resource shares it."""
    shared = {name: resources for name, resources in borrowers().items() if len(resources) > 1}
    assert shared == {name: set(resources.split()) for name, resources in SHARED.items()}


def test_a_resource_that_borrows_a_meaning_is_noticed():
    class Tea(Schema):
        culprit = next(k for k in all_schemas() if name_of(k) == "Issue")().fields["culprit"]

    assert borrowers([Tea]) == {"culprit": {"Tea"}}

"""Filters by what an event has: an environment, a release, tags."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from jentry.schemas.base import Text, WireSchema

LONGEST_NAME = 200  # of a release, of a tag's key and value
MOST_TAGS = 10
TAG = re.compile(r"tag\[(.*)\]", re.DOTALL)


def is_tag(name: str) -> bool:
    """Whether a parameter is of the form `tag[browser]`."""
    return TAG.fullmatch(name) is not None


class TraitFilter(WireSchema):
    """They combine with AND; in an address or as JSON."""

    environment = Text(LONGEST_NAME, load_default="")
    release = Text(LONGEST_NAME, load_default="")
    tag = fields.Dict(
        keys=Text(LONGEST_NAME, shortest=1),
        values=Text(LONGEST_NAME, shortest=1),
        load_default=dict,
        validate=validate.Length(max=MOST_TAGS),
        error_messages={"invalid": "Must be pairs of key and value, such as tag[browser]=Firefox."},
    )

    @pre_load
    def gather_tags(self, data: Any, **_: Any) -> Any:
        """`tag[browser]=Firefox`, as addresses have it."""
        if not isinstance(data, Mapping):
            return data
        tags = {name: found[1] for name in data if (found := TAG.fullmatch(name))}
        if not tags:
            return data
        others = {name: value for name, value in data.items() if name not in tags}
        return others | {"tag": {key: data[name] for name, key in tags.items()}}

    def named(self, data: dict[str, Any]) -> dict[str, Any]:
        """The members as the store names them."""
        return data | {"tags": tuple(data.pop("tag").items())}

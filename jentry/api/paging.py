"""The answer of a list that has pages and a total."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

PAGED = ("page", "pageSize", "total")  # beside `data`


def paged(
    schema: Schema, wanted: Mapping[str, Any], rows: list[dict[str, Any]], total: int
) -> dict[str, Any]:
    """`wanted` has the `limit` and `page` in force; `total` counts the rows of all pages."""
    return {
        "data": schema.dump(rows),
        "page": wanted["page"],
        "pageSize": wanted["limit"],
        "total": total,
    }

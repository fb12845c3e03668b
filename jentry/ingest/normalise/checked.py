"""A mark on what needs no second look."""

from typing import Any


class Checked(list[dict[str, Any]]):
    """Frames or breadcrumbs whose types and lengths were found canonical while they were parsed."""

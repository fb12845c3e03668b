"""People in filters."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from jentry.store.audit import NOBODY
from jentry.vocabulary import MAX_ID


class Person(fields.String):
    """A user's id, or `none`; loads as NOBODY then."""

    def __init__(self) -> None:
        wire = {"type": ["integer", "string"], "minimum": 1, "maximum": MAX_ID}
        super().__init__(
            load_default=None, metadata=wire | {"pattern": "^(none|[1-9][0-9]{0,17})$"}
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value == "none":
            return NOBODY
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
            value = int(value)
        if type(value) is not int or not 1 <= value <= MAX_ID:
            raise ValidationError("Must be the id of a user, or none.")
        return value

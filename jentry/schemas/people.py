"""People in filters."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from jentry.store.audit import ME, NOBODY
from jentry.vocabulary import MAX_ID

WORDS = {"me": ME, "none": NOBODY}


class Person(fields.String):
    """A user's id, `me` or `none`; these load as ME and NOBODY."""

    def __init__(self) -> None:
        wire = {"type": ["integer", "string"], "minimum": 1, "maximum": MAX_ID}
        super().__init__(
            load_default=None, metadata=wire | {"pattern": "^(me|none|[1-9][0-9]{0,17})$"}
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value in WORDS:
            return WORDS[value]
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
            value = int(value)
        if type(value) is not int or not 1 <= value <= MAX_ID:
            raise ValidationError("Must be the id of a user, me or none.")
        return value

"""Pages on the wire: a number, or the cursor that the page before has given."""

import base64
import json
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate, validates_schema

from jentry import clock
from jentry.schemas.base import Count, WireSchema
from jentry.store.paging import Key
from jentry.vocabulary import MAX_ID

LONGEST_CURSOR = 200
NO_CURSOR = "This is no cursor of this list in this order; begin again without it."


def cursor_after(order: str, key: Key) -> str:
    """Opaque: base64url of the name of the order and of the last row's key in it."""
    text = json.dumps([order, *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Cursor(fields.String):
    """Inside it is the name of the order and the Key."""

    def __init__(self) -> None:
        super().__init__(load_default=None, validate=[])

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            order, sorted_by, row_id = json.loads(_decoded(text))
        except (ValueError, TypeError):
            raise ValidationError(NO_CURSOR) from None
        if not (isinstance(order, str) and _is_id(row_id) and _is_value(sorted_by)):
            raise ValidationError(NO_CURSOR)
        return order, (sorted_by, row_id)


def _decoded(text: str) -> bytes:
    if not text.isascii() or len(text) > LONGEST_CURSOR:
        raise ValueError
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_ID


def _is_value(value: Any) -> bool:
    """A number or an instant as they are stored."""
    if not isinstance(value, str):
        return _is_id(value)
    try:
        return clock.timestamp(clock.parse(value)) == value
    except (ValueError, OverflowError):
        return False


class PagedQuery(WireSchema):
    """Loads into `limit`, `page` and `after`. A subclass says how its list is ordered."""

    ORDERS: ClassVar[dict[str, type]]  # the name of each order, the type of what it sorts by

    page = Count(load_default=1, validate=validate.Range(min=1))
    cursor = Cursor()

    def order(self, data: dict[str, Any]) -> str:
        """The one wanted; of a list that has several, `sort` says which."""
        return data.get("sort") or next(iter(self.ORDERS))

    @validates_schema(pass_original=True)
    def require_one_place(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        if data["cursor"] is None:
            return
        if "page" in original:
            raise ValidationError("Send a cursor or a page, not both.", "cursor")
        order, (sorted_by, _id) = data["cursor"]
        if order != self.order(data) or not isinstance(sorted_by, self.ORDERS[order]):
            raise ValidationError(NO_CURSOR, "cursor")

    def place(self, data: dict[str, Any]) -> dict[str, Any]:
        """The members as Paging names them."""
        found = data.pop("cursor")
        return data | {"after": found and found[1]}

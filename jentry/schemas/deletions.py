"""Deletions on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_load

from jentry.schemas.base import Instant, Limit, Text, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.store.paging import Paging

LONGEST_WORD = 100


class Confirmation(WireSchema):
    confirm = Text(LONGEST_WORD, load_default=None)


class DeletionQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"deletions": int}

    limit = Limit(50)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paging:
        return Paging(**self.place(data))


class DeletionOut(WireSchema):
    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    target = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    requested_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)


CONFIRMATION, QUERY = Confirmation(), DeletionQuery()
OUT, OUTS = DeletionOut(), DeletionOut(many=True)

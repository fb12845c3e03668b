"""Comments and the history of an issue on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from jentry.schemas.base import Count, Instant, Limit, Text, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.store.paging import Paging

LONGEST_COMMENT = 10_000


class CommentQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"comments": str}

    limit = Limit(25)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paging:
        return Paging(**self.place(data))


class CommentIn(WireSchema):
    text = Text(LONGEST_COMMENT, shortest=1, required=True)


class CommentOut(WireSchema):
    id = fields.Integer(required=True)
    issue_id = fields.Integer(required=True)
    user_id = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)
    created_at = Instant(required=True)


class ActivityQuery(WireSchema):
    limit = Limit(50)
    page = Count(load_default=1, validate=validate.Range(min=1))


class ActivityOut(WireSchema):
    type = fields.String(required=True)
    user_id = fields.Integer(required=True, allow_none=True)  # null: nobody, or the command line
    meta = fields.Dict(required=True)
    created_at = Instant(required=True)


QUERY, COMMENT = CommentQuery(), CommentIn()
OUT, OUTS = CommentOut(), CommentOut(many=True)
ACTIVITY_QUERY, ACTIVITIES = ActivityQuery(), ActivityOut(many=True)

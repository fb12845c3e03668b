"""Issues on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema
from marshmallow.validate import OneOf

from jentry.schemas.base import Count, Id, Instant, Limit, Text, WireSchema
from jentry.store.issues import Wanted
from jentry.vocabulary import LEVELS, PERIODS, SORTS, STATUSES

LONGEST_QUERY = 500


class IssueQuery(WireSchema):
    status = fields.String(load_default="unresolved", validate=OneOf((*STATUSES, "all")))
    level = fields.String(load_default="all", validate=OneOf((*LEVELS, "all")))
    query = Text(LONGEST_QUERY, load_default="")
    period = fields.String(load_default="all", validate=OneOf((*PERIODS, "all")))
    sort = fields.String(load_default="last_seen", validate=OneOf(SORTS))
    limit = Limit(25)
    page = Count(load_default=1, validate=validate.Range(min=1))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**data)


class IssuePatch(WireSchema):
    status = fields.String(validate=OneOf(STATUSES))
    assignee_user_id = Id(allow_none=True)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send status, assigneeUserId or both.")


class IssueOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    title = fields.String(required=True)
    culprit = fields.String(required=True)
    type = fields.String(required=True)
    level = fields.String(required=True)
    status = fields.String(required=True)
    substatus = fields.String(required=True, allow_none=True)
    first_seen = Instant(required=True)
    last_seen = Instant(required=True)
    count = fields.Integer(required=True)
    user_count = fields.Integer(required=True)
    assignee_user_id = fields.Integer(required=True, allow_none=True)
    first_release = fields.String(required=True, allow_none=True)
    last_release = fields.String(required=True, allow_none=True)
    permalink = fields.String(required=True)


QUERY, PATCH, OUT, OUTS = IssueQuery(), IssuePatch(), IssueOut(), IssueOut(many=True)

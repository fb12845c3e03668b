"""Monitors and their check-ins on the wire."""

from marshmallow import fields, validate

from jentry.schemas.base import Count, Instant, Limit, WireSchema
from jentry.vocabulary import CHECK_IN_STATUSES


class MonitorQuery(WireSchema):
    limit = Limit(100)
    page = Count(load_default=1, validate=validate.Range(min=1))


class CheckInQuery(MonitorQuery):
    limit = Limit(25)


class CheckInOut(WireSchema):
    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(CHECK_IN_STATUSES))
    duration = fields.Float(required=True, allow_none=True)  # seconds
    environment = fields.String(required=True, allow_none=True)
    release = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True)
    updated_at = Instant(required=True)


class MonitorOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    slug = fields.String(required=True)
    config = fields.Dict(required=True, allow_none=True)  # as the client sent it
    created_at = Instant(required=True)
    last_check_in = fields.Nested(CheckInOut, required=True, allow_none=True)


QUERY, OUTS = MonitorQuery(), MonitorOut(many=True)
CHECK_INS, CHECK_INS_OUT = CheckInQuery(), CheckInOut(many=True)

"""User reports and feedback on the wire."""

from marshmallow import fields, validate

from jentry.schemas.base import Count, Instant, Limit, WireSchema
from jentry.vocabulary import REPORT_SOURCES


class ReportQuery(WireSchema):
    limit = Limit(25)
    page = Count(load_default=1, validate=validate.Range(min=1))


class ReportOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    source = fields.String(required=True, validate=validate.OneOf(REPORT_SOURCES))
    event_id = fields.String(required=True, allow_none=True)
    issue_id = fields.Integer(required=True, allow_none=True)  # null: the event is not there
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    comments = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    received_at = Instant(required=True)


QUERY, OUTS = ReportQuery(), ReportOut(many=True)

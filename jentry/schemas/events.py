"""Events on the wire: the columns of the row and the members of the stored payload."""

from marshmallow import fields

from jentry.schemas.base import Instant, Limit, WireSchema


class EventQuery(WireSchema):
    limit = Limit(25)


class EventOut(WireSchema):
    id = fields.String(required=True)
    issue_id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    type = fields.String(required=True)
    level = fields.String(required=True)
    message = fields.String(required=True)
    platform = fields.String(required=True)
    environment = fields.String(required=True, allow_none=True)
    release = fields.String(required=True, allow_none=True)
    dist = fields.String(required=True, allow_none=True)
    transaction = fields.String(required=True, allow_none=True)
    server_name = fields.String(required=True, allow_none=True)
    logger = fields.String(required=True, allow_none=True)
    trace_id = fields.String(required=True, allow_none=True)
    timestamp = Instant(required=True)
    received_at = Instant(required=True)
    # The members below are SDKs' own: their inner names stay as they were sent.
    exception = fields.Dict(required=True, allow_none=True)
    stacktrace = fields.Dict(required=True, allow_none=True)
    threads = fields.Dict(required=True, allow_none=True)
    tags = fields.Dict(required=True)
    user = fields.Dict(required=True, allow_none=True)
    request = fields.Dict(required=True, allow_none=True)
    contexts = fields.Dict(required=True)
    breadcrumbs = fields.Dict(required=True, allow_none=True)
    extra = fields.Dict(required=True, allow_none=True)
    sdk = fields.Dict(required=True, allow_none=True)
    modules = fields.Dict(required=True, allow_none=True)
    fingerprint = fields.List(fields.String(), required=True, allow_none=True)
    errors = fields.List(fields.Dict(), required=True)  # what was changed or dropped on the way in


QUERY, OUTS = EventQuery(), EventOut(many=True)

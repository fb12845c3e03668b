"""Entries of the audit log on the wire."""

from marshmallow import fields

from jentry.schemas.base import Instant, Limit, WireSchema


class AuditQuery(WireSchema):
    limit = Limit(50)


class AuditOut(WireSchema):
    id = fields.Integer(required=True)
    action = fields.String(required=True)
    target = fields.String(required=True)
    user_id = fields.Integer(required=True, allow_none=True)  # null: the command line
    meta = fields.Dict(required=True)
    created_at = Instant(required=True)


QUERY, OUTS = AuditQuery(), AuditOut(many=True)

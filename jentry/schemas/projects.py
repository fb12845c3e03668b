"""Projects on the wire."""

from marshmallow import fields

from jentry.schemas.base import Instant, Limit, WireSchema


class ProjectQuery(WireSchema):
    limit = Limit(None)  # every project


class ProjectOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)
    platform = fields.String(required=True, allow_none=True)
    public_key = fields.String(required=True, allow_none=True)  # null: all keys are disabled
    created_at = Instant(required=True)


QUERY, OUTS = ProjectQuery(), ProjectOut(many=True)

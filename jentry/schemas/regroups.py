"""Grouping stored events again, on the wire."""

from marshmallow import fields

from jentry.schemas.base import Instant, WireSchema


class RegroupOut(WireSchema):
    operation_id = fields.Integer(required=True)
    state = fields.String(required=True)
    total = fields.Integer(required=True)
    events = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    created_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)


OUT = RegroupOut()

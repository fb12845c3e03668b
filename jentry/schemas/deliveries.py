"""Deliveries on the wire."""

from marshmallow import fields, validate

from jentry.schemas.base import Count, Instant, Limit, WireSchema
from jentry.vocabulary import CONDITIONS, DELIVERY_KINDS, DELIVERY_STATES, MAX_ID


def _one() -> Count:
    return Count(load_default=None, validate=validate.Range(1, MAX_ID))


class DeliveryQuery(WireSchema):
    limit = Limit(25)
    page = Count(load_default=1, validate=validate.Range(min=1))
    channel_id = _one()
    rule_id = _one()
    issue_id = _one()
    state = fields.String(load_default=None, validate=validate.OneOf(DELIVERY_STATES))


class DeliveryItemOut(WireSchema):
    rule_ids = fields.List(fields.Integer(), required=True)
    condition = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    project_id = fields.Integer(required=True)
    issue_id = fields.Integer(required=True, allow_none=True)
    environment = fields.String(required=True, allow_none=True)
    detail = fields.Dict(required=True)
    at = Instant(required=True)


class DeliveryOut(WireSchema):
    id = fields.Integer(required=True)
    channel_id = fields.Integer(required=True, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(DELIVERY_KINDS))
    state = fields.String(required=True, validate=validate.OneOf(DELIVERY_STATES))
    recipient = fields.String(required=True)
    attempts = fields.Integer(required=True)
    created_at = Instant(required=True)
    next_attempt_at = Instant(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    item_count = fields.Integer(required=True)
    items = fields.List(fields.Nested(DeliveryItemOut), required=True)


QUERY, OUT, OUTS = DeliveryQuery(), DeliveryOut(), DeliveryOut(many=True)

"""Quotas of a project on the wire, and how much of them is used up."""

from marshmallow import fields

from jentry.schemas.base import Instant, Limit, WireSchema


class QuotaQuery(WireSchema):
    limit = Limit(None)  # every quota


class QuotaOut(WireSchema):
    quota = fields.String(required=True)
    counts = fields.String(required=True)
    seconds = fields.Integer(required=True)
    categories = fields.List(fields.String(), required=True)
    limit = fields.Integer(required=True)  # 0: no limit
    is_own = fields.Boolean(required=True)
    used = fields.Integer(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


QUERY, OUTS = QuotaQuery(), QuotaOut(many=True)

"""Members of the organization on the wire."""

from marshmallow import fields, validate

from jentry.schemas.base import Instant, Limit, WireSchema
from jentry.vocabulary import ROLES


class MemberQuery(WireSchema):
    limit = Limit(None)  # every member


class MemberOut(WireSchema):
    id = fields.Integer(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    is_active = fields.Boolean(required=True)
    joined_at = Instant(required=True)


QUERY, OUTS = MemberQuery(), MemberOut(many=True)

"""Erasures on the wire."""

from marshmallow import fields

from jentry.schemas.base import Instant, Text, WireSchema
from jentry.store.erasure.person import LONGEST


class ErasureIn(WireSchema):
    user_id = Text(LONGEST, load_default=None, allow_none=True)
    email = Text(LONGEST, load_default=None, allow_none=True)
    username = Text(LONGEST, load_default=None, allow_none=True)
    ip = Text(LONGEST, load_default=None, allow_none=True)


class ErasureOut(WireSchema):
    id = fields.Integer(required=True)
    state = fields.String(required=True)
    scanned = fields.Integer(required=True)
    seconds = fields.Float(required=True)
    found = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    erased = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    rewritten = fields.Integer(required=True)
    issues = fields.Integer(required=True)
    kept = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    out_of_reach = fields.List(fields.String(), required=True)
    requested_at = Instant(required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


IN, OUT = ErasureIn(), ErasureOut()

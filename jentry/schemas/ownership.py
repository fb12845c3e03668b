"""Ownership rules on the wire."""

from marshmallow import fields

from jentry.matching.lines import LONGEST
from jentry.schemas.base import Text, WireSchema


class OwnershipIn(WireSchema):
    rules = Text(LONGEST, required=True)


class OwnershipOut(WireSchema):
    rules = fields.String(required=True)


BODY, OUT = OwnershipIn(), OwnershipOut()

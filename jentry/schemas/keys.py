"""Client keys on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from jentry.schemas.base import ONE_LINE, Instant, Limit, Text, WireSchema
from jentry.schemas.projects import PUBLIC_KEY, Flag
from jentry.store.client_keys import DEFAULT_NAME
from jentry.store.names import LONGEST_NAME


class KeyQuery(WireSchema):
    limit = Limit(None)  # every key


class KeyIn(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE, load_default=DEFAULT_NAME)
    public_key = Text(36, rules=[PUBLIC_KEY], allow_none=True, load_default=None)  # null: random


class KeyPatch(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE)
    is_active = Flag()

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send name, isActive or both.")


class KeyOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    public_key = fields.String(required=True)
    dsn = fields.String(required=True)
    is_active = fields.Boolean(required=True)
    created_at = Instant(required=True)
    disabled_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True)  # to the hour; null: never


QUERY, CREATE, PATCH = KeyQuery(), KeyIn(), KeyPatch()
OUT, OUTS = KeyOut(), KeyOut(many=True)

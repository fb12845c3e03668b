"""Alert channels on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from jentry.alerts import schedule, services
from jentry.schemas.base import LONGEST_URL, ONE_LINE, Instant, Limit, Text, Whole, WireSchema
from jentry.schemas.projects import Flag
from jentry.store.names import LONGEST_EMAIL, LONGEST_NAME
from jentry.vocabulary import CHANNEL_KINDS, CHANNEL_STATES, LEVELS, WEEKDAYS

MOST_RECIPIENTS = 20
LONGEST_DIGEST = 86_400  # seconds
DIGEST = 300
RECIPIENT = r"^(members|assignee|[^\s@<>()\[\]\",;:\\]{1,64}@[A-Za-z0-9_.-]+)$"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _require_address(text: str) -> None:
    if (problem := services.problem(text)) is not None:
        raise ValidationError(problem)


class Address(Text):
    """Write-only: it may hold secrets."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            LONGEST_URL, shortest=1, rules=[_require_address], load_only=True, **kwargs
        )


class Zone(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(60, shortest=1, rules=[_require_zone], **kwargs)


def _require_zone(text: str) -> None:
    try:
        schedule.zone(text)
    except schedule.Unreadable as error:
        raise ValidationError(str(error)) from None


def _recipients(**kwargs: Any) -> fields.List[Any]:
    one = Text(LONGEST_EMAIL, rules=[validate.Regexp(RECIPIENT, error=NO_RECIPIENT)])
    return fields.List(one, validate=validate.Length(1, MOST_RECIPIENTS), **kwargs)


NO_RECIPIENT = "Must be members, assignee or an email address."


class ChannelQuery(WireSchema):
    limit = Limit(None)  # all


class QuietHours(WireSchema):
    timezone = Zone(required=True)
    days = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)),
        load_default=list,
        validate=validate.Length(max=len(WEEKDAYS)),
    )  # on which they begin; none: all
    begin = fields.String(required=True, data_key="from", validate=validate.Regexp(CLOCK))
    end = fields.String(required=True, data_key="until", validate=validate.Regexp(CLOCK))
    except_levels = fields.List(
        fields.String(validate=validate.OneOf(LEVELS)),
        load_default=list,
        validate=validate.Length(max=len(LEVELS)),
    )


class ChannelIn(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE, required=True)
    kind = fields.String(required=True, validate=validate.OneOf(CHANNEL_KINDS))
    to = _recipients()
    url = Address()
    digest_seconds = Whole(load_default=DIGEST, validate=validate.Range(0, LONGEST_DIGEST))
    quiet_hours = fields.Nested(QuietHours, allow_none=True, load_default=None)
    is_active = Flag(load_default=True)


class ChannelPatch(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE)
    to = _recipients()
    url = Address()
    digest_seconds = Whole(validate=validate.Range(0, LONGEST_DIGEST))
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    is_active = Flag()

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send what is to change.")


class HealthOut(WireSchema):
    state = fields.String(required=True, validate=validate.OneOf(CHANNEL_STATES))
    failures = fields.Integer(required=True)
    failing_since = Instant(required=True, allow_none=True)
    last_error = fields.String(required=True, allow_none=True)
    last_sent_at = Instant(required=True, allow_none=True)
    retry_at = Instant(required=True, allow_none=True)


class ChannelOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(CHANNEL_KINDS))
    to = fields.List(fields.String(), required=True, allow_none=True)
    target = fields.String(required=True)
    digest_seconds = fields.Integer(required=True)
    quiet_hours = fields.Nested(QuietHours, required=True, allow_none=True)
    is_active = fields.Boolean(required=True)
    health = fields.Nested(HealthOut, required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ChannelSecretOut(ChannelOut):
    secret = fields.String(required=True, allow_none=True)  # once


QUERY = ChannelQuery()
CREATE, PATCH = ChannelIn(), ChannelPatch()
OUT, OUTS, WITH_SECRET = ChannelOut(), ChannelOut(many=True), ChannelSecretOut()

"""Monitors and their check-ins on the wire."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from jentry import clock
from jentry.alerts import schedule as schedules
from jentry.errors import BadRequest
from jentry.schemas.base import Count, Instant, Limit, Text, Whole, WireSchema
from jentry.schemas.projects import Flag
from jentry.vocabulary import CHECK_IN_STATUSES, MONITOR_STATUSES

LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # beyond it nothing is expected


class MonitorQuery(WireSchema):
    limit = Limit(100)
    page = Count(load_default=1, validate=validate.Range(min=1))


class CheckInQuery(MonitorQuery):
    limit = Limit(25)


class CheckInOut(WireSchema):
    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(CHECK_IN_STATUSES))
    duration = fields.Float(required=True, allow_none=True)  # seconds
    environment = fields.String(required=True, allow_none=True)
    release = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True)
    updated_at = Instant(required=True)


class MonitorEnvironmentOut(WireSchema):
    environment = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(MONITOR_STATUSES))
    next_expected_at = Instant(required=True, allow_none=True)
    last_check_in_at = Instant(required=True, allow_none=True)


class ScheduleIn(WireSchema):
    type = fields.String(required=True, validate=validate.OneOf(("crontab", "interval")))
    value = fields.Raw(required=True)  # a text, or a whole number
    unit = fields.String(validate=validate.OneOf(schedules.UNITS))


class MonitorConfigIn(WireSchema):
    """As SDKs send it, but that nothing odd is taken."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = field_name  # SDKs write it so

    schedule = fields.Nested(ScheduleIn, required=True)
    checkin_margin = Whole(validate=validate.Range(1, schedules.MOST_MINUTES))
    max_runtime = Whole(validate=validate.Range(1, schedules.MOST_MINUTES))
    failure_issue_threshold = Whole(validate=validate.Range(1, schedules.MOST_RUNS))
    recovery_threshold = Whole(validate=validate.Range(1, schedules.MOST_RUNS))
    timezone = Text(60, shortest=1)

    @validates_schema
    def require_readable(self, data: dict[str, Any], **_: Any) -> None:
        try:
            schedules.read(data)
        except schedules.Unreadable as error:
            raise ValidationError(str(error), "schedule") from None


class MonitorIn(WireSchema):
    slug = Text(50, shortest=1, rules=[validate.Regexp(r"^[a-z0-9_-]+$")], required=True)
    config = fields.Nested(MonitorConfigIn, allow_none=True, load_default=None)


class MonitorPatch(WireSchema):
    is_active = Flag()
    is_muted = Flag()
    config = fields.Nested(MonitorConfigIn)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send isActive, isMuted or config.")


class ScheduleQuery(WireSchema):
    """Loads into the schedule, the moment from which on, and how many times."""

    type = fields.String(load_default="crontab", validate=validate.OneOf(("crontab", "interval")))
    value = Text(schedules.LONGEST, required=True)
    unit = fields.String(load_default="minute", validate=validate.OneOf(schedules.UNITS))
    timezone = Text(60, load_default="UTC")
    begin = Instant(data_key="from", load_default=None)
    count = Count(load_default=5, validate=validate.Range(1, 50))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> tuple[schedules.Schedule, datetime, int]:
        value: Any = data["value"]
        if data["type"] == "interval" and value.isascii() and value.isdigit():
            value = int(value[:9])
        sent = {"schedule": data | {"value": value}, "timezone": data["timezone"]}
        try:
            found = schedules.read(sent)
        except schedules.Unreadable as error:
            raise BadRequest(str(error)) from None
        begin = clock.now() if data["begin"] is None else clock.parse(data["begin"])
        if begin > LATEST:
            raise BadRequest("from: Must be before the year 2200.")
        return found, begin, data["count"]


class MonitorOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    slug = fields.String(required=True)
    config = fields.Dict(required=True, allow_none=True)  # as the client sent it
    created_at = Instant(required=True)
    is_active = fields.Boolean(required=True)
    is_muted = fields.Boolean(required=True)
    environments = fields.List(fields.Nested(MonitorEnvironmentOut), required=True)
    last_check_in = fields.Nested(CheckInOut, required=True, allow_none=True)


QUERY, OUT, OUTS = MonitorQuery(), MonitorOut(), MonitorOut(many=True)
CREATE, PATCH, SCHEDULE = MonitorIn(), MonitorPatch(), ScheduleQuery()
CHECK_INS, CHECK_INS_OUT = CheckInQuery(), CheckInOut(many=True)

"""Alert rules and dry runs on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from jentry.schemas.base import ONE_LINE, Id, Instant, Limit, Text, Whole, WireSchema, camel
from jentry.schemas.projects import Flag
from jentry.store.alert_rules import THROTTLE
from jentry.store.names import LONGEST_NAME
from jentry.vocabulary import CONDITIONS, LEVELS

MOST_VALUES = 20
MOST_CONDITIONS = 10
MOST_CHANNELS = 20
MOST_PROJECTS = 1000
LONGEST_PATTERN = 200
LONGEST_THROTTLE = 604_800  # seconds
MOST_EVENTS = 10**9
DAY = 86_400
PARAMETERS = {  # of each kind of condition; of `crash_free` the number of sessions has a default
    "frequency": ("more_than", "window_seconds"),
    "users": ("more_than",),
    "crash_free": ("below", "window_seconds", "min_sessions"),
}
MIN_SESSIONS = 50
HOUR, MINUTE = 3600, 60


class RuleQuery(WireSchema):
    limit = Limit(None)  # all


class Condition(WireSchema):
    """Only the parameters that belong to its kind are kept and shown."""

    kind = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    more_than = Whole(validate=validate.Range(0, MOST_EVENTS))
    window_seconds = Whole(validate=validate.Range(MINUTE, DAY))
    below = fields.Float(validate=validate.Range(0, 100))
    min_sessions = Whole(validate=validate.Range(1, MOST_EVENTS))

    @validates_schema
    def require_parameters(self, data: dict[str, Any], **_: Any) -> None:
        kind = data.get("kind", "")
        for name in PARAMETERS.get(kind, ()):
            if name not in data and name != "min_sessions":
                raise ValidationError("Missing data for required field.", camel(name))
        if kind == "crash_free" and data["window_seconds"] < HOUR:
            raise ValidationError(f"Must be at least {HOUR} with crash_free.", "windowSeconds")

    @post_load
    def keep_its_own(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        names = PARAMETERS.get(data["kind"], ())
        if data["kind"] == "crash_free":
            data.setdefault("min_sessions", MIN_SESSIONS)
        return {name: data[name] for name in ("kind", *names)}


def _patterns() -> fields.List[Any]:
    return fields.List(Text(LONGEST_PATTERN, shortest=1), validate=validate.Length(max=MOST_VALUES))


class RuleFilter(WireSchema):
    levels = fields.List(
        fields.String(validate=validate.OneOf(LEVELS)), validate=validate.Length(max=len(LEVELS))
    )
    environments = _patterns()
    releases = _patterns()
    tags = fields.Dict(
        keys=Text(LONGEST_PATTERN, shortest=1),
        values=_patterns(),
        validate=validate.Length(max=MOST_VALUES),
    )
    assignee_ids = fields.List(Id(), validate=validate.Length(max=MOST_VALUES))


def _conditions(**kwargs: Any) -> fields.List[Any]:
    length = validate.Length(1, MOST_CONDITIONS)
    return fields.List(fields.Nested(Condition), validate=length, **kwargs)


def _ids(most: int, **kwargs: Any) -> fields.List[Any]:
    return fields.List(Id(), validate=validate.Length(1, most), **kwargs)


def _throttle(**kwargs: Any) -> Whole:
    return Whole(validate=validate.Range(0, LONGEST_THROTTLE), **kwargs)


class RuleIn(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE, required=True)
    project_ids = _ids(MOST_PROJECTS, allow_none=True, load_default=None)  # null: all
    conditions = _conditions(required=True)
    filter = fields.Nested(RuleFilter, load_default=dict)
    channel_ids = _ids(MOST_CHANNELS, required=True)
    throttle_seconds = _throttle(load_default=THROTTLE)
    is_active = Flag(load_default=True)


class RulePatch(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE)
    project_ids = _ids(MOST_PROJECTS, allow_none=True)
    conditions = _conditions()
    filter = fields.Nested(RuleFilter)
    channel_ids = _ids(MOST_CHANNELS)
    throttle_seconds = _throttle()
    is_active = Flag()

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send what is to change.")


class RuleOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    project_ids = fields.List(fields.Integer(), required=True, allow_none=True)
    conditions = fields.List(fields.Nested(Condition), required=True)
    filter = fields.Nested(RuleFilter, required=True)
    channel_ids = fields.List(fields.Integer(), required=True)
    throttle_seconds = fields.Integer(required=True)
    is_active = fields.Boolean(required=True)
    last_matched_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class DryRunIn(WireSchema):
    """A rule without name and channels, to be tried on the past."""

    project_ids = _ids(MOST_PROJECTS, allow_none=True, load_default=None)
    conditions = _conditions(required=True)
    filter = fields.Nested(RuleFilter, load_default=dict)
    throttle_seconds = _throttle(load_default=THROTTLE)
    digest_seconds = Whole(load_default=300, validate=validate.Range(0, DAY))
    days = Whole(load_default=14, validate=validate.Range(1, 90))


class DryRunDayOut(WireSchema):
    day = fields.String(required=True)
    matches = fields.Integer(required=True)
    messages = fields.Integer(required=True)


class DryRunExampleOut(WireSchema):
    at = Instant(required=True)
    condition = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    issue_id = fields.Integer(required=True)
    title = fields.String(required=True)
    environment = fields.String(required=True, allow_none=True)


class DryRunOut(WireSchema):
    begin = Instant(required=True, data_key="from")
    until = Instant(required=True)
    days = fields.Integer(required=True)
    matches = fields.Integer(required=True)
    throttled = fields.Integer(required=True)
    messages = fields.Integer(required=True)
    per_day = fields.List(fields.Nested(DryRunDayOut), required=True)
    examples = fields.List(fields.Nested(DryRunExampleOut), required=True)
    notes = fields.List(fields.String(), required=True)


QUERY = RuleQuery()
CREATE, PATCH, OUT, OUTS = RuleIn(), RulePatch(), RuleOut(), RuleOut(many=True)
DRY_RUN, DRY_RUN_OUT = DryRunIn(), DryRunOut()

"""What is kept, and what is gone, on the wire."""

from marshmallow import fields

from jentry.schemas.base import Instant, WireSchema


class GoneOut(WireSchema):
    """Events that are counted, but not kept any more."""

    total = fields.Integer(required=True)
    by_reason = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    last_at = Instant(required=True, allow_none=True)


class ProjectUsageOut(WireSchema):
    id = fields.Integer(required=True)
    events_kept = fields.Integer(required=True)
    bytes_kept = fields.Integer(required=True)


class DiskOut(WireSchema):
    budget_bytes = fields.Integer(required=True, allow_none=True)
    files_bytes = fields.Integer(required=True)
    used_bytes = fields.Integer(required=True)
    reusable_bytes = fields.Integer(required=True, allow_none=True)
    reserve_bytes = fields.Integer(required=True)
    free_disk_bytes = fields.Integer(required=True, allow_none=True)
    growth_bytes_per_day = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True)


class UsageOut(WireSchema):
    events_kept = fields.Integer(required=True)
    bytes_kept = fields.Integer(required=True)
    events_gone = fields.Nested(GoneOut, required=True)
    oldest_event_at = Instant(required=True, allow_none=True)
    level = fields.Integer(required=True, allow_none=True)
    full_in_days = fields.Integer(required=True, allow_none=True)
    full_at = Instant(required=True, allow_none=True)
    projects = fields.List(fields.Nested(ProjectUsageOut), required=True)
    disk = fields.Nested(DiskOut, required=True, allow_none=True)


OUT, GONE = UsageOut(), GoneOut()

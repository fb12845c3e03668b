"""What became of what was sent, on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema
from marshmallow.validate import OneOf

from jentry.schemas.base import Count, Instant, Limit, Text, WireSchema
from jentry.store.outcomes import Wanted
from jentry.vocabulary import OUTCOMES, PERIODS, RESOLUTIONS


class StatsQuery(WireSchema):
    period = fields.String(load_default="24h", validate=OneOf((*PERIODS, "all")))
    since = Instant(load_default=None)  # instead of the period
    until = Instant(load_default=None)
    resolution = fields.String(load_default="hour", validate=OneOf(RESOLUTIONS))
    category = Text(64, shortest=1, load_default=None)
    outcome = fields.String(load_default=None, validate=OneOf(OUTCOMES))
    reason = Text(256, load_default=None)
    key_id = Count(load_default=None, validate=validate.Range(min=1))
    limit = Limit(None)  # the newest rows; up to MOST_ROWS

    @validates_schema
    def require_order(self, data: dict[str, Any], **_: Any) -> None:
        since, until = data["since"], data["until"]
        if since is not None and until is not None and since >= until:
            raise ValidationError("Must be later than since.", "until")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**data)


class TotalOut(WireSchema):
    category = fields.String(required=True)
    outcome = fields.String(required=True, validate=OneOf(OUTCOMES))
    reason = fields.String(required=True)  # "" when accepted
    quantity = fields.Integer(required=True)


class StatOut(TotalOut):
    time = Instant(required=True)  # when the hour or day begins
    key_id = fields.Integer(required=True)


class EveryStatOut(StatOut):
    project_id = fields.Integer(required=True)


ALL_OUTS = EveryStatOut(many=True)
QUERY, OUTS, TOTALS = StatsQuery(), StatOut(many=True), TotalOut(many=True)

"""Events on the wire: the columns of the row and the members of the stored payload."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validates_schema

from jentry.schemas.base import Instant, Limit, Text, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.schemas.traits import TraitFilter
from jentry.store.event_filter import Wanted

LONGEST_SEARCH = 500


class EventQuery(TraitFilter, PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"events": str}

    search = Text(LONGEST_SEARCH, load_default="")
    limit = Limit(25)

    @validates_schema
    def require_no_number(self, data: dict[str, Any], **_: Any) -> None:
        if data["page"] > 1 and any(
            data[name] for name in ("search", "environment", "release", "tag")
        ):
            raise ValidationError("Go on with nextCursor: filtered events have no pages.", "page")

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Any, **_: Any) -> Wanted:
        return Wanted(**self.place(self.named(data)), may_end_early="page" not in original)


class EventOut(WireSchema):
    id = fields.String(required=True)
    issue_id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    type = fields.String(required=True)
    level = fields.String(required=True)
    message = fields.String(required=True)
    platform = fields.String(required=True)
    environment = fields.String(required=True, allow_none=True)
    release = fields.String(required=True, allow_none=True)
    dist = fields.String(required=True, allow_none=True)
    transaction = fields.String(required=True, allow_none=True)
    server_name = fields.String(required=True, allow_none=True)
    logger = fields.String(required=True, allow_none=True)
    trace_id = fields.String(required=True, allow_none=True)
    timestamp = Instant(required=True)
    received_at = Instant(required=True)
    # The members below are SDKs' own: their inner names stay as they were sent.
    logentry = fields.Dict(required=True, allow_none=True)
    report = fields.Dict(required=True, allow_none=True)  # of a browser, about a policy
    exception = fields.Dict(required=True, allow_none=True)
    stacktrace = fields.Dict(required=True, allow_none=True)
    threads = fields.Dict(required=True, allow_none=True)
    tags = fields.Dict(required=True)
    user = fields.Dict(required=True, allow_none=True)
    request = fields.Dict(required=True, allow_none=True)
    contexts = fields.Dict(required=True)
    breadcrumbs = fields.Dict(required=True, allow_none=True)
    extra = fields.Dict(required=True, allow_none=True)
    sdk = fields.Dict(required=True, allow_none=True)
    modules = fields.Dict(required=True, allow_none=True)
    fingerprint = fields.List(fields.String(), required=True, allow_none=True)
    errors = fields.List(fields.Dict(), required=True)  # what was changed or dropped on the way in


class EventDetailOut(EventOut):
    # Within the issue, in the order of its list; null at its ends.
    previous_event_id = fields.String(required=True, allow_none=True)  # the next older one
    next_event_id = fields.String(required=True, allow_none=True)
    position = fields.Integer(required=True)  # from 1, which is the oldest
    retained = fields.Integer(required=True)


QUERY, OUTS, DETAIL = EventQuery(), EventOut(many=True), EventDetailOut()

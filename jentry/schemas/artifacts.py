"""Artifacts, and why frames were not mapped, on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_load

from jentry.schemas.base import Instant, Limit, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.store.paging import Paging


class ArtifactQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"artifacts": int}

    limit = Limit(25)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paging:
        return Paging(**self.place(data))


class ArtifactFileOut(WireSchema):
    type = fields.String(required=True)
    url = fields.String(required=True)
    debug_id = fields.UUID(required=True, allow_none=True)


class ArtifactOut(WireSchema):
    id = fields.Integer(required=True)
    release = fields.String(required=True, allow_none=True)
    dist = fields.String(required=True, allow_none=True)
    uploaded_at = Instant(required=True)
    last_used_at = Instant(required=True)
    bytes = fields.Integer(required=True)
    warnings = fields.List(fields.String(), required=True)
    file_count = fields.Integer(required=True)
    files = fields.List(fields.Nested(ArtifactFileOut), required=True)  # at most 100


class FramePlaceOut(WireSchema):
    function = fields.String(required=True, allow_none=True)
    filename = fields.String(required=True, allow_none=True)
    lineno = fields.Integer(required=True, allow_none=True)
    colno = fields.Integer(required=True, allow_none=True)


class RawPlaceOut(FramePlaceOut):
    abs_path = fields.String(required=True, allow_none=True)


class UsedArtifactOut(WireSchema):
    bundle_id = fields.Integer(required=True)
    url = fields.String(required=True)
    uploaded_at = Instant(required=True)


class FrameDiagnosisOut(WireSchema):
    exception = fields.Integer(required=True, allow_none=True)  # null: of a thread or the event
    frame = fields.Integer(required=True)
    status = fields.String(required=True)  # mapped, unmapped or skipped
    reason = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)
    via = fields.String(required=True, allow_none=True)  # debug_id or release
    debug_id = fields.String(required=True, allow_none=True)
    raw = fields.Nested(RawPlaceOut, required=True)
    mapped = fields.Nested(FramePlaceOut, required=True, allow_none=True)
    artifact = fields.Nested(UsedArtifactOut, required=True, allow_none=True)


class DiagnosisOut(WireSchema):
    event_id = fields.String(required=True)
    status = fields.String(required=True, allow_none=True)  # as it was stored; frames are as of now
    frames = fields.List(fields.Nested(FrameDiagnosisOut), required=True)


QUERY, OUTS, DIAGNOSIS = ArtifactQuery(), ArtifactOut(many=True), DiagnosisOut()

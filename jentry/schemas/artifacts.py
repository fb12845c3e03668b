"""Artifacts, and why frames were not mapped, on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from jentry.schemas.base import Instant, Limit, Whole, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.schemas.projects import Flag
from jentry.store.paging import Paging
from jentry.store.remapping import MOST

MOST_ASKED = 10_000


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


class RemapIn(WireSchema):
    release = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 250))
    limit = Whole(load_default=MOST, validate=validate.Range(1, MOST_ASKED))
    dry_run = Flag(load_default=False)


class RemapOut(WireSchema):
    events = fields.Integer(required=True)  # that were looked at
    mapped = fields.Integer(required=True)  # of which more frames are mapped now, if not all
    moved = fields.Integer(required=True)  # to another issue


REMAP, REMAPPED = RemapIn(), RemapOut()
QUERY, OUTS, DIAGNOSIS = ArtifactQuery(), ArtifactOut(many=True), DiagnosisOut()

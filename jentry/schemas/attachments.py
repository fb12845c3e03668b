"""Attachments on the wire."""

from marshmallow import fields, validate

from jentry.schemas.base import Count, Instant, Limit, WireSchema


class AttachmentQuery(WireSchema):
    limit = Limit(100)
    page = Count(load_default=1, validate=validate.Range(min=1))


class AttachmentOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    event_id = fields.String(required=True)
    filename = fields.String(required=True)
    content_type = fields.String(required=True)
    attachment_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    received_at = Instant(required=True)


QUERY, OUT, OUTS = AttachmentQuery(), AttachmentOut(), AttachmentOut(many=True)

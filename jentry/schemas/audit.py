"""Entries of the audit log on the wire."""

from typing import Any, ClassVar

from marshmallow import fields, post_load

from jentry.schemas.base import Instant, Limit, Text, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.schemas.people import Person
from jentry.store.audit_list import Wanted

LONGEST_ACTION = 64


class AuditQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"audit": int}

    limit = Limit(50)
    action = Text(LONGEST_ACTION, shortest=1, load_default=None)
    user_id = Person()  # none: the command line
    since = Instant(load_default=None)
    until = Instant(load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**self.place(data))


class AuditOut(WireSchema):
    id = fields.Integer(required=True)
    action = fields.String(required=True)
    target = fields.String(required=True)
    user_id = fields.Integer(required=True, allow_none=True)  # null: the command line
    meta = fields.Dict(required=True)
    created_at = Instant(required=True)


QUERY, OUTS = AuditQuery(), AuditOut(many=True)

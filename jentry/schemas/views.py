"""Saved views on the wire."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema
from marshmallow.validate import OneOf

from jentry.schemas.base import ONE_LINE, Count, Id, Instant, Limit, Text, Whole, WireSchema
from jentry.schemas.issues import LONGEST_QUERY
from jentry.schemas.paging import PagedQuery
from jentry.schemas.projects import Flag
from jentry.store.names import LONGEST_NAME
from jentry.store.views import Wanted
from jentry.vocabulary import LEVELS, MAX_ID, PERIODS, SORTS, STATUSES

MOST_PLACES = 1000  # beyond the last: the last


class Either(fields.Boolean):
    """In an address: `true` or `false`."""

    def __init__(self) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, load_default=None)


class ViewQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"position": int, "created_at": str}

    project = Count(load_default=None, validate=validate.Range(1, MAX_ID), attribute="project_id")
    shared = Either()
    sort = fields.String(load_default="position", validate=OneOf(tuple(ORDERS)))
    limit = Limit(25)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**self.place(data))


def _one_of(words: tuple[str, ...], **kwargs: Any) -> fields.String:
    return fields.String(validate=OneOf((*words, "all")), **kwargs)


class View(WireSchema):
    """What somebody says of a view."""

    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE)
    project_id = Id(allow_none=True)
    search = Text(LONGEST_QUERY)
    status = _one_of(STATUSES, allow_none=True)
    level = _one_of(LEVELS)
    sort = fields.String(validate=OneOf(SORTS))
    period = _one_of(tuple(PERIODS))
    shared = Flag()


class ViewIn(View):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE, required=True)
    project_id = Id(allow_none=True, load_default=None)
    search = Text(LONGEST_QUERY, load_default="")
    status = _one_of(STATUSES, allow_none=True, load_default=None)
    level = _one_of(LEVELS, load_default="all")
    sort = fields.String(validate=OneOf(SORTS), load_default="last_seen")
    period = _one_of(tuple(PERIODS), load_default="all")
    shared = Flag(load_default=False)


class ViewPatch(View):
    position = Whole(validate=validate.Range(0, MOST_PLACES))

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send what is to change.")


class ViewOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    project_id = fields.Integer(required=True, allow_none=True)
    user_id = fields.Integer(required=True, allow_none=True)
    search = fields.String(required=True)
    status = fields.String(required=True, allow_none=True)
    level = fields.String(required=True)
    sort = fields.String(required=True)
    period = fields.String(required=True)
    shared = fields.Boolean(required=True)
    position = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


QUERY, CREATE, PATCH = ViewQuery(), ViewIn(), ViewPatch()
OUT, OUTS = ViewOut(), ViewOut(many=True)

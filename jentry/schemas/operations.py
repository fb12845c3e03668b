"""Changes of many issues on the wire."""

from typing import Any

from marshmallow import RAISE, ValidationError, fields, post_load, validate, validates_schema

from jentry.schemas.base import Id, Instant, WireSchema, camel
from jentry.schemas.issues import CHANGES, NOTHING, IssueFilter, IssuePatch
from jentry.schemas.projects import Flag

MOST_IDS = 1000
NOTHING_BULK = f"{NOTHING} To merge the issues, send mergeInto."
CHANGE = ("status", "substatus", "status_details", "assignee_user_id")


class StrictFilter(IssueFilter):
    """A member that is mistyped must not select more issues than were meant."""

    class Meta:
        unknown = RAISE


class BulkIn(IssuePatch):
    """A mistyped `dryRun` must not change them all."""

    class Meta:
        unknown = RAISE

    ids = fields.List(Id(), validate=validate.Length(1, MOST_IDS), load_default=None)
    filter = fields.Nested(StrictFilter, load_default=None)
    merge_into = Id()
    expected = fields.Integer(
        strict=True, validate=validate.Range(min=0), load_default=None, allow_none=True
    )
    dry_run = Flag(load_default=False)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if (data["ids"] is None) == (data["filter"] is None):
            raise ValidationError("Send either ids or a filter: which issues to change.")
        if "merge_into" in data:
            if others := [name for name in CHANGE if name in data]:
                raise ValidationError(f"Goes without {camel(others[0])}.", "mergeInto")
        elif data.keys().isdisjoint(CHANGES):
            raise ValidationError(NOTHING_BULK)

    @post_load
    def keep_words_that_choose(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data = super().keep_words_that_choose(data)
        change = {name: data.pop(name) for name in (*CHANGE, "merge_into") if name in data}
        ids = data["ids"] and tuple(dict.fromkeys(data["ids"]))
        return data | {"ids": ids, "change": change}


class EveryStrictFilter(StrictFilter):
    project = Id(load_default=None, attribute="project_id")


class EveryBulkIn(BulkIn):
    filter = fields.Nested(EveryStrictFilter, load_default=None)


class EveryBulkOut(WireSchema):
    operation_ids = fields.List(fields.Integer(), required=True)  # one of each project; or none
    matched = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    dry_run = fields.Boolean(required=True)


class BulkOut(WireSchema):
    operation_id = fields.Integer(required=True, allow_none=True)  # null: nothing was changed
    matched = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    dry_run = fields.Boolean(required=True)


class BulkPatch(IssuePatch):
    merge_into = Id()
    split_from = Id()
    split_into = Id()
    regroup = fields.Boolean()


class OperationOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    user_id = fields.Integer(required=True, allow_none=True)
    change = fields.Nested(BulkPatch, required=True)  # what the issues were set to
    matched = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    created_at = Instant(required=True)
    undoable_until = Instant(required=True)
    undone_at = Instant(required=True, allow_none=True)
    undone_by = fields.Integer(required=True, allow_none=True)
    restored = fields.Integer(required=True, allow_none=True)  # null: not undone
    skipped = fields.Integer(required=True, allow_none=True)  # changed since, so left alone


BULK, BULK_OUT, OUT = BulkIn(), BulkOut(), OperationOut()
EVERY_BULK, EVERY_BULK_OUT = EveryBulkIn(), EveryBulkOut()

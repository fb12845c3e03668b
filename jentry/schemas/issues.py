"""Issues on the wire."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema
from marshmallow.validate import OneOf

from jentry.schemas.base import LONGEST_SHA, Count, Id, Instant, Limit, Text, WireSchema, camel
from jentry.schemas.paging import PagedQuery
from jentry.schemas.people import Person
from jentry.schemas.traits import LONGEST_NAME, TraitFilter
from jentry.schemas.usage import GoneOut
from jentry.store.conditions import UNTIL_MET
from jentry.store.issue_list import Filter, Wanted
from jentry.store.merging import MOST as MOST_PARTS
from jentry.store.paging import Paging
from jentry.store.splits import MOST as MOST_HASHES
from jentry.vocabulary import ARCHIVED, LEVELS, MAX_ID, PERIODS, RESOLUTIONS, SORTS, STATUSES

LONGEST_QUERY = 500
HEXADECIMAL = r"^([0-9a-f]{2}){1,32}\Z"
MOST_MINUTES = 366 * 24 * 60  # that an issue is ignored for, or that events are counted in
MOST_COUNTED = 10_000  # events or users
CHANGES = ("status", "assignee_user_id")
NOTHING = "Nothing to update: send status, assigneeUserId or both."
WINDOWS = {"ignore_window": "ignore_count", "ignore_user_window": "ignore_user_count"}


class Number(fields.Integer):
    """A JSON integer from 1 on; null is none."""

    def __init__(self, most: int) -> None:
        super().__init__(strict=True, allow_none=True, validate=validate.Range(1, most))


def given(original: Any) -> dict[str, bool]:
    """A status that a search names holds unless the parameter does."""
    return {"is_status_given": "status" in original}


class IssueFilter(TraitFilter):
    """The filters of the list, which combine with AND; in an address or as JSON."""

    status = fields.String(load_default="unresolved", validate=OneOf((*STATUSES, "all")))
    level = fields.String(load_default="all", validate=OneOf((*LEVELS, "all")))
    query = Text(LONGEST_QUERY, load_default="")
    search = Text(LONGEST_QUERY, load_default="")
    period = fields.String(load_default="all", validate=OneOf((*PERIODS, "all")))
    since = Instant(load_default=None)
    until = Instant(load_default=None)
    assignee = Person()  # none: those of nobody

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Any, **_: Any) -> Any:
        return Filter(**self.named(data) | given(original))


class IssueQuery(IssueFilter, PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {
        "last_seen": str,
        "first_seen": str,
        "events": int,
        "users": int,
    }

    sort = fields.String(load_default="last_seen", validate=OneOf(SORTS))
    limit = Limit(25)

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Any, **_: Any) -> Wanted:
        return Wanted(**self.place(self.named(data)) | given(original))


class EveryIssueQuery(IssueQuery):
    project = Count(load_default=None, validate=validate.Range(1, MAX_ID), attribute="project_id")


class StatusDetailsIn(WireSchema):
    """What a resolved or ignored issue waits for. Times are in minutes."""

    in_release = Text(LONGEST_NAME, shortest=1)
    in_next_release = fields.Boolean(truthy={True}, falsy={False})
    in_commit = Text(LONGEST_SHA, shortest=1)
    ignore_duration = Number(MOST_MINUTES)
    ignore_count = Number(MOST_COUNTED)
    ignore_window = Number(MOST_MINUTES)  # in which that many events must come
    ignore_user_count = Number(MOST_COUNTED)
    ignore_user_window = Number(MOST_MINUTES)

    @validates_schema
    def require_counts(self, data: dict[str, Any], **_: Any) -> None:
        for window, number in WINDOWS.items():
            if data.get(window) and not data.get(number):
                raise ValidationError(f"Goes with {camel(number)}.", camel(window))
        for name in ("in_release", "in_commit"):
            if data.get(name) and data.get("in_next_release"):
                word = camel(name)
                raise ValidationError(f"Send either {word} or inNextRelease.", word)

    @post_load
    def drop_nothing(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value}


class IssuePatch(WireSchema):
    status = fields.String(validate=OneOf(STATUSES))
    substatus = fields.String(allow_none=True)  # with ignored: archived_forever; others are ours
    status_details = fields.Nested(StatusDetailsIn, allow_none=True)
    assignee_user_id = Id(allow_none=True)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.keys().isdisjoint(CHANGES):
            raise ValidationError(NOTHING)

    @validates_schema
    def require_fitting_details(self, data: dict[str, Any], **_: Any) -> None:
        details = data.get("status_details") or {}
        status = data.get("status")
        for name in details:
            wanted = "resolved" if name.startswith("in_") else "ignored"
            if status != wanted:
                raise ValidationError(
                    f"{camel(name)} goes with the status {wanted}.", "statusDetails"
                )
        if status == "ignored" and data.get("substatus") == UNTIL_MET and not details:
            raise ValidationError("Say in statusDetails what the issue waits for.", "statusDetails")

    @post_load
    def keep_words_that_choose(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Of a substatus only that of an ignored issue is anybody's choice; of an issue that is
        sent back as it was read the rest says nothing.
        """
        if data.get("status") != "ignored" or data.get("substatus") not in ARCHIVED:
            data.pop("substatus", None)
        if not data.get("status_details"):
            data.pop("status_details", None)
        return data


class OneIssuePatch(IssuePatch):
    """Of a single issue, which can be muted besides."""

    muted_until = Instant(allow_none=True)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.keys().isdisjoint((*CHANGES, "muted_until")):
            raise ValidationError(NOTHING)


class StatusDetailsOut(WireSchema):
    """Only what there is."""

    in_release = fields.String()
    in_next_release = fields.Boolean()
    in_commit = fields.String()  # beside inRelease once a release has it
    ignore_duration = fields.Integer()  # minutes, like the windows
    ignore_until = Instant()
    ignore_count = fields.Integer()
    ignore_window = fields.Integer()
    ignore_user_count = fields.Integer()
    ignore_user_window = fields.Integer()


class IssueOut(WireSchema):
    id = fields.Integer(required=True)
    project_id = fields.Integer(required=True)
    title = fields.String(required=True)
    culprit = fields.String(required=True)
    type = fields.String(required=True)
    level = fields.String(required=True)
    status = fields.String(required=True)
    substatus = fields.String(required=True, allow_none=True)
    status_details = fields.Nested(StatusDetailsOut, required=True)
    first_seen = Instant(required=True)
    last_seen = Instant(required=True)
    count = fields.Integer(required=True)
    user_count = fields.Integer(required=True)
    parts = fields.Integer(required=True)  # of a merged issue, itself included; else 0
    assignee_user_id = fields.Integer(required=True, allow_none=True)
    muted_until = Instant(required=True, allow_none=True)
    first_release = fields.String(required=True, allow_none=True)
    last_release = fields.String(required=True, allow_none=True)
    permalink = fields.String(required=True)


class GroupingOut(WireSchema):
    version = fields.Integer(required=True)  # of the grouping algorithm
    hash = fields.String(required=True)
    components = fields.Dict(required=True)  # what went into the hash


class IssueDetailOut(IssueOut):
    grouping = fields.List(fields.Nested(GroupingOut), required=True)  # why its events are together
    events_kept = fields.Integer(required=True)
    events_gone = fields.Nested(GoneOut, required=True)
    oldest_event_at = Instant(required=True, allow_none=True)


class IssuePartQuery(WireSchema):
    limit = Limit(None)


class IssuePartOut(WireSchema):
    id = fields.Integer(required=True)
    is_self = fields.Boolean(required=True)  # the issue's own part, which cannot leave
    title = fields.String(required=True)
    culprit = fields.String(required=True)
    level = fields.String(required=True)
    count = fields.Integer(required=True)
    user_count = fields.Integer(required=True)
    first_seen = Instant(required=True)
    last_seen = Instant(required=True)
    merged_at = Instant(required=True, allow_none=True)
    new_events = fields.Integer(required=True, allow_none=True)  # since then


class UnmergeIn(WireSchema):
    parts = fields.List(Id(), required=True, validate=validate.Length(1, MOST_PARTS))

    @post_load
    def once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"parts": list(dict.fromkeys(data["parts"]))}


class IssueHashQuery(WireSchema):
    limit = Limit(None)


class IssueHashOut(GroupingOut):
    part_id = fields.Integer(required=True)  # of the issue that it leads to; its own, or a part
    events_kept = fields.Integer(required=True)
    first_seen = Instant(required=True, allow_none=True)
    last_seen = Instant(required=True, allow_none=True)
    is_moving = fields.Boolean(required=True)


class SplitIn(WireSchema):
    hashes = fields.List(
        fields.String(validate=validate.Regexp(HEXADECIMAL, error="Not a hash: send its digits.")),
        required=True,
        validate=validate.Length(1, MOST_HASHES),
    )

    @post_load
    def once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"hashes": [bytes.fromhex(each) for each in dict.fromkeys(data["hashes"])]}


class SplitOut(WireSchema):
    issue_id = fields.Integer(required=True)
    operation_id = fields.Integer(required=True)


class IssueTagQuery(WireSchema):
    limit = Limit(10)  # values of each key


class TagValueOut(WireSchema):
    value = fields.String(required=True)
    count = fields.Integer(required=True)
    share = fields.Float(required=True)  # percent
    last_seen = Instant(required=True)


class IssueTagOut(WireSchema):
    key = fields.String(required=True)
    total = fields.Integer(required=True)
    distinct = fields.Integer(required=True)
    is_capped = fields.Boolean(required=True)
    values = fields.List(fields.Nested(TagValueOut), required=True)
    other = fields.Integer(required=True)  # events with none of the values


class IssueReleaseQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"issue_releases": str}

    limit = Limit(25)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paging:
        return Paging(**self.place(data))


class IssueReleaseOut(WireSchema):
    release = fields.String(required=True)
    events = fields.Integer(required=True)
    first_seen = Instant(required=True, allow_none=True)
    last_seen = Instant(required=True, allow_none=True)


class IssueStatQuery(WireSchema):
    period = fields.String(load_default="24h", validate=OneOf(PERIODS))
    resolution = fields.String(load_default="hour", validate=OneOf(RESOLUTIONS))
    limit = Limit(None)  # the newest ones


class ListStatQuery(IssueFilter):
    """The filters of the list; of the period it counts all events of what the others find."""

    period = fields.String(load_default="24h", validate=OneOf(PERIODS))
    resolution = fields.String(load_default="hour", validate=OneOf(RESOLUTIONS))
    limit = Limit(None)  # the newest ones

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Any, **_: Any) -> tuple[Filter, str, int | None]:
        resolution, limit = data.pop("resolution"), data.pop("limit")
        return Filter(**self.named(data) | given(original)), resolution, limit


class EveryListStatQuery(ListStatQuery):
    project = Count(load_default=None, validate=validate.Range(1, MAX_ID), attribute="project_id")


class IssueStatOut(WireSchema):
    time = Instant(required=True)
    events = fields.Integer(required=True)


DETAILS = StatusDetailsIn()
QUERY, EVERY_QUERY, PATCH = IssueQuery(), EveryIssueQuery(), OneIssuePatch()
OUTS, DETAIL = IssueOut(many=True), IssueDetailOut()
PART_QUERY, PARTS, UNMERGE = IssuePartQuery(), IssuePartOut(many=True), UnmergeIn()
HASH_QUERY, HASHES = IssueHashQuery(), IssueHashOut(many=True)
SPLIT, SPLIT_OUT = SplitIn(), SplitOut()
RELEASE_QUERY, RELEASES = IssueReleaseQuery(), IssueReleaseOut(many=True)
TAG_QUERY, TAGS = IssueTagQuery(), IssueTagOut(many=True)
STAT_QUERY, STATS = IssueStatQuery(), IssueStatOut(many=True)
LIST_STAT_QUERY, EVERY_STAT_QUERY = ListStatQuery(), EveryListStatQuery()

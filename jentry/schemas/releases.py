"""Releases on the wire."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from jentry.schemas.base import LONGEST_SHA, Count, Instant, Limit, Text, Url, WireSchema
from jentry.schemas.paging import PagedQuery
from jentry.store.paging import Paging
from jentry.vocabulary import MAX_ID, PERIODS

LONGEST_NAME = 200
LONGEST_MESSAGE = 64 * 1024
LONGEST_PATH = 4096
MAX_COMMITS = 1000
MAX_FILES = 1000
MAX_DEPLOYS = 100
NO_RELEASES = (".", "..", "latest")
NO_ENVIRONMENTS = (".", "..", "none")


PART = r"[^/\\\x00\r\n\t\f]"  # of a name


def _name_pattern(*reserved: str) -> str:
    """What `_name_rule` demands, without regard to case, as JSON Schema can say it."""
    words = "|".join(
        "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in word)
        for word in reserved
    )
    return rf"^\s*(?!(?:{words})\s*$){PART}*\S{PART}*\s*$"


def _name_rule(*reserved: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text.lower() in reserved or any(letter in "/\\\r\n\t\f" for letter in text):
            raise ValidationError(
                f"Must not be one of {', '.join(reserved)} nor contain slashes, backslashes, "
                "tabs or line breaks."
            )

    return check


class ReleaseQuery(PagedQuery):
    ORDERS: ClassVar[dict[str, type]] = {"releases": str}

    limit = Limit(100)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paging:
        return Paging(**self.place(data))


class DeployQuery(ReleaseQuery):
    ORDERS: ClassVar[dict[str, type]] = {"deploys": int}


class ReleaseOut(WireSchema):
    release = fields.String(required=True)
    events = fields.Integer(required=True)
    issues = fields.Integer(required=True)
    new_issues = fields.Integer(required=True)
    first_seen = Instant(required=True, allow_none=True)  # null: registered, not yet seen
    last_seen = Instant(required=True, allow_none=True)
    sessions = fields.Integer(required=True)
    # Disjoint parts of the sessions; only the crashed ones are not free of crashes.
    errored = fields.Integer(required=True)
    crashed = fields.Integer(required=True)
    abnormal = fields.Integer(required=True)
    unhandled = fields.Integer(required=True)
    crash_free_rate = fields.Float(required=True, allow_none=True)  # percent of all sessions
    adoption = fields.Float(required=True, allow_none=True)  # percent of the project's sessions
    environments = fields.List(fields.String(), required=True)  # it was deployed to
    authors = fields.List(fields.String(), required=True)


class FileIn(fields.Field[str]):
    """A path, or sentry-cli's `{"path": …, "type": "M"}`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if isinstance(value, dict):
            value = value.get("path")
        path: str = Text(LONGEST_PATH, shortest=1).deserialize(value)
        return path


class CommitIn(WireSchema):
    sha = Text(LONGEST_SHA, shortest=1, required=True)
    author = Text(LONGEST_NAME, allow_none=True, load_default=None)
    author_email = Text(LONGEST_NAME, allow_none=True, load_default=None)
    message = Text(LONGEST_MESSAGE, cut=True, allow_none=True, load_default=None)
    url = Url(allow_none=True, load_default=None)
    files = fields.List(
        FileIn(), validate=validate.Length(max=MAX_FILES), allow_none=True, load_default=None
    )
    committed_at = Instant(allow_none=True, load_default=None)

    ALIASES = {  # noqa: RUF012
        "id": "sha",
        "author_name": "author",
        "author_email": "authorEmail",
        "patch_set": "files",
        "timestamp": "committedAt",
    }

    @pre_load
    def read_aliases(self, data: Any, **_: Any) -> Any:
        """The names that sentry-cli uses."""
        if not isinstance(data, dict):
            return data
        aliased = {ours: data[name] for name, ours in self.ALIASES.items() if name in data}
        return aliased | data


class DeployIn(WireSchema):
    environment = Text(
        64,
        shortest=1,
        required=True,
        rules=[_name_rule(*NO_ENVIRONMENTS)],
        pattern=_name_pattern(*NO_ENVIRONMENTS),
    )
    name = Text(LONGEST_NAME, allow_none=True, load_default=None)
    url = Url(allow_none=True, load_default=None)
    deployed_at = Instant(allow_none=True, load_default=None)  # null: now


class ReleaseIn(WireSchema):
    """Absent `ref`, `url` and `dateReleased` stay absent: they are kept, where null clears them."""

    version = Text(
        LONGEST_NAME,
        shortest=1,
        required=True,
        rules=[_name_rule(*NO_RELEASES)],
        pattern=_name_pattern(*NO_RELEASES),
    )
    ref = Text(LONGEST_NAME, allow_none=True)
    url = Url(allow_none=True)
    date_released = Instant(allow_none=True)
    commits = fields.List(
        fields.Nested(CommitIn), validate=validate.Length(max=MAX_COMMITS), load_default=list
    )
    deploys = fields.List(
        fields.Nested(DeployIn), validate=validate.Length(max=MAX_DEPLOYS), load_default=list
    )


class RegisteredOut(WireSchema):
    id = fields.Integer(required=True)
    version = fields.String(required=True)
    commits = fields.Integer(required=True)
    deploys = fields.Integer(required=True)


class ReleasePatch(WireSchema):
    ref = Text(LONGEST_NAME, allow_none=True)
    url = Url(allow_none=True)
    date_released = Instant(allow_none=True)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Nothing to update: send ref, url, dateReleased or several.")


class CommitOut(WireSchema):
    sha = fields.String(required=True)
    author = fields.String(required=True, allow_none=True)
    author_email = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    files = fields.List(fields.String(), required=True)
    committed_at = Instant(required=True, allow_none=True)


class SuspectCommitQuery(WireSchema):
    limit = Limit(10)


class SuspectCommitOut(WireSchema):
    sha = fields.String(required=True)
    author = fields.String(required=True, allow_none=True)
    author_email = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True)  # the first line of its message
    url = fields.String(required=True, allow_none=True)
    committed_at = Instant(required=True, allow_none=True)
    release = fields.String(required=True)  # that it was registered with
    file = fields.String(required=True)  # that it changed
    frame = fields.String(required=True)  # what the event calls that file
    user_id = fields.Integer(required=True, allow_none=True)  # the member who has that address


class DeployOut(WireSchema):
    environment = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    deployed_at = Instant(required=True)


class ReleaseDetailOut(ReleaseOut):
    id = fields.Integer(required=True)
    ref = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    date_released = Instant(required=True, allow_none=True)
    registered = fields.Boolean(required=True)  # false: known from events or sessions only
    commits = fields.List(fields.Nested(CommitOut), required=True)
    deploys = fields.List(fields.Nested(DeployOut), required=True)


class ComparisonOut(WireSchema):
    release = fields.String(required=True)
    previous_release = fields.String(required=True, allow_none=True)
    next_release = fields.String(required=True, allow_none=True)
    crash_free_rate = fields.Float(required=True, allow_none=True)
    previous_crash_free_rate = fields.Float(required=True, allow_none=True)
    crash_free_difference = fields.Float(required=True, allow_none=True)
    new_issues = fields.Integer(required=True)
    regressed_issues = fields.Integer(required=True)
    resolved_issues = fields.Integer(required=True)
    # At most 100 of each.
    new_ids = fields.List(fields.Integer(), required=True)
    regressed_ids = fields.List(fields.Integer(), required=True)
    resolved_ids = fields.List(fields.Integer(), required=True)


class ReleasePageQuery(WireSchema):
    """Of the dashboard's list: the period is that of its charts."""

    period = fields.String(load_default="14d", validate=validate.OneOf((*PERIODS, "all")))
    page = Count(load_default=1, validate=validate.Range(1, MAX_ID))


class SessionQuery(WireSchema):
    period = fields.String(load_default="14d", validate=validate.OneOf(PERIODS))
    limit = Limit(None)  # every hour


class SessionHourOut(WireSchema):
    time = Instant(required=True)  # when the hour begins
    sessions = fields.Integer(required=True)
    errored = fields.Integer(required=True)
    crashed = fields.Integer(required=True)
    abnormal = fields.Integer(required=True)
    unhandled = fields.Integer(required=True)


COMPARISON, SESSION_QUERY, SESSIONS = ComparisonOut(), SessionQuery(), SessionHourOut(many=True)
PAGE_QUERY = ReleasePageQuery()
QUERY, OUTS, DETAIL = ReleaseQuery(), ReleaseOut(many=True), ReleaseDetailOut()
REGISTER, REGISTERED, PATCH = ReleaseIn(), RegisteredOut(), ReleasePatch()
SUSPECT_QUERY, SUSPECTS = SuspectCommitQuery(), SuspectCommitOut(many=True)
DEPLOY_QUERY, DEPLOY = DeployQuery(), DeployIn()
DEPLOYED, DEPLOYS = DeployOut(), DeployOut(many=True)

"""Projects on the wire, and what they may change about their ingestion."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from jentry.schemas.base import (
    LONGEST_URL,
    ONE_LINE,
    Count,
    Id,
    Instant,
    Limit,
    Text,
    Whole,
    WireSchema,
)
from jentry.store.names import LONGEST_NAME, LONGEST_SLUG
from jentry.store.projects import LONGEST_PLATFORM
from jentry.vocabulary import MAX_ID

MAX_ENTRIES = 100  # of each list in the settings
LONGEST_ORIGIN = 255
LONGEST_FIELD = 100
LONGEST_PATTERN = 300
MAX_QUOTA = 10**9

HOST = r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])"
ORIGIN = re.compile(
    rf"\*|(?:\*\.)?{HOST}|[a-z][a-z0-9+.-]*://{HOST}(?::[0-9]{{1,5}})?", re.IGNORECASE
)

CODE_LINK = re.compile(
    rf"https?://{HOST}(?::[0-9]{{1,5}})?/(?:[^\s{{}}]|\{{(?:release|path|line)\}})*", re.IGNORECASE
)

SLUG = validate.Regexp(
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    error="Must be made of lower-case letters a-z, digits and single hyphens between them.",
)
PLATFORM = validate.Regexp(
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    error="Must be a word in lower case such as python, javascript or ruby-rails.",
)
PUBLIC_KEY = validate.Regexp(
    r"^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$",
    error="Must be 32 hexadecimal digits.",
)


class Flag(fields.Boolean):
    """A JSON boolean, nothing that resembles one."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Quota(Whole):
    """Events in a window; null is the server's setting, 0 no limit."""

    def __init__(self) -> None:
        super().__init__(allow_none=True, validate=validate.Range(0, MAX_QUOTA))


class Texts(fields.List[str]):
    """Some texts, none of them empty."""

    def __init__(self, entry: Text) -> None:
        super().__init__(entry, allow_none=True, validate=validate.Length(max=MAX_ENTRIES))


def _require_origin(text: str) -> None:
    if not ORIGIN.fullmatch(text):
        raise ValidationError(
            "Must be *, a host such as example.com, *.example.com for all hosts below it, or an "
            "origin such as https://example.com:8443."
        )


class Origin(Text):
    """What browsers call a page's origin; they write it in lower case."""

    def __init__(self) -> None:
        super().__init__(LONGEST_ORIGIN, shortest=1, rules=[_require_origin])

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, *args, **kwargs).lower()


def _require_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(
            "Must be an IP address or a network such as 203.0.113.0/24 or 2001:db8::/32."
        ) from None


def _require_code_link(text: str) -> None:
    """The host must be known before anything that an event says is filled in."""
    if text and not (CODE_LINK.fullmatch(text) and "{path}" in text):
        raise ValidationError(
            "Must be an address such as https://git.example.com/shop/blob/{release}/{path}#L{line} "
            "without other words in braces."
        )


def _patterns() -> Texts:
    return Texts(Text(LONGEST_PATTERN, shortest=1))


class FiltersIn(WireSchema):
    browser_extensions = Flag(allow_none=True)
    localhost = Flag(allow_none=True)
    legacy_browsers = Flag(allow_none=True)
    web_crawlers = Flag(allow_none=True)
    releases = _patterns()
    environments = _patterns()
    messages = _patterns()
    ips = Texts(Text(LONGEST_FIELD, shortest=1, rules=[_require_network]))


class SettingsIn(WireSchema):
    """Absent members are left as they are; null sets one back to its default."""

    allowed_origins = Texts(Origin())
    store_ips = Flag(allow_none=True)
    sensitive_fields = Texts(Text(LONGEST_FIELD, shortest=1))
    safe_fields = Texts(Text(LONGEST_FIELD, shortest=1))
    quota_5min = Quota()
    quota_hour = Quota()
    retention_days = Whole(allow_none=True, validate=validate.Range(1, 36_500))
    events_per_issue = Whole(allow_none=True, validate=validate.Range(20, MAX_QUOTA))
    events_per_project = Whole(allow_none=True, validate=validate.Range(1, MAX_QUOTA))
    code_link = Text(LONGEST_URL, rules=[_require_code_link], allow_none=True)
    filters = fields.Nested(FiltersIn, allow_none=True)


class ProjectQuery(WireSchema):
    limit = Limit(None)  # every project


class PageQuery(WireSchema):
    """Of the dashboard's list, which is in pages."""

    page = Count(load_default=1, validate=validate.Range(1, MAX_ID))


class ProjectIn(WireSchema):
    """Id and key can be given so that DSNs in use stay valid but for their host."""

    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE, required=True)
    slug = Text(LONGEST_SLUG, shortest=1, rules=[SLUG], allow_none=True, load_default=None)
    platform = Text(
        LONGEST_PLATFORM, shortest=1, rules=[PLATFORM], allow_none=True, load_default=None
    )
    project_id = Id(data_key="id", allow_none=True, load_default=None)
    public_key = Text(36, rules=[PUBLIC_KEY], allow_none=True, load_default=None)
    settings = fields.Nested(SettingsIn, allow_none=True, load_default=None)


class ProjectPatch(WireSchema):
    name = Text(LONGEST_NAME, shortest=1, pattern=ONE_LINE)
    slug = Text(LONGEST_SLUG, shortest=1, rules=[SLUG])
    platform = Text(LONGEST_PLATFORM, shortest=1, rules=[PLATFORM], allow_none=True)
    settings = fields.Nested(SettingsIn, allow_none=True)

    @validates_schema
    def require_something(self, data: dict[str, Any], **_: Any) -> None:
        if _says_nothing(data):
            raise ValidationError("Nothing to update: send name, slug, platform or settings.")


def _says_nothing(change: Mapping[str, Any]) -> bool:
    """Empty settings are nothing too: a misspelt member in them should not pass for a change."""
    return all(isinstance(value, Mapping) and _says_nothing(value) for value in change.values())


class FiltersOut(WireSchema):
    browser_extensions = fields.Boolean(required=True)
    localhost = fields.Boolean(required=True)
    legacy_browsers = fields.Boolean(required=True)
    web_crawlers = fields.Boolean(required=True)
    releases = fields.List(fields.String(), required=True)
    environments = fields.List(fields.String(), required=True)
    messages = fields.List(fields.String(), required=True)
    ips = fields.List(fields.String(), required=True)


class SettingsOut(WireSchema):
    """All members, those with their default value too."""

    allowed_origins = fields.List(fields.String(), required=True)
    store_ips = fields.Boolean(required=True)
    sensitive_fields = fields.List(fields.String(), required=True)
    safe_fields = fields.List(fields.String(), required=True)
    quota_5min = fields.Integer(required=True, allow_none=True)  # null: the server's setting
    quota_hour = fields.Integer(required=True, allow_none=True)
    retention_days = fields.Integer(required=True, allow_none=True)
    events_per_issue = fields.Integer(required=True, allow_none=True)
    events_per_project = fields.Integer(required=True, allow_none=True)
    code_link = fields.String(required=True)
    filters = fields.Nested(FiltersOut, required=True)


class ProjectOut(WireSchema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)
    platform = fields.String(required=True, allow_none=True)
    public_key = fields.String(required=True, allow_none=True)  # null: all keys are disabled
    created_at = Instant(required=True)


class ProjectDetailOut(ProjectOut):
    dsn = fields.String(required=True, allow_none=True)  # null: all keys are disabled
    settings = fields.Nested(SettingsOut, required=True)
    events_kept = fields.Integer(required=True)
    bytes_kept = fields.Integer(required=True)


class LatestReleaseOut(WireSchema):
    release = fields.String(required=True)
    sessions = fields.Integer(required=True)
    crash_free_rate = fields.Float(required=True, allow_none=True)


class SummaryOut(WireSchema):
    unresolved = fields.Integer(required=True)
    new_issues = fields.Integer(required=True)
    recent_events = fields.Integer(required=True)
    latest_release = fields.Nested(LatestReleaseOut, required=True, allow_none=True)


QUERY, PAGE_QUERY, OUTS = ProjectQuery(), PageQuery(), ProjectOut(many=True)
SUMMARY = SummaryOut()
CREATE, PATCH, DETAIL = ProjectIn(), ProjectPatch(), ProjectDetailOut()

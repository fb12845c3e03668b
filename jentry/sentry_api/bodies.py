"""Bodies as sentry-cli and the plugins of bundlers write them."""

import re
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from jentry.schemas.base import Instant, Text, Url, WireSchema
from jentry.schemas.projects import SLUG, Flag
from jentry.schemas.releases import (
    LONGEST_NAME,
    MAX_COMMITS,
    CommitIn,
    ReleaseIn,
)
from jentry.store.names import LONGEST_SLUG
from jentry.store.projects import LONGEST_PLATFORM

MOST_PROJECTS = 100
MOST_CHUNKS = 512
LONGEST_DIST = 64
STATES = ("open", "archived")


class ProjectName(fields.Field[str]):
    """A slug or a number, as text or not."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValidationError("Must be a project's slug or id.")
        return str(value)


def _projects() -> fields.List[Any]:
    most = validate.Length(max=MOST_PROJECTS)
    return fields.List(ProjectName(), validate=most, load_default=list, allow_none=True)


class ReleasePut(WireSchema):
    """What is absent is kept. `refs` name commits of repositories, of which none are known."""

    projects = _projects()
    ref = Text(LONGEST_NAME, allow_none=True)
    url = Url(allow_none=True)
    date_released = Instant(allow_none=True)
    commits = fields.List(
        fields.Nested(CommitIn), validate=validate.Length(max=MAX_COMMITS), allow_none=True
    )
    refs = fields.List(fields.Dict(), allow_none=True)
    status = fields.String(validate=validate.OneOf(STATES), allow_none=True)


class ReleasePost(ReleasePut):
    version = ReleaseIn().fields["version"]


class DeployPost(WireSchema):
    projects = _projects()
    environment = Text(64, shortest=1, required=True)
    name = Text(LONGEST_NAME, allow_none=True, load_default=None)
    url = Url(allow_none=True, load_default=None)
    date_started = Instant(allow_none=True, load_default=None)
    date_finished = Instant(allow_none=True, load_default=None)


class Sha1(fields.Field[bytes]):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bytes:
        if not isinstance(value, str) or not re.fullmatch("[0-9a-fA-F]{40}", value):
            raise ValidationError("Must be a SHA-1 sum of 40 hexadecimal digits.")
        return bytes.fromhex(value)


class AssemblePost(WireSchema):
    projects = _projects()
    checksum = Sha1(required=True)
    chunks = fields.List(Sha1(), required=True, validate=validate.Length(min=1, max=MOST_CHUNKS))
    version = Text(LONGEST_NAME, allow_none=True, load_default=None)
    dist = Text(LONGEST_DIST, allow_none=True, load_default=None)


class ProjectPut(WireSchema):
    """What is absent is kept; what jentry has no setting for is ignored."""

    name = Text(LONGEST_NAME, shortest=1)
    slug = Text(LONGEST_SLUG, shortest=1, rules=[SLUG])
    platform = Text(LONGEST_PLATFORM, allow_none=True)


class ProjectPost(ProjectPut):
    name = Text(LONGEST_NAME, shortest=1, required=True)
    slug = Text(LONGEST_SLUG, shortest=1, rules=[SLUG], allow_none=True, load_default=None)
    platform = Text(LONGEST_PLATFORM, allow_none=True, load_default=None)


class KeyIn(WireSchema):
    name = Text(LONGEST_NAME, allow_none=True)
    label = Text(LONGEST_NAME, allow_none=True)
    is_active = Flag(allow_none=True)
    rate_limit = fields.Raw(allow_none=True)


PROJECT_POST, PROJECT_PUT, KEY = ProjectPost(), ProjectPut(), KeyIn()


class DebugFile(WireSchema):
    name = Text(LONGEST_NAME, required=True)
    chunks = fields.List(Sha1(), required=True, validate=validate.Length(min=1, max=MOST_CHUNKS))


class AssembleDebugFiles(WireSchema):
    """By SHA-1 sum."""

    files = fields.Dict(
        keys=fields.String(validate=validate.Regexp("[0-9a-f]{40}$")),
        values=fields.Nested(DebugFile),
        required=True,
        validate=validate.Length(max=MOST_PROJECTS),
    )

    @pre_load
    def wrap(self, data: Any, **_: Any) -> dict[str, Any]:
        return {"files": data}


ASSEMBLE_DEBUG_FILES = AssembleDebugFiles()
ASSEMBLE = AssemblePost()
RELEASE_PUT, RELEASE_POST, DEPLOY = ReleasePut(), ReleasePost(), DeployPost()

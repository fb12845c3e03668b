"""The REST API of version 1: one blueprint for each resource."""

import json
from typing import Any

import orjson
from flask import Blueprint, Flask
from flask.json.provider import JSONProvider
from werkzeug.routing import BaseConverter

from jentry.api import (
    alert_channels,
    alert_rules,
    answers,
    artifacts,
    attachments,
    audit,
    comments,
    deletions,
    deliveries,
    document,
    erasures,
    events,
    fingerprint_rules,
    issues,
    keys,
    members,
    monitors,
    operations,
    ownership,
    projects,
    quotas,
    regroups,
    releases,
    reports,
    stats,
    suspect_commits,
    usage,
    views,
)
from jentry.api.limits import Limiter
from jentry.api.stream import Slots
from jentry.vocabulary import MAX_ID

RESOURCES = (
    projects, ownership, fingerprint_rules, regroups, keys, members, stats, quotas, issues,
    comments, operations, events, suspect_commits, attachments, reports, monitors, releases,
    alert_rules, alert_channels, deliveries, audit, usage, deletions, erasures, artifacts, views,
)  # fmt: skip


class IdConverter(BaseConverter):
    """`<id:issue_id>`: decimal digits, and what SQLite cannot hold is 0, which nothing has.

    To refuse it here would answer 405 where an address has several methods.
    """

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        digits = value.lstrip("0")
        if not digits or len(digits) > len(str(MAX_ID)):
            return 0
        number = int(digits)
        return number if number <= MAX_ID else 0


class EventIdConverter(BaseConverter):
    """`<event:event_id>`: 32 hexadecimal digits or a dashed UUID; the view gets the 16 bytes."""

    regex = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> bytes:
        return bytes.fromhex(value.replace("-", ""))


class Json(JSONProvider):
    """A hundred events are megabytes: orjson writes them ten times as fast."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        try:
            return orjson.dumps(obj).decode()
        except TypeError:  # an integer beyond 64 bits, such as the number of a page asked for
            return json.dumps(obj)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return json.loads(s)


def init_app(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter
    app.url_map.converters["event"] = EventIdConverter
    app.json = Json(app)
    v1 = Blueprint("v1", __name__, url_prefix="/api/v1")
    for resource in RESOURCES:
        v1.register_blueprint(resource.bp)
    app.after_request(answers.finish)
    app.register_blueprint(v1)
    app.register_blueprint(document.bp)


def equip(app: Flask) -> None:
    app.extensions["limiter"] = Limiter()
    app.extensions["streams"] = Slots()

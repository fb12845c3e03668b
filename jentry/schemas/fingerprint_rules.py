"""Fingerprint rules on the wire."""

from marshmallow import fields

from jentry.matching.lines import LONGEST
from jentry.schemas.base import Text, WireSchema


class FingerprintRulesIn(WireSchema):
    rules = Text(LONGEST, required=True)


class FingerprintRulesOut(WireSchema):
    rules = fields.String(required=True)


class RuleExample(WireSchema):
    event_id = fields.String(required=True)
    issue_id = fields.Integer(required=True)
    title = fields.String(required=True)


class RuleMatches(WireSchema):
    line = fields.Integer(required=True)
    rule = fields.String(required=True)
    events = fields.Integer(required=True)
    examples = fields.List(fields.Nested(RuleExample), required=True)


class GroupSource(WireSchema):
    issue_id = fields.Integer(required=True)
    title = fields.String(required=True)
    events = fields.Integer(required=True)


class GroupPreview(WireSchema):
    issue_id = fields.Integer(required=True, allow_none=True)
    title = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    events = fields.Integer(required=True)
    sources = fields.List(fields.Nested(GroupSource), required=True)
    source_count = fields.Integer(required=True)


class IssuePreview(WireSchema):
    issue_id = fields.Integer(required=True)
    title = fields.String(required=True)
    events = fields.Integer(required=True)
    leaving = fields.Integer(required=True)


class GroupingPreview(WireSchema):
    events = fields.Integer(required=True)
    is_complete = fields.Boolean(required=True)
    moved = fields.Integer(required=True)
    joined = fields.Integer(required=True)
    split = fields.Integer(required=True)
    by_rule = fields.List(fields.Nested(RuleMatches), required=True)
    groups = fields.List(fields.Nested(GroupPreview), required=True)
    issues = fields.List(fields.Nested(IssuePreview), required=True)


BODY, OUT, PREVIEW = FingerprintRulesIn(), FingerprintRulesOut(), GroupingPreview()

"""Meanings and values of the names of triage, as `glossary.py` and `examples.py` have others."""

from typing import Any

TIME = "2026-06-29T12:30:00.000Z"

MEANINGS = {
    "committedAt": "When it was committed, if the release tool said so; null: it did not.",
    "hashes": "Those to take out, as hexadecimal digits.",
    "isMoving": "Whether kept events of it are still on their way here.",
    "partId": "The issue that it leads to: this one, or a part of it.",
    "splitFrom": "The issue that hashes were taken out of.",
    "splitInto": "The issue that they led to then.",
    "ignoreCount": "Ignored until so many more events have come.",
    "ignoreDuration": "Ignored for so many minutes.",
    "ignoreUntil": "When it has been ignored for that long.",
    "ignoreUserCount": "Ignored until it has hit so many more users.",
    "ignoreUserWindow": "The minutes in which those users must be hit; absent: any time.",
    "ignoreWindow": "The minutes in which those events must come; absent: any time.",
    "inCommit": "Resolved in the first release that has this commit; until it is registered events "
    "change nothing. Seven digits may stand for a whole sha.",
    "inNextRelease": "Resolved in the release after the newest one; older events change nothing.",
    "inRelease": "Resolved in this release; events of older ones change nothing.",
    "SuspectCommit.file": "The file that it changed.",
    "SuspectCommit.frame": "What the event calls that file.",
    "SuspectCommit.release": "The release that it was registered with; of several the newest.",
    "SuspectCommit.subject": "The first line of its message.",
    "SuspectCommit.userId": "The member with the author's address; null: nobody.",
    "rules": "One a line, such as `path:src/cart/* mara@example.com` of ownership, or "
    "`error.type:TimeoutError -> timeouts` of fingerprints; `#` begins a comment.",
    "rule": "Its matchers, as they are written.",
    "isComplete": "Whether all events that are kept were looked at.",
    "moved": "Events that would come to another issue than the one they are in.",
    "joined": "Groups to which events of several issues would come.",
    "split": "Issues whose events would come to several groups.",
    "byRule": "The rules, with the events that each of them fits first.",
    "groups": "What events would come to from another issue, that of most events first; at most "
    "100.",
    "GroupingPreview.events": "Events that were looked at, the newest.",
    "GroupingPreview.issues": "Issues that events would leave, that of most of them first; at most "
    "100.",
    "GroupPreview.issueId": "The issue that they would come to; null: a new one.",
    "GroupPreview.events": "How many of these events it would have.",
    "GroupSource.events": "How many of these events are in it.",
    "IssuePreview.events": "How many of these events are in it.",
    "RuleMatches.events": "How many of these events it decides on.",
    "RuleMatches.examples": "Some of them, the newest.",
    "sources": "The issues that they are in today; of many the 20 with most of these events.",
    "sourceCount": "How many issues they are in today.",
    "leaving": "How many of these events would come to another issue.",
    "line": "The line of the rule that says so, from 1.",
}

EXAMPLES: dict[str, Any] = {
    "committedAt": TIME,
    "SplitIn": {"hashes": ["1f3ab0"]},
    "isMoving": False,
    "partId": 1,
    "splitFrom": 1,
    "splitInto": 2,
    "ignoreCount": 100,
    "ignoreDuration": 1440,
    "ignoreUntil": TIME,
    "ignoreUserCount": 10,
    "ignoreUserWindow": 60,
    "ignoreWindow": 60,
    "inCommit": "a1b2c3d",
    "inNextRelease": True,
    "inRelease": "web@1.4.2",
    "rules": "path:src/cart/* mara@example.com",
    "SuspectCommit.file": "src/cart/totals.py",
    "SuspectCommit.frame": "cart/totals.py",
    "SuspectCommit.subject": "Fix an empty cart",
    "FingerprintRulesIn": {"rules": "error.type:TimeoutError -> timeouts"},
    "FingerprintRulesOut": {"rules": "error.type:TimeoutError -> timeouts"},
    "rule": "error.type:TimeoutError",
    "isComplete": True,
    "moved": 12,
    "joined": 1,
    "split": 0,
    "leaving": 12,
    "sourceCount": 1,
    "GroupingPreview.issues": [
        {"issueId": 1, "title": "TimeoutError: no answer", "events": 12, "leaving": 12}
    ],
    "line": 1,
    "OwnershipIn": {"rules": "# path:src/cart/* mara@example.com"},
}

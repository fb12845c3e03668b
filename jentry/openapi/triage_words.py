"""Meanings and values of the names of triage, as `glossary.py` and `examples.py` have others."""

from typing import Any

TIME = "2026-06-29T12:30:00.000Z"

MEANINGS = {
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
}

EXAMPLES: dict[str, Any] = {
    "ignoreCount": 100,
    "ignoreDuration": 1440,
    "ignoreUntil": TIME,
    "ignoreUserCount": 10,
    "ignoreUserWindow": 60,
    "ignoreWindow": 60,
    "inCommit": "a1b2c3d",
    "inNextRelease": True,
    "inRelease": "web@1.4.2",
}

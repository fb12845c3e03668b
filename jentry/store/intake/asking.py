"""What a batch will look up, asked together: for an engine where each look-up is a round trip.

Nothing is decided here, and what is not foreseen is looked up when it is needed.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from jentry.store.connection import Connection
from jentry.store.intake.events import KNOWN
from jentry.store.intake.issues import HASH
from jentry.store.intake.lifecycle import CONDITION
from jentry.store.intake.quotas import WINDOWS
from jentry.store.intake.releases import RELEASE
from jentry.store.intake.sessions import SESSION
from jentry.store.intake.tags import ENVIRONMENT, KEY, TAG
from jentry.store.rows import EventRow, SessionCounts, SessionRow, Submission

INSTANCE = "SELECT config_version, most_pages FROM instance"

Events = Sequence[tuple[int, EventRow]]  # each with its project


def ask(db: Connection, submissions: Sequence[Submission]) -> None:
    events = [(s.project_id, event) for s in submissions for event in s.events]
    hashes = {(project_id, event.hash_version, event.hash) for project_id, event in events}
    tags = _tags(submissions, events) - db.memo.get("tags", {}).keys()
    db.ask(
        (INSTANCE, [()]),
        (WINDOWS, {(submission.project_id,) for submission in submissions}),
        (HASH, hashes),
        (KNOWN, {(event.event_id, project_id) for project_id, event in events}),
        (RELEASE, _releases(submissions, events)),
        (TAG, tags),
        (KEY, {name[:2] for name in tags}),
        (SESSION, {(s.project_id, session.sid) for s in submissions for session in s.sessions}),
        new={"events": len(events)},
    )
    _ask_more(db, events)


def _ask_more(db: Connection, events: Events) -> None:
    """What resolved and ignored issues wait for; where the rules before have led."""
    conditions: set[tuple[int]] = set()
    formers: set[tuple[int, int, bytes]] = set()
    for project_id, event in events:
        row = db.lookup(HASH, (project_id, event.hash_version, event.hash))
        if row is None:
            formers.update((project_id, *former) for former in event.formers or ())
        elif row["status"] not in ("unresolved", "merged"):
            conditions.add((row["id"],))
    if conditions or formers:
        db.ask((CONDITION, conditions), (HASH, formers))


def _tags(submissions: Sequence[Submission], events: Events) -> set[tuple[int, str, str]]:
    found = {(project_id, *tag) for project_id, event in events for tag in event.tags}
    environments = ((project_id, row.environment) for project_id, row in _counted(submissions))
    return found | {(project_id, ENVIRONMENT, name) for project_id, name in environments if name}


def _releases(submissions: Sequence[Submission], events: Events) -> set[tuple[int, str]]:
    found = {(project_id, event.release) for project_id, event in events if event.release}
    return found | {(project_id, row.release) for project_id, row in _counted(submissions)}


def _counted(submissions: Sequence[Submission]) -> Iterator[tuple[int, SessionRow | SessionCounts]]:
    """Sessions, each with its project."""
    for submission in submissions:
        for row in chain[SessionRow | SessionCounts](
            submission.sessions, submission.session_counts
        ):
            yield submission.project_id, row

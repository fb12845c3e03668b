"""Release health: every session is counted exactly once, whatever the order of its updates."""

from collections import defaultdict

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.intake.quotas import Quotas
from jentry.store.intake.releases import Release, Releases
from jentry.store.intake.tags import Tags
from jentry.store.rows import RateLimit, SessionCounts, SessionRow, Submission

# The higher rank wins whatever came first; of equal ranks the first stays.
# `ingest/README.md`: Sessions.
RANKS = {"ok": 0, "exited": 1, "errored": 1, "crashed": 2, "abnormal": 2, "unhandled": 2}
PARTS = ("errored", "crashed", "abnormal", "unhandled")
REMEMBERED = 5000  # hours that have a row
SESSION = """
    SELECT release_id, environment, started, status, errors
    FROM sessions
    WHERE project_id = ? AND sid = ?
"""

Known = tuple[int, str | None, str, str, int]  # the columns of SESSION


def part(status: str, errors: int) -> str | None:
    """Which of the disjoint PARTS a session counts to; None when it is healthy."""
    if status in PARTS:
        return status
    return "errored" if errors else None


class Sessions:
    def __init__(self, db: Connection, releases: Releases, tags: Tags, quotas: Quotas) -> None:
        self.db = db
        self.releases = releases
        self.tags = tags
        self.quotas = quotas
        self._hours: defaultdict[tuple[int, str, str], dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(("sessions", *PARTS), 0)
        )
        self._known: dict[tuple[int, bytes], Known] = {}  # those of this batch
        self._open: set[tuple[int, str, str]] = db.memo.setdefault("session_hours", set())
        if len(self._open) > REMEMBERED:
            self._open.clear()

    def update(self, submission: Submission, session: SessionRow) -> RateLimit | None:
        """The quota that is in the way of a new session; known ones can always be updated."""
        project_id = submission.project_id
        name = (project_id, session.sid)
        known = self._known.get(name) or self.db.lookup(SESSION, name)
        if known is None:
            return self._begin(submission, session)
        release_id, environment, started, before, errors_before = known
        errors = max(errors_before, session.errors)
        status = session.status if RANKS[session.status] > RANKS[before] else before
        release = self.releases.by_id(release_id)
        was, now = part(before, errors_before), part(status, errors)
        if was != now:
            self._count(release, environment, started, was, -1)
            self._count(release, environment, started, now, 1)
        release.see(started, session.timestamp)
        self._known[name] = (release_id, environment, started, status, errors)
        self.db.put(
            """
            UPDATE sessions
            SET status = ?, errors = ?, did_hash = coalesce(did_hash, ?),
                updated_at = CASE WHEN updated_at > ? THEN updated_at ELSE CAST(? AS TEXT) END
            WHERE project_id = ? AND sid = ?
            """,
            (
                status, errors, session.did_hash,
                session.timestamp, session.timestamp, project_id, session.sid,
            ),
        )  # fmt: skip
        return None

    def _begin(self, submission: Submission, session: SessionRow) -> RateLimit | None:
        project_id = submission.project_id
        spot = self._spot(submission, session)
        if isinstance(spot, RateLimit):
            return spot
        release, environment = spot
        self._known[project_id, session.sid] = (
            release.id, environment, session.started, session.status, session.errors,
        )  # fmt: skip
        self.db.put(
            """
            INSERT INTO sessions (project_id, sid, release_id, environment, did_hash, started,
                                  status, errors, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                project_id, session.sid, release.id, environment, session.did_hash,
                session.started, session.status, session.errors, session.timestamp,
            ),
        )  # fmt: skip
        release.see(session.started, session.timestamp)
        part_of_it = part(session.status, session.errors)
        self._count(release, environment, session.started, part_of_it, 1)
        return None

    def _spot(
        self, submission: Submission, row: SessionRow | SessionCounts
    ) -> RateLimit | tuple[Release, str | None]:
        """The release and environment to count it in, once the quotas are spent."""
        if limit := self.quotas.exceeded(submission, {"quota_sessions_5min": 1}):
            return limit
        environment = self.tags.environment(submission, row.environment)
        release = self.releases.find(submission.project_id, row.release)
        opens = not (release and self._is_open(release, environment, row.started))
        amounts = {"quota_sessions_5min": 1, "quota_session_hours_hour": int(opens)}
        if limit := self.quotas.exceeded(submission, amounts):
            return limit
        release = release or self.releases.named(submission, row.release)
        if release.is_other and self._is_open(release, environment, row.started):
            amounts["quota_session_hours_hour"] = 0
        self._open.add((release.id, environment or "", clock.hour(row.started)))
        self.quotas.spend(submission, amounts)
        return release, environment

    def _is_open(self, release: Release, environment: str | None, started: str) -> bool:
        """Whether the hour has a row."""
        hour = (release.id, environment or "", clock.hour(started))
        if hour not in self._open:
            row = self.db.execute(
                """
                SELECT 1
                FROM session_hours
                WHERE release_id = ? AND environment = ? AND hour = ?
                """,
                hour,
            ).fetchone()
            if row is None:
                return False
            self._open.add(hour)
        return True

    def _count(
        self, release: Release, environment: str | None, started: str, name: str | None, by: int
    ) -> None:
        hour = self._hours[release.id, environment or "", clock.hour(started)]
        hour["sessions"] += by
        release.sessions += by
        if name:
            hour[name] += by
            setattr(release, name, getattr(release, name) + by)

    def add(self, submission: Submission, counts: SessionCounts) -> RateLimit | None:
        """Sessions that the client counted. They carry no identity, so each arrival is added."""
        found = self._spot(submission, counts)
        if isinstance(found, RateLimit):
            return found
        release, environment = found
        release.see(counts.started, counts.started)
        self._count(release, environment, counts.started, None, counts.exited)
        for name in PARTS:
            self._count(release, environment, counts.started, name, getattr(counts, name))
        return None

    def flush(self) -> None:
        self.db.putmany(
            """
            INSERT INTO session_hours (release_id, environment, hour, sessions, errored, crashed,
                                       abnormal, unhandled)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (release_id, environment, hour) DO UPDATE
            SET sessions = session_hours.sessions + excluded.sessions,
                errored = session_hours.errored + excluded.errored,
                crashed = session_hours.crashed + excluded.crashed,
                abnormal = session_hours.abnormal + excluded.abnormal,
                unhandled = session_hours.unhandled + excluded.unhandled
            """,
            [(*spot, *counted.values()) for spot, counted in sorted(self._hours.items())],
        )

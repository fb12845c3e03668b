"""Release health: every session is counted exactly once, whatever the order of its updates."""

from collections import defaultdict

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.intake.releases import Release, Releases
from jentry.store.rows import SessionCounts, SessionRow

# The higher rank wins whatever came first; of equal ranks the first stays.
# `ingest/README.md`: Sessions.
RANKS = {"ok": 0, "exited": 1, "errored": 1, "crashed": 2, "abnormal": 2, "unhandled": 2}
PARTS = ("errored", "crashed", "abnormal", "unhandled")


def part(status: str, errors: int) -> str | None:
    """Which of the disjoint PARTS a session counts to; None when it is healthy."""
    if status in PARTS:
        return status
    return "errored" if errors else None


class Sessions:
    def __init__(self, db: Connection, releases: Releases) -> None:
        self.db = db
        self.releases = releases
        self._hours: defaultdict[tuple[int, str, str], dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(("sessions", *PARTS), 0)
        )

    def update(self, project_id: int, session: SessionRow) -> None:
        known = self.db.execute(
            """
            SELECT release_id, environment, started, status, errors
            FROM sessions
            WHERE project_id = ? AND sid = ?
            """,
            (project_id, session.sid),
        ).fetchone()
        if known is None:
            self._begin(project_id, session)
            return
        status, errors = known["status"], max(known["errors"], session.errors)
        if RANKS[session.status] > RANKS[status]:
            status = session.status
        release = self.releases.by_id(known["release_id"])
        before, after = part(known["status"], known["errors"]), part(status, errors)
        if before != after:
            self._count(release, known["environment"], known["started"], before, -1)
            self._count(release, known["environment"], known["started"], after, 1)
        release.see(known["started"], session.timestamp)
        self.db.execute(
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

    def _begin(self, project_id: int, session: SessionRow) -> None:
        release = self.releases.named(project_id, session.release)
        self.db.execute(
            """
            INSERT INTO sessions (project_id, sid, release_id, environment, did_hash, started,
                                  status, errors, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                project_id, session.sid, release.id, session.environment, session.did_hash,
                session.started, session.status, session.errors, session.timestamp,
            ),
        )  # fmt: skip
        release.see(session.started, session.timestamp)
        spot = (session.environment, session.started)
        self._count(release, *spot, part(session.status, session.errors), 1)

    def _count(
        self, release: Release, environment: str | None, started: str, name: str | None, by: int
    ) -> None:
        hour = self._hours[release.id, environment or "", clock.hour(started)]
        hour["sessions"] += by
        release.sessions += by
        if name:
            hour[name] += by
            setattr(release, name, getattr(release, name) + by)

    def add(self, project_id: int, counts: SessionCounts) -> None:
        """Sessions that the client counted. They carry no identity, so each arrival is added."""
        release = self.releases.named(project_id, counts.release)
        release.see(counts.started, counts.started)
        spot = (counts.environment, counts.started)
        self._count(release, *spot, None, counts.exited)
        for name in PARTS:
            self._count(release, *spot, name, getattr(counts, name))

    def flush(self) -> None:
        self.db.executemany(
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

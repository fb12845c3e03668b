"""Releases as traffic names them: created on first mention, their counters coalesced.

Those beyond the cap, or too many new ones in an hour, are counted as one without a name. The cap
counts what is new or was seen in the last days, so that a project that a stranger has filled takes
its own again.
"""

from dataclasses import dataclass
from datetime import timedelta

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.intake.quotas import Quotas
from jentry.store.rows import Submission
from jentry.store.sql import fold

OTHER = ""
COUNTED = timedelta(days=7)
NEW = {"quota_releases_hour": 1}
COLUMNS = "id, version, date_released, created_at, first_seen, last_seen, sorted_at"
RELEASE = f"SELECT {COLUMNS} FROM releases WHERE project_id = ? AND version = ?"


@dataclass(slots=True)
class Release:
    """A release touched by this batch: its row's times, and what the batch adds to its counters."""

    id: int
    version: str
    date_released: str | None
    created_at: str
    first_seen: str | None
    last_seen: str | None
    sorted_at: str
    events: int = 0
    issues: int = 0
    sessions: int = 0
    errored: int = 0
    crashed: int = 0
    abnormal: int = 0
    unhandled: int = 0

    @property
    def sort_key(self) -> str:
        """What `sorted_at` has to be by now."""
        born = min(self.first_seen or self.created_at, self.created_at)
        return self.date_released or born

    @property
    def is_other(self) -> bool:
        return self.version == OTHER

    def see(self, first: str, last: str) -> None:
        if self.first_seen is None or first < self.first_seen:
            self.first_seen = first
        if self.last_seen is None or last > self.last_seen:
            self.last_seen = last


class Releases:
    def __init__(self, db: Connection, at: str, quotas: Quotas) -> None:
        self.db = db
        self.at = at
        self.quotas = quotas
        self._known: dict[tuple[int, str], Release] = {}
        self._by_id: dict[int, Release] = {}
        self._numbers: dict[int, int] = {}  # of a project's releases that the cap counts
        self._since = clock.timestamp(clock.parse(at) - COUNTED)

    def find(self, project_id: int, version: str) -> Release | None:
        """None for one that is not known yet."""
        release = self._known.get((project_id, version)) or self._load(project_id, version)
        if release:
            self._known[project_id, version] = self._by_id[release.id] = release
        return release

    def named(self, submission: Submission, version: str) -> Release:
        """The release, made when it is new; that of all others when there are too many."""
        project_id = submission.project_id
        found = self.find(project_id, version)
        if found:
            return found
        if self._has_room(submission):
            self.quotas.spend(submission, NEW)
            self._numbers[project_id] = self._number(project_id) + 1
            return self._create(project_id, version)
        return self.find(project_id, OTHER) or self._create(project_id, OTHER)

    def by_id(self, release_id: int) -> Release:
        if release_id not in self._by_id:
            row = self.db.execute(
                f"SELECT {COLUMNS}, project_id FROM releases WHERE id = ?", (release_id,)
            ).fetchone()
            *columns, project_id = row
            release = self._by_id[release_id] = Release(*columns)
            self._known[project_id, release.version] = release
        return self._by_id[release_id]

    def _has_room(self, submission: Submission) -> bool:
        if self.quotas.exceeded(submission, NEW):
            return False
        most = submission.limits.get("max_releases")
        return most is None or self._number(submission.project_id) < most

    def _number(self, project_id: int) -> int:
        if project_id not in self._numbers:
            (self._numbers[project_id],) = self.db.execute(
                """
                SELECT count(*)
                FROM releases
                WHERE project_id = :project_id AND version <> '' AND registered_at IS NULL
                  AND (created_at >= :since OR last_seen >= :since)
                """,
                {"project_id": project_id, "since": self._since},
            ).fetchone()
        return self._numbers[project_id]

    def _load(self, project_id: int, version: str) -> Release | None:
        row = self.db.lookup(RELEASE, (project_id, version))
        return Release(*row) if row else None

    def _create(self, project_id: int, version: str) -> Release:
        release_id = self.db.add(
            """
            INSERT INTO releases (project_id, version, folded, created_at, sorted_at)
            VALUES (?, ?, ?, ?, ?)
            RETURNING id
            """,
            (project_id, version, fold(version), self.at, self.at),
        )
        made = Release(release_id, version, None, self.at, None, None, self.at)
        self._known[project_id, version] = self._by_id[made.id] = made
        return made

    def flush(self) -> None:
        releases = [release for _, release in sorted(self._by_id.items())]
        self.db.putmany(
            """
            UPDATE releases
            SET first_seen = ?, last_seen = ?, events = events + ?, issues = issues + ?,
                sessions = sessions + ?, errored = errored + ?, crashed = crashed + ?,
                abnormal = abnormal + ?, unhandled = unhandled + ?
            WHERE id = ?
            """,
            [
                (
                    release.first_seen, release.last_seen, release.events, release.issues,
                    release.sessions, release.errored, release.crashed,
                    release.abnormal, release.unhandled, release.id,
                )
                for release in releases
            ],
        )  # fmt: skip
        # Apart: it is in an index.
        self.db.putmany(
            "UPDATE releases SET sorted_at = ? WHERE id = ?",
            [
                (release.sort_key, release.id)
                for release in releases
                if release.sort_key != release.sorted_at
            ],
        )

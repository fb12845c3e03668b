"""Releases as traffic names them: created on first mention, their counters coalesced."""

from dataclasses import dataclass

from jentry.store.connection import Connection


@dataclass(slots=True)
class Release:
    """A release touched by this batch: its row's times, and what the batch adds to its counters."""

    id: int
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

    def see(self, first: str, last: str) -> None:
        if self.first_seen is None or first < self.first_seen:
            self.first_seen = first
        if self.last_seen is None or last > self.last_seen:
            self.last_seen = last


class Releases:
    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self._known: dict[tuple[int, str], Release] = {}
        self._by_id: dict[int, Release] = {}

    def named(self, project_id: int, version: str) -> Release:
        release = self._known.get((project_id, version))
        if release is None:
            release = self._load(project_id, version) or self._create(project_id, version)
            self._known[project_id, version] = self._by_id[release.id] = release
        return release

    def by_id(self, release_id: int) -> Release:
        if release_id not in self._by_id:
            row = self.db.execute(
                "SELECT project_id, version FROM releases WHERE id = ?", (release_id,)
            ).fetchone()
            return self.named(row["project_id"], row["version"])
        return self._by_id[release_id]

    def _load(self, project_id: int, version: str) -> Release | None:
        row = self.db.execute(
            """
            SELECT id, date_released, created_at, first_seen, last_seen, sorted_at
            FROM releases
            WHERE project_id = ? AND version = ?
            """,
            (project_id, version),
        ).fetchone()
        return Release(*row) if row else None

    def _create(self, project_id: int, version: str) -> Release:
        row = self.db.execute(
            """
            INSERT INTO releases (project_id, version, created_at, sorted_at)
            VALUES (:project_id, :version, :at, :at)
            RETURNING id
            """,
            {"project_id": project_id, "version": version, "at": self.at},
        ).fetchone()
        return Release(row["id"], None, self.at, None, None, self.at)

    def flush(self) -> None:
        releases = [release for _, release in sorted(self._by_id.items())]
        self.db.executemany(
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
        self.db.executemany(
            "UPDATE releases SET sorted_at = ? WHERE id = ?",
            [
                (release.sort_key, release.id)
                for release in releases
                if release.sort_key != release.sorted_at
            ],
        )

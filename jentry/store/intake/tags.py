"""Which tag values the events of an issue carry, and how many."""

from jentry.store.connection import Connection

REMEMBERED = 50_000


class Tags:
    def __init__(self, db: Connection) -> None:
        self.db = db
        self._ids: dict[tuple[int, str, str], int] = db.memo.setdefault("tags", {})
        if len(self._ids) > REMEMBERED:
            self._ids.clear()
        self._counts: dict[tuple[int, int], tuple[int, str]] = {}

    def add(
        self, project_id: int, issue_id: int, tags: tuple[tuple[str, str], ...], timestamp: str
    ) -> None:
        for key, value in tags:
            spot = (issue_id, self._id(project_id, key, value))
            events, last_seen = self._counts.get(spot, (0, ""))
            self._counts[spot] = (events + 1, max(last_seen, timestamp))

    def _id(self, project_id: int, key: str, value: str) -> int:
        name = (project_id, key, value)
        tag_id = self._ids.get(name)
        if tag_id is None:
            row = (
                self.db.execute(
                    "SELECT id FROM tags WHERE project_id = ? AND key = ? AND value = ?", name
                ).fetchone()
                or self.db.execute(
                    "INSERT INTO tags (project_id, key, value) VALUES (?, ?, ?) RETURNING id", name
                ).fetchone()
            )
            tag_id = self._ids[name] = row[0]
        return tag_id

    def flush(self) -> None:
        self.db.executemany(
            """
            INSERT INTO issue_tags (issue_id, tag_id, events, last_seen)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (issue_id, tag_id) DO UPDATE
            SET events = issue_tags.events + excluded.events,
                last_seen = CASE WHEN excluded.last_seen > issue_tags.last_seen
                            THEN excluded.last_seen ELSE issue_tags.last_seen END
            """,
            [(*spot, *counted) for spot, counted in sorted(self._counts.items())],
        )

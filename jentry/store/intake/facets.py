"""What issues are found by: facets, and hashes of who was hit. Nothing of it is counted."""

from jentry.quotas import most
from jentry.search import facets
from jentry.store.connection import Connection
from jentry.store.sql import fold

REMEMBERED = 20_000  # of shapes, of facets, of people
MOST = most("facets")

Name = tuple[int, str, str, str]  # project, key, tail, folded value


class Facets:
    """`db.memo` is emptied by a rollback: a shape is known once it is committed."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._shapes: set[tuple[int, bytes]] = db.memo.setdefault("shapes", set())
        self._ids: dict[Name, int] = db.memo.setdefault("facets", {})
        self._numbers: dict[int, int] = db.memo.setdefault("facets of projects", {})
        self._links: set[tuple[int, int]] = set()
        self._known: set[tuple[bytes, int]] = db.memo.setdefault("people", set())
        self._people: set[tuple[bytes, int]] = set()
        for remembered in (self._shapes, self._ids, self._known):
            if len(remembered) > REMEMBERED:
                remembered.clear()

    def add(
        self, project_id: int, issue_id: int, shape: bytes, text: str, people: tuple[bytes, ...]
    ) -> None:
        """Of one event: `text` is that of `search/facets.py`."""
        for who in people:
            if (who, issue_id) not in self._known:
                self._people.add((who, issue_id))
        if (issue_id, shape) in self._shapes:
            return
        self._shapes.add((issue_id, shape))
        is_new = self.db.execute(
            """
            INSERT INTO issue_shapes (issue_id, shape) VALUES (?, ?)
            ON CONFLICT (issue_id, shape) DO NOTHING
            """,
            (issue_id, shape),
        ).rowcount
        if is_new > 0:
            self._link(project_id, issue_id, text)

    def _link(self, project_id: int, issue_id: int, text: str) -> None:
        for key, value in facets.pairs(text):
            path = facets.spelled(key, fold(value))
            name = (project_id, key, facets.tail(key, path), path)
            facet_id = self._ids.get(name) or self._find(name) or self._make(name)
            if facet_id is not None:
                self._ids[name] = facet_id
                self._links.add((facet_id, issue_id))

    def _find(self, name: Name) -> int | None:
        row = self.db.execute(
            """
            SELECT id FROM facets WHERE project_id = ? AND key = ? AND tail = ? AND folded = ?
            """,
            name,
        ).fetchone()
        return row["id"] if row else None

    def _make(self, name: Name) -> int | None:
        """None when the project has as many as there may be."""
        project_id = name[0]
        if project_id not in self._numbers:
            (self._numbers[project_id],) = self.db.execute(
                "SELECT count(*) FROM facets WHERE project_id = ?", (project_id,)
            ).fetchone()
        if self._numbers[project_id] >= MOST:
            return None
        self._numbers[project_id] += 1
        row = self.db.execute(
            "INSERT INTO facets (project_id, key, tail, folded) VALUES (?, ?, ?, ?) RETURNING id",
            name,
        ).fetchone()
        made: int = row["id"]
        return made

    def flush(self) -> None:
        self.db.executemany(
            """
            INSERT INTO issue_facets (facet_id, issue_id) VALUES (?, ?)
            ON CONFLICT (facet_id, issue_id) DO NOTHING
            """,
            sorted(self._links),
        )
        self.db.executemany(
            """
            INSERT INTO issue_people (hash, issue_id) VALUES (?, ?)
            ON CONFLICT (hash, issue_id) DO NOTHING
            """,
            sorted(self._people),
        )
        self._known |= self._people

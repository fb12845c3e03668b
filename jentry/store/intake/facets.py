"""What issues are found by: facets, and hashes of who was hit. Nothing of it is counted."""

from jentry.quotas import most
from jentry.search import facets
from jentry.store.connection import Connection
from jentry.store.sql import fold

REMEMBERED = 20_000  # of shapes, of facets, of people
MOST = most("facets")

SHAPE = """
    INSERT INTO issue_shapes (issue_id, shape) VALUES (?, ?)
    ON CONFLICT (issue_id, shape) DO NOTHING
"""
FACET = "SELECT id FROM facets WHERE project_id = ? AND key = ? AND tail = ? AND folded = ?"
NUMBER = "SELECT count(*) FROM facets WHERE project_id = ?"

Name = tuple[int, str, str, str]  # project, key, tail, folded value


class Facets:
    """`db.memo` is emptied by a rollback: a shape is known once it is committed."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._shapes: set[tuple[int, bytes]] = db.memo.setdefault("shapes", set())
        self._ids: dict[Name, int] = db.memo.setdefault("facets", {})
        self._numbers: dict[int, int] = db.memo.setdefault("facets of projects", {})
        self._new: dict[tuple[int, bytes], tuple[int, str]] = {}  # project, and what it stands for
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
        self._new[issue_id, shape] = (project_id, text)

    def shapes(self) -> tuple[str, list[tuple[int, bytes]]]:
        """What is to be written first: which of them are new."""
        return SHAPE, sorted(self._new)

    def flush(self) -> None:
        self.finish(*self.db.changed(self.shapes()))

    def finish(self, are_new: list[bool]) -> None:
        """`are_new`: those of `shapes`."""
        links = self._links(are_new)
        self.db.putmany(
            """
            INSERT INTO issue_facets (facet_id, issue_id) VALUES (?, ?)
            ON CONFLICT (facet_id, issue_id) DO NOTHING
            """,
            sorted(links),
        )
        self.db.putmany(
            """
            INSERT INTO issue_people (hash, issue_id) VALUES (?, ?)
            ON CONFLICT (hash, issue_id) DO NOTHING
            """,
            sorted(self._people),
        )
        self._known |= self._people

    def _links(self, are_new: list[bool]) -> set[tuple[int, int]]:
        """Facets and the issues that they lead to, of what is new."""
        names = [
            (_name(project_id, key, value), issue_id)
            for ((issue_id, _), (project_id, text)), is_new in zip(
                sorted(self._new.items()), are_new, strict=True
            )
            if is_new
            for key, value in facets.pairs(text)
        ]
        if self.db.is_remote:
            self._ask({name for name, _ in names} - self._ids.keys())
        links = set()
        for name, issue_id in names:
            facet_id = self._ids.get(name) or self._find(name) or self._make(name)
            if facet_id is not None:
                self._ids[name] = facet_id
                links.add((facet_id, issue_id))
        return links

    def _ask(self, names: set[Name]) -> None:
        projects = {(name[0],) for name in names if name[0] not in self._numbers}
        self.db.ask((FACET, names), (NUMBER, projects))

    def _find(self, name: Name) -> int | None:
        row = self.db.lookup(FACET, name)
        return row["id"] if row else None

    def _make(self, name: Name) -> int | None:
        """None when the project has as many as there may be."""
        project_id = name[0]
        if project_id not in self._numbers:
            (self._numbers[project_id],) = self.db.lookup(NUMBER, (project_id,))
        if self._numbers[project_id] >= MOST:
            return None
        self._numbers[project_id] += 1
        made: int = self.db.add(
            "INSERT INTO facets (project_id, key, tail, folded) VALUES (?, ?, ?, ?) RETURNING id",
            name,
        )
        return made


def _name(project_id: int, key: str, value: str) -> Name:
    path = facets.spelled(key, fold(value))
    return project_id, key, facets.tail(key, path), path

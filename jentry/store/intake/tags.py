"""Which tag values the events of an issue carry, and how many.

Keys and values are told apart up to a cap. The events with values beyond it are counted under the
empty one, which no event has; that keys were left out is a key without a name.
"""

from dataclasses import dataclass

from jentry.store.connection import Connection
from jentry.store.rows import Submission
from jentry.store.sql import fold

REMEMBERED = 20_000
LONGEST_REMEMBERED = 100  # characters of key and value: a stranger chooses them
OTHER = ""
ENVIRONMENT = "environment"

TAG = """
    SELECT k.id AS key_id, t.id
    FROM tags t
    JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
    WHERE t.project_id = ? AND t.key = ? AND t.value = ?
"""
KEY = "SELECT id, value_count FROM tag_keys WHERE project_id = ? AND key = ?"

Spot = tuple[int, int]  # ids of a key and of a value of it


@dataclass(slots=True)
class Key:
    id: int
    values: int  # told apart, those of this batch included
    added: int = 0


class Tags:
    def __init__(self, db: Connection) -> None:
        self.db = db
        self._spots: dict[tuple[int, str, str], Spot] = db.memo.setdefault("tags", {})
        if len(self._spots) > REMEMBERED:
            self._spots.clear()
        self._keys: dict[tuple[int, str], Key | None] = {}
        self._numbers: dict[int, int] = {}  # of the keys of a project
        self._counts: dict[tuple[int, int, int], tuple[int, str]] = {}

    def knows(self, project_id: int, tags: tuple[tuple[str, str], ...]) -> bool:
        """Whether nothing needs to be looked up or made for them."""
        return all((project_id, key, value) in self._spots for key, value in tags)

    def spots(self, submission: Submission, tags: tuple[tuple[str, str], ...]) -> list[Spot]:
        """Where an event with these tags counts, made where that is new."""
        project_id = submission.project_id
        found = (
            self._spots.get((project_id, key, value)) or self._spot(submission, key, value)
            for key, value in tags
        )
        return [spot for spot in found if spot]

    def known(self, project_id: int, tags: tuple[tuple[str, str], ...]) -> list[int]:
        """The ids of those that were told apart, and of what the others count as."""
        found = []
        for key, value in tags:
            spot = self._find((project_id, key, value)) or self._find((project_id, key, OTHER))
            if spot:
                found.append(spot[1])
        return found

    def count(self, issue_id: int, spots: list[Spot], timestamp: str) -> None:
        for key_id, tag_id in spots:
            spot = (issue_id, key_id, tag_id)
            events, last_seen = self._counts.get(spot, (0, ""))
            self._counts[spot] = (events + 1, max(last_seen, timestamp))

    def environment(self, submission: Submission, name: str | None) -> str | None:
        """The name when it is one of those that are told apart."""
        if name is None:
            return None
        kept = (submission.project_id, ENVIRONMENT, name)
        if kept in self._spots or self._find(kept) or self._make(submission, ENVIRONMENT, name):
            return name
        return None

    def _spot(self, submission: Submission, key: str, value: str) -> Spot | None:
        """Where to count an event with this tag: as itself, as another value, or nowhere."""
        name = (submission.project_id, key, value)
        found = self._find(name) or self._make(submission, key, value)
        if found is None and self._key(submission.project_id, key):
            other = (submission.project_id, key, OTHER)
            found = self._spots.get(other) or self._find(other) or self._insert(other)
        return found

    def _find(self, name: tuple[int, str, str]) -> Spot | None:
        row = self.db.lookup(TAG, name)
        return self._remember(name, (row["key_id"], row["id"])) if row else None

    def _make(self, submission: Submission, key: str, value: str) -> Spot | None:
        """None when that would be one more than are told apart."""
        known = self._key(submission.project_id, key) or self._make_key(submission, key)
        most = submission.limits.get("max_environments" if key == ENVIRONMENT else "max_tag_values")
        if known is None or (most is not None and known.values >= most):
            return None
        known.values += 1
        known.added += 1
        return self._insert((submission.project_id, key, value))

    def _insert(self, name: tuple[int, str, str]) -> Spot:
        known = self._key(*name[:2])
        if known is None:
            raise AssertionError("a value is made after its key")
        tag_id = self.db.add(
            "INSERT INTO tags (project_id, key, value, folded) VALUES (?, ?, ?, ?) RETURNING id",
            (*name, fold(name[2])),
        )
        return self._remember(name, (known.id, tag_id))

    def _remember(self, name: tuple[int, str, str], spot: Spot) -> Spot:
        if len(name[1]) + len(name[2]) <= LONGEST_REMEMBERED:
            self._spots[name] = spot
        return spot

    def _key(self, project_id: int, key: str) -> Key | None:
        name = (project_id, key)
        if name not in self._keys:
            row = self.db.lookup(KEY, name)
            self._keys[name] = Key(*row) if row else None
        return self._keys[name]

    def _make_key(self, submission: Submission, key: str) -> Key | None:
        project_id, most = submission.project_id, submission.limits.get("max_tag_keys")
        if most is not None and key != ENVIRONMENT and self._number(project_id) >= most:
            if self._key(project_id, OTHER) is None:
                self._insert_key(project_id, OTHER)
            return None
        self._numbers[project_id] = self._number(project_id) + 1
        return self._insert_key(project_id, key)

    def _insert_key(self, project_id: int, key: str) -> Key:
        key_id = self.db.add(
            "INSERT INTO tag_keys (project_id, key, value_count) VALUES (?, ?, ?) RETURNING id",
            (project_id, key, 0),
        )
        made = self._keys[project_id, key] = Key(key_id, 0)
        return made

    def _number(self, project_id: int) -> int:
        if project_id not in self._numbers:
            row = self.db.execute(
                "SELECT count(*) AS n FROM tag_keys WHERE project_id = ? AND key <> ''",
                (project_id,),
            ).fetchone()
            self._numbers[project_id] = row["n"]
        return self._numbers[project_id]

    def flush(self) -> None:
        self.db.putmany(
            "UPDATE tag_keys SET value_count = value_count + ? WHERE id = ?",
            sorted((key.added, key.id) for key in self._keys.values() if key and key.added),
        )
        self.db.putmany(
            """
            INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (issue_id, key_id, tag_id) DO UPDATE
            SET events = issue_tags.events + excluded.events,
                last_seen = CASE WHEN excluded.last_seen > issue_tags.last_seen
                            THEN excluded.last_seen ELSE issue_tags.last_seen END
            """,
            [(*spot, *counted) for spot, counted in sorted(self._counts.items())],
        )

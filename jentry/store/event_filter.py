"""The events of an issue that have an environment, a release or tags, newest first.

No index knows the tags of one event: they are in its payload. So a page looks at the events in
their order until it is full or has cost enough, and says how many it looked at; the next one goes
on from there. An issue of any size costs a page the same.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from jentry.event_tags import indexed
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.paging import Key, Paging
from jentry.store.parts import each
from jentry.store.payloads import readable

MOST_ROWS = 2000  # of a page: a look into the columns of each
MOST_COST = 6 * 1024 * 1024  # bytes of a page's payloads that are unpacked
PARSING = 3  # times as much as unpacking the same
COLUMNS = ("environment", "release")
PLAIN = re.compile(r"[ !#-.0-\[\]-~]+")
DERIVED = "handled"  # its values are not in the payload as they are


@dataclass(frozen=True)
class Wanted(Paging):
    """One page of the events of an issue. What is empty filters nothing."""

    environment: str = ""
    release: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    search: str = ""  # in the language of `jentry/search`

    @property
    def traits(self) -> list[tuple[str, str]]:
        """All that is wanted, each by the name of its tag."""
        named = [("environment", self.environment), ("release", self.release), *self.tags]
        return [(key, value) for key, value in named if value]


@dataclass(frozen=True)
class Found:
    """`keys` have `sorted` and `id`; `scanned` says how many events were looked at as far as one of
    them, by its place.
    """

    keys: list[Row]
    scanned: Callable[[int], int]
    last: Key | None  # the event that the next page follows; None when all were looked at
    looked_at: int


def find(db: Connection, actor: Actor, issue_id: int, wanted: Wanted) -> Found:
    """At most `limit` of those after `after`."""
    rows = _newest(db, actor, issue_id, wanted)
    purse = Purse()
    keys: list[Row] = []
    scanned: list[int] = []
    seen = 0
    for row in rows[:MOST_ROWS]:
        if len(keys) == wanted.limit or purse.is_empty:
            break
        seen += 1
        if _has_all(db, actor, row, wanted.traits, purse):
            keys.append(row)
            scanned.append(seen)
    if seen == len(rows):
        return Found(keys, scanned.__getitem__, None, seen)
    last = rows[seen - 1]["sorted"], rows[seen - 1]["id"]
    return Found(keys, scanned.__getitem__, last, seen)


class Purse:
    """What a page may still cost, in bytes that are unpacked."""

    def __init__(self) -> None:
        self.left = MOST_COST

    @property
    def is_empty(self) -> bool:
        return self.left <= 0


def _newest(db: Connection, actor: Actor, issue_id: int, wanted: Wanted) -> list[Row]:
    """As many as a page may look at, and one more if there is one."""
    after = "AND (e.timestamp, e.id) < (:after, :after_id)" if wanted.after else ""
    columns = """
        SELECT e.timestamp AS sorted, e.id, e.environment,
               (SELECT version FROM releases WHERE id = e.release_id) AS release
        FROM events e
    """
    return db.execute(
        f"{each(columns, db, actor, issue_id, after)} ORDER BY 1 DESC, 2 DESC LIMIT :limit",
        {"issue_id": issue_id, "org_id": actor.org_id, "limit": MOST_ROWS + 1}
        | wanted.after_params,
    ).fetchall()


def _has_all(
    db: Connection, actor: Actor, row: Row, traits: list[tuple[str, str]], purse: Purse
) -> bool:
    """Columns are asked first. One that is empty says nothing: beyond the cap it has no name."""
    left = []
    for key, value in traits:
        if key in COLUMNS and row[key]:
            if row[key] != value:
                return False
        else:
            left.append((key, value))
    return not left or _payload_has(_raw(db, actor, row["id"], purse), left, purse)


def _raw(db: Connection, actor: Actor, row_id: int, purse: Purse) -> bytes:
    """What was stored; nothing when it cannot be read."""
    row = db.execute(
        """
        SELECT d.data
        FROM events e
        JOIN event_payloads d ON d.id = e.id
        WHERE +e.project_id IN (SELECT id FROM projects WHERE org_id = ?) AND e.id = ?
        """,
        (actor.org_id, row_id),
    ).fetchone()
    raw = readable(db, row["data"]) if row else b""
    purse.left -= len(raw)
    return raw


def _payload_has(raw: bytes, traits: list[tuple[str, str]], purse: Purse) -> bool:
    """To look for the values in the text is quick, and seldom in vain."""
    if any(spelled not in raw for spelled in _spelled(traits)):
        return False
    purse.left -= len(raw) * PARSING
    try:
        event = orjson.loads(raw)
    except ValueError:
        return False
    tags = dict(indexed(event)) | {"release": event.get("release")}
    return all(tags.get(key) == value for key, value in traits)


def _spelled(traits: list[tuple[str, str]]) -> Iterator[bytes]:
    """Values that JSON writes as they are."""
    for key, value in traits:
        if key != DERIVED and PLAIN.fullmatch(value):
            yield value.encode()

"""Which events of an issue tell least: what caps and the disk budget take.

An event has the best class that fits: 0, a landmark: the first, the latest ten, one that brought
the issue back, that somebody wrote about, of the latest ten with files; 1, the latest of its
release and environment; 2, the latest of its hour; 3, the rest. The tallest issues are cut to a
height, their level: class 3 goes first, but for evenly spaced samples, then 2, then 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jentry.store.connection import Connection
from jentry.store.parts import whole

LATEST = 10  # and as many with files
LANDMARKS = LATEST + 1  # at least of an issue that has more events
PIECE = 10_000  # rows of a query: a tenth of a second
RETURNS = 100

Kept = tuple[int, int]  # an issue's id, and how many events of it are kept


def kept_of_project(db: Connection, project_id: int, above: int) -> list[Kept]:
    """Issues, of merged ones their parts, that keep more than so many events."""
    rows = db.execute(
        """
        SELECT i.id, i.event_count - coalesce(
                   (SELECT sum(g.events) FROM issue_evictions g WHERE g.issue_id = i.id), 0
               ) AS kept
        FROM issues i
        WHERE i.project_id = :project_id AND i.event_count > :above AND i.parts = 0
        UNION ALL
        SELECT m.part_id, m.event_count - coalesce(
                   (SELECT sum(g.events) FROM issue_evictions g WHERE g.issue_id = m.part_id), 0
               )
        FROM issue_parts m
        JOIN issues i ON i.id = m.part_id
        WHERE i.project_id = :project_id AND m.event_count > :above
        """,
        {"project_id": project_id, "above": above},
    )
    found = [(row["id"], row["kept"]) for row in rows.fetchall() if row["kept"] > above]
    return sorted(found, key=lambda issue: (-issue[1], -issue[0]))


def level(kept: Iterable[int], surplus: int, least: int) -> int:
    """The height to which all taller are cut so that `surplus` goes; `least` when it does not."""
    heights = sorted(kept, reverse=True)
    taken = 0
    for number, height in enumerate(heights, 1):
        below = max(heights[number] if number < len(heights) else 0, least)
        if taken + number * (height - below) >= surplus:
            return max(height - -(-(surplus - taken) // number), least)
        taken += number * (height - below)
        if below == least:
            break
    return least


@dataclass
class Chooser:
    """For one round. `young_since`: what arrived since goes last, or never: a client that sends
    it again must meet its event id.
    """

    db: Connection
    young_since: str
    takes_young: bool
    _project: int = 0
    _marked: set[bytes] = field(default_factory=set)  # event ids that somebody wrote about
    _files: set[bytes] = field(default_factory=set)

    def surplus(self, project_id: int, issue_id: int, height: int) -> list[int]:
        """Ids of the events of an issue that go, so that `height` are kept."""
        if project_id != self._project:
            self._load(project_id)
        classes = self._classified(issue_id)
        going: list[int] = []
        room = height
        for is_landmark, (old, young) in zip((True, False, False, False), classes, strict=True):
            if not self.takes_young:
                room -= len(young)
            elif len(young) > room:
                going += young[max(room, 0) :]
                room = 0
            else:
                room -= len(young)
            count = min(max(room, 0), len(old))
            kept = set(old[:count] if is_landmark else spaced(old, count))
            if is_landmark and height >= LANDMARKS:
                kept = set(old)
            going += [event_id for event_id in old if event_id not in kept]
            room -= len(kept)
        return sorted(going)

    def _load(self, project_id: int) -> None:
        self._project = project_id
        reports = "SELECT event_id FROM user_reports WHERE project_id = ? AND event_id IS NOT NULL"
        attached = "SELECT DISTINCT event_id FROM attachments WHERE project_id = ?"
        self._marked = {row[0] for row in self.db.execute(reports, (project_id,)).fetchall()}
        self._files = {row[0] for row in self.db.execute(attached, (project_id,)).fetchall()}

    def _classified(self, issue_id: int) -> list[tuple[list[int], list[int]]]:
        """By class those that are old, and those that are young; the newest first."""
        returns = self.db.execute(
            f"""
            SELECT event_id FROM issue_returns
            WHERE issue_id IN (:issue_id, {whole(":issue_id")})
            ORDER BY id DESC
            LIMIT :most
            """,
            {"issue_id": issue_id, "most": RETURNS},
        ).fetchall()
        marked = self._marked | {row["event_id"] for row in returns}
        classes: list[tuple[list[int], list[int]]] = [([], []) for _ in range(4)]
        facets, hours, with_files, last = set(), set(), 0, None
        for number, row in enumerate(events_of(self.db, issue_id), 1):
            facet, hour = (row["release_id"], row["environment"]), row["timestamp"][:13]
            has_files = with_files < LATEST and row["event_id"] in self._files
            with_files += has_files
            if number <= LATEST or has_files or row["event_id"] in marked:
                value = 0
            elif facet not in facets:
                value = 1
            else:
                value = 3 if hour in hours else 2
            facets.add(facet)
            hours.add(hour)
            last = classes[value][row["received_at"] >= self.young_since]
            last.append(row["id"])
        if last:
            classes[0][0].append(last.pop())  # the first of all
        return classes


def events_of(db: Connection, issue_id: int) -> Iterator[Any]:
    """All events of an issue, the newest first, in pieces: each is a read of its own."""
    after = ("9", 0)
    while True:
        rows = db.execute(
            f"""
            SELECT id, event_id, timestamp, received_at, release_id, environment
            FROM events
            WHERE issue_id = ? AND (timestamp, id) < (?, ?)
            ORDER BY timestamp DESC, id DESC
            LIMIT {PIECE}
            """,
            (issue_id, *after),
        ).fetchall()
        yield from rows
        if len(rows) < PIECE:
            return
        after = (rows[-1]["timestamp"], rows[-1]["id"])


def spaced(found: Sequence[int], count: int) -> list[int]:
    """So many of them, at even distances."""
    return [found[number * len(found) // count] for number in range(count)]


def organizations(db: Connection) -> list[tuple[int, int, int]]:
    """Of each organization its id, events and bytes, as its projects hold them."""
    rows = db.execute(
        """
        SELECT p.org_id, sum(u.events) AS events, sum(u.bytes) AS bytes
        FROM projects p
        JOIN project_usage u ON u.project_id = p.id
        GROUP BY p.org_id
        ORDER BY p.org_id
        """
    )
    return [(row["org_id"], row["events"], row["bytes"]) for row in rows.fetchall()]


def projects_of(db: Connection, org_id: int) -> list[int]:
    rows = db.execute("SELECT id FROM projects WHERE org_id = ? ORDER BY id", (org_id,))
    return [row["id"] for row in rows.fetchall()]


def unseen_longest(db: Connection, org_id: int) -> list[tuple[int, int]]:
    """Projects and issues of an organization, those unseen for longest first."""
    rows = db.execute(
        """
        SELECT i.project_id, i.id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        LEFT JOIN issue_parts m ON m.part_id = i.id
        WHERE p.org_id = ? AND coalesce(m.event_count, i.event_count) > 0
        ORDER BY coalesce(m.last_seen, i.last_seen), i.id
        """,
        (org_id,),
    )
    return [(row["project_id"], row["id"]) for row in rows.fetchall()]


def surplus_files(db: Connection, org_id: int, young_since: str) -> list[tuple[int, int]]:
    """Attachments that may go, the oldest first, with their bytes: not of the latest ten events
    with files of an issue, nor young.
    """
    rows = db.execute(
        """
        SELECT a.id, a.size, a.event_id, e.issue_id
        FROM attachments a
        JOIN projects p ON p.id = a.project_id
        LEFT JOIN events e ON e.event_id = a.event_id AND e.project_id = a.project_id
        WHERE p.org_id = ? AND a.received_at < ?
        ORDER BY a.id DESC
        """,
        (org_id, young_since),
    ).fetchall()
    latest: dict[int, set[bytes]] = {}
    going = []
    for row in rows:
        if row["issue_id"] is not None:
            events = latest.setdefault(row["issue_id"], set())
            if row["event_id"] in events or len(events) < LATEST:
                events.add(row["event_id"])
                continue
        going.append((row["id"], row["size"]))
    return going[::-1]


def all_projects(db: Connection) -> dict[int, int]:
    """Of each project, how many events it keeps."""
    rows = db.execute("SELECT project_id, events FROM project_usage ORDER BY project_id")
    return {row["project_id"]: row["events"] for row in rows.fetchall()}

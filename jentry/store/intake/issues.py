"""Events and the issues they belong to: counters, lifecycle, releases, users, tags."""

from jentry import clock
from jentry.quotas import most
from jentry.store import conditions
from jentry.store.connection import Connection
from jentry.store.event_marks import marks
from jentry.store.intake.events import KNOWN, insert
from jentry.store.intake.facets import Facets
from jentry.store.intake.happenings import Happenings
from jentry.store.intake.issue import Issue
from jentry.store.intake.lifecycle import Lifecycle
from jentry.store.intake.parts import Parts
from jentry.store.intake.releases import Release, Releases
from jentry.store.intake.tags import Tags
from jentry.store.rows import EventRow, Submission

UNLABELED = "<unlabeled event>"
MOST_USERS = most("issue_users")
HASH = """
    SELECT i.id, i.status, i.substatus, i.status_events, i.title, i.culprit, i.level,
           i.first_seen, i.last_seen, i.event_count, i.user_count, i.first_release_at,
           i.last_release_at, h.id AS hash_id, i.parts
    FROM issue_hashes h
    JOIN issues i ON i.id = h.issue_id
    WHERE h.project_id = ? AND h.version = ? AND h.hash = ?
"""
USER = """
    INSERT INTO issue_users (issue_id, user_hash) VALUES (?, ?)
    ON CONFLICT (issue_id, user_hash) DO NOTHING
"""
IN_RELEASE = "UPDATE issue_releases SET events = events + ? WHERE issue_id = ? AND release_id = ?"

Pair = tuple[int, Issue, int]  # how many events of an issue a release has brought


class Issues:
    def __init__(
        self, db: Connection, at: str, releases: Releases, tags: Tags, happenings: Happenings
    ) -> None:
        self.db = db
        self.at = at
        self.releases = releases
        self.tags = tags
        self.facets = Facets(db)
        self.happenings = happenings
        self.lifecycle = Lifecycle(db, at)
        self._by_hash: dict[tuple[int, int, bytes], tuple[Issue, int]] = {}  # and the hash's id
        self._by_id: dict[int, Issue] = {}
        self._added: set[tuple[bytes, int]] = set()  # ids of this batch's events, and projects
        self._parts = Parts(db)

    def add(self, submission: Submission, event: EventRow) -> bool:
        """Store one event. False when the project has its event id already: nothing changes."""
        name = (submission.project_id, event.hash_version, event.hash)
        identity = (event.event_id, submission.project_id)
        found = self._find(name)
        makes_nothing = found and not self.db.is_remote and self._knows(submission, event)
        if not makes_nothing and self._has_event(identity):
            return False  # before anything is made for it
        issue, hash_id = found or self._adopt(name, event) or self._create(name, event)
        release = self.releases.named(submission, event.release) if event.release else None
        spots = self.tags.spots(submission, event.tags)
        marked = marks((tag_id for _, tag_id in spots), event.people, event.trace)
        place = (issue.id, release.id if release else None, hash_id, marked)
        if not insert(self.db, submission, event, *place):
            return False
        self._added.add(identity)
        if release:
            release.events += 1
            release.see(event.timestamp, event.timestamp)
            self._name_release(issue, release, event.timestamp)
        self._count(issue, event)
        if issue.whole:
            self._count(issue.whole, event)
            if release:
                self._name_release(issue.whole, release, event.timestamp)
        shown = issue.whole or issue
        if shown.returned_by is None and self._can_return(shown, event, release):
            shown.returned_by = (event, release.id if release else None)
        self.happenings.see(submission, shown, event)
        self.tags.count(issue.id, spots, event.timestamp)
        people = event.people if issue.user_count < MOST_USERS else ()
        self.facets.add(issue.project_id, issue.id, event.shape, event.facets, people)
        return True

    def lacks(self, submission: Submission) -> bool:
        """Whether a hash that was known when an event was prepared has been taken away since: then
        the rules before have to be asked after all.
        """
        return any(
            event.formers is None
            and self._find((submission.project_id, event.hash_version, event.hash)) is None
            and not self._has_event((event.event_id, submission.project_id))
            for event in submission.events
        )

    def _find(self, name: tuple[int, int, bytes]) -> tuple[Issue, int] | None:
        return self._by_hash.get(name) or self._load(name)

    def _load(self, name: tuple[int, int, bytes]) -> tuple[Issue, int] | None:
        row = self.db.lookup(HASH, name)
        if row is None:
            return None
        # Several hashes may lead to one issue: its changes must meet in one object.
        if row["parts"] or row["status"] == "merged":
            issue = self._part(name[0], row["id"])
        else:
            issue = self._one(Issue(name[0], *row[:-2]))
        self._by_hash[name] = found = (issue, row["hash_id"])
        return found

    def _one(self, read: Issue) -> Issue:
        if read.id not in self._by_id:
            self._by_id[read.id] = read
            if read.status != "unresolved":
                read.condition = self.lifecycle.condition(read.id)
        return self._by_id[read.id]

    def _part(self, project_id: int, part_id: int) -> Issue:
        if part_id not in self._parts.by_id:
            part, whole = self._parts.read(project_id, part_id)
            part.whole = self._one(whole)
            self._parts.by_id[part_id] = part
        return self._parts.by_id[part_id]

    def _knows(self, submission: Submission, event: EventRow) -> bool:
        """Whether release and tags are there already."""
        project_id = submission.project_id
        is_known = not event.release or self.releases.find(project_id, event.release) is not None
        return is_known and self.tags.knows(project_id, event.tags)

    def _has_event(self, identity: tuple[bytes, int]) -> bool:
        return identity in self._added or self.db.lookup(KNOWN, identity) is not None

    def _adopt(self, name: tuple[int, int, bytes], event: EventRow) -> tuple[Issue, int] | None:
        """The issue that the rules before led to, from now on that of the new hash too."""
        formers = ((name[0], *former) for former in event.formers or ())
        known = next(filter(None, map(self._find, formers)), None)
        if known is None:
            return None
        issue = known[0]
        self._by_hash[name] = found = (issue, self._lead(name, issue.id, event))
        return found

    def _create(self, name: tuple[int, int, bytes], event: EventRow) -> tuple[Issue, int]:
        issue_id: int = self.db.add(
            """
            INSERT INTO issues (project_id, type, title, culprit, level, search, status_at,
                                first_seen, last_seen)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            RETURNING id
            """,
            (
                name[0], event.type, event.title, event.culprit, event.level, event.search,
                self.at, event.timestamp, event.timestamp,
            ),
        )  # fmt: skip
        hash_id = self._lead(name, issue_id, event)
        issue = Issue(
            name[0], issue_id, "unresolved", "new", 0, event.title, event.culprit, event.level,
            event.timestamp, event.timestamp, 0, 0, None, None, is_new=True, first=event,
        )  # fmt: skip
        self._by_id[issue_id] = issue
        self._by_hash[name] = found = (issue, hash_id)
        return found

    def _lead(self, name: tuple[int, int, bytes], issue_id: int, event: EventRow) -> int:
        """The id of the new hash."""
        hash_id: int = self.db.add(
            """
            INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
            VALUES (?, ?, ?, ?, ?)
            RETURNING id
            """,
            (*name, issue_id, event.components),
        )
        return hash_id

    def _count(self, issue: Issue, event: EventRow) -> None:
        if not issue.event_count + issue.added:  # it is new, or all that it had were moved
            issue.first_seen = issue.last_seen = event.timestamp
            issue.seen_earlier = not issue.is_new
        issue.added += 1
        issue.hours[clock.hour(event.timestamp)] += 1
        if event.user_hash:
            issue.users.add(event.user_hash)
        if event.timestamp < issue.first_seen:
            issue.first_seen = event.timestamp
            issue.seen_earlier = True
        if event.timestamp >= issue.last_seen:
            issue.last_seen = event.timestamp
            issue.latest = event

    def _name_release(self, issue: Issue, release: Release, timestamp: str) -> None:
        release_id = release.id
        issue.releases[release_id] += 1
        if release.is_other:
            return
        if issue.first_release_at is None or timestamp < issue.first_release_at:
            issue.first_release_id, issue.first_release_at = release_id, timestamp
        if issue.last_release_at is None or timestamp >= issue.last_release_at:
            issue.last_release_id, issue.last_release_at = release_id, timestamp

    def flush(self) -> None:
        touched = [issue for _, issue in sorted(self._by_id.items()) if issue.added]
        parts = [part for _, part in sorted(self._parts.by_id.items()) if part.added]
        counted = [issue for issue in touched if not issue.parts] + parts
        pairs = [
            (events, issue, release_id)
            for issue in counted
            for release_id, events in sorted(issue.releases.items())
        ]
        are_known, are_new = self._flush_users(counted, pairs)
        self._flush_hours(counted)
        for issue in touched + parts:
            self._flush_issue(issue)
        for issue in touched:
            if issue.status != "unresolved":
                self._reopen(issue)
        self._flush_releases(
            [pair for pair, is_known in zip(pairs, are_known, strict=True) if not is_known]
        )
        self.facets.finish(are_new)

    def _flush_issue(self, issue: Issue) -> None:
        """One update, of what has changed only: every column that is in an index costs."""
        columns: dict[str, object] = {"last_seen": issue.last_seen}
        counts = {"event_count": issue.added, "user_count": issue.new_users}
        if issue.seen_earlier:
            columns["first_seen"] = issue.first_seen
        if issue.first_release_id is not None:
            columns["first_release_id"] = issue.first_release_id
            columns["first_release_at"] = issue.first_release_at
        if issue.last_release_id is not None:
            columns["last_release_id"] = issue.last_release_id
            columns["last_release_at"] = issue.last_release_at
        if issue.latest and not issue.is_new:
            columns |= _description(issue, issue.latest)
        added = {name: number for name, number in counts.items() if number}
        assignments = [f"{name} = {name} + ?" for name in added]
        assignments += [f"{name} = ?" for name in columns]
        self._set(issue, ", ".join(assignments), *added.values(), *columns.values())

    def _set(self, issue: Issue, assignments: str, *values: object) -> None:
        table, key = ("issue_parts", "part_id") if issue.whole else ("issues", "id")
        self.db.put(f"UPDATE {table} SET {assignments} WHERE {key} = ?", (*values, issue.id))

    def _can_return(self, issue: Issue, event: EventRow, release: Release | None) -> bool:
        if issue.condition is None:
            return True
        return self.lifecycle.can_return(issue.condition, event.release, release)

    def _reopen(self, issue: Issue) -> None:
        """A resolved issue regresses on its next event, an ignored one when it escalates; either
        may wait for something else.
        """
        if issue.status == "resolved":
            substatus = None if issue.returned_by is None else "regressed"
        else:
            substatus = self._ended(issue)
        if substatus == "ongoing":
            conditions.end(self.db, issue.id, self.at)
        elif substatus is not None:
            self._return(issue, substatus)

    def _ended(self, issue: Issue) -> str | None:
        """What an ignored issue turns into."""
        since_ignored = issue.event_count + issue.added - issue.status_events
        if issue.condition is not None:
            is_met = self.lifecycle.is_met(
                issue.id, issue.condition, since_ignored, issue.users, issue.parts
            )
            return "ongoing" if is_met else None
        if issue.substatus == conditions.FOREVER:
            return None
        is_escalating = self.lifecycle.is_escalating(
            issue.parts or (issue.id,), first_seen=issue.first_seen, since_ignored=since_ignored
        )
        return "escalating" if is_escalating else None

    def _return(self, issue: Issue, substatus: str) -> None:
        event, release_id = issue.returned_by or (None, None)
        self._set(
            issue,
            "status = 'unresolved', substatus = ?, status_at = ?, status_events = event_count",
            substatus,
            self.at,
        )
        if issue.condition is not None:
            self.db.put("DELETE FROM issue_conditions WHERE issue_id = ?", (issue.id,))
        self.db.put(
            """
            INSERT INTO issue_returns (issue_id, substatus, event_id, release_id, created_at)
            VALUES (?, ?, ?, ?, ?)
            """,
            (issue.id, substatus, event.event_id if event else b"", release_id, self.at),
        )
        if event is not None and not issue.is_quiet:
            self.happenings.add(issue.project_id, substatus, issue.id, event)

    def _flush_hours(self, touched: list[Issue]) -> None:
        self.db.putmany(
            """
            INSERT INTO issue_hours (issue_id, hour, events)
            VALUES (?, ?, ?)
            ON CONFLICT (issue_id, hour) DO UPDATE
            SET events = issue_hours.events + excluded.events
            """,
            [(issue.id, hour, n) for issue in touched for hour, n in sorted(issue.hours.items())],
        )

    def _flush_users(
        self, counted: list[Issue], pairs: list[Pair]
    ) -> tuple[list[bool], list[bool]]:
        """Who is new, of which releases events are known, of which shapes they are new."""
        joining = [issue for issue in counted if issue.user_count < MOST_USERS]
        for part in joining:
            if part.whole:  # one by one: a user of several parts is one of the whole
                part.whole.new_users += self._parts.new_users(part, part.whole)
                rows = [(part.id, user) for user in sorted(part.users)]
                (are_new,) = self.db.changed((USER, rows))
                part.new_users = sum(are_new)
        users = [(i, user) for i in joining if not i.whole for user in sorted(i.users)]
        are_new, are_known, shapes = self.db.changed(
            (USER, [(issue.id, user) for issue, user in users]),
            (IN_RELEASE, [(events, issue.id, release_id) for events, issue, release_id in pairs]),
            self.facets.shapes(),
        )
        for (issue, _), is_new in zip(users, are_new, strict=True):
            issue.new_users += is_new
        return are_known, shapes

    def _flush_releases(self, pairs: list[Pair]) -> None:
        """Those of which an issue had no event yet."""
        for events, issue, release_id in pairs:
            if not (issue.whole and self._parts.have_release(issue.whole, release_id)):
                self.releases.by_id(release_id).issues += 1
            self.db.put(
                "INSERT INTO issue_releases (issue_id, release_id, events) VALUES (?, ?, ?)",
                (issue.id, release_id, events),
            )


def _description(issue: Issue, event: EventRow) -> dict[str, object]:
    """Title, culprit and level follow the latest event; a placeholder replaces nothing."""
    changed: dict[str, object] = {}
    if event.level != issue.level:
        changed["level"] = event.level
    is_new = (event.title, event.culprit) != (issue.title, issue.culprit)
    if is_new and event.title != UNLABELED:
        changed["type"] = event.type
        changed["title"], changed["culprit"] = event.title, event.culprit
        changed["search"] = event.search
    return changed

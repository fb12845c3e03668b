"""What each field of a search is read from: sets of ids of issues."""

from collections.abc import Callable, Sequence

from jentry import clock
from jentry.errors import BadRequest
from jentry.search import facets, fields
from jentry.search.tree import Match, Node, Not, Pattern, Range, Text
from jentry.store import instance, parts, traces
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.identity import person_hashes
from jentry.store.issues import FRESH
from jentry.store.search_conditions import (
    Condition,
    Values,
    among,
    compared,
    either,
    matched,
    plain,
)
from jentry.store.sql import fold
from jentry.vocabulary import MAX_ID, STATUSES

ISSUES = "issues s WHERE s.project_id {scope}"
ANYONE = "issues s WHERE s.assignee_id > 0 AND +s.project_id {scope}"
COLUMNS = {
    "first-seen": "first_seen", "last-seen": "last_seen", "events": "event_count",
    "users": "user_count",
}  # fmt: skip
RELEASES = {"first-release": "first_release_id", "last-release": "last_release_id"}
# Of an issue's substatus: since when it is so.
SINCE = {"new": "s.first_seen", "regressed": "s.status_at", "escalating": "s.status_at"}
HAS = {
    "comments": "comments s WHERE s.issue_id = i.id",
    "attachments": "attachments a JOIN events s ON s.event_id = a.event_id"
    " AND s.project_id = a.project_id WHERE a.project_id {scope}",
    "feedback": "user_reports a JOIN events s ON s.event_id = a.event_id"
    " AND s.project_id = a.project_id WHERE a.project_id {scope}",
}


class Sets:
    def __init__(self, db: Connection, actor: Actor, scope: str, at: str, values: Values) -> None:
        self.db = db
        self.actor = actor
        self.scope = scope
        self.at = at
        self.values = values
        self.has_merged = parts.are_any(db)

    def of(self, leaf: Text | Match) -> Condition:
        if isinstance(leaf, Text):
            return self.texts([leaf])
        kinds: dict[str, Callable[[Match], Condition]] = {
            "state": self._states, "level": self._levels, "word": self._types,
            "person": self._people, "text": self._parts, "time": self._ranges,
            "number": self._ranges, "id": self._ids, "has": self._has, "switch": self._tags,
            "path": self._paths, "user": self._users, "pattern": self._patterns,
            "project": self._projects, "always": _always, "trace": self._traces,
        }  # fmt: skip
        if leaf.field.name in fields.OF_EVENTS_ONLY:
            raise BadRequest(
                f"search: {leaf.field.name} is a field of events, not of issues "
                f"(character {leaf.at}). Did you mean last-seen?"
            )
        return kinds[leaf.field.kind](leaf)

    def texts(self, nodes: Sequence[Node]) -> Condition:
        """All of them in one scan; each may be negated."""
        parts = []
        for node in nodes:
            inner = node.part if isinstance(node, Not) else node
            if isinstance(inner, Text):
                word = self._like("s.search", inner.pattern, "%", "%")
                parts.append(f"NOT {word}" if isinstance(node, Not) else word)
        return among(f"{ISSUES} AND {' AND '.join(parts)}", may_be_small=False)

    def _of_events(self, source: str, *, may_be_small: bool = True) -> Condition:
        """Of what is kept with the issue that an event came to: `s.issue_id`."""
        return among(source, "s.issue_id", may_be_small=may_be_small, of_parts=self.has_merged)

    def _like(self, column: str, pattern: Pattern, before: str = "", after: str = "") -> str:
        return matched(self.values, column, pattern, before, after)

    def _compared(self, column: str, patterns: Sequence[Pattern]) -> str:
        return compared(self.values, column, patterns)

    # Columns of issues ---------------------------------------------------------------------------

    def _states(self, leaf: Match) -> Condition:
        return either([self._state(str(value)) for value in leaf.values])

    def _state(self, word: str) -> Condition:
        if word in STATUSES:
            return plain(f"i.status = :{self.values.name(word)}")
        if word in fields.OF_TOOLS:
            return plain("1 = 1")
        if word in ("assigned", "unassigned"):
            part = among(ANYONE)
            if word == "assigned":
                return part
            return Condition(f"NOT {part.among}", f"NOT {part.each}")
        if word in SINCE:
            return self._fresh(word)
        fresh = [self._fresh(other).among for other in SINCE]
        return plain(f"(i.status = 'unresolved' AND NOT ({' OR '.join(fresh)}))")

    def _fresh(self, substatus: str) -> Condition:
        """They age by themselves, without a write."""
        since = self.values.name(clock.timestamp(clock.parse(self.at) - FRESH))
        name = self.values.name(substatus)
        # Of the new ones, the index of their times gives fewer than that of the word.
        column = "s.substatus || ''" if substatus == "new" else "s.substatus"
        return among(f"{ISSUES} AND {SINCE[substatus]} > :{since} AND {column} = :{name}")

    def _levels(self, leaf: Match) -> Condition:
        names = [self.values.name(level) for level in leaf.values]
        return plain(f"i.level IN ({', '.join(f':{name}' for name in names) or 'NULL'})")

    def _types(self, leaf: Match) -> Condition:
        names = [self.values.name(value) for value in leaf.values]
        words = ", ".join(f":{name}" for name in names)
        return among(f"{ISSUES} AND s.type IN ({words})", may_be_small=False)

    def _ids(self, leaf: Match) -> Condition:
        return plain(f"+i.id IN ({', '.join(str(int(str(value))) for value in leaf.values)})")

    def _projects(self, leaf: Match) -> Condition:
        return plain(f"i.project_id IN ({projects_of(self.values, leaf)})")

    def _people(self, leaf: Match) -> Condition:
        return either([self._person(str(value).lower()) for value in leaf.values])

    def _person(self, word: str) -> Condition:
        if word in ("any", "none"):
            return self._state("assigned" if word == "any" else "unassigned")
        name = self.values.name(self._user_id(word))
        return among(f"issues s WHERE s.assignee_id = :{name} AND +s.project_id {{scope}}")

    def _user_id(self, word: str) -> int | None:
        if word in ("me", "my_teams"):
            return self.actor.user_id
        if word.isascii() and word.isdecimal() and len(word) < 17:
            return min(int(word), MAX_ID)
        row = self.db.execute(
            """
            SELECT u.id FROM users u JOIN memberships m ON m.user_id = u.id
            WHERE m.org_id = ? AND u.email = ?
            """,
            (self.actor.org_id, word),
        ).fetchone()
        return row["id"] if row else None

    def _ranges(self, leaf: Match) -> Condition:
        column = f"s.{COLUMNS[leaf.field.name]}"
        parts = [self._range(column, value) for value in leaf.values if isinstance(value, Range)]
        small = len(parts) == 1
        return among(f"{ISSUES} AND ({' OR '.join(parts)})", may_be_small=small)

    def _range(self, column: str, wanted: Range) -> str:
        bounds = []
        if wanted.low is not None:
            bounds.append(f"{column} >= :{self.values.name(wanted.low)}")
        if wanted.high is not None:
            bounds.append(f"{column} < :{self.values.name(wanted.high)}")
        return f"({' AND '.join(bounds)})"

    def _parts(self, leaf: Match) -> Condition:
        """Title and culprit are the first lines of what is searched."""
        line = {"title": 1, "culprit": 2}.get(leaf.field.name)
        parts = []
        for value in leaf.values:
            pattern = value if isinstance(value, tuple) else (str(value),)
            part = self._like("s.search", pattern, "%", "%")
            if line:
                of = f"split_part(s.search, :{self.values.name(chr(10))}, {line})"
                part = f"({part} AND {self._like(of, pattern, '%', '%')})"
            parts.append(part)
        return among(f"{ISSUES} AND ({' OR '.join(parts)})", may_be_small=False)

    # What events have ----------------------------------------------------------------------------

    def _patterns(self, leaf: Match) -> Condition:
        if leaf.field.tag or leaf.field is fields.TAG or leaf.field.name == fields.TAG.name:
            return self._tags(leaf)
        if leaf.field.name == "release" or leaf.field.name in RELEASES:
            return self._releases(leaf)
        words = [value for value in leaf.values if isinstance(value, tuple)]
        spelled = [tuple(facets.spelled(leaf.key, part) for part in word) for word in words]
        compared = f"f.tail = '' AND {self._compared('f.folded', spelled)}"
        return self._facets(leaf.key, compared, may_be_small=_are_exact(words))

    def _facets(self, key: str, compared: str, *, may_be_small: bool) -> Condition:
        name = self.values.name(key)
        return self._of_events(
            "facets f CROSS JOIN issue_facets s ON s.facet_id = f.id "
            f"WHERE f.project_id {{scope}} AND f.key = :{name} AND {compared}",
            may_be_small=may_be_small,
        )

    def _paths(self, leaf: Match) -> Condition:
        words = [value for value in leaf.values if isinstance(value, tuple)]
        parts = [self._path(leaf.key, word) for word in words]
        return self._facets(leaf.key, f"({' OR '.join(parts)})", may_be_small=_are_exact(words))

    def _path(self, key: str, word: Pattern) -> str:
        """Whole, or its last parts: `cart.py`, `shop/cart.py`, but not `op/cart.py`."""
        spelled = tuple(facets.spelled(key, fold(part)) for part in word)
        separator = facets.SEPARATORS[key][1]
        found, last = self._like("f.folded", spelled), spelled[-1]
        if spelled[0]:  # else whatever stands before it is said already
            found = f"({found} OR {self._like('f.folded', spelled, f'%{separator}')})"
        if len(word) == 1 or separator in last:
            found = f"(f.tail = :{self.values.name(facets.tail(key, last))} AND {found})"
        return found

    def _tags(self, leaf: Match) -> Condition:
        words = [value if isinstance(value, tuple) else (str(value),) for value in leaf.values]
        name = self.values.name(leaf.key)
        return self._of_events(
            "tags t CROSS JOIN issue_tags s ON s.tag_id = t.id "
            f"WHERE t.project_id {{scope}} AND t.key = :{name} AND t.value <> '' "
            f"AND {self._compared('t.folded', [tuple(word) for word in words])}",
            may_be_small=_are_exact(words),
        )

    def _releases(self, leaf: Match) -> Condition:
        words = [value for value in leaf.values if isinstance(value, tuple)]
        named = [word for word in words if word != ("latest",)]
        parts = [self._compared("r.folded", named)] if named else []
        if len(named) < len(words):
            parts.append(f"r.id IN ({', '.join(map(str, self._latest())) or 'NULL'})")
        wanted = f"r.project_id {{scope}} AND r.version <> '' AND ({' OR '.join(parts)})"
        small = _are_exact(words)
        if leaf.field.name in RELEASES:
            link = f"s.{RELEASES[leaf.field.name]}"
            source = f"releases r CROSS JOIN issues s ON {link} = r.id WHERE {wanted}"
            return among(source, may_be_small=small)
        source = f"releases r CROSS JOIN issue_releases s ON s.release_id = r.id WHERE {wanted}"
        if small:
            return self._of_events(source)
        return self._of_many_releases(wanted)

    def _of_many_releases(self, wanted: str) -> Condition:
        """Most issues are found by their last or first one, without a look at all the others."""
        ends = [
            f"+i.id IN (SELECT s.id FROM releases r CROSS JOIN issues s ON s.{column} = r.id "
            f"WHERE {wanted})"
            for column in ("last_release_id", "first_release_id")
        ]
        between = (
            "EXISTS (SELECT 1 FROM issue_releases s CROSS JOIN releases r ON r.id = s.release_id "
            f"WHERE s.issue_id = i.id AND {wanted})"
        )
        if self.has_merged:
            between += (
                " OR EXISTS (SELECT 1 FROM issue_parts o CROSS JOIN issue_releases s "
                "ON s.issue_id = o.part_id CROSS JOIN releases r ON r.id = s.release_id "
                f"WHERE o.issue_id = i.id AND {wanted})"
            )
        return plain(f"({' OR '.join([*ends, between])})")

    def _latest(self) -> list[int]:
        """The newest release of each project."""
        rows = self.db.execute(
            f"""
            SELECT (SELECT r.id FROM releases r
                    WHERE r.project_id = p.id AND r.version <> ''
                    ORDER BY r.sorted_at DESC, r.id DESC LIMIT 1) AS id
            FROM projects p
            WHERE p.id {self.scope}
            """,
            {"org_id": self.actor.org_id},
        )
        return [row["id"] for row in rows if row["id"] is not None]

    def _users(self, leaf: Match) -> Condition:
        names = [
            self.values.name(hashed)
            for value in leaf.values
            if isinstance(value, tuple)
            for hashed in self._hashes(leaf.field.name, value)
        ]
        words = ", ".join(f":{name}" for name in names) or "NULL"
        return self._of_events(f"issue_people s WHERE s.hash IN ({words})")

    def _traces(self, leaf: Match) -> Condition:
        """Few: they are looked for first."""
        found = {
            issue_id
            for value in leaf.values
            for issue_id in traces.issues(self.db, self.actor.org_id, self.scope, str(value))
        }
        return plain(f"+i.id IN ({', '.join(map(str, sorted(found)))})" if found else "1 = 0")

    def _hashes(self, name: str, pattern: Pattern) -> list[bytes]:
        """In each project another one."""
        known = people_of(name, pattern)
        salt = instance.get(self.db)["secret"]
        projects = self.db.execute(
            f"SELECT p.id FROM projects p WHERE p.id {self.scope}", {"org_id": self.actor.org_id}
        ).fetchall()
        return [each for row in projects for each in person_hashes(salt, row["id"], known)]

    def _has(self, leaf: Match) -> Condition:
        return either([self._has_one(str(value), leaf.at) for value in leaf.values])

    def _has_one(self, word: str, at: int) -> Condition:
        known = fields.named(word)
        name = known.name if known else word
        if word.lower() == "comments":
            return plain(f"EXISTS (SELECT 1 FROM {HAS['comments']})")
        if word.lower() in HAS:
            return self._of_events(HAS[word.lower()], may_be_small=False)
        if known and known.kind == "path":
            name = "stack"
        elif name.startswith("tags[") and name.endswith("]"):
            pass
        elif (known and known.tag) or not (known or word.lower() in fields.HAS):
            name = f"tags[{(known and known.tag) or word}]"
        elif known and known.kind in ("state", "level", "time", "number", "id", "text", "person"):
            raise BadRequest(f"search: every issue has {known.name} (character {at}).")
        folded = facets.spelled("has", fold(name))
        exact = f"f.tail = '' AND f.folded = :{self.values.name(folded)}"
        return self._facets("has", exact, may_be_small=True)


def projects_of(values: Values, leaf: Match) -> str:
    """The query of the projects that a search names by slug or id."""
    words = [str(value).lower() for value in leaf.values]
    slugs = ", ".join(f":{values.name(word)}" for word in words)
    numbers = [str(int(word)) for word in words if word.isascii() and word.isdecimal()]
    ids = ", ".join(number for number in numbers if len(number) < 17) or "NULL"
    return (
        "SELECT o.id FROM projects o WHERE o.org_id = :org_id "
        f"AND (o.slug IN ({slugs}) OR o.id IN ({ids}))"
    )


def _always(leaf: Match) -> Condition:
    return plain("1 = 1")


def people_of(name: str, pattern: Pattern) -> list[facets.Person]:
    """What `person_hashes` takes for a value of a field: `user` is any of them."""
    if len(pattern) > 1:
        return [(facets.DOMAIN, fold(pattern[1]))]
    names = list(facets.MEMBERS.values()) if name == "user" else [name]
    return [(each, fold(pattern[0])) for each in names]


def _are_exact(words: Sequence[Pattern]) -> bool:
    return all(len(word) == 1 for word in words)

"""The list of issues, of a project or of all: filters, orders, pages.

An order is an index that also covers status and level. Every other filter is a set of ids, read
from the index that knows it: so no row of `issues` is looked up but those of the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store import issue_search
from jentry.store.audit import ME, NOBODY, Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.issue_search import Search
from jentry.store.issues import ISSUES, shown
from jentry.store.paging import Key, Page, Paging, read
from jentry.store.parts import are_any, whole
from jentry.store.sql import Where, contains
from jentry.vocabulary import MAX_ID, PERIODS

COLUMNS = {
    "last_seen": "last_seen",
    "first_seen": "first_seen",
    "events": "event_count",
    "users": "user_count",
}
IN_ORDER = " ORDER BY 1 DESC, 2 DESC"
MERGED = 100  # projects whose orders are merged; of more, the rows before the page's end are sorted


@dataclass(frozen=True)
class Filter:
    """Which issues. Words are those of the vocabulary; what is empty or None filters nothing."""

    project_id: int | None = None
    status: str = "unresolved"  # or all
    level: str = "all"
    query: str = ""  # part of the title or culprit
    search: str = ""  # in the language of `jentry/search`
    is_strict: bool = False  # an unknown name in it is no text
    is_status_given: bool = True  # else a status that the search names holds instead
    period: str = "all"
    since: str | None = None  # last seen then or later
    until: str | None = None  # last seen before
    environment: str = ""  # of any of its events, like the next two
    release: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    assignee: int | None = None  # a user, ME or NOBODY


@dataclass(frozen=True)
class Wanted(Filter, Paging):
    """One page of a filtered and sorted list of issues."""

    sort: str = "last_seen"


def page(db: Connection, actor: Actor, wanted: Wanted, at: str) -> Page:
    """The rows of the page as `issues.get` shows them.

    A project of another organization has none.
    """
    with snapshot(db):
        search = searched(db, actor, wanted, at)
        total: int | None
        if search and not wanted.after:
            rows, total, last = _read_at_once(db, actor, wanted, at, search)
        else:
            lead = "search" if wanted.query else "last_seen"
            where = matching(db, actor, wanted, at, lead, search)
            ordered = _keys(db, actor, wanted, at, search) + IN_ORDER
            source = f"FROM issues i WHERE {where}"
            rows, total, last = read(db, ordered, source, where.params, wanted)
        found = rows_of(db, actor, [row["id"] for row in rows])
    return Page([shown(row, at) for row in found], total, last)


def is_empty(db: Connection, actor: Actor, project_id: int | None) -> bool:
    """Whether nothing has ever gone wrong there, as far as events say."""
    row = db.execute(
        f"SELECT 1 FROM issues i WHERE i.project_id {scope_of(project_id)} LIMIT 1",
        {"org_id": actor.org_id},
    ).fetchone()
    return row is None


def rows_of(db: Connection, actor: Actor, ids: list[int]) -> list[Row]:
    """The columns of ISSUES, in the order of the ids."""
    if not ids:
        return []
    places = ", ".join("?" * len(ids))
    found = db.execute(
        f"""
        {ISSUES}
        WHERE +i.project_id IN (SELECT id FROM projects WHERE org_id = ?) AND i.id IN ({places})
        """,
        (actor.org_id, *ids),
    )
    by_id = {row["id"]: row for row in found}
    return [by_id[issue_id] for issue_id in ids]


def shown_by_ids(db: Connection, actor: Actor, ids: list[int], at: str) -> list[dict[str, Any]]:
    """The issues as `issues.get` shows them, in the order of the ids."""
    return [shown(row, at) for row in rows_of(db, actor, ids)]


def known(db: Connection, actor: Actor, ids: Sequence[int]) -> list[int]:
    """Those of the ids that are of issues of the organization, each once; of one that was merged
    the issue that it was merged into.
    """
    wanted = list(dict.fromkeys(issue_id for issue_id in ids if 0 < issue_id <= MAX_ID))
    rows = db.execute(
        f"""
        SELECT i.id, {whole("i.id")} AS whole_id FROM issues i
        WHERE +i.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND i.id IN ({", ".join("?" * len(wanted)) or "NULL"})
        """,
        (actor.org_id, *wanted),
    )
    found = {row["id"]: row["whole_id"] for row in rows}
    return list(dict.fromkeys(found[issue_id] for issue_id in wanted if issue_id in found))


def searched(db: Connection, actor: Actor, wanted: Filter, at: str) -> Search | None:
    """Raises BadRequest for a search that says nothing."""
    scope = scope_of(wanted.project_id)
    return issue_search.resolve(db, actor, scope, wanted.search, at, is_strict=wanted.is_strict)


def _keys(db: Connection, actor: Actor, wanted: Wanted, at: str, search: Search | None) -> str:
    """A query of the keys, which of several projects has a part for each: SQLite merges the parts
    of an ordered UNION ALL without sorting any of them.
    """
    column = COLUMNS[wanted.sort]
    scopes = [scope_of(wanted.project_id)]
    if wanted.project_id is None:
        ids = _project_ids(db, actor)
        scopes = [scope_of(project_id) for project_id in ids] if 0 < len(ids) <= MERGED else scopes
    after = f" AND (i.{column}, i.id) < (:after, :after_id)" if wanted.after else ""
    parts = [
        f"SELECT i.{column} AS sorted, i.id FROM issues i WHERE "
        f"{matching(db, actor, wanted, at, wanted.sort, search, scope)}{after}"
        for scope in scopes
    ]
    return " UNION ALL ".join(parts)


def _read_at_once(
    db: Connection, actor: Actor, wanted: Wanted, at: str, search: Search
) -> tuple[list[Row], int, Key | None]:
    """As `read`, from one walk of the order: the sets of a search are not made twice."""
    where = matching(db, actor, wanted, at, wanted.sort, search)
    hits = _keys(db, actor, wanted, at, search)
    found = db.execute(
        f"""
        WITH hits AS MATERIALIZED ({hits})
        SELECT p.sorted, p.id, n.total
        FROM (SELECT count(*) AS total FROM hits) n
        LEFT JOIN (
            SELECT sorted, id FROM hits ORDER BY sorted DESC, id DESC LIMIT :limit OFFSET :offset
        ) p ON 1 = 1
        ORDER BY p.sorted DESC, p.id DESC
        """,
        where.params | {"limit": wanted.limit, "offset": wanted.offset},
    ).fetchall()
    rows = [row for row in found if row["id"] is not None]
    total: int = found[0]["total"]
    is_last = not rows or wanted.offset + len(rows) >= total
    return rows, total, None if is_last else (rows[-1]["sorted"], rows[-1]["id"])


def _project_ids(db: Connection, actor: Actor) -> list[int]:
    rows = db.execute("SELECT id FROM projects WHERE org_id = ?", (actor.org_id,))
    return [row["id"] for row in rows]


def scope_of(project_id: int | None) -> str:
    """What a project's id must be, as SQL: this one or any, and always the organization's."""
    if project_id is None:
        return "IN (SELECT id FROM projects WHERE org_id = :org_id)"
    return f"= (SELECT id FROM projects WHERE id = {project_id:d} AND org_id = :org_id)"


def matching(
    db: Connection,
    actor: Actor,
    wanted: Filter,
    at: str,
    lead: str = "last_seen",
    search: Search | None = None,
    scope: str | None = None,
) -> Where:
    """The filters, as conditions that one index covers: that of the order `lead`, or of `search`.

    `search` is what `searched` gave; `scope` narrows it to one project. Parameters have the same
    names and values in every scope.
    """
    scope = scope or scope_of(wanted.project_id)
    where = Where(f"i.project_id {scope}", org_id=actor.org_id)
    status = wanted.status
    if search and search.names_status and not wanted.is_status_given:
        status = "all"
    if status == "all":
        where.add("i.status <> 'merged'")  # part of another issue
    else:
        where.add("i.status = :status", status=status)
    if wanted.level != "all":
        where.add("i.level = :level", level=wanted.level)
    _add_times(where, wanted, at, lead, scope)
    if wanted.query:
        found = r"search LIKE :query ESCAPE '\'"
        apart = _among(f"issues s WHERE s.project_id {scope} AND s.{found}")
        where.add(f"i.{found}" if lead == "search" else apart, query=contains(wanted.query))
    _add_traits(where, db, wanted, scope)
    assignee = actor.user_id if wanted.assignee == ME else wanted.assignee
    _add_assignee(where, assignee, scope)
    if search:
        own = {name: value for name, value in search.params.items() if name != "org_id"}
        where.add(search.condition(scope), **own)
    return where


def _among(source: str, column: str = "s.id") -> str:
    """A condition on ids. The plus keeps SQLite from reading in their order, to sort it all."""
    return f"+i.id IN (SELECT {column} FROM {source})"


def _add_times(where: Where, wanted: Filter, at: str, lead: str, scope: str) -> None:
    since = [wanted.since] if wanted.since else []
    if wanted.period != "all":
        begin = clock.parse(at) - timedelta(hours=PERIODS[wanted.period])
        since.append(clock.timestamp(begin))
    bounds, params = [], {}
    if since:
        bounds.append("last_seen >= :since")
        params["since"] = max(since)
    if wanted.until:
        bounds.append("last_seen < :until")
        params["until"] = wanted.until
    if not bounds:
        return
    if lead == "last_seen":
        where.add(" AND ".join(f"i.{bound}" for bound in bounds), **params)
    else:
        seen = " AND ".join(f"s.{bound}" for bound in bounds)
        where.add(_among(f"issues s WHERE s.project_id {scope} AND {seen}"), **params)


def _add_traits(where: Where, db: Connection, wanted: Filter, scope: str) -> None:
    """What any event of the issue has: tags, of which the environment is one, and a release."""
    named = [("environment", wanted.environment), ("release", wanted.release), *wanted.tags]
    traits = [trait for trait in named if trait[1]]
    column = whole("s.issue_id") if traits and are_any(db) else "s.issue_id"
    for number, (key, value) in enumerate(traits):
        if key == "release":
            source = (
                "releases r JOIN issue_releases s ON s.release_id = r.id "
                f"WHERE r.project_id {scope} AND r.version = :value_{number}"
            )
        else:
            source = (
                f"tags t JOIN issue_tags s ON s.tag_id = t.id WHERE t.project_id {scope} "
                f"AND t.key = :key_{number} AND t.value = :value_{number}"
            )
        params = {f"key_{number}": key, f"value_{number}": value}
        where.add(_among(source, column), **params)


def _add_assignee(where: Where, assignee: int | None, scope: str) -> None:
    if assignee == NOBODY:
        assigned = _among(f"issues s WHERE s.assignee_id > 0 AND +s.project_id {scope}")
        where.add(assigned.replace("+i.id IN", "+i.id NOT IN", 1))
    elif assignee is not None:
        source = f"issues s WHERE s.assignee_id = :assignee AND s.project_id {scope}"
        where.add(_among(source), assignee=assignee)


def capped_filters(db: Connection, actor: Actor, wanted: Filter) -> list[str]:
    """Which filters may miss issues, as they are named in an address: there were more values than
    are told apart, and the one that is wanted is not among those that are.
    """
    traits = [("environment", wanted.environment), ("release", wanted.release)]
    named = [(key, key, value) for key, value in traits if value]
    named += [(f"tag[{key}]", key, value) for key, value in wanted.tags]
    scope, params = scope_of(wanted.project_id), {"org_id": actor.org_id}
    found = []
    for name, key, value in named:
        query = CAPPED_RELEASE if key == "release" else CAPPED_TAG
        row = db.execute(query.format(scope=scope), params | {"key": key, "value": value})
        if row.fetchone()["is_capped"]:
            found.append(name)
    return found


# By project: one may know the value and another not.
CAPPED_TAG = """
    SELECT EXISTS (
        SELECT 1
        FROM tag_keys k
        WHERE k.project_id {scope}
          AND (k.key = :key AND EXISTS (
                   SELECT 1 FROM tags o
                   WHERE o.project_id = k.project_id AND o.key = :key AND o.value = '')
               OR k.key = '' AND NOT EXISTS (
                   SELECT 1 FROM tag_keys o WHERE o.project_id = k.project_id AND o.key = :key))
          AND NOT EXISTS (
              SELECT 1 FROM tags t
              WHERE t.project_id = k.project_id AND t.key = :key AND t.value = :value)
    ) AS is_capped
"""
CAPPED_RELEASE = """
    SELECT EXISTS (
        SELECT 1
        FROM releases o
        WHERE o.project_id {scope} AND o.version = '' AND NOT EXISTS (
            SELECT 1 FROM releases r
            WHERE r.project_id = o.project_id AND r.version = :value)
    ) AS is_capped
"""

"""Events as they are read: the row's columns and the members of the stored payload."""

import logging
from itertools import accumulate
from typing import Any

import orjson

from jentry.errors import NotFound
from jentry.store import event_filter, event_search
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.event_filter import Wanted
from jentry.store.paging import Page, read
from jentry.store.parts import PARTS, each, led_to, whole
from jentry.store.payloads import unpack
from jentry.store.sql import ISSUE

log = logging.getLogger(__name__)

# Members of a payload that are shown as they are, None when absent.
MEMBERS = (
    "platform", "dist", "transaction", "server_name", "logger", "logentry", "exception",
    "stacktrace", "threads", "user", "request", "breadcrumbs", "extra", "sdk", "modules",
    "fingerprint", "debug_meta", "raw_stacktrace",
)  # fmt: skip


PAGE_BYTES = 2 * 1024 * 1024  # of payloads in a page; then it ends, if it may

LAST = 2**63 - 1  # comes after every event

REPORTS = ("csp", "hpkp", "expectct", "expectstaple")  # types whose body has the same name

# The file is damaged: `jentry check` says where.
UNREADABLE = {"type": "unreadable_payload", "name": "payload"}

# The organization is that of the issue: what is deleted goes to another one, with its events. It is
# asked of each row, so that no plan begins with all issues of an organization.
EVENTS = f"""
    SELECT e.id AS row_id, e.event_id, {whole("e.issue_id")} AS issue_id, e.project_id, e.timestamp,
           e.received_at, e.level, e.environment, i.type, i.title, i.culprit, d.data,
           (SELECT version FROM releases WHERE id = e.release_id) AS release
    FROM events e
    JOIN issues i ON i.id = e.issue_id
    LEFT JOIN event_payloads d ON d.id = e.id
    WHERE (SELECT p.id FROM projects p WHERE p.id = i.project_id AND p.org_id = ?) IS NOT NULL
"""
SIZES = """
    SELECT e.id, coalesce(length(d.data), 0) AS size
    FROM events e
    LEFT JOIN event_payloads d ON d.id = e.id
    WHERE +e.project_id IN (SELECT id FROM projects WHERE org_id = ?)
"""
OF_ISSUE = f"""
    FROM events e
    WHERE e.issue_id IN {PARTS}
"""

NEAR = 20_000  # events that are counted one by one, of each issue that has no more of them
PLACE = f"""
    SELECT CASE WHEN i.event_count <= :near
               THEN (SELECT count(*) FROM events e WHERE e.issue_id IN {PARTS})
               ELSE i.event_count - coalesce(
                   (SELECT sum(v.events) FROM issue_evictions v WHERE v.issue_id IN {PARTS}), 0
               )
           END AS retained
    FROM issues i
    WHERE i.id = {ISSUE}
"""


def page(db: Connection, actor: Actor, issue_id: int, wanted: Wanted, at: str) -> Page:
    """The retained events of an issue, newest first; of the same time the last to arrive.

    None of an issue of another organization. Keys are those of `schemas/events.py`. A page that
    may end early has at least one event, and ends after PAGE_BYTES; a filtered one may be empty
    and not the last. Raises BadRequest for a search that says nothing.
    """
    if wanted.traits or wanted.search:
        return _filtered(db, actor, issue_id, wanted, at)
    params = {"issue_id": issue_id, "org_id": actor.org_id}
    after = "AND (e.timestamp, e.id) < (:after, :after_id)" if wanted.after else ""
    with snapshot(db):
        walked = each(
            "SELECT e.timestamp AS sorted, e.id FROM events e", db, actor, issue_id, after
        )
        ordered = f"{walked} ORDER BY 1 DESC, 2 DESC"
        keys, total, last = read(db, ordered, OF_ISSUE, params, wanted)
        ids = [key["id"] for key in keys]
        shown = _read(db, actor, ids, may_end_early=wanted.may_end_early)
    if len(shown) < len(keys):
        ending = keys[len(shown) - 1]
        last = (ending["sorted"], ending["id"])
    return Page(shown, total, last)


def _filtered(db: Connection, actor: Actor, issue_id: int, wanted: Wanted, at: str) -> Page:
    with snapshot(db):
        if wanted.search:
            found = event_search.find(db, actor, issue_id, wanted, at)
        else:
            found = event_filter.find(db, actor, issue_id, wanted)
        shown = _read(db, actor, [key["id"] for key in found.keys], may_end_early=True)
        if len(shown) == len(found.keys):
            return Page(shown, None, found.last, found.looked_at)
        ending = found.keys[len(shown) - 1]
        looked_at = found.scanned(len(shown) - 1)
    return Page(shown, None, (ending["sorted"], ending["id"]), looked_at)


def by_ids(db: Connection, actor: Actor, row_ids: list[int]) -> list[dict[str, Any]]:
    """Events in the order of the list, as `page` has them: all, or the first that make a page."""
    return _read(db, actor, row_ids, may_end_early=True)


def _read(
    db: Connection, actor: Actor, ids: list[int], *, may_end_early: bool
) -> list[dict[str, Any]]:
    """Events in the order of the list: all, or the first of them that make a page."""
    if may_end_early:
        ids = _first_packed(db, actor, ids)
    rows = db.execute(f"{EVENTS} AND e.id IN ({_places(ids)})", (actor.org_id, *ids))
    found = {row["row_id"]: row for row in rows}
    shown, size = [], 0
    for row_id in ids:
        payload = _unpacked(db, found[row_id]["data"])
        shown.append(_shown(found[row_id], payload))
        size += len(payload)
        if may_end_early and size > PAGE_BYTES:
            break
    return shown


def _first_packed(db: Connection, actor: Actor, ids: list[int]) -> list[int]:
    """As many as are PAGE_BYTES as they are stored: the most that needs to be read."""
    rows = db.execute(f"{SIZES} AND e.id IN ({_places(ids)})", (actor.org_id, *ids))
    sizes = {row["id"]: row["size"] for row in rows}
    before = accumulate((sizes[row_id] for row_id in ids), initial=0)
    return [row_id for row_id, size in zip(ids, before, strict=False) if size <= PAGE_BYTES]


def _places(ids: list[int]) -> str:
    return ", ".join("?" * len(ids)) or "NULL"


def of_issue(db: Connection, actor: Actor, issue_id: int, event_id: bytes) -> dict[str, Any]:
    """One event of an issue, with its neighbours and its place. Raises NotFound."""
    issue_id = led_to(db, actor, issue_id)
    found = [row for row in _named(db, actor, event_id) if row["issue_id"] == issue_id]
    return _with_neighbours(db, actor, found)


def named(
    db: Connection, actor: Actor, event_id: bytes, project_id: int | None = None
) -> dict[str, Any]:
    """The event, with its neighbours; of several projects that have one, the newest, unless one of
    them is named. Raises NotFound.
    """
    found = _named(db, actor, event_id)
    if project_id is not None:
        found = [row for row in found if row["project_id"] == project_id]
    return _with_neighbours(db, actor, found)


def at_end(db: Connection, actor: Actor, issue_id: int, *, latest: bool) -> dict[str, Any]:
    """The latest or oldest retained event of an issue, with its neighbours. Raises NotFound."""
    direction = "DESC" if latest else "ASC"
    walked = each("SELECT e.timestamp, e.id, e.event_id FROM events e", db, actor, issue_id)
    row = db.execute(
        f"{walked} ORDER BY 1 {direction}, 2 {direction} LIMIT 1",
        {"issue_id": issue_id, "org_id": actor.org_id},
    ).fetchone()
    if row is None:
        raise NotFound("The events of this issue are no longer kept.")
    return of_issue(db, actor, issue_id, row["event_id"])


def _named(db: Connection, actor: Actor, event_id: bytes) -> list[Row]:
    """One row for each project that has an event of this id."""
    return db.execute(f"{EVENTS} AND e.event_id = ?", (actor.org_id, event_id)).fetchall()


def _with_neighbours(db: Connection, actor: Actor, rows: list[Row]) -> dict[str, Any]:
    if not rows:
        raise NotFound("There is no such event, or it is no longer kept.")
    row = max(rows, key=lambda row: (row["timestamp"], row["row_id"]))
    return _shown(row, _unpacked(db, row["data"])) | {
        "previous_event_id": _neighbour(db, actor, row, "<", "DESC"),
        "next_event_id": _neighbour(db, actor, row, ">", "ASC"),
        **_place(db, actor, row),
    }


def _place(db: Connection, actor: Actor, row: Row) -> dict[str, int]:
    """Where an event is among the retained ones of its issue: `position` from 1, of `retained`.

    Of a large issue people look at the newest events: those are counted from that end.
    """
    params = {name: row[name] for name in ("issue_id", "timestamp", "row_id")}
    params |= {"org_id": actor.org_id, "near": NEAR}
    with snapshot(db):
        beyond = "AND (e.timestamp, e.id) > (:timestamp, :row_id)"
        walked = each("SELECT e.timestamp, e.id FROM events e", db, actor, row["issue_id"], beyond)
        (retained,) = db.execute(PLACE, params).fetchone()
        (newer,) = db.execute(
            f"SELECT count(*) FROM ({walked} ORDER BY 1, 2 LIMIT :near) near", params
        ).fetchone()
        position = retained - newer
        if newer == NEAR:
            older = f"SELECT count(*) {OF_ISSUE} AND (e.timestamp, e.id) <= (:timestamp, :row_id)"
            (position,) = db.execute(older, params).fetchone()
    return {"retained": retained, "position": position}


def _neighbour(db: Connection, actor: Actor, row: Row, side: str, direction: str) -> str | None:
    """The event before (`<`) or after it in the order of the issue's list."""
    beyond = f"AND (e.timestamp, e.id) {side} (:timestamp, :row_id)"
    walked = each(
        "SELECT e.timestamp, e.id, e.event_id FROM events e", db, actor, row["issue_id"], beyond
    )
    found = db.execute(
        f"{walked} ORDER BY 1 {direction}, 2 {direction} LIMIT 1",
        {name: row[name] for name in ("issue_id", "timestamp", "row_id")}
        | {"org_id": actor.org_id},
    ).fetchone()
    return found["event_id"].hex() if found else None


def _shown(row: Row, raw: bytes) -> dict[str, Any]:
    payload = _payload(raw)
    columns = dict(row)
    del columns["data"], columns["title"], columns["row_id"]
    contexts = payload.get("contexts") or {}
    trace = contexts.get("trace")
    return (
        {name: payload.get(name) for name in MEMBERS}
        | columns
        | {
            "id": row["event_id"].hex(),
            "release": row["release"] or payload.get("release"),  # one beyond the cap has no name
            "type": payload.get("type") or row["type"],
            "message": _message(payload, row["title"]),
            "report": _report(payload),
            "platform": payload.get("platform") or "other",
            "trace_id": trace.get("trace_id") if isinstance(trace, dict) else None,
            "tags": _tags(payload),
            "contexts": contexts,
            "errors": payload.get("errors") or [],
        }
    )


def _unpacked(db: Connection, data: bytes | None) -> bytes:
    """What was stored; nothing when the file is damaged."""
    try:
        return unpack(db, data or b"")
    except ValueError as error:
        log.warning("a stored payload cannot be read: %s", error)
        return b""


def _payload(raw: bytes) -> dict[str, Any]:
    """Of what cannot be read any more, nothing but an entry in `errors`."""
    try:
        payload = orjson.loads(raw)
    except ValueError:
        payload = None
    return payload if isinstance(payload, dict) else {"errors": [UNREADABLE]}


def _message(payload: dict[str, Any], title: str) -> str:
    """Of an error its title, of a message the whole text. `ingest/README.md`: Titles."""
    if payload.get("type") == "default":
        entry = payload.get("logentry") or {}
        text = entry.get("formatted") or entry.get("message")
        if text:
            return str(text)
    return payload.get("title") or title


def _report(payload: dict[str, Any]) -> dict[str, Any] | None:
    """What a browser says about a policy of the page."""
    kind = payload.get("type")
    return payload.get(kind) if kind in REPORTS else None


def _tags(payload: dict[str, Any]) -> dict[str, str]:
    """The event's own; what it calls its server counts as one."""
    server_name = payload.get("server_name")
    return ({"server_name": server_name} if server_name else {}) | (payload.get("tags") or {})

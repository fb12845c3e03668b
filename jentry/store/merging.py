"""Merging issues, and taking them apart again: nothing moves but who belongs to whom.

Each part of a merged issue keeps its hashes, events and counts; the issue shows what they are
together. All of that is done in one transaction, so figures are exact at any moment.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from jentry.errors import BadRequest
from jentry.store import conditions, part_states, part_sums
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import ISSUE, OF_ISSUE

MOST = 200  # parts of an issue: a new user is looked for in each
DESCRIPTION = ("type", "title", "culprit", "level", "search")
RELEASES = ("first_release_id", "first_release_at", "last_release_id", "last_release_at")
FIGURES = (*DESCRIPTION, "first_seen", "last_seen", "event_count", "user_count", *RELEASES)
MINE = f"id = {ISSUE}"

Issue = dict[str, Any]


def join(
    db: Connection, actor: Actor, target_id: int, member_ids: Sequence[int], at: str
) -> list[dict[str, Any]]:
    """Make issues parts of another one of their project; merged ones bring their parts along.

    The parts that came: `part_id`, `former_id` and `former_at`. Raises BadRequest for what is part
    of another issue, for another project's, and for too many.
    """
    target = _load(db, actor, target_id)
    if target is None or target["status"] == "merged":
        raise BadRequest(f"mergeInto: {target_id} is not an issue that others can be merged into.")
    came: list[dict[str, Any]] = []
    for member_id in member_ids:
        member = _load(db, actor, member_id)
        if member is None or member["project_id"] != target["project_id"]:
            raise BadRequest(f"mergeInto: {member_id} is of another project than {target_id}.")
        if member["status"] == "merged" or member_id == target_id:
            raise BadRequest(f"ids: {member_id} is part of another issue; unmerge it first.")
        came += _join(db, actor, target, member, at)
    if len(rows_of(db, actor, target_id)) > MOST:
        raise BadRequest(f"mergeInto: A merged issue has at most {MOST} parts.")
    _show(db, actor, target_id)
    return came


def _join(
    db: Connection, actor: Actor, target: Issue, member: Issue, at: str
) -> list[dict[str, Any]]:
    into, moving = target["id"], member["id"]
    if not rows_of(db, actor, into):
        _insert(db, actor, into, into, {}, at)
    before = _part_ids(db, actor, into)
    rows = rows_of(db, actor, moving)
    ids = sorted(row["part_id"] for row in rows) or [moving]
    shared = part_sums.shared_users(db, before, ids, target["user_count"], member["user_count"])
    state = part_states.kept(db, actor, member, ids)
    came = [
        {"part_id": row["part_id"], "former_id": moving, "former_at": row["joined_at"]}
        for row in rows
        if row["part_id"] != moving
    ]
    came.append({"part_id": moving, "former_id": None, "former_at": None})
    part_sums.count_releases(db, actor, before, [ids], -1)
    if rows:
        mine = {"issue_id": moving, "org_id": actor.org_id, "into": into, "at": at}
        db.execute(
            f"""
            UPDATE issue_parts SET state = :state, merged_at = :at, merged_events = event_count
            WHERE part_id = {ISSUE}
            """,
            mine | {"state": json.dumps(state)},
        )
        db.execute(
            f"UPDATE issue_parts SET issue_id = :into, joined_at = :at WHERE issue_id = {ISSUE}",
            mine,
        )
    else:
        _insert(db, actor, moving, into, state, at)
    conditions.put(db, actor, [moving], {})
    _hide(db, actor, moving, into, at)
    target["user_count"] += member["user_count"] - shared
    _set(db, actor, into, {"user_count": target["user_count"]})
    return came


def _hide(db: Connection, actor: Actor, moving: int, into: int, at: str) -> None:
    """Nothing finds it by itself any more, and nobody is told of it."""
    nothing = dict.fromkeys(("substatus", "assignee_id", "muted_until", *RELEASES))
    figures = {"event_count": 0, "user_count": 0, "status_events": 0, "parts": 0}
    _set(db, actor, moving, nothing | figures | {"status": "merged", "status_at": at})
    mine = {"issue_id": moving, "org_id": actor.org_id, "into": into}
    db.execute(f"UPDATE happenings SET issue_id = :into WHERE issue_id = {ISSUE}", mine)
    db.execute(
        f"UPDATE alerts SET issue_id = :into WHERE issue_id = {ISSUE} AND batch IS NULL", mine
    )


def part(
    db: Connection, actor: Actor, whole_id: int, leaving: Collection[int], at: str
) -> set[int]:
    """Take parts out of a merged issue, each an issue of its own again, in its old state; one that
    was resolved has regressed if an event that came since would have brought it back. Those that
    regressed.

    Raises BadRequest for what is not a part, and for the issue itself.
    """
    known = {row["part_id"]: row for row in rows_of(db, actor, whole_id)}
    for part_id in sorted(leaving):
        if part_id == whole_id:
            raise BadRequest(f"parts: {part_id} is the issue itself: the others can leave it.")
        if part_id not in known:
            raise BadRequest(f"parts: {part_id} is not a part of issue {whole_id}.")
    return _part(db, actor, whole_id, {part_id: [part_id] for part_id in leaving}, at)


def restore(
    db: Connection, actor: Actor, whole_id: int, came: Iterable[Mapping[str, Any]], at: str
) -> set[int]:
    """Undo what `join` did, of `came` what is still there and has not left meanwhile: the issues
    that are issues again.
    """
    known = {row["part_id"]: row for row in rows_of(db, actor, whole_id)}
    left = {each["part_id"]: each for each in came if each["part_id"] in known}
    groups: dict[int, list[int]] = {}
    for part_id, each in sorted(left.items()):
        former = each["former_id"]
        groups.setdefault(former if former in left else part_id, []).append(part_id)
    _part(db, actor, whole_id, groups, at)
    db.executemany(
        f"UPDATE issue_parts SET joined_at = :joined WHERE part_id = {ISSUE}",
        [
            {"joined": each["former_at"], "issue_id": part_id, "org_id": actor.org_id}
            for part_id, each in sorted(left.items())
            if each["former_id"] in groups
        ],
    )
    return set(groups)


def dissolve(db: Connection, actor: Actor, issue_id: int, at: str) -> list[int]:
    """Take an issue, or what it is part of, wholly apart: the ids of all parts, if it is merged."""
    row = db.execute(
        f"SELECT m.issue_id FROM issue_parts m WHERE m.part_id = {ISSUE}",
        {"issue_id": issue_id, "org_id": actor.org_id},
    ).fetchone()
    if row is None:
        return []
    found = _part_ids(db, actor, row["issue_id"])
    others = {part_id: [part_id] for part_id in found if part_id != row["issue_id"]}
    _part(db, actor, row["issue_id"], others, at)
    return found


def _part(
    db: Connection, actor: Actor, whole_id: int, groups: Mapping[int, Sequence[int]], at: str
) -> set[int]:
    """Groups of parts leave, each to be the issue that its first member was, or still is."""
    rows = {row["part_id"]: row for row in rows_of(db, actor, whole_id)}
    going = sorted(part_id for ids in groups.values() for part_id in ids)
    staying = sorted(rows.keys() - set(going))
    if not going:
        return set()
    count = (_load(db, actor, whole_id) or {})["user_count"]
    users_left = part_sums.users_without(db, rows, count, going, staying)
    part_sums.count_releases(db, actor, staying, list(groups.values()), +1)
    regressed = set()
    for head, ids in sorted(groups.items()):
        if _release(db, actor, rows, head, ids, at):
            regressed.add(head)
    _set(db, actor, whole_id, {"user_count": users_left})
    _show(db, actor, whole_id)
    if staying == [whole_id]:
        _forget(db, actor, whole_id)
    return regressed


def _release(
    db: Connection,
    actor: Actor,
    rows: Mapping[int, Issue],
    head: int,
    ids: Sequence[int],
    at: str,
) -> bool:
    """Make an issue of the parts again. Whether it has regressed."""
    own = rows[head]
    state = json.loads(own["state"])
    woken = part_states.woken(db, actor, state)
    _set(db, actor, head, {name: own[name] for name in FIGURES} | woken)
    if len(ids) > 1:
        mine = {"org_id": actor.org_id, "head": head}
        db.executemany(
            f"UPDATE issue_parts SET issue_id = :head WHERE part_id = {ISSUE}",
            [mine | {"issue_id": part_id} for part_id in sorted(ids)],
        )
        db.execute(
            f"UPDATE issue_parts SET state = '{{}}' WHERE part_id = {ISSUE}",
            mine | {"issue_id": head},
        )
        _set(db, actor, head, {"user_count": part_sums.distinct(db, ids)})
        _show(db, actor, head)
    else:
        _forget(db, actor, head)
    events = sum(rows[part_id]["event_count"] for part_id in ids)
    had = state["events"] if len(ids) > 1 else own["merged_events"]
    return part_states.resume(db, actor, head, ids, state, at, has_had_events=events > had)


# Rows ---------------------------------------------------------------------------------------------


def _load(db: Connection, actor: Actor, issue_id: int) -> Issue | None:
    columns = ", ".join(f"i.{name}" for name in (*FIGURES, *part_states.COLUMNS, "parts"))
    row = db.execute(
        f"SELECT i.id, i.project_id, {columns} {OF_ISSUE}",
        {"issue_id": issue_id, "org_id": actor.org_id},
    ).fetchone()
    return None if row is None else dict(row)


def rows_of(db: Connection, actor: Actor, issue_id: int) -> list[Issue]:
    columns = ", ".join(f"m.{name}" for name in FIGURES)
    rows = db.execute(
        f"""
        SELECT m.part_id, {columns}, m.state, m.joined_at, m.merged_at, m.merged_events
        FROM issue_parts m
        WHERE m.issue_id = {ISSUE}
        ORDER BY m.part_id
        """,
        {"issue_id": issue_id, "org_id": actor.org_id},
    )
    return [dict(row) for row in rows]


def _part_ids(db: Connection, actor: Actor, issue_id: int) -> list[int]:
    return [row["part_id"] for row in rows_of(db, actor, issue_id)]


def _insert(db: Connection, actor: Actor, part_id: int, into: int, state: Issue, at: str) -> None:
    """Its figures are those that its row in issues has until now."""
    columns = ", ".join(FIGURES)
    own = ", ".join(f"i.{name}" for name in FIGURES)
    db.execute(
        f"""
        INSERT INTO issue_parts (part_id, issue_id, {columns}, state, joined_at, merged_at,
                                 merged_events)
        SELECT i.id, :into, {own}, :state, :at, :at, i.event_count
        {OF_ISSUE}
        """,
        {
            "issue_id": part_id, "org_id": actor.org_id, "into": into, "state": json.dumps(state),
            "at": at,
        },
    )  # fmt: skip


def _forget(db: Connection, actor: Actor, part_id: int) -> None:
    mine = {"issue_id": part_id, "org_id": actor.org_id}
    db.execute(f"DELETE FROM issue_parts WHERE part_id = {ISSUE}", mine)
    _set(db, actor, part_id, {"parts": 0})


def _set(db: Connection, actor: Actor, issue_id: int, values: Mapping[str, Any]) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(
        f"UPDATE issues SET {assignments} WHERE {MINE}",
        dict(values) | {"issue_id": issue_id, "org_id": actor.org_id},
    )


def _show(db: Connection, actor: Actor, issue_id: int) -> None:
    """What the parts are together; the number of users is counted apart."""
    every = rows_of(db, actor, issue_id)
    rows = [row for row in every if row["event_count"]] or every  # all of others' events have left
    latest = max(rows, key=lambda row: (row["last_seen"], row["part_id"]))
    named = [row for row in rows if row["first_release_at"] is not None]
    first = min(named, key=lambda row: row["first_release_at"], default={})
    last = max(named, key=lambda row: row["last_release_at"], default={})
    _set(
        db, actor, issue_id,
        {name: latest[name] for name in (*DESCRIPTION, "last_seen")}
        | {"first_seen": min(row["first_seen"] for row in rows)}
        | {"event_count": sum(row["event_count"] for row in rows), "parts": len(every)}
        | {name: first.get(name) for name in ("first_release_id", "first_release_at")}
        | {name: last.get(name) for name in ("last_release_id", "last_release_at")},
    )  # fmt: skip


def describe(db: Connection, rows: Collection[tuple[Any, ...]]) -> None:
    """What issues, or parts of one, are called from now on: type, title, culprit, search, id."""
    mine = [row[-1] for row in rows]
    found = db.execute(
        f"""
        SELECT part_id, issue_id FROM issue_parts
        WHERE part_id IN ({", ".join("?" * len(mine)) or "NULL"})
        """,
        mine,
    )
    parts = {row["part_id"]: row["issue_id"] for row in found}
    called = "SET type = ?, title = ?, culprit = ?, search = ?"
    own = sorted((row for row in rows if row[-1] not in parts), key=itemgetter(-1))
    db.executemany(f"UPDATE issues {called} WHERE id = ?", own)
    others = sorted((row for row in rows if row[-1] in parts), key=itemgetter(-1))
    db.executemany(f"UPDATE issue_parts {called} WHERE part_id = ?", others)
    refresh(db, sorted(set(parts.values())))


def refresh(db: Connection, whole_ids: Sequence[int]) -> None:
    """Of merged issues whose parts have changed: what these are together; but for their users."""
    rows = db.execute(
        f"""
        SELECT i.id, p.org_id
        FROM issues i JOIN projects p ON p.id = i.project_id
        WHERE i.id IN ({", ".join("?" * len(whole_ids)) or "NULL"})
        """,
        whole_ids,
    ).fetchall()
    for row in rows:
        _show(db, Actor(row["org_id"], None, "system"), row["id"])

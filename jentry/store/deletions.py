"""Deletion of issues, projects and organizations: asked for twice, and out of sight at once.

The first transaction moves the thing to where nobody looks: a project to an organization without
members, an issue to a project of that one; an organization loses its members. As every statement
asks for the organization, it exists for nobody from then on. `deletion_steps.py` does the rest.
"""

import secrets
from operator import itemgetter
from typing import Any

from jentry.errors import NotFound, Unconfirmed
from jentry.store import audit, issues, merging, password_links, projects, roles, splits, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.parts import PARTS, require_whole
from jentry.store.sql import ISSUE, PROJECT, Where

HIDDEN = "~"  # how the slugs begin of what is being deleted; no slug that is given can
GONE = f"{HIDDEN}deleted"  # the organization of what has none any more
GONE_ISSUES = f"{HIDDEN}issues"  # and its project for issues

WHO = {
    "issue": ("admin", "delete issues"),
    "project": ("owner", "delete projects"),
    "organization": ("owner", "delete the organization"),
}
ACTIONS = {"issue": "issue.delete", "project": "project.delete", "organization": "org.delete"}
TARGETS = {"issue": "issue", "project": "project", "organization": "org"}

COLUMNS = """
    id, org_id, kind, target_id, project_id, name, user_id, requested_at, total, done, finished_at
"""


def ask(db: Connection, actor: Actor, kind: str, target_id: int, at: str) -> dict[str, Any]:
    """What would go: `name`, `confirm` (the word to repeat), `projects`, `issues`, `events`,
    `project_id`, `words` for a person. Raises Forbidden, NotFound.
    """
    roles.require(db, actor, *WHO[kind])
    with snapshot(db):
        found = _found(db, actor, kind, target_id, at)
        found |= _counts(db, actor, kind, target_id)
    parts = [
        f"{found[name]:,} {name if found[name] != 1 else name[:-1]}"
        for name in {"issue": ("events",), "project": ("issues", "events")}.get(
            kind, ("projects", "issues", "events")
        )
    ]
    held = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return found | {"words": f"{found['name']} with {held}"}


def request(
    db: Connection, actor: Actor, kind: str, target_id: int, confirm: str | None, at: str
) -> dict[str, Any]:
    """The deletion, as `get` shows it; one that was asked for already, as it is now.

    From the commit on the thing is gone for everybody. Raises Forbidden, NotFound; Conflict for
    an issue whose events are being moved; Unconfirmed until `confirm` is the word.
    """
    if known := of(db, actor, kind, target_id):
        return known
    found = ask(db, actor, kind, target_id, at)
    if kind == "issue":
        splits.require_settled(db, actor, target_id)
    if confirm != found["confirm"]:
        raise Unconfirmed(found["words"], found["confirm"])
    row = db.execute(
        """
        INSERT INTO deletions (org_id, kind, target_id, project_id, name, user_id, requested_at,
                               total)
        VALUES (:org_id, :kind, :target_id, :project_id, :confirm, :user_id, :at, :events)
        RETURNING id
        """,
        found | {"kind": kind, "target_id": target_id, "at": at}
        | {"org_id": actor.org_id, "user_id": actor.user_id},
    ).fetchone()  # fmt: skip
    counts = {name: found[name] for name in ("projects", "issues", "events") if found[name]}
    target = f"{TARGETS[kind]}:{target_id}"
    audit.record(db, actor, ACTIONS[kind], target, at, **_named(kind, found), **counts)
    {"issue": _hide_issue, "project": _hide_project, "organization": _hide_organization}[kind](
        db, actor, target_id, at
    )
    return get(db, actor, row["id"])


def of(db: Connection, actor: Actor, kind: str, target_id: int) -> dict[str, Any] | None:
    """The deletion of a thing, if it was asked for."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM deletions WHERE org_id = ? AND kind = ? AND target_id = ?",
        (actor.org_id, kind, target_id),
    ).fetchone()
    if row is None or actor.project_id not in (None, row["project_id"]):
        return None
    return _shown(row)


def get(db: Connection, actor: Actor, deletion_id: int) -> dict[str, Any]:
    """The columns of COLUMNS, `target` (`issue:42`), `state` (`running`, `done`). Raises
    NotFound.
    """
    row = db.execute(
        f"SELECT {COLUMNS} FROM deletions WHERE org_id = ? AND id = ?", (actor.org_id, deletion_id)
    ).fetchone()
    if row is None or actor.project_id not in (None, row["project_id"]):
        raise NotFound("There is no such deletion.")
    return _shown(row)


def page(db: Connection, actor: Actor, wanted: Paging) -> Page:
    """Those of the actor's organization, the newest first, as `get` shows them."""
    where = Where("org_id = :org_id", org_id=actor.org_id)
    if actor.project_id is not None:
        where.add("project_id = :project_id", project_id=actor.project_id)
    source = f"FROM deletions WHERE {where}"
    after = "AND id < :after_id" if wanted.after else ""
    ordered = f"SELECT id AS sorted, id {source} {after} ORDER BY id DESC"
    with snapshot(db):
        keys, total, last = read(db, ordered, source, where.params, wanted)
        return Page([get(db, actor, key["id"]) for key in keys], total, last)


def running(db: Connection) -> int:
    """Of the whole server."""
    row = db.execute("SELECT count(*) AS n FROM deletions WHERE finished_at IS NULL").fetchone()
    number: int = row["n"]
    return number


def gone(db: Connection) -> Actor:
    """Nobody, in the organization of what has none any more; made when it is first needed.

    All organizations share it: who comes second waits.
    """
    row = db.execute(
        """
        INSERT INTO organizations (slug, name, created_at)
        SELECT CAST(? AS TEXT), CAST(? AS TEXT), created_at FROM instance WHERE id = 1
        ON CONFLICT (slug) DO UPDATE SET name = excluded.name
        RETURNING id
        """,
        (GONE, GONE),
    ).fetchone()
    return Actor(row["id"], None, "system")


def next_one(db: Connection) -> int | None:
    """The deletion to go on with, the oldest: what it needs of others was asked for before."""
    found = "SELECT id FROM deletions WHERE finished_at IS NULL ORDER BY id LIMIT 1"
    row = db.execute(found).fetchone()
    return row["id"] if row else None


def _shown(row: Row) -> dict[str, Any]:
    state = "running" if row["finished_at"] is None else "done"
    return dict(row) | {"target": f"{TARGETS[row['kind']]}:{row['target_id']}", "state": state}


def _named(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """Of an issue the number is enough: its title may be about a person."""
    return {} if kind == "issue" else {"slug": found["confirm"], "name": found["name"]}


def _found(db: Connection, actor: Actor, kind: str, target_id: int, at: str) -> dict[str, Any]:
    if kind == "issue":
        issue = issues.get(db, actor, target_id, at)
        require_whole(target_id, issue["id"])
        name, word, project_id = f"issue {target_id}", str(target_id), issue["project_id"]
    elif kind == "project":
        project = projects.get(db, actor, target_id)
        name, word, project_id = project["name"], project["slug"], target_id
    else:
        row = db.execute(
            "SELECT slug, name FROM organizations WHERE id = :org_id", {"org_id": actor.org_id}
        ).fetchone()
        name, word, project_id = row["name"], row["slug"], None
    return {"name": name, "confirm": word, "project_id": project_id}


def _counts(db: Connection, actor: Actor, kind: str, target_id: int) -> dict[str, int]:
    """Events are those that are kept."""
    of_kind = {
        "issue": f"FROM issues i WHERE i.id IN {PARTS}",
        "project": "FROM issues i JOIN projects p ON p.id = i.project_id "
        "WHERE i.project_id = :project_id AND p.org_id = :org_id",
        "organization": "FROM issues i JOIN projects p ON p.id = i.project_id "
        "WHERE p.org_id = :org_id",
    }[kind]
    params = {"org_id": actor.org_id, f"{kind}_id": target_id}
    row = db.execute(
        f"""
        SELECT count(*) AS issues, coalesce(sum(x.events), 0) AS events
        FROM (
            SELECT coalesce(
                (SELECT m.event_count FROM issue_parts m WHERE m.part_id = i.id), i.event_count
            ) - coalesce(
                (SELECT sum(v.events) FROM issue_evictions v WHERE v.issue_id = i.id), 0) AS events
            {of_kind}
        ) x
        """,
        params,
    ).fetchone()
    number = 0
    if kind == "organization":
        (number,) = db.execute(
            "SELECT count(*) FROM projects WHERE org_id = ?", (actor.org_id,)
        ).fetchone()
    return dict(row) | {"projects": number}


def _hide_issue(db: Connection, actor: Actor, issue_id: int, at: str) -> None:
    """Its next event makes a new issue: no hash leads to this one any more. What is merged into it
    goes with it, each part as a deletion of its own.
    """
    for part_id in merging.dissolve(db, actor, issue_id, at):
        if part_id != issue_id:
            _request_part(db, actor, issue_id, part_id, at)
            _hide_issue(db, actor, part_id, at)
    place = _place_for_issues(db, at)
    mine = {"issue_id": issue_id, "org_id": actor.org_id}
    hashes = db.execute(
        f"SELECT id FROM issue_hashes WHERE issue_id = {ISSUE} ORDER BY id", mine
    ).fetchall()
    db.executemany(
        f"""
        UPDATE issue_hashes SET project_id = :place, hash = :hash
        WHERE id = :id AND issue_id = {ISSUE}
        """,
        [
            mine | {"id": row["id"], "place": place, "hash": secrets.token_bytes(16)}
            for row in sorted(hashes, key=itemgetter("id"))
        ],
    )
    db.execute(f"DELETE FROM issue_conditions WHERE issue_id = {ISSUE}", mine)
    db.execute(f"DELETE FROM happenings WHERE issue_id = {ISSUE}", mine)
    db.execute(f"DELETE FROM alerts WHERE issue_id = {ISSUE} AND batch IS NULL", mine)
    db.execute(f"UPDATE issues SET project_id = :place WHERE id = {ISSUE}", mine | {"place": place})


def _request_part(db: Connection, actor: Actor, issue_id: int, part_id: int, at: str) -> None:
    found = _counts(db, actor, "issue", part_id)
    db.execute(
        """
        INSERT INTO deletions (org_id, kind, target_id, project_id, name, user_id, requested_at,
                               total)
        SELECT org_id, kind, :part_id, project_id, :name, user_id, :at, :events
        FROM deletions
        WHERE org_id = :org_id AND kind = 'issue' AND target_id = :issue_id
        """,
        {
            "org_id": actor.org_id, "issue_id": issue_id, "part_id": part_id,
            "name": str(part_id), "at": at, "events": found["events"],
        },
    )  # fmt: skip
    db.execute(
        """
        UPDATE deletions SET total = total - :events
        WHERE org_id = :org_id AND kind = 'issue' AND target_id = :issue_id
        """,
        {"org_id": actor.org_id, "issue_id": issue_id, "events": found["events"]},
    )


def _place_for_issues(db: Connection, at: str) -> int:
    nobody = gone(db)
    row = db.execute(
        "SELECT id FROM projects WHERE org_id = ? AND slug = ?", (nobody.org_id, GONE_ISSUES)
    ).fetchone()
    found: int = row["id"] if row else projects.add_hidden(db, nobody, GONE_ISSUES, at)
    return found


def _hide_project(db: Connection, actor: Actor, project_id: int, at: str) -> None:
    mine = {"project_id": project_id, "org_id": actor.org_id}
    _disable_keys(db, mine, PROJECT, at)
    db.execute(f"DELETE FROM happenings WHERE project_id = {PROJECT}", mine)
    db.execute(f"DELETE FROM alerts WHERE project_id = {PROJECT} AND batch IS NULL", mine)
    db.execute(
        f"UPDATE projects SET org_id = :gone, slug = :slug WHERE id = {PROJECT}",
        mine | {"gone": gone(db).org_id, "slug": f"{HIDDEN}{project_id}"},
    )


def _disable_keys(db: Connection, mine: dict[str, Any], project: str, at: str) -> None:
    db.execute(
        f"""
        UPDATE client_keys SET disabled_at = :at
        WHERE project_id IN {project} AND disabled_at IS NULL
        """,
        mine | {"at": at},
    )


def _hide_organization(db: Connection, actor: Actor, org_id: int, at: str) -> None:
    """Accounts stay, as with whoever leaves an organization."""
    mine = {"org_id": actor.org_id}
    _disable_keys(db, mine, "(SELECT id FROM projects WHERE org_id = :org_id)", at)
    db.execute(
        "DELETE FROM happenings WHERE project_id IN "
        "(SELECT id FROM projects WHERE org_id = :org_id)",
        mine,
    )
    db.execute("DELETE FROM alerts WHERE org_id = :org_id AND batch IS NULL", mine)
    db.execute(
        "UPDATE deliveries SET state = 'cancelled', due_at = NULL "
        "WHERE org_id = :org_id AND state = 'waiting'",
        mine,
    )
    db.execute(
        "UPDATE organizations SET slug = :slug WHERE id = :org_id",
        mine | {"slug": f"{HIDDEN}{org_id}"},
    )
    left = db.execute(
        "DELETE FROM memberships WHERE org_id = :org_id RETURNING user_id", mine
    ).fetchall()
    db.execute("DELETE FROM invitations WHERE org_id = :org_id", mine)
    for row in left:
        if not users.organizations_of(db, row["user_id"]):
            password_links.withdraw(db, row["user_id"])

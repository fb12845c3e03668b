"""Tokens of the REST API. Each is bound to one organization and shown once; its hash is stored."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jentry import clock
from jentry.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from jentry.quotas import HOUR
from jentry.store import audit, names, projects, roles, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.instance import sha256
from jentry.vocabulary import SCOPES

PREFIX = "jto_"
LETTERS = string.ascii_letters + string.digits  # no hyphen: a double click takes all of it
LENGTH = 40  # 238 bits
CREATORS = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token allows. `actor.user_id` is the token's creator."""

    token_id: int
    actor: Actor
    scopes: frozenset[str]
    last_used_at: str | None  # to the minute; see `touch`


def create(
    db: Connection,
    actor: Actor,
    user_id: int,
    name: str,
    scopes: Iterable[str],
    at: str,
    expires_at: str | None = None,
    project_id: int | None = None,
) -> tuple[dict[str, Any], str]:
    """The token as `list_for` shows it, and the token itself, which cannot be shown again.

    `project_id`: it is for agents, by `/mcp`, and confined to that project. Raises BadRequest,
    Forbidden, NotFound.
    """
    roles.require(db, actor, "admin", "make API tokens")
    name = names.name(name, "token's name")
    chosen = _scopes(scopes)
    _require_creator(db, actor, user_id)
    if project_id is not None:
        projects.get(db, actor, project_id)
    if expires_at is not None and expires_at <= at:
        raise BadRequest("The token would already have expired.")
    token = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = db.execute(
        """
        INSERT INTO api_tokens
            (org_id, user_id, name, sha256, last_four, scopes, created_at, expires_at, project_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
        """,
        (
            actor.org_id, user_id, name, sha256(token), token[-4:], " ".join(chosen), at,
            expires_at, project_id,
        ),
    ).fetchone()  # fmt: skip
    confined = {} if project_id is None else {"projectId": project_id}
    meta = {"name": name, "scopes": list(chosen)} | confined
    audit.record(db, actor, "token.create", f"token:{row['id']}", at, **meta)
    return get(db, actor, row["id"]), token


def _require_creator(db: Connection, actor: Actor, user_id: int) -> None:
    user = users.get(db, actor, user_id)
    if user["role"] not in CREATORS:
        raise Forbidden(f"Only owners and admins can have API tokens; {user['email']} is a member.")


def get(db: Connection, actor: Actor, token_id: int) -> dict[str, Any]:
    """Raises NotFound."""
    row = db.execute(
        f"{TOKENS} WHERE t.org_id = ? AND t.id = ?", (actor.org_id, token_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no token {token_id}.")
    return _shown(row)


def list_for(db: Connection, actor: Actor) -> list[dict[str, Any]]:
    """All tokens of the organization, revoked ones too, oldest first. Raises Forbidden."""
    roles.require(db, actor, "admin", "see API tokens")
    rows = db.execute(f"{TOKENS} WHERE t.org_id = ? ORDER BY t.id", (actor.org_id,))
    return [_shown(row) for row in rows]


def revoke(db: Connection, actor: Actor, token_id: int, at: str) -> None:
    """From now on it is unknown. Raises Forbidden, NotFound; Conflict when it already is."""
    roles.require(db, actor, "admin", "revoke API tokens")
    _revoke(db, actor, token_id, at)


def _revoke(db: Connection, actor: Actor, token_id: int, at: str) -> None:
    found = get(db, actor, token_id)
    if found["revoked_at"] is not None:
        raise Conflict(f"Token {token_id} was already revoked at {found['revoked_at']}.")
    db.execute(
        "UPDATE api_tokens SET revoked_at = ? WHERE org_id = ? AND id = ?",
        (at, actor.org_id, token_id),
    )
    audit.record(db, actor, "token.revoke", f"token:{token_id}", at, name=found["name"])


def revoke_of_user(db: Connection, actor: Actor, user_id: int, at: str) -> list[int]:
    """The ids of the tokens that a user had in the organization and that ended by this."""
    rows = db.execute(
        """
        SELECT id
        FROM api_tokens
        WHERE org_id = ? AND user_id = ? AND revoked_at IS NULL
        ORDER BY id
        """,
        (actor.org_id, user_id),
    ).fetchall()
    ids = [row["id"] for row in rows]
    for token_id in ids:
        _revoke(db, actor, token_id, at)
    return ids


def org_of(db: Connection, token_id: int) -> int:
    """For whoever runs the server and knows only the token's id. Raises NotFound."""
    row = db.execute("SELECT org_id FROM api_tokens WHERE id = ?", (token_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no token {token_id}.")
    org_id: int = row["org_id"]
    return org_id


def authenticate(db: Connection, token: str, at: str) -> Grant:
    """Raises Unauthorized, the same for an unknown, an expired and a revoked token.

    And for one whose creator could not have it any more: gone, or only a member by now.
    """
    row = db.execute(
        """
        SELECT t.id, t.org_id, t.user_id, t.name, t.scopes, t.last_used_at, t.project_id
        FROM api_tokens t
        JOIN users u ON u.id = t.user_id
        JOIN memberships m ON m.org_id = t.org_id AND m.user_id = t.user_id
        WHERE t.sha256 = :sha256
          AND t.revoked_at IS NULL
          AND (t.expires_at IS NULL OR t.expires_at > :at)
          AND u.deactivated_at IS NULL
          AND m.role IN ('owner', 'admin')
        """,
        {"sha256": sha256(token), "at": at},
    ).fetchone()
    if row is None:
        raise Unauthorized(
            "This API token is not valid: it is mistyped, was revoked or has expired.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    actor = Actor(row["org_id"], row["user_id"], "api", row["project_id"], row["name"])
    return Grant(row["id"], actor, frozenset(row["scopes"].split()), row["last_used_at"])


def touch(db: Connection, grant: Grant, at: str) -> None:
    """Note that the token was used, to the minute: most calls change nothing."""
    db.execute(
        """
        UPDATE api_tokens SET last_used_at = :minute
        WHERE org_id = :org_id AND id = :id AND (last_used_at IS NULL OR last_used_at < :minute)
        """,
        {"org_id": grant.actor.org_id, "id": grant.token_id, "minute": minute_of(at)},
    )


def spend(db: Connection, token_id: int, size: int, most: int, at: str) -> int:
    """Count bytes that a token writes. 0, or the seconds until that many fit into an hour's `most`:
    until its next full hour begins.
    """
    starts_at = f"{clock.hour(at)}:00:00.000Z"
    (used,) = db.execute(
        """
        INSERT INTO token_windows (token_id, starts_at, used)
        VALUES (:token_id, :starts_at, :size)
        ON CONFLICT (token_id) DO UPDATE
        SET starts_at = excluded.starts_at,
            used = excluded.used
                + CASE WHEN token_windows.starts_at = excluded.starts_at
                  THEN token_windows.used ELSE 0 END
        RETURNING used
        """,
        {"token_id": token_id, "starts_at": starts_at, "size": size},
    ).fetchone()
    return HOUR - int(clock.parse(at).timestamp()) % HOUR if used > most else 0


def is_touch_due(grant: Grant, at: str) -> bool:
    """Whether `touch` would change anything, to be asked before taking the write lock for it."""
    return grant.last_used_at is None or grant.last_used_at < minute_of(at)


def minute_of(at: str) -> str:
    return f"{at[:16]}:00.000Z"


TOKENS = """
    SELECT t.id, t.name, t.scopes, t.last_four, t.user_id, u.email, t.created_at, t.expires_at,
           t.revoked_at, t.last_used_at, t.project_id
    FROM api_tokens t
    JOIN users u ON u.id = t.user_id
"""


def _shown(row: Any) -> dict[str, Any]:
    return dict(row) | {"scopes": row["scopes"].split()}


def _scopes(wanted: Iterable[str]) -> tuple[str, ...]:
    """In the order of the vocabulary, each once."""
    chosen = set(wanted)
    if unknown := sorted(chosen - SCOPES.keys()):
        raise BadRequest(f"There is no scope {unknown[0]}; choose among {', '.join(SCOPES)}.")
    if not chosen:
        raise BadRequest(f"A token needs at least one scope: {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in chosen)

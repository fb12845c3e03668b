"""Rows of the store in Sentry's shapes: pure, each member true or null, ids as text."""

from typing import Any

# How Sentry names what a scope of ours allows.
SENTRY_SCOPES = {
    "project:read": ("org:read", "project:read", "team:read"),
    "project:write": ("project:releases",),
    "project:admin": ("project:write", "project:admin"),
    "issue:read": ("event:read",),
    "event:read": ("event:read",),
    "issue:write": ("event:write",),
    "member:read": ("member:read",),
    "alert:read": ("alerts:read",),
    "alert:write": ("alerts:write",),
}


def scopes(ours: frozenset[str]) -> list[str]:
    return sorted({name for scope in ours for name in SENTRY_SCOPES.get(scope, ())})


def user(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "email": row["email"],
        "username": row["email"],
        "name": row["name"] or row["email"],
    }


def organization(row: dict[str, Any], base: str, ours: frozenset[str]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "slug": row["slug"],
        "name": row["name"],
        "status": {"id": "active", "name": "active"},
        "dateCreated": row["created_at"],
        "isEarlyAdopter": False,
        "require2FA": False,
        "requireEmailVerification": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "features": [],
        "access": scopes(ours),
        "links": {"organizationUrl": base, "regionUrl": ""},
    }


def team(org: dict[str, Any]) -> dict[str, Any]:
    """All projects and members of an organization are one team."""
    return {"id": str(org["id"]), "slug": org["slug"], "name": org["name"]}


def project(row: dict[str, Any], org: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "slug": row["slug"],
        "name": row["name"],
        "platform": row["platform"],
        "dateCreated": row["created_at"],
        "status": "active",
        "organization": team(org),
        "team": team(org),
        "teams": [team(org)],
        "isMember": True,
        "hasAccess": True,
        "isBookmarked": False,
        "isPublic": False,
        "isInternal": False,
        "features": [],
    }


def release(row: dict[str, Any]) -> dict[str, Any]:
    commit = row["last_commit"]
    return {
        "id": row["version"],
        "version": row["version"],
        "shortVersion": _short(row["version"]),
        "status": "archived" if row["is_archived"] else "open",
        "ref": row["ref"],
        "url": row["url"],
        "dateCreated": row["created_at"],
        "dateReleased": row["date_released"],
        "firstEvent": row["first_seen"],
        "lastEvent": row["last_seen"],
        "newGroups": row["new_issues"],
        "commitCount": row["commits"],
        "lastCommit": None if commit is None else {"id": commit},
        "deployCount": row["deploys"],
        "lastDeploy": None,
        "authors": [],
        "projects": [
            {"id": one["id"]} | {name: one[name] for name in ("slug", "name", "platform")}
            for one in row["projects"]
        ],
    }


def _short(version: str) -> str:
    """`shop@1.2.3` -> `1.2.3`"""
    return version.rpartition("@")[2] or version


def commit(row: dict[str, Any]) -> dict[str, Any]:
    author = {"name": row["author"], "email": row["author_email"]}
    return {
        "id": row["sha"],
        "message": row["message"],
        "author": author if any(author.values()) else None,
        "patchSet": [{"path": path} for path in row["files"]],
    }


def deploy(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "environment": row["environment"],
        "name": row["name"],
        "url": row["url"],
        "dateStarted": None,
        "dateFinished": row["deployed_at"],
    }


def monitor(row: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    """`owner` is its project in Sentry's shape."""
    return {
        "id": str(row["id"]),
        "slug": row["slug"],
        "name": row["slug"],
        "type": "cron_job",
        "status": "active" if row["is_active"] else "disabled",
        "isMuted": row["is_muted"],
        "dateCreated": row["created_at"],
        "project": owner,
        "environments": [_place(place) for place in row["environments"]],
    }


def _place(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["environment"],
        "status": row["status"],
        "lastCheckIn": row["last_check_in_at"],
        "nextCheckIn": row["next_expected_at"],
    }

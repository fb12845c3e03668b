"""Rows of the store in Sentry's shapes: pure, each member true or null, ids as text."""

from collections.abc import Mapping
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


def user(row: Mapping[str, Any]) -> dict[str, Any]:
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
        "orgRoleList": [],
        "teamRoleList": [],
    }


def team(org: dict[str, Any]) -> dict[str, Any]:
    """All projects and members of an organization are one team."""
    return {"id": str(org["id"]), "slug": org["slug"], "name": org["name"]}


def team_detail(
    org: dict[str, Any], members: int, projects: list[dict[str, Any]]
) -> dict[str, Any]:
    return team(org) | {
        "dateCreated": org["created_at"],
        "isMember": True,
        "hasAccess": True,
        "memberCount": members,
        "teamRole": None,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "projects": projects,
    }


def member(row: Mapping[str, Any]) -> dict[str, Any]:
    name = row["name"] or row["email"]
    return {
        "id": str(row["id"]),
        "email": row["email"],
        "name": name,
        "role": row["role"] if row["role"] != "admin" else "manager",
        "orgRole": row["role"] if row["role"] != "admin" else "manager",
        "pending": not row["has_password"],
        "expired": False,
        "user": user(row) | {"isActive": row["is_active"]},
        "dateCreated": row["joined_at"],
        "projects": [],
        "teams": [],
    }


def key(row: Mapping[str, Any], dsn: str, base: str) -> dict[str, Any]:
    """Sentry knows a key by its public half."""
    report = f"{base}/api/{row['project_id']}/security/?sentry_key={row['public_key']}"
    return {
        "id": row["public_key"],
        "name": row["name"],
        "label": row["name"],
        "public": row["public_key"],
        "secret": "",
        "projectId": row["project_id"],
        "isActive": row["is_active"],
        "dateCreated": row["created_at"],
        "rateLimit": None,
        "dsn": {
            "public": dsn,
            "secret": "",
            "csp": report,
            "security": report,
            "minidump": "",
            "cdn": "",
        },
        "browserSdkVersion": "",
        "browserSdk": {"choices": []},
        "dynamicSdkLoaderOptions": {
            "hasReplay": False,
            "hasPerformance": False,
            "hasDebug": False,
        },
    }


def attachment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "event_id": row["event_id"],
        "name": row["filename"],
        "type": row["attachment_type"],
        "size": row["size"],
        "mimetype": row["content_type"],
        "dateCreated": row["received_at"],
        "sha1": "",
        "headers": {"Content-Type": row["content_type"]},
    }


def report(row: Mapping[str, Any], issue: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody wrote about an error."""
    return {
        "id": str(row["id"]),
        "eventID": row["event_id"],
        "name": row["name"] or "",
        "email": row["email"] or "",
        "comments": row["comments"],
        "dateCreated": row["received_at"],
        "user": None,
        "event": {"id": row["event_id"], "eventID": row["event_id"]},
        "issue": {"id": str(issue["id"]), "title": issue["title"]},
    }


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
        "options": {},
        "color": "#3f6fbf",
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "firstEvent": None,
    }


def project_detail(row: dict[str, Any], org: dict[str, Any]) -> dict[str, Any]:
    """With constants that Terraform's provider compares with what it has written down."""
    return project(row, org) | {
        "allowedDomains": ["*"],
        "sensitiveFields": [],
        "safeFields": [],
        "resolveAge": 0,
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "scrubIPAddresses": False,
        "subjectPrefix": "",
        "digestsMinDelay": 300,
        "digestsMaxDelay": 1800,
        "defaultEnvironment": "",
        "securityToken": "",
        "verifySSL": True,
        "isDynamicallySampled": False,
        "latestRelease": None,
        "plugins": [],
    }


def project_of_issue(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in ("slug", "name", "platform")}
    return {"id": str(row["id"])} | named


def release(row: dict[str, Any]) -> dict[str, Any]:
    commit = row["last_commit"]
    return {
        "id": row["version"],
        "version": row["version"],
        "shortVersion": short(row["version"]),
        "status": "archived" if row["is_archived"] else "open",
        "ref": row["ref"],
        "url": row["url"],
        "dateCreated": row["created_at"],
        "dateReleased": row["date_released"],
        "firstEvent": row["first_seen"],
        "lastEvent": row["last_seen"],
        "newGroups": row["new_issues"],
        "commitCount": row["commits"],
        "lastCommit": None if commit is None else _last_commit(row),
        "deployCount": row["deploys"],
        "lastDeploy": row["last_deploy"] and deploy(row["last_deploy"]),
        "authors": [],
        "projects": [
            {"id": one["id"]} | {name: one[name] for name in ("slug", "name", "platform")}
            for one in row["projects"]
        ],
    }


def _last_commit(row: Mapping[str, Any]) -> dict[str, Any]:
    """Its date is that of its becoming known."""
    message, known = row["last_message"], row["created_at"]
    return {"id": row["last_commit"], "message": message, "dateCreated": known}


def short(version: str) -> str:
    """`shop@1.2.3` -> `1.2.3`"""
    return version.rpartition("@")[2] or version


def commit(row: dict[str, Any]) -> dict[str, Any]:
    author = {"name": row["author"], "email": row["author_email"]}
    return {
        "id": row["sha"],
        "message": row["message"],
        "dateCreated": row["committed_at"],
        "author": author if any(author.values()) else None,
        "patchSet": [{"path": path} for path in row["files"]],
    }


def deploy(row: dict[str, Any]) -> dict[str, Any]:
    """One of several projects has no number of its own: it is named by place and time."""
    return {
        "id": f"{row['environment']} {row['deployed_at']}",
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
        "config": _config(row["config"] or {}),
        "environments": [_place(place) for place in row["environments"]],
    }


def _config(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Flat, where SDKs send the schedule as an object."""
    schedule = sent.get("schedule")
    given = schedule if isinstance(schedule, dict) else {}
    value = given.get("value")
    is_interval = given.get("type") == "interval"
    return {
        "schedule_type": "interval" if is_interval else "crontab",
        "schedule": [value, given.get("unit")] if is_interval else value,
        "checkin_margin": sent.get("checkin_margin"),
        "max_runtime": sent.get("max_runtime"),
        "timezone": sent.get("timezone"),
        "failure_issue_threshold": sent.get("failure_issue_threshold"),
        "recovery_threshold": sent.get("recovery_threshold"),
    }


def check_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """Its duration is in milliseconds."""
    duration = row["duration"]
    return {
        "id": row["id"],
        "status": row["status"],
        "duration": None if duration is None else round(duration * 1000),
        "environment": row["environment"] or "production",
        "dateCreated": row["started_at"],
        "dateAdded": row["started_at"],
        "dateUpdated": row["updated_at"],
        "expectedTime": None,
        "monitorConfig": {},
    }


def _place(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["environment"],
        "status": "error" if row["status"] == "failing" else row["status"],
        "isMuted": False,
        "lastCheckIn": row["last_check_in_at"],
        "nextCheckIn": row["next_expected_at"],
    }

"""Client keys: what an SDK authenticates with."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.quotas import most
from jentry.store import audit, dictionaries, instance, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.payloads import Dictionary
from jentry.store.project_settings import ProjectSettings
from jentry.store.sql import PROJECT
from jentry.vocabulary import MAX_ID

KEY = re.compile(r"[0-9a-f]{32}")
DEFAULT_NAME = "Default"

KEYS = """
    SELECT k.id, k.project_id, k.name, k.public_key, k.created_at, k.disabled_at,
           (SELECT max(o.hour) FROM outcome_hours o
            WHERE o.key_id = k.id AND o.project_id = k.project_id) AS last_hour
    FROM client_keys k
    JOIN projects p ON p.id = k.project_id
"""


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """An active key, its project, and what was in force when it was looked up: the settings, the
    dictionary to pack payloads with, the oldest version of its hashes, None without any, and
    whether it has artifacts.
    """

    key_id: int
    project_id: int
    settings: ProjectSettings
    config_version: int
    dictionary: Dictionary | None
    limits: Mapping[str, int] = field(default_factory=dict)  # in force, by name; jentry/quotas.py
    oldest_hashes: int | None = None
    org_id: int = 0
    has_artifacts: bool = False
    fingerprint_rules: str = ""  # by which events are grouped, as they were saved


def config_of_key(db: Connection, public_key: str) -> ProjectConfig | None:
    """None when no such key is active."""
    return _config(db, "k.public_key = ? AND k.disabled_at IS NULL", public_key)


def config_of_project(db: Connection, project_id: int) -> ProjectConfig | None:
    """For events that the server makes itself: of its oldest key, even a disabled one."""
    return _config(db, "k.project_id = ?", project_id)


def _config(db: Connection, condition: str, value: object) -> ProjectConfig | None:
    with snapshot(db):
        row = db.execute(
            f"""
            SELECT k.id, k.project_id, p.org_id, p.settings, p.fingerprint_rules,
                   i.config_version,
                   (SELECT min(a.bundle_id)
                    FROM artifact_projects a
                    WHERE a.project_id = k.project_id) AS first_bundle,
                   (SELECT min(h.version)
                    FROM issue_hashes h
                    WHERE h.project_id = k.project_id) AS oldest_hashes
            FROM client_keys k
            JOIN projects p ON p.id = k.project_id
            JOIN instance i ON i.id = 1
            WHERE {condition}
            ORDER BY k.id
            LIMIT 1
            """,
            (value,),
        ).fetchone()
        if row is None:
            return None
        dictionary = dictionaries.newest(db, row["project_id"])
    settings = ProjectSettings.load(json.loads(row["settings"]))
    return ProjectConfig(
        row["id"],
        row["project_id"],
        settings,
        row["config_version"],
        dictionary,
        oldest_hashes=row["oldest_hashes"],
        org_id=row["org_id"],
        has_artifacts=row["first_bundle"] is not None,
        fingerprint_rules=row["fingerprint_rules"],
    )


def is_of_deleted(db: Connection, public_key: str) -> bool:
    """Whether its project is being deleted, by itself or with its organization."""
    row = db.execute(
        """
        SELECT 1
        FROM client_keys k
        JOIN projects p ON p.id = k.project_id
        JOIN organizations o ON o.id = p.org_id
        WHERE k.public_key = ? AND substr(o.slug, 1, 1) = '~'
        """,
        (public_key,),
    ).fetchone()
    return row is not None


def list_for(
    db: Connection, actor: Actor, project_id: int, limit: int | None = None
) -> list[dict[str, Any]]:
    """The keys of a project, as `get` shows them, disabled ones too, oldest first.

    A project of another organization has none.
    """
    rows = db.execute(
        f"{KEYS} WHERE p.org_id = ? AND p.id = ? ORDER BY k.id LIMIT ?",
        (actor.org_id, project_id, MAX_ID if limit is None else limit),
    )
    return [_shown(row) for row in rows]


def get(db: Connection, actor: Actor, project_id: int, key_id: int) -> dict[str, Any]:
    """The columns of KEYS, `is_active` and `last_used_at`, to the hour. Raises NotFound."""
    row = db.execute(
        f"{KEYS} WHERE p.org_id = ? AND p.id = ? AND k.id = ?", (actor.org_id, project_id, key_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such key.")
    return _shown(row)


def create(
    db: Connection,
    actor: Actor,
    project_id: int,
    name: str,
    public_key: str | None,
    at: str,
) -> dict[str, Any]:
    """One more key, as `get` shows it. Raises Forbidden, NotFound, BadRequest, Conflict."""
    roles.require(db, actor, "admin", "manage client keys")
    key = insert(db, actor, project_id, names.name(name, "key's name"), public_key, at)
    if len(list_for(db, actor, project_id)) > most("keys"):
        raise Conflict(f"A project has at most {most('keys')} keys, disabled ones included.")
    _record(db, actor, "key.create", key, at)
    return key


def update(
    db: Connection,
    actor: Actor,
    project_id: int,
    key_id: int,
    change: Mapping[str, Any],
    at: str,
) -> dict[str, Any]:
    """Set `name`, `is_active` or both; the key afterwards.

    Ingestion refuses a disabled key from the commit on. What is already so is not written and not
    audited. Raises Forbidden, NotFound, BadRequest.
    """
    roles.require(db, actor, "admin", "manage client keys")
    before = get(db, actor, project_id, key_id)
    name = names.name(change.get("name", before["name"]), "key's name")
    is_active = change.get("is_active", before["is_active"])
    if name != before["name"]:
        _set(db, actor, before, "name", name)
        _record(db, actor, "key.rename", before | {"name": name}, at, **{"from": before["name"]})
    if is_active != before["is_active"]:
        _switch(db, actor, before | {"name": name}, is_active, at)
    return get(db, actor, project_id, key_id)


def rotate(db: Connection, actor: Actor, project_id: int, key_id: int, at: str) -> dict[str, Any]:
    """Make a new key of the same name in place of an active one, which is disabled; the new one.

    Raises Forbidden, NotFound; Conflict for a key that is disabled already, so that a call sent
    twice does not make two keys.
    """
    roles.require(db, actor, "admin", "manage client keys")
    before = get(db, actor, project_id, key_id)
    if not before["is_active"]:
        raise Conflict("This key is disabled: enable it first, or create another one.")
    _set(db, actor, before, "disabled_at", at)
    key = insert(db, actor, project_id, before["name"], None, at)
    _record(db, actor, "key.rotate", key, at, replaces=key_id)
    return key


def free(db: Connection, public_key: str | None) -> str:
    """A new random key, or the given one in its one spelling. Raises BadRequest, Conflict."""
    if public_key is None:
        return secrets.token_hex(16)
    key = public_key.lower().replace("-", "")
    if not KEY.fullmatch(key):
        raise BadRequest("A public key is made of 32 hexadecimal digits.")
    instance.hold(db)
    if db.execute("SELECT 1 FROM client_keys WHERE public_key = ?", (key,)).fetchone():
        raise Conflict(f"The key {key} cannot be given on this server; leave it out.")
    return key


def insert(
    db: Connection, actor: Actor, project_id: int, name: str, public_key: str | None, at: str
) -> dict[str, Any]:
    """A key, without an entry in the audit log. Raises NotFound, BadRequest, Conflict."""
    row = db.execute(
        """
        INSERT INTO client_keys (project_id, public_key, name, created_at)
        SELECT id, ?, ?, ? FROM projects WHERE org_id = ? AND id = ?
        RETURNING id
        """,
        (free(db, public_key), name, at, actor.org_id, project_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such project.")
    return get(db, actor, project_id, row["id"])


def _set(db: Connection, actor: Actor, key: dict[str, Any], column: str, value: str | None) -> None:
    db.execute(
        f"UPDATE client_keys SET {column} = :value WHERE id = :id AND project_id = {PROJECT}",
        {
            "value": value,
            "id": key["id"],
            "project_id": key["project_id"],
            "org_id": actor.org_id,
        },
    )


def _switch(db: Connection, actor: Actor, key: dict[str, Any], is_active: bool, at: str) -> None:
    _set(db, actor, key, "disabled_at", None if is_active else at)
    _record(db, actor, "key.enable" if is_active else "key.disable", key, at)


def _record(
    db: Connection, actor: Actor, action: str, key: dict[str, Any], at: str, **more: Any
) -> None:
    audit.record(
        db,
        actor,
        action,
        f"key:{key['id']}",
        at,
        projectId=key["project_id"],
        name=key["name"],
        lastFour=key["public_key"][-4:],
        **more,
    )


def _shown(row: Row) -> dict[str, Any]:
    key = dict(row)
    hour = key.pop("last_hour")
    return key | {
        "is_active": row["disabled_at"] is None,
        "last_used_at": hour and f"{hour}:00:00.000Z",
    }

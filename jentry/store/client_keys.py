"""Client keys: what an SDK authenticates with."""

import json
from dataclasses import dataclass

from jentry.store.connection import Connection
from jentry.store.project_settings import ProjectSettings


@dataclass(frozen=True, slots=True)
class Admission:
    """An active key, its project, and the settings that were in force when it was looked up."""

    key_id: int
    project_id: int
    settings: ProjectSettings
    config_version: int


def admit(db: Connection, public_key: str) -> Admission | None:
    """None when no such key is active."""
    row = db.execute(
        """
        SELECT k.id, k.project_id, p.settings, i.config_version
        FROM client_keys k
        JOIN projects p ON p.id = k.project_id
        JOIN instance i ON i.id = 1
        WHERE k.public_key = ? AND k.disabled_at IS NULL
        """,
        (public_key,),
    ).fetchone()
    if row is None:
        return None
    settings = ProjectSettings.load(json.loads(row["settings"]))
    return Admission(row["id"], row["project_id"], settings, row["config_version"])

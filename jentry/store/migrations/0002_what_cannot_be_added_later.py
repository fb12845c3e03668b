"""Ids that never come back, room in the CHECKs, which hash led an event to its issue, its size."""

from jentry.store.connection import Connection
from jentry.store.migrations.rebuild import rebuild

ID = {"id INTEGER PRIMARY KEY,": "id INTEGER PRIMARY KEY AUTOINCREMENT,"}


def migrate(db: Connection) -> None:
    for table in (
        "organizations", "api_tokens", "projects", "client_keys", "releases", "tags",
        "attachments", "user_reports", "monitors",
    ):  # fmt: skip
        rebuild(db, table, ID)
    _users(db)
    _issues(db)
    _events(db)
    rebuild(db, "check_ins", ID | {"'ok', 'error'": "'ok', 'error', 'missed', 'timeout'"})


def _users(db: Connection) -> None:
    rebuild(
        db,
        "users",
        ID
        | {
            " created_at": " is_operator INTEGER NOT NULL DEFAULT 0"
            " CHECK (is_operator IN (0, 1)), created_at"
        },
    )
    # Who did the set-up: it made the organization and, in the same transaction, a project.
    db.execute(
        """
        UPDATE users
        SET is_operator = 1
        WHERE id IN (
            SELECT a.user_id
            FROM audit_log o
            JOIN audit_log a ON a.org_id = o.org_id AND a.created_at = o.created_at
            WHERE o.action = 'org.create' AND o.meta LIKE '%"via": "web"%'
        )
        """
    )


def _issues(db: Connection) -> None:
    rebuild(
        db,
        "issues",
        {
            "'resolved', 'ignored'": "'resolved', 'ignored', 'merged'",
            "'archived_until_escalating'": "'archived_until_escalating',"
            " 'archived_until_condition_met', 'archived_forever'",
            "(status = 'resolved') =": "(status IN ('resolved', 'merged')) =",
        },
    )
    rebuild(
        db,
        "issue_hashes",
        {
            "( project_id": "( id INTEGER PRIMARY KEY AUTOINCREMENT, project_id",
            "PRIMARY KEY (project_id": "UNIQUE (project_id",
        },
    )


def _events(db: Connection) -> None:
    rebuild(
        db,
        "events",
        ID
        | {
            "project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE":
                "project_id INTEGER NOT NULL",
            "ON DELETE SET NULL )":
                "ON DELETE SET NULL, hash_id INTEGER, bytes INTEGER NOT NULL )",
        },
        bytes="""
            coalesce((SELECT length(p.data) FROM event_payloads p WHERE p.id = events.id), 0)
        """,
    )  # fmt: skip
    db.execute("CREATE INDEX events_by_release ON events (release_id) WHERE release_id IS NOT NULL")

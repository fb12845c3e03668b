"""What comes beside errors: attachments, what people wrote, check-ins of scheduled jobs."""

import secrets

from jentry.store.connection import Connection
from jentry.store.rows import AttachmentRow, CheckInRow, ReportRow


def add_attachment(db: Connection, project_id: int, file: AttachmentRow, at: str) -> bool:
    """False when the same file of the same event is already there."""
    row = db.execute(
        """
        INSERT INTO attachments (project_id, event_id, filename, content_type, attachment_type,
                                 size, sha256, received_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (project_id, event_id, filename, sha256) DO NOTHING
        RETURNING id
        """,
        (
            project_id, file.event_id, file.filename, file.content_type, file.attachment_type,
            file.size, file.sha256, at,
        ),
    ).fetchone()  # fmt: skip
    if row is None:
        return False
    db.execute("INSERT INTO attachment_payloads (id, data) VALUES (?, ?)", (row["id"], file.data))
    return True


def add_report(db: Connection, project_id: int, report: ReportRow, at: str) -> bool:
    """False when it says nothing new; a later report of the same event replaces the earlier one."""
    row = db.execute(
        """
        INSERT INTO user_reports (project_id, report_id, event_id, source, name, email, comments,
                                  url, received_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (project_id, source, report_id) DO UPDATE
        SET name = excluded.name, email = excluded.email, comments = excluded.comments
        WHERE user_reports.comments <> excluded.comments
           OR coalesce(user_reports.name, '') <> coalesce(excluded.name, '')
           OR coalesce(user_reports.email, '') <> coalesce(excluded.email, '')
        RETURNING id
        """,
        (
            project_id, report.report_id, report.event_id, report.source, report.name,
            report.email, report.comments, report.url, at,
        ),
    ).fetchone()  # fmt: skip
    return row is not None


def has_room_for(db: Connection, project_id: int, slug: str, most: int | None) -> bool:
    """Whether the project has the monitor, or fewer than `most`."""
    if most is None:
        return True
    row = db.execute(
        "SELECT 1 FROM monitors WHERE project_id = ? AND slug = ?", (project_id, slug)
    ).fetchone()
    if row is None:
        (number,) = db.execute(
            "SELECT count(*) FROM monitors WHERE project_id = ?", (project_id,)
        ).fetchone()
    return row is not None or number < most


def add_check_in(
    db: Connection, project_id: int, check_in: CheckInRow, at: str
) -> tuple[int, bytes, str, str | None]:
    """The monitor's id, the check-in's, its status and environment."""
    monitor_id: int = db.execute(
        """
        INSERT INTO monitors (project_id, slug, config, created_at)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (project_id, slug) DO UPDATE
        SET config = coalesce(excluded.config, monitors.config)
        RETURNING id
        """,
        (project_id, check_in.monitor_slug, check_in.config, at),
    ).fetchone()["id"]
    check_in_id = check_in.check_in_id or _running(db, monitor_id) or secrets.token_bytes(16)
    # What has ended stays ended: a late `in_progress` changes nothing.
    db.execute(
        """
        INSERT INTO check_ins (monitor_id, check_in_id, status, duration, environment, release,
                               started_at, updated_at)
        VALUES (:monitor, :check_in, :status, :duration, :environment, :release, :at, :at)
        ON CONFLICT (monitor_id, check_in_id) DO UPDATE
        SET status = excluded.status, duration = excluded.duration, updated_at = excluded.updated_at
        WHERE excluded.status <> 'in_progress'
        """,
        {
            "monitor": monitor_id,
            "check_in": check_in_id,
            "status": check_in.status,
            "duration": check_in.duration,
            "environment": check_in.environment,
            "release": check_in.release,
            "at": at,
        },
    )
    return monitor_id, check_in_id, check_in.status, check_in.environment


def _running(db: Connection, monitor_id: int) -> bytes | None:
    """The latest check-in of a monitor that has not ended."""
    row = db.execute(
        """
        SELECT check_in_id
        FROM check_ins
        WHERE monitor_id = ? AND status = 'in_progress'
        ORDER BY id DESC
        LIMIT 1
        """,
        (monitor_id,),
    ).fetchone()
    return row["check_in_id"] if row else None

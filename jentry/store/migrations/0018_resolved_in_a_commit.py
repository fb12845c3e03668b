"""An issue may be resolved in a commit, which some release will have."""

from jentry.store.connection import Connection
from jentry.store.migrations.rebuild import rebuild


def migrate(db: Connection) -> None:
    rebuild(
        db,
        "issue_conditions",
        {
            "'in_next_release', 'ignored'": "'in_next_release', 'in_commit', 'ignored'",
            "minutes INTEGER,": "commit_sha TEXT, minutes INTEGER,",
            "CHECK ((kind = 'ignored') = (release_id IS NULL))": (
                "CHECK ((kind IN ('in_release', 'in_next_release')) = (release_id IS NOT NULL)),"
                " CHECK (kind <> 'in_commit' OR commit_sha IS NOT NULL)"
            ),
        },
    )
    db.execute(
        "CREATE INDEX issue_conditions_by_commit ON issue_conditions (issue_id)"
        " WHERE kind = 'in_commit'"
    )
    db.execute("CREATE INDEX release_commits_by_sha ON release_commits (sha)")

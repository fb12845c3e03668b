"""A table that refuses what is written to it, or takes what it should not, on either engine."""

from pathlib import Path

NAME = "refused"


def refuse(db, what, table, words="no"):
    """`what`: INSERT or UPDATE. `let` ends it, and so does the next test."""
    body = f"BEGIN SELECT raise(ABORT, '{words}'); END"
    if not isinstance(db.path, Path):
        db.execute(
            f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
        )
        body = f"FOR EACH ROW EXECUTE FUNCTION {NAME}()"
    db.execute(f"CREATE TRIGGER {NAME}_{table} BEFORE {what} ON {table} {body}")


def let(db, table):
    if isinstance(db.path, Path):
        db.execute(f"DROP TRIGGER {NAME}_{table}")
    else:
        db.execute(f"DROP FUNCTION {NAME} CASCADE")


def allow_orphans(db):
    """From now on this connection writes rows that refer to missing ones."""
    if isinstance(db.path, Path):
        db.execute("PRAGMA foreign_keys = OFF")
    else:
        db.run("SET session_replication_role = replica")

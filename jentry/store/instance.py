"""The database as a whole: its one row, and the one-time set-up address of an empty one."""

import hashlib
import hmac
from typing import Any

from jentry.store.connection import Connection
from jentry.store.sql import IS_OF_PEOPLE


def get(db: Connection) -> dict[str, Any]:
    """`secret` (bytes), `config_version`, `is_demo`, `created_at`."""
    row = db.execute(
        "SELECT secret, config_version, is_demo, created_at FROM instance WHERE id = 1"
    ).fetchone()
    return dict(row) | {"is_demo": bool(row["is_demo"])}


def is_empty(db: Connection) -> bool:
    """Nobody has set it up: there is no organization, but perhaps the canary's or one that is being
    deleted.
    """
    row = db.execute(f"SELECT 1 FROM organizations WHERE {IS_OF_PEOPLE} LIMIT 1")
    return row.fetchone() is None


def mark_as_demo(db: Connection) -> None:
    db.execute("UPDATE instance SET is_demo = 1 WHERE id = 1")


def hold(db: Connection) -> None:
    """Until the transaction ends: for what must be unique over all organizations."""
    db.execute("UPDATE instance SET config_version = config_version WHERE id = 1")


def open_setup(db: Connection) -> str | None:
    """The secret part of the set-up address; None once there is an organization.

    It follows from the database's own secret, so that a server that starts again, or a second
    one, prints an address that holds as well.
    """
    if not is_empty(db):
        return None
    secret = _setup_secret(db)
    db.execute("UPDATE instance SET setup_sha256 = ? WHERE id = 1", (sha256(secret),))
    return secret


def is_setup_open(db: Connection, secret: str) -> bool:
    row = db.execute("SELECT setup_sha256 FROM instance WHERE id = 1").fetchone()
    return hmac.compare_digest(row["setup_sha256"] or "", sha256(secret))


def was_setup_by(db: Connection, secret: str) -> bool:
    """Whether this was the address, and has done what it was for."""
    return not is_empty(db) and hmac.compare_digest(sha256(_setup_secret(db)), sha256(secret))


def close_setup(db: Connection) -> None:
    db.execute("UPDATE instance SET setup_sha256 = NULL WHERE id = 1")


def _setup_secret(db: Connection) -> str:
    key = get(db)["secret"]
    return hmac.new(key, b"set-up address", hashlib.sha256).hexdigest()[:40]


def prove_writable(db: Connection, at: str) -> None:
    """A write that changes something: else SQLite writes nothing, and no full disk is noticed."""
    db.execute("UPDATE instance SET proved_at = ? WHERE id = 1", (at,))


def ticked_at(db: Connection) -> str | None:
    """When the notifier last looked, to half a minute."""
    row = db.execute("SELECT ticked_at FROM instance WHERE id = 1").fetchone()
    found: str | None = row["ticked_at"]
    return found


def tick(db: Connection, at: str) -> None:
    db.execute("UPDATE instance SET ticked_at = ? WHERE id = 1", (at,))


def sha256(secret: str) -> str:
    """How secrets that are long and random are stored: as hex, without salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

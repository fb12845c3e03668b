"""One's own account: what a person is called, sees and prefers, whatever the organization."""

from typing import Any
from zoneinfo import available_timezones

from jentry.errors import BadRequest, Conflict
from jentry.store import names, user_sessions, users
from jentry.store.connection import Connection
from jentry.store.passwords import Hash
from jentry.vocabulary import THEMES

SHOWN = (
    "id", "email", "name", "theme", "time_zone", "has_shortcuts", "has_second_factor",
    "is_operator",
)  # fmt: skip


def get(db: Connection, user_id: int) -> dict[str, Any]:
    """The members of `SHOWN`, and the hash of the `password`."""
    row = db.execute(
        """
        SELECT u.id, u.email, u.name, u.password, u.theme, u.time_zone, u.has_shortcuts,
               u.is_operator,
               f.confirmed_at IS NOT NULL AS has_second_factor
        FROM users u
        LEFT JOIN second_factors f ON f.user_id = u.id
        WHERE u.id = ?
        """,
        (user_id,),
    ).fetchone()
    flags = ("has_shortcuts", "has_second_factor", "is_operator")
    return dict(row) | {name: bool(row[name]) for name in flags}


def rename(db: Connection, user_id: int, name: str) -> None:
    """Raises BadRequest."""
    chosen = names.name(name, "user's name")
    db.execute("UPDATE users SET name = ? WHERE id = ?", (chosen, user_id))


def change_email(db: Connection, user_id: int, email: str, at: str) -> None:
    """Raises BadRequest; Conflict when the address is another account's."""
    before, email = get(db, user_id)["email"], names.email(email)
    if email == before:
        return
    taken = db.execute("SELECT 1 FROM users WHERE email = ?", (email,)).fetchone()
    if taken:
        raise Conflict(f"{email} cannot be used here. Choose another address.")
    db.execute("UPDATE users SET email = ? WHERE id = ?", (email, user_id))
    meta = {"from": before, "to": email}
    users.record(db, user_id, user_id, "user.email", at, **meta)


def change_password(
    db: Connection, user_id: int, password: Hash, at: str, session_id: int | None
) -> None:
    """All sessions end but that one, and links that would set a password."""
    db.execute("UPDATE users SET password = ? WHERE id = ?", (password, user_id))
    db.execute("DELETE FROM password_links WHERE user_id = ?", (user_id,))
    user_sessions.end_all(db, user_id, session_id)
    users.record(db, user_id, user_id, "user.password", at)


def prefer(db: Connection, user_id: int, time_zone: str, has_shortcuts: bool) -> None:
    """Raises BadRequest."""
    if time_zone not in time_zones():
        raise BadRequest("There is no such time zone. Choose one of the list.")
    db.execute(
        "UPDATE users SET time_zone = ?, has_shortcuts = ? WHERE id = ?",
        (time_zone, int(has_shortcuts), user_id),
    )


def choose_theme(db: Connection, user_id: int, theme: str) -> None:
    """Raises BadRequest."""
    if theme not in THEMES:
        raise BadRequest(f"The theme must be one of: {', '.join(THEMES)}.")
    db.execute("UPDATE users SET theme = ? WHERE id = ?", (theme, user_id))


def time_zones() -> list[str]:
    """The places of the IANA database, UTC first."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ["UTC", *sorted(places)]

"""Signing in: attempts are counted before a password is looked at, and all of it is audited."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import TooManyRequests
from jentry.store import users
from jentry.store.connection import Connection

WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT = 10  # attempts in a window
MOST_OF_ADDRESS = 50
MOST_SUBJECTS = 20_000  # rows of the table; the windows that end first make room


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may be about to sign in; `user_id` and `password` are None for nobody we know."""

    email: str
    user_id: int | None
    password: str | None  # its hash


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whose password was right."""

    user_id: int
    email: str


def attempt(db: Connection, email: str, address: str, at: str) -> Candidate:
    """Count an attempt, before the slow look at the password: of many at once none slips through.

    Raises TooManyRequests, the same for an account that does not exist.
    """
    email = email.strip().lower()
    row = db.execute(
        "SELECT id, password FROM users WHERE email = ? AND deactivated_at IS NULL", (email,)
    ).fetchone()
    candidate = Candidate(email, *((row["id"], row["password"]) if row else (None, None)))
    _make_room(db, at)
    _count(db, address_subject(address), MOST_OF_ADDRESS, at)
    _count(db, account_subject(email), MOST_OF_ACCOUNT, at)
    return candidate


def refused(db: Connection, candidate: Candidate, at: str, **meta: Any) -> None:
    """Into the audit log: the first of a window, and the last that is not turned away at once."""
    if candidate.user_id is None:
        return
    attempts = _attempts(db, account_subject(candidate.email), at)
    if attempts in (1, MOST_OF_ACCOUNT):
        users.record(
            db, candidate.user_id, None, "user.sign_in_refused", at, attempts=attempts, **meta
        )


def succeeded(db: Connection, known: Known, at: str, *, device: str, address: str) -> None:
    forget_attempts(db, known, address)
    user_id = known.user_id
    users.record(db, user_id, user_id, "user.sign_in", at, device=device, address=address)


def forget_attempts(db: Connection, known: Known, address: str) -> None:
    """The account's counter begins anew, and the address gets its attempt back."""
    db.execute("DELETE FROM sign_in_attempts WHERE subject = ?", (account_subject(known.email),))
    db.execute(
        "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE subject = ? AND attempts > 0",
        (address_subject(address),),
    )


def account_subject(email: str) -> str:
    return _subject("account", email)


def address_subject(address: str) -> str:
    """An IPv6 network of 64 bits is one subscriber, who has all of its addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return _subject("address", address)
    if found.version == 6 and not found.ipv4_mapped:
        return _subject("address", str(ipaddress.ip_network((found, 64), strict=False)))
    return _subject("address", str(found))


def _subject(kind: str, text: str) -> str:
    data = f"{kind}:{text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:32]


def _count(db: Connection, subject: str, most: int, at: str) -> None:
    row = db.execute(
        """
        INSERT INTO sign_in_attempts (subject, attempts, expires_at)
        VALUES (?, 1, ?)
        ON CONFLICT (subject) DO UPDATE SET attempts = sign_in_attempts.attempts + 1
        RETURNING attempts, expires_at
        """,
        (subject, clock.timestamp(clock.parse(at) + WINDOW)),
    ).fetchone()
    if row["attempts"] > most:
        left = clock.parse(row["expires_at"]) - clock.parse(at)
        minutes = -(-left // timedelta(minutes=1))
        raise TooManyRequests(
            "There were too many attempts to sign in. Try again in "
            f"{'a minute' if minutes <= 1 else f'{minutes} minutes'}.",
            headers={"Retry-After": str(int(left.total_seconds()) + 1)},
        )


def _attempts(db: Connection, subject: str, at: str) -> int:
    row = db.execute(
        "SELECT attempts FROM sign_in_attempts WHERE subject = ? AND expires_at > ?", (subject, at)
    ).fetchone()
    return 0 if row is None else row["attempts"]


def _make_room(db: Connection, at: str) -> None:
    db.execute("DELETE FROM sign_in_attempts WHERE expires_at <= ?", (at,))
    row = db.execute("SELECT count(*) AS rows FROM sign_in_attempts").fetchone()
    if row["rows"] >= MOST_SUBJECTS:
        db.execute(
            """
            DELETE FROM sign_in_attempts
            WHERE subject IN (
                SELECT subject FROM sign_in_attempts ORDER BY expires_at, subject LIMIT ?
            )
            """,
            (MOST_SUBJECTS // 4,),
        )

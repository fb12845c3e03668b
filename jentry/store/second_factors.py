"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

import hmac
import secrets

import pyotp

from jentry import clock
from jentry.errors import BadRequest, Conflict
from jentry.store import users
from jentry.store.connection import Connection
from jentry.store.instance import sha256

SECONDS = 30  # of a code
SLACK = 1  # codes before and after that are taken as well: clocks differ
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
GROUP, GROUPS = 5, 3  # 74 bits


def begin(db: Connection, user_id: int, at: str) -> str:
    """The secret to put into an app; it is the same until it is confirmed. Raises Conflict."""
    row = db.execute(
        "SELECT secret, confirmed_at FROM second_factors WHERE user_id = ?", (user_id,)
    ).fetchone()
    if row is not None and row["confirmed_at"] is not None:
        raise Conflict("The second factor is on already. Turn it off first to use another app.")
    if row is not None:
        return str(row["secret"])
    secret = pyotp.random_base32()
    db.execute(
        "INSERT INTO second_factors (user_id, secret, created_at) VALUES (?, ?, ?)",
        (user_id, secret, at),
    )
    return secret


def confirm(db: Connection, user_id: int, code: str, at: str) -> list[str]:
    """From now on a code is asked for. The recovery codes, which cannot be shown again.

    Raises BadRequest for a wrong code.
    """
    if not _take_code(db, user_id, code, at):
        raise BadRequest("That is not the app's code. Wait for the next one and type it in.")
    db.execute("UPDATE second_factors SET confirmed_at = ? WHERE user_id = ?", (at, user_id))
    users.record(db, user_id, user_id, "user.second_factor_on", at)
    return _new_recovery_codes(db, user_id)


def renew_recovery_codes(db: Connection, user_id: int, at: str) -> list[str]:
    """New ones; the old ones are void."""
    users.record(db, user_id, user_id, "user.recovery_codes", at)
    return _new_recovery_codes(db, user_id)


def turn_off(
    db: Connection, user_id: int, at: str, *, by: int | None = None, via: str = "cli"
) -> bool:
    """Whether it was on."""
    row = db.execute(
        "DELETE FROM second_factors WHERE user_id = ? RETURNING confirmed_at", (user_id,)
    ).fetchone()
    db.execute("DELETE FROM recovery_codes WHERE user_id = ?", (user_id,))
    was_on = row is not None and row["confirmed_at"] is not None
    if was_on:
        users.record(db, user_id, by, "user.second_factor_off", at, via=via)
    return was_on


def is_on(db: Connection, user_id: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM second_factors WHERE user_id = ? AND confirmed_at IS NOT NULL", (user_id,)
    )
    return row.fetchone() is not None


def recovery_codes_left(db: Connection, user_id: int) -> int:
    row = db.execute(
        "SELECT count(*) AS left FROM recovery_codes WHERE user_id = ?", (user_id,)
    ).fetchone()
    left: int = row["left"]
    return left


def take(db: Connection, user_id: int, code: str, at: str) -> bool:
    """Whether it is a code of now or a recovery code. Either is used up by that."""
    return _take_code(db, user_id, code, at) or _take_recovery_code(db, user_id, code)


def address(secret: str, email: str, issuer: str) -> str:
    """What the QR code says: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def _take_code(db: Connection, user_id: int, code: str, at: str) -> bool:
    row = db.execute(
        "SELECT secret, last_step FROM second_factors WHERE user_id = ?", (user_id,)
    ).fetchone()
    digits = "".join(code.split())
    if row is None or not (digits.isascii() and digits.isdigit()):
        return False
    now = int(clock.parse(at).timestamp()) // SECONDS
    app = pyotp.TOTP(row["secret"], interval=SECONDS)
    fresh = range(max(now - SLACK, row["last_step"] + 1), now + SLACK + 1)
    found = [step for step in fresh if hmac.compare_digest(app.generate_otp(step), digits)]
    if not found:
        return False
    db.execute("UPDATE second_factors SET last_step = ? WHERE user_id = ?", (found[0], user_id))
    return True


def _take_recovery_code(db: Connection, user_id: int, code: str) -> bool:
    row = db.execute(
        "DELETE FROM recovery_codes WHERE user_id = ? AND sha256 = ? RETURNING user_id",
        (user_id, sha256(_plain(code))),
    ).fetchone()
    return row is not None


def _new_recovery_codes(db: Connection, user_id: int) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(RECOVERY_CODES)
    ]
    db.execute("DELETE FROM recovery_codes WHERE user_id = ?", (user_id,))
    db.executemany(
        "INSERT INTO recovery_codes (user_id, sha256) VALUES (?, ?)",
        [(user_id, sha256(_plain(code))) for code in codes],
    )
    return codes


def _plain(code: str) -> str:
    return "".join(code.lower().replace("-", "").split())

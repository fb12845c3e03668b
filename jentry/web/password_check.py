"""Is this the password of that account? Attempts are counted, wherever the question comes up."""

from jentry.app.db import writing
from jentry.errors import Unauthorized
from jentry.store import passwords, sign_in
from jentry.store.sign_in import Known
from jentry.web import session


def check(email: str, password: str, otherwise: str) -> Known:
    """Raises Unauthorized with the sentence `otherwise`, TooManyRequests."""
    where = session.where_from()
    with writing() as (db, at):
        candidate = sign_in.attempt(db, email, where["address"], at)
    is_right = passwords.matches(password, candidate.password)
    if candidate.user_id is None or not is_right:
        with writing() as (db, at):
            sign_in.refused(db, candidate, at, **where)
        raise Unauthorized(otherwise)
    return Known(candidate.user_id, candidate.email)


def check_own(password: str) -> None:
    """Of whoever is signed in, before something that only they may do. Raises as above."""
    known = check(session.required().email, password, "That is not your current password.")
    with writing() as (db, _):
        sign_in.forget_attempts(db, known, session.where_from()["address"])

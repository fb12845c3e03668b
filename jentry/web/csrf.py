"""Forms of other sites cannot be sent to us: each of ours repeats what only our pages know.

For somebody who is signed in that follows from the session; for others it is a random cookie
(double submit). Neither Origin nor Referer would do: pages that hold a secret send none.
"""

import hashlib
import hmac
import secrets

from flask import request

from jentry.errors import Forbidden
from jentry.web import cookies, session

COOKIE = "jentry_csrf"
FIELD = "csrf_token"


def token() -> str:
    """For the hidden field of a form; the cookie follows with the answer."""
    if secret := session.secret():
        return _of_session(secret)
    known = cookies.get(COOKIE)
    if not known:
        known = secrets.token_urlsafe(24)
        cookies.put(COOKIE, known, seconds=None, same_site="Strict")
    return known


def is_ours() -> bool:
    """Whether the form that was sent is one of our pages'."""
    secret = session.secret()
    expected = _of_session(secret) if secret else cookies.get(COOKIE)
    given = request.form.get(FIELD, "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())


def check() -> None:
    """Raises Forbidden when the form was not ours."""
    if not is_ours():
        raise Forbidden("This form is out of date, or cookies are off. Reload the page, try again.")


def _of_session(secret: str) -> str:
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()[:40]

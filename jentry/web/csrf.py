"""Forms of other sites cannot be sent to us: each of ours repeats a random cookie (double submit).

Neither Origin nor Referer would do: pages that hold a secret send none.
"""

import hmac
import secrets

from flask import Response, g, request

from jentry.errors import Forbidden

COOKIE = "jentry_csrf"
FIELD = "csrf_token"


def token() -> str:
    """For the hidden field of a form; the cookie follows with the answer."""
    if "csrf" not in g:
        g.csrf = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    known: str = g.csrf
    return known


def keep(response: Response) -> Response:
    if "csrf" in g and request.cookies.get(COOKIE) != g.csrf:
        response.set_cookie(
            COOKIE, g.csrf, httponly=True, samesite="Strict", secure=request.is_secure
        )
    return response


def check() -> None:
    """Raises Forbidden when the form was not ours."""
    cookie, field = request.cookies.get(COOKIE, ""), request.form.get(FIELD, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), field.encode()):
        raise Forbidden("This form is out of date, or cookies are off. Reload the page, try again.")

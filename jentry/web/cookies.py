"""Cookies of the pages. Over https they are `__Host-`: no other host, path or plain connection
can set or see them.

They are set wherever it becomes clear, and leave with the answer.
"""

from dataclasses import dataclass

from flask import Response, g, request

from jentry.app.address import base_url

YEAR = 365 * 24 * 3600
SCRIPTED = ("jentry_theme", "jentry_trace")  # app.js sets them too, by the same name: no secrets


@dataclass(frozen=True, slots=True)
class Cookie:
    value: str
    seconds: int | None  # how long the browser keeps it; None: until it is closed
    is_readable: bool  # by our script
    same_site: str


def get(name: str) -> str:
    """Its value, or that which this answer will set; empty when there is none."""
    if name in _outgoing():
        return _outgoing()[name].value
    return request.cookies.get(_full(name), "")


def put(
    name: str,
    value: str,
    *,
    seconds: int | None = YEAR,
    is_readable: bool = False,
    same_site: str = "Lax",
) -> None:
    _outgoing()[name] = Cookie(value, seconds, is_readable, same_site)


def drop(name: str) -> None:
    put(name, "", seconds=0)


def send(response: Response) -> Response:
    for name, cookie in _outgoing().items():
        response.set_cookie(
            _full(name),
            cookie.value,
            max_age=cookie.seconds,
            httponly=not cookie.is_readable,
            samesite=cookie.same_site,
            secure=_is_secure(),
        )
    return response


def _outgoing() -> dict[str, Cookie]:
    if "cookies" not in g:
        g.cookies = {}
    found: dict[str, Cookie] = g.cookies
    return found


def _full(name: str) -> str:
    return f"__Host-{name}" if _is_secure() and name not in SCRIPTED else name


def _is_secure() -> bool:
    return base_url().startswith("https:")

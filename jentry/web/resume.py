"""What somebody typed is not lost when the session ended meanwhile, or the form was out of date.

The fields travel along with the sign-in form under names of their own. Afterwards they are shown
again, to be sent with one more click: never by themselves, for they could be another site's.
"""

from urllib.parse import urlsplit

from flask import render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.errors import Forbidden
from jentry.web import csrf

PREFIX = "kept."
SECRETS = ("password", "code", csrf.FIELD)
LONGEST = 100_000  # characters, all in all

Fields = list[tuple[str, str]]


def sign_in_first() -> ResponseReturnValue:
    """The answer to a form whose sender is not signed in any more."""
    _refuse_other_sites()
    fields = _without_secrets(request.form.items(multi=True))
    error = f"You were signed out. Sign in again{'; what you had typed is kept' if fields else ''}."
    return render_template(
        "sign_in/form.html", email="", next=_address(), kept=fields, error=error
    ), 401


def send_again() -> ResponseReturnValue:
    """The answer to a form that was made for an earlier session."""
    _refuse_other_sites()
    return page(_address(), _without_secrets(request.form.items(multi=True))), 409


def page(address: str, fields: Fields) -> str:
    """What had been typed, to be looked at and sent to the address."""
    return render_template(
        "sign_in/resume.html",
        address=address,
        texts=[(name, value) for name, value in fields if _is_text(value)],
        others=[(name, value) for name, value in fields if not _is_text(value)],
    )


def kept() -> Fields:
    """The fields that came along with a form of the sign-in family."""
    return [
        (name.removeprefix(PREFIX), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(PREFIX)
    ]


def back() -> str:
    """The page that a form names as `next`, if that is one of ours."""
    wanted = request.form.get("next", "/")
    return local(wanted if is_local(wanted) else "/")


def is_local(address: str) -> bool:
    """Whether it is one of our pages, not another site's."""
    parts = urlsplit(address) if address.isprintable() else None
    return (
        parts is not None
        and not parts.scheme
        and not parts.netloc
        and address.startswith("/")
        and address[1:2] not in ("/", "\\")
    )


def _address() -> str:
    return request.full_path if request.query_string else request.path


def _without_secrets(pairs: object) -> Fields:
    fields = [
        (name, value)
        for name, value in pairs  # type: ignore[attr-defined]
        if not any(secret in name for secret in SECRETS)
    ]
    return fields if sum(len(name) + len(value) for name, value in fields) <= LONGEST else []


def _is_text(value: str) -> bool:
    """Something a person wrote, not a choice or an id."""
    return len(value) > 30 or any(letter.isspace() for letter in value)


def _refuse_other_sites() -> None:
    """Another site must not put words into our forms. Browsers say where a form comes from."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.host
    if site not in ("same-origin", "none") if site else not is_ours:
        raise Forbidden("This form was sent by another site, so nothing was done.")

"""How somebody likes to read an event: frames shown, their order, times. Kept in cookies."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from jentry.web import cookies, resume
from jentry.web.guard import pages

bp = pages("habits", __name__, is_own=True)

CHOICES = {  # cookie -> what it can be, the usual first
    "trace": ("app", "all", "raw"),
    "code": ("source", "minified"),
    "order": ("newest", "oldest"),
    "crumbs": ("before", "clock"),
}


@bp.post("/account/habits")
def choose() -> ResponseReturnValue:
    for name, choices in CHOICES.items():
        if (chosen := request.form.get(name)) in choices:
            cookies.put(f"jentry_{name}", chosen, is_readable=True)
    return redirect(resume.back(), 303)


def trace() -> str:
    return _chosen("trace")


def code() -> str:
    return _chosen("code")


def order() -> str:
    return _chosen("order")


def clocks() -> str:
    return _chosen("crumbs")


def _chosen(name: str) -> str:
    found = cookies.get(f"jentry_{name}")
    return found if found in CHOICES[name] else CHOICES[name][0]

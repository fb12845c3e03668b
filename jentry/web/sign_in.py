"""Signing in: email and password, then a code of the second factor where it is on."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.app.db import reading, writing
from jentry.errors import Refusal, Unauthorized
from jentry.store import accounts, second_factors, sign_in, user_sessions
from jentry.store.sign_in import Known
from jentry.store.user_sessions import Session
from jentry.web import csrf, headers, password_check, resume, session, shell

bp = Blueprint("sign_in", __name__)
bp.after_request(headers.private)

DONE = {
    "out": "You are signed out.",
    "password": "Your password is saved. Sign in with it.",
}
WRONG = "The email or the password is not right. Check both and try again."


@bp.get("/login")
def form() -> ResponseReturnValue:
    if session.person():
        return redirect(local(_next()), 303)
    return _form(done=DONE.get(request.args.get("done", "")))


@bp.post("/login")
def submit() -> ResponseReturnValue:
    """One message for a wrong password and for an account that does not exist."""
    email, is_persistent = request.form.get("email", ""), "remember" in request.form
    try:
        csrf.check()
        known = password_check.check(email, request.form.get("password", ""), WRONG)
    except Refusal as refusal:
        return _form(email=email, error=refusal.message), refusal.status, refusal.headers
    return _begin(known, is_persistent)


@bp.get("/login/second-factor")
def second_factor() -> ResponseReturnValue:
    found = session.current()
    if found is None or not found.is_pending:
        return redirect(url_for("web.sign_in.form", next=_next()), 303)
    return _code_form()


@bp.post("/login/second-factor")
def check_second_factor() -> ResponseReturnValue:
    found = session.current()
    if found is None or not found.is_pending:
        return _form(error="That took too long. Sign in again."), 401
    try:
        csrf.check()
        _check_code(found, request.form.get("code", ""))
    except Refusal as refusal:
        return _code_form(error=refusal.message), refusal.status, refusal.headers
    return _go_on(found.user_id)


def _begin(known: Known, is_persistent: bool) -> ResponseReturnValue:
    with writing() as (db, at):
        is_pending = second_factors.is_on(db, known.user_id)
        session.start(db, known.user_id, at, is_persistent=is_persistent, is_pending=is_pending)
        if not is_pending:
            sign_in.succeeded(db, known, at, **session.where_from())
    return _ask_code() if is_pending else _go_on(known.user_id)


def _check_code(found: Session, code: str) -> None:
    """The session of the second step becomes one that is signed in. Raises as above."""
    where, email = session.where_from(), accounts.get(reading(), found.user_id)["email"]
    with writing() as (db, at):
        candidate = sign_in.attempt(db, email, where["address"], at)
        is_right = second_factors.take(db, found.user_id, code, at)
        if is_right:
            user_sessions.end(db, found.user_id, found.id)
            session.start(db, found.user_id, at, is_persistent=found.is_persistent)
            sign_in.succeeded(db, Known(found.user_id, email), at, **where)
        else:
            sign_in.refused(db, candidate, at, **where)
    if not is_right:
        raise Unauthorized("That code is not right, or was used already. Wait for the next one.")


def _ask_code() -> ResponseReturnValue:
    """What had been typed before goes along through this form too."""
    if resume.kept():
        return _code_form()
    return redirect(url_for("web.sign_in.second_factor", next=_next()), 303)


def _go_on(user_id: int) -> ResponseReturnValue:
    shell.choose_theme(accounts.get(reading(), user_id)["theme"])
    session.person()
    if resume.kept():
        return resume.page(_next(), resume.kept())
    return redirect(local(_next()), 303)


def _next() -> str:
    wanted = request.values.get("next", "/")
    return wanted if resume.is_local(wanted) else "/"


def _form(**shown: str | None) -> str:
    values = {"email": "", "error": None, "done": None} | shown
    return render_template("sign_in/form.html", next=_next(), kept=resume.kept(), **values)


def _code_form(error: str | None = None) -> str:
    return render_template("sign_in/code.html", next=_next(), kept=resume.kept(), error=error)

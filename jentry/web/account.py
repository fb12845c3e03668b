"""One's own account: what one is called, the password, how pages look, where one is signed in."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, settings, writing
from jentry.errors import Refusal
from jentry.store import accounts, mail_choices, passwords, second_factors, user_sessions
from jentry.vocabulary import THEMES
from jentry.web import headers, password_check, session, shell, status
from jentry.web.guard import pages

bp = pages("account", __name__, is_own=True)
bp.after_request(headers.unstored)


@bp.get("/account")
def page() -> ResponseReturnValue:
    return page_with({})


@bp.post("/account/name")
def rename() -> ResponseReturnValue:
    def change() -> None:
        with writing() as (db, _):
            accounts.rename(db, session.required().id, request.form.get("name", ""))

    return _changed(change, "name", "Your name is changed.")


@bp.post("/account/email")
def change_email() -> ResponseReturnValue:
    """With the password: whoever has the address can be taken for the person."""

    def change() -> None:
        password_check.check_own(request.form.get("email_password", ""))
        with writing() as (db, at):
            accounts.change_email(db, session.required().id, request.form.get("email", ""), at)

    return _changed(change, "email", "Your email is changed. Sign in with it from now on.")


@bp.post("/account/password")
def change_password() -> ResponseReturnValue:
    def change() -> None:
        known, found = session.required(), session.current()
        password_check.check_own(request.form.get("current_password", ""))
        chosen = passwords.hashed(request.form.get("password", ""), known.email)
        with writing() as (db, at):
            accounts.change_password(db, known.id, chosen, at, found.id if found else None)

    return _changed(change, "password", "Your password is changed, other sessions have ended.")


@bp.post("/account/mail")
def choose_mail() -> ResponseReturnValue:
    def change() -> None:
        known, org_id = session.required().id, _org_id()
        with writing() as (db, at):
            for topic in mail_choices.TOPICS:
                mail_choices.choose(db, org_id, known, topic, topic in request.form, at)

    return _changed(change, "mail", "What is mailed to you is saved.")


@bp.post("/account/preferences")
def prefer() -> ResponseReturnValue:
    def change() -> None:
        theme, known = request.form.get("theme", ""), session.required().id
        with writing() as (db, _):
            accounts.choose_theme(db, known, theme)
            accounts.prefer(
                db, known, request.form.get("time_zone", ""), "has_shortcuts" in request.form
            )
        shell.choose_theme(theme)

    return _changed(change, "preferences", "Your preferences are saved.")


@bp.post("/account/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    def change() -> None:
        with writing() as (db, _):
            user_sessions.end(db, session.required().id, session_id)

    return _changed(change, "sessions", "That session has ended.")


@bp.post("/account/sessions/end")
def end_other_sessions() -> ResponseReturnValue:
    def change() -> None:
        found = session.current()
        with writing() as (db, _):
            user_sessions.end_all(db, session.required().id, found.id if found else None)

    return _changed(change, "sessions", "All other sessions have ended.")


def _changed(change: Callable[[], None], form: str, done: str) -> ResponseReturnValue:
    """Back to the page; what is refused is said beside its form, with what was typed."""
    try:
        change()
    except Refusal as refusal:
        session.forget()
        return page_with({form: refusal.message}), refusal.status, refusal.headers
    status.say(done)
    return redirect(url_for("web.account.page") + f"#{form}", 303)


def page_with(errors: dict[str, str]) -> str:
    """`errors`: what is wrong with a form, by its name."""
    known, found = session.required(), session.current()
    return render_template(
        "account/page.html",
        errors=errors,
        values=request.form,
        theme_choices=list(zip(THEMES, ("As the system", "Light", "Dark"), strict=True)),
        zone_choices=[(name, name.replace("_", " ")) for name in accounts.time_zones()],
        sessions=user_sessions.list_for(reading(), known.id, clock.timestamp(clock.now())),
        this_session=found and found.id,
        mails=mail_choices.get(reading(), _org_id(), known.id),
        has_mail=settings().smtp_url is not None,
        recovery_codes_left=second_factors.recovery_codes_left(reading(), known.id),
    )


def _org_id() -> int:
    """Of the organization shown; no id when the person is in none."""
    organization = session.required().organization
    return organization["id"] if organization is not None else 0

"""Turning the second factor on and off, and its recovery codes."""

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from jentry.app.db import writing
from jentry.errors import Refusal
from jentry.store import second_factors
from jentry.web import account, headers, password_check, session, status
from jentry.web.guard import pages

bp = pages("second_factor", __name__, is_own=True)
bp.after_request(headers.unstored)


@bp.get("/account/second-factor")
def page() -> ResponseReturnValue:
    if session.required().has_second_factor:
        return redirect(url_for("web.account.page") + "#second-factor", 303)
    return _enrolment()


@bp.post("/account/second-factor")
def turn_on() -> ResponseReturnValue:
    """The answer shows the recovery codes; reloading it cannot."""
    try:
        with writing() as (db, at):
            codes = second_factors.confirm(
                db, session.required().id, request.form.get("code", ""), at
            )
    except Refusal as refusal:
        return _enrolment(refusal.message), refusal.status
    session.forget()
    return render_template("second_factor/codes.html", codes=codes, person=session.person())


@bp.post("/account/second-factor/codes")
def renew_codes() -> ResponseReturnValue:
    try:
        password_check.check_own(request.form.get("factor_password", ""))
    except Refusal as refusal:
        return account.page_with({"second-factor": refusal.message}), refusal.status
    with writing() as (db, at):
        codes = second_factors.renew_recovery_codes(db, session.required().id, at)
    return render_template("second_factor/codes.html", codes=codes)


@bp.post("/account/second-factor/off")
def turn_off() -> ResponseReturnValue:
    try:
        password_check.check_own(request.form.get("factor_password", ""))
    except Refusal as refusal:
        return account.page_with({"second-factor": refusal.message}), refusal.status
    with writing() as (db, at):
        known = session.required().id
        second_factors.turn_off(db, known, at, by=known, via="web")
    status.say("The second factor is off.")
    return redirect(url_for("web.account.page") + "#second-factor", 303)


def _enrolment(error: str | None = None) -> str:
    known = session.required()
    with writing() as (db, at):
        secret = second_factors.begin(db, known.id, at)
    address = second_factors.address(secret, known.email, f"jentry ({request.host})")
    return render_template(
        "second_factor/enrolment.html",
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=_picture(address),
        address=address,
        error=error,
        is_demanded=known.organization is not None and known.organization["requires_second_factor"],
    )


def _picture(address: str) -> Markup:
    """A QR code as SVG: attributes only, so that it needs no style."""
    drawn = segno.make(address, error="m").svg_inline(
        dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - modules of a QR code, nothing of what they say

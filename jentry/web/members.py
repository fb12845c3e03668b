"""The members of the organization: who they are, what they may do, who is invited."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import base_url, local
from jentry.app.db import reading, settings, writing
from jentry.errors import Refusal
from jentry.store import (
    invitations,
    memberships,
    orgs,
    password_links,
    personal_mail,
    roles,
    users,
)
from jentry.store.connection import Connection
from jentry.vocabulary import ROLES
from jentry.web import headers, session, status
from jentry.web.guard import pages

Queue = Callable[[Connection, int, str, str, str], None]

bp = pages("members", __name__, is_confined=False)
bp.after_request(headers.unstored)


@bp.get("/settings/members")
def page() -> ResponseReturnValue:
    roles.require(reading(), session.actor(), "admin", "manage members")
    return _page()


@bp.post("/settings/members/invite")
def invite() -> ResponseReturnValue:
    """The answer shows the link; reloading it cannot."""
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        with writing() as (db, at):
            made, secret = invitations.create(db, session.actor(), email, role, at)
            mailed = _mail(personal_mail.invite, db, made["email"], secret, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    return _page(link=f"{base_url()}/invite/{secret}", invited=made["email"], mailed=mailed)


@bp.post("/settings/members/invitations/<int:invitation_id>/renew")
def renew(invitation_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        made, secret = invitations.renew(db, session.actor(), invitation_id, at)
        mailed = _mail(personal_mail.invite, db, made["email"], secret, at)
    return _page(link=f"{base_url()}/invite/{secret}", invited=made["email"], mailed=mailed)


@bp.post("/settings/members/invitations/<int:invitation_id>/withdraw")
def withdraw(invitation_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        invitations.withdraw(db, session.actor(), invitation_id, at)
    status.say("The invitation is withdrawn.")
    return redirect(url_for("web.members.page"), 303)


@bp.post("/settings/members/<int:user_id>/role")
def set_role(user_id: int) -> ResponseReturnValue:
    try:
        with writing() as (db, at):
            role = request.form.get("role", "")
            member = memberships.set_role(db, session.actor(), user_id, role, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say(f"{member['email']} is {_with_article(member['role'])} now.")
    return _onwards(user_id)


@bp.post("/settings/members/<int:user_id>/remove")
def remove(user_id: int) -> ResponseReturnValue:
    try:
        with writing() as (db, at):
            member, _ = memberships.remove(db, session.actor(), user_id, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say(f"{member['email']} is no member any more.")
    return _onwards(user_id)


@bp.post("/settings/members/<int:user_id>/password-link")
def make_password_link(user_id: int) -> ResponseReturnValue:
    """The answer shows the link; reloading it cannot."""
    try:
        with writing() as (db, at):
            secret = password_links.reset_member(db, session.actor(), user_id, at)
            email = users.get(db, session.actor(), user_id)["email"]
            mailed = _mail(personal_mail.reset, db, email, secret, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    return _page(link=f"{base_url()}/password/reset/{secret}", reset=email, mailed=mailed)


@bp.post("/settings/members/second-factor")
def demand_second_factor() -> ResponseReturnValue:
    demands = "requires_second_factor" in request.form
    with writing() as (db, at):
        orgs.demand_second_factor(db, session.actor(), demands, at)
    status.say(f"A second factor is {'asked of all members' if demands else 'up to each member'}.")
    return redirect(url_for("web.members.page"), 303)


def _mail(queue: Queue, db: Connection, email: str, secret: str, at: str) -> bool:
    """Whether the link is sent too: if that is wanted, and can be done."""
    is_sent = "mail" in request.form and settings().can_mail_links
    if is_sent:
        queue(db, session.actor().org_id, email, secret, at)
    return is_sent


def _page(**shown: str | bool | None) -> str:
    values = {"link": None, "invited": None, "reset": None, "error": None, "mailed": False} | shown
    actor, known = session.actor(), session.required()
    return render_template(
        "members/page.html",
        members=users.list_for(reading(), actor),
        invitations=invitations.list_for(reading(), actor, clock.timestamp(clock.now())),
        role_choices=[(role, role.capitalize()) for role in reversed(ROLES)],
        may_give=ROLES if known.may("owner") else ROLES[1:],
        can_mail=settings().can_mail_links,
        **values,
    )


def _onwards(user_id: int) -> ResponseReturnValue:
    """Who has changed their own role may not see this page any more."""
    is_own = user_id == session.required().id
    return redirect(local("/") if is_own else url_for("web.members.page"), 303)


def _with_article(role: str) -> str:
    return f"{'a' if role == 'member' else 'an'} {role}"

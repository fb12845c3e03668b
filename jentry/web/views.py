"""Saved views: the present search of a list is saved beside its box; a page has all of them."""

import re
from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, Refusal
from jentry.schemas.base import load
from jentry.schemas.views import CREATE, PATCH
from jentry.search.language import TAG_NAME
from jentry.search.values import quoted, written
from jentry.store import issue_search, projects, users, views
from jentry.store.issue_list import Wanted, scope_of
from jentry.web import filters, session, shell, status
from jentry.web.filters import PEOPLE, Filters
from jentry.web.guard import pages

bp = pages("views", __name__)

HERE = "web.views.page"


@bp.post("/issues/views")
def save_of_every() -> ResponseReturnValue:
    return _save(None)


@bp.post("/projects/<id:project_id>/issues/views")
def save_of_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _save(project_id)


@bp.get("/settings/views")
def page() -> ResponseReturnValue:
    db, actor, at = reading(), session.actor(), clock.timestamp(clock.now())
    found = views.all_of(db, actor, at)
    return render_template(
        "views/page.html",
        own=[view for view in found if not view["shared"]],
        shared=[view for view in found if view["shared"]],
        known={project["id"]: project for project in projects.list_for(db, actor)},
        people={user["id"]: user for user in users.list_for(db, actor)},
        href_of=lambda view: filters.view_href(view, _list_of(view)),
    )


@bp.post("/settings/views/<id:view_id>")
def change(view_id: int) -> ResponseReturnValue:
    """Rename, share, or move by one place."""
    try:
        wanted = load(PATCH, _given(request.form))
        with writing() as (db, at):
            view = views.update(db, session.actor(), view_id, wanted, at)
        status.say(f"The view “{view['name']}” is changed.")
    except Refusal as refusal:
        status.say(refusal.message)
    return redirect(url_for(HERE), 303)


@bp.post("/settings/views/<id:view_id>/delete")
def delete(view_id: int) -> ResponseReturnValue:
    try:
        with writing() as (db, at):
            view = views.delete(db, session.actor(), view_id, at)
        status.say(f"The view “{view['name']}” is deleted.")
    except Refusal as refusal:
        status.say(refusal.message)
    return redirect(url_for(HERE), 303)


def _save(project_id: int | None) -> ResponseReturnValue:
    """What the list shows now; back to it."""
    g.at = clock.timestamp(clock.now())
    found = filters.read(project_id)
    path = found.path.removesuffix("/views")
    try:
        wanted = load(CREATE, _view_of(found) | _given(request.form))
        with writing() as (db, at):
            view = views.create(db, session.actor(), wanted, at)
    except Refusal as refusal:
        status.say(refusal.message)
        return redirect(f"{path}?{found.query}", 303)
    status.say(f"The view “{view['name']}” is saved.")
    return redirect(filters.view_href(view, path), 303)


def _view_of(found: Filters) -> dict[str, Any]:
    """As the API takes it. Raises BadRequest."""
    wanted = found.wanted
    return {
        "projectId": wanted.project_id,
        "search": _search_of(wanted),
        "status": wanted.status if wanted.is_status_given else None,
        "level": wanted.level,
        "sort": wanted.sort,
        "period": wanted.period,
    }


def _search_of(wanted: Wanted) -> str:
    """The search, and what else narrows the list in its language. Raises BadRequest."""
    terms = [quoted(wanted.query)] if wanted.query else []
    if wanted.environment:
        terms.append(f"environment:{written(wanted.environment)}")
    if wanted.release:
        terms.append(f"release:{written(wanted.release)}")
    for key, value in wanted.tags:
        if not re.fullmatch(TAG_NAME, key):
            raise BadRequest(f"A search cannot name the tag {key}: take it out before saving.")
        terms.append(f"tags[{key}]:{written(value)}")
    if wanted.assignee is not None:
        terms.append(f"assigned:{PEOPLE.get(wanted.assignee, wanted.assignee)}")
    if wanted.since:
        terms.append(f"last-seen:>={wanted.since}")
    if wanted.until:
        terms.append(f"last-seen:<{wanted.until}")
    scope = scope_of(wanted.project_id)
    search = issue_search.pinned(reading(), session.actor(), scope, wanted.search, g.at)
    if search and terms:
        search = f"({search})"
    return " ".join([search, *terms]).strip()


def _given(form: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: form[name] for name in ("name",) if name in form}
    if "shared" in form:
        found["shared"] = form["shared"] == "1"
    if form.get("position", "").isdecimal():
        found["position"] = int(form["position"][:6])
    return found


def _list_of(view: Mapping[str, Any]) -> str:
    project_id = view["project_id"]
    return local("/issues" if project_id is None else f"/projects/{project_id}/issues")

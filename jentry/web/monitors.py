"""Scheduled jobs that report in: whether they ran, how long it took, along a line of time."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import base_url, local
from jentry.app.db import reading, writing
from jentry.presentation import monitors as shown
from jentry.schemas.base import load, load_leniently
from jentry.schemas.monitors import CHECK_INS, PATCH, QUERY
from jentry.store import monitors, projects
from jentry.web import monitor_settings, session, shell, status
from jentry.web.guard import pages

bp = pages("monitors", __name__)

DONE = {  # member -> what is said once it is off, and on
    "isMuted": (
        "It makes issues again.",
        "It is muted: it makes no issue.",
    ),
    "isActive": (
        "It is not expected any more.",
        "It is expected from its next check-in on.",
    ),
}
DRAWN = 300  # check-ins of a timeline


@bp.get("/projects/<id:project_id>/monitors")
def table(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    wanted, _ = load_leniently(QUERY, request.args.to_dict())
    found, total = monitors.page(reading(), session.actor(), project_id, **wanted)
    may = session.required().may("owner", "admin")
    context = {"monitors": found, "shown": shown, "may": may}
    context |= _reporting("nightly-report")
    return render_template("monitors/table.html", **context, **_paged(total, wanted))


@bp.get("/projects/<id:project_id>/monitors/<slug>")
def page(project_id: int, slug: str) -> ResponseReturnValue:
    shell.enter(project_id)
    db, actor = reading(), session.actor()
    monitor = monitors.named(db, actor, project_id, slug)
    wanted, _ = load_leniently(CHECK_INS, request.args.to_dict())
    rows, total = monitors.check_ins(db, actor, monitor["id"], **wanted)
    latest, _ = monitors.check_ins(db, actor, monitor["id"], DRAWN, 1)
    line = shown.timeline(latest, clock.timestamp(clock.now()))
    may = session.required().may("owner", "admin")
    context = {"monitor": monitor, "rows": rows, "line": line, "shown": shown, "may": may}
    context |= _reporting(slug) | {"times": monitor_settings.next_times(monitor["config"])}
    return render_template("monitors/page.html", **context, **_paged(total, wanted))


@bp.post("/projects/<id:project_id>/monitors/<slug>")
def change(project_id: int, slug: str) -> ResponseReturnValue:
    """Mute it or not, expect it or not."""
    shell.enter(project_id)
    wanted = load(PATCH, {name: held == "1" for name, held in request.form.items() if name in DONE})
    with writing() as (db, at):
        found = monitors.named(db, session.actor(), project_id, slug)
        monitors.update(db, session.actor(), found["id"], wanted, at)
    status.say(
        " ".join(
            said[request.form[name] == "1"] for name, said in DONE.items() if name in request.form
        )
    )
    return redirect(url_for("web.monitors.page", project_id=project_id, slug=slug), 303)


def _reporting(slug: str) -> dict[str, Any]:
    """What a job of the page's project needs to report in."""
    project, base = g.project, base_url()
    key = project["public_key"] or "KEY"
    return {
        "slug": slug,
        "dsn": projects.dsn(base, key, project["id"]),
        "cron": f"{base}/api/{project['id']}/cron/{slug}/{key}/",
    }


def _paged(total: int, wanted: dict[str, int]) -> dict[str, Any]:
    def href(page: int) -> str:
        return local(f"{request.path}?page={page}")

    pages_ = max(1, -(-total // wanted["limit"]))
    return {"total": total, "wanted": wanted, "pages": pages_, "href": href}

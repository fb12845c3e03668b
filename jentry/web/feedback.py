"""What people wrote about a project, with the error it is about if there is one."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.app.db import reading
from jentry.presentation.text import web_address
from jentry.schemas.base import load_leniently
from jentry.schemas.reports import QUERY
from jentry.store import user_reports
from jentry.web import session, shell
from jentry.web.guard import pages

bp = pages("feedback", __name__)


@bp.get("/projects/<id:project_id>/feedback")
def page(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    wanted, _ = load_leniently(QUERY, request.args.to_dict())
    found, total = user_reports.page_of_project(reading(), session.actor(), project_id, **wanted)
    return render_template(
        "feedback/page.html",
        reports=[report | {"link": web_address(report["url"])} for report in found],
        total=total,
        wanted=wanted,
        pages=max(1, -(-total // wanted["limit"])),
        href=lambda number: local(f"{request.path}?page={number}"),
    )

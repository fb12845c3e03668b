"""`/api/0`: the part of Sentry's own API that release tools, dashboards and agents speak.

A translation: names and shapes are Sentry's, what is read and written are the store functions of
`/api/v1`, under the same scopes. One module for each resource.
"""

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from jentry.sentry_api import (
    absent,
    debug_files,
    events,
    files,
    issue_parts,
    issues,
    keys,
    monitors,
    organization_events,
    organizations,
    projects,
    releases,
    stats,
    teams,
    traits,
    uploads,
)

RESOURCES = (
    organizations, projects, teams, keys, issues, issue_parts, events, organization_events, files,
    traits, stats, releases, monitors, uploads, debug_files,
    absent,
)  # fmt: skip


def init_app(app: Flask) -> None:
    v0 = Blueprint("v0", __name__, url_prefix="/api/0")
    for resource in RESOURCES:
        v0.register_blueprint(resource.bp)
    app.register_blueprint(v0)
    app.add_url_rule("/api/0/internal/health/", view_func=get_sentry_health)


def get_sentry_health() -> ResponseReturnValue:
    """Without a token: Terraform's provider plans nothing unless this is 200."""
    return {"problems": [], "healthy": {}}

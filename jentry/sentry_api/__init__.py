"""`/api/0`: the part of Sentry's own API that release tools speak.

A translation: names and shapes are Sentry's, what is read and written are the store functions of
`/api/v1`, under the same scopes. One module for each resource.
"""

from flask import Blueprint, Flask

from jentry.sentry_api import monitors, organizations, projects, releases, uploads

RESOURCES = (organizations, projects, releases, monitors, uploads)


def init_app(app: Flask) -> None:
    v0 = Blueprint("v0", __name__, url_prefix="/api/0")
    for resource in RESOURCES:
        v0.register_blueprint(resource.bp)
    app.register_blueprint(v0)

"""Pages for people, and the two addresses that monitoring asks."""

from flask import Blueprint, Flask

from jentry.web import assets, csrf, docs, headers, health, home, invite, setup


def init_app(app: Flask) -> None:
    web = Blueprint("web", __name__, template_folder="templates")
    for part in (home, docs, health, setup, invite, assets):
        web.register_blueprint(part.bp)
    web.after_request(headers.secure)
    web.after_request(csrf.keep)
    app.register_blueprint(web)
    app.jinja_env.globals["asset"] = assets.address
    app.jinja_env.globals["csrf_token"] = csrf.token
